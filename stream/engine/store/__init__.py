"""What a shard keeps: its store on RocksDB, the decoded states, the timers, and how it is made whole again."""
