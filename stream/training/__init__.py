"""The trainer's place in the stream: examples in, each learned once, snapshots out."""
