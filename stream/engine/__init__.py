"""The shard engine: log port, store, timers, shard loop and the worker service."""
