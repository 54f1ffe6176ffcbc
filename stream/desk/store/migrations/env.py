"""What alembic runs: on the connection it is given, within the transaction that is open there."""

from __future__ import annotations

from alembic import context

from stream.desk.store.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters little; a batch copies the table
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
