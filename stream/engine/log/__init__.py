"""The port through which a shard knows a log, what crosses it, and the log in memory."""
