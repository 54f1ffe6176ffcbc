"""The JSON API: the same as the pages show and do, for programs."""
