"""Rows in, rows out: what several parts of the desk write and read. Each function works in a session that it is given.

A session comes from `Database.transaction()` or `Database.reading()`; nothing here begins, commits or decides.
"""
