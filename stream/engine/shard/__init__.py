"""One shard: its loop, a batch, and what leaves it."""
