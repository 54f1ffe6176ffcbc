"""Churnwatch's stream: events in, rolling state, warnings out."""
