"""A simulated town: a bank and a phone company whose leavers are known."""
