"""What happens to a customer's shard: its log, its store, its batches, and the worker that runs them."""
