"""Signs of life, and the end of a process that gives none."""
