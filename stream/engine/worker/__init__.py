"""The worker as a service: its shards, its port, and where the others are."""
