"""How large a deployment has to be: pure arithmetic over measured costs. See `deploy/docs/performance.md`."""
