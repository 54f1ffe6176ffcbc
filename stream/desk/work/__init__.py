"""Pure decisions on values: what an answer makes of an episode, what follows, who is told when. No I/O, no clock."""
