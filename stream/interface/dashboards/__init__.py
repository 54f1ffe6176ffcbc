"""Dashboards as data. `build` makes Grafana's JSON of them, `pages` pages that Prometheus itself can serve."""
