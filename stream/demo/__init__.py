"""The demo: a broker, a worker, a town, and what a person sees of it."""
