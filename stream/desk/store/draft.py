"""Drafts the next migration from what the tables say: `python -m stream.desk.store.draft "tasks have a colour"`.

The draft is to be read, mended and formatted (`ruff check --fix`, `ruff format`): alembic sees neither renamed columns
nor changed conditions of indexes.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection

from stream.desk.store.dialects import make_engine
from stream.desk.store.migrate import config, migrate
from stream.settings.desk import Database as Settings

_LONGEST = 32
"""Characters that alembic keeps of a revision. Its words tell apart what two people wrote at the same time."""


async def draft(message: str, folder: Path) -> None:
    """Write the step that leads from the newest migration to the tables; `folder` holds the database it needs."""
    settings = Settings(url=SecretStr(f"sqlite:///{folder / 'draft.db'}"))
    await migrate(settings)
    engine = make_engine(settings, foreign_keys=False)
    async with engine.begin() as connection:
        await connection.run_sync(_write, message)
    await engine.dispose()


def _write(connection: Connection, message: str) -> None:
    known = ScriptDirectory.from_config(config()).walk_revisions()
    number = max(int(step.revision[:4]) for step in known) + 1
    name = f"{number:04d}_{re.sub('[^a-z0-9]+', '_', message.lower())}"[:_LONGEST].rstrip("_")
    command.revision(config(connection), message, autogenerate=True, rev_id=name)


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        asyncio.run(draft(sys.argv[1], Path(place)))
