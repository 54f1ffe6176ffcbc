"""What the tests share; importable as `support` (pytest's `pythonpath` is `tests`)."""
