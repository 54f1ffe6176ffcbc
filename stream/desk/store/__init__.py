"""The desk's relational store: SQLite embedded by default, PostgreSQL in production; rows in, rows out, no decisions.

- `tables`: every table, one file a subject, typed; `Base.metadata` is complete once the package is imported.
- `migrations`: alembic's steps; `migrate.migrate(settings.database)` brings a database to the newest form, and
  `draft` writes the next step.
- `database.Database`: open, close, `transaction()` to write, `reading()` to read, `health()`. Of a fault `is_away`
  tells that the database is away, so that the same may do later, and `is_rows_fault` that a row cannot be stored.
- `vault.Vault` seals names, phone numbers, notes and secrets; `keys.load_vault(settings)` finds its keys.
- `repositories`: the functions that several parts need, each in a session that it is given.
- `upkeep`: `prune` deletes what is old, `reseal` follows new keys.

Order that others rely on: writers come one after another on both databases (SQLite: `BEGIN IMMEDIATE`; PostgreSQL: an
advisory lock that a transaction takes first), so that a row with a lower outbox id or push number is never committed
after one with a higher. `transaction(ordered=False)` does without the lock, for rows whose order nobody reads, such as
the audit of a look; the repositories refuse to number anything in it.

Drivers: `aiosqlite`, because sqlite3 must not block the event loop and this is the adapter that SQLAlchemy itself
tests; `asyncpg`, because it speaks PostgreSQL's binary protocol without libpq, is the quicker of the two async drivers
and is under the Apache licence. Neither is imported before a URL asks for it.
"""
