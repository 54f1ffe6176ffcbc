"""What may happen to a stack: one idea a file, found by the registry."""
