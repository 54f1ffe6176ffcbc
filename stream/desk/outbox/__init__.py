"""Rows into topics, in the order in which their transactions were committed; at least once, with the same id.

`publisher.Publisher` is the loop, of which one runs at a time (`leading.Lead`). The engine dedupes feedback by its
action id, and readers of `alerts` by the alert's id, so that a repeat is harmless.
"""
