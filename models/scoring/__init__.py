"""Evaluates published models: scores, what each feature added, grades and reasons. Needs no learning library."""
