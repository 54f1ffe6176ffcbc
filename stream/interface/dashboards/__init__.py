"""Grafana dashboards: what is on them stands here as data, and `build` makes Grafana's JSON of it."""
