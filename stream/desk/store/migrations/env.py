"""What alembic runs: on the connection it is given, within the transaction that is open there."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from stream.desk.store.base import Plain
from stream.desk.store.tables import Base


def render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own kind of text as the plain one it is: a step must not change when `Plain` does."""
    return "sa.String()" if kind == "type" and isinstance(item, Plain) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_item=render,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters little; a batch copies the table
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
