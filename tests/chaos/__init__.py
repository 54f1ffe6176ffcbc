"""Workers killed, stalled and fenced on a real broker, and compared with the memory-log oracle."""
