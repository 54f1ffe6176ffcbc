"""Learning from who really left (the trainer and its snapshots)."""
