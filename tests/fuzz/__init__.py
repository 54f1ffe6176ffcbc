"""Every parser that meets foreign bytes, as a target: for Hypothesis in `tests/property`, and for atheris by hand."""
