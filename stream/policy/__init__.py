"""What turns signals into alerts: one stage a file, composed in the pipeline."""
