"""Published data sets read into events, one file a source."""
