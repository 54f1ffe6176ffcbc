"""Pure core: events, state, windows, baselines, alerts and the step. No I/O."""
