"""The steps by which the tables came to be, one file a step; run by `stream.desk.store.migrate`."""
