"""What can be set, section by section; `stream.config` puts them together and reads them."""
