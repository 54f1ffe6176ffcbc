"""Handlers of the pages: they read the store, and give structs to templates."""
