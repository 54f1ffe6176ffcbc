"""Prequential evaluation: every example is scored before it is learned from, and the scores are judged in a window."""
