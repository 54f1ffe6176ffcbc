"""One early warning a file; the registry finds them."""
