"""Rows into what is shown: structs that the templates render and the API encodes. They decide nothing."""
