"""The desk: its database, its keys."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url

from stream.config import Settings
from stream.desk.store.database import Database
from stream.desk.store.keys import load_vault
from stream.desk.store.vault import VaultError
from stream.ops.doctor.finding import Finding, look, ok, wrong


async def database(settings: Settings) -> Finding:
    """Say whether the desk's database answers, and in which form it is."""
    if settings.desk.database.embedded and not _file(settings).exists():  # to look at it would make it
        return look("desk, database", "there is none yet", "churnwatch desk makes it")
    store = Database.open(settings.desk.database)
    try:
        health = await store.health()
    finally:
        await store.close()
    if health.state == "away":
        return wrong("desk, database", f"away ({health.fault})", "is the server up, the user allowed?")
    if health.state == "behind":
        return look("desk, database", "in an older form", "back it up; the next start of the desk migrates it")
    return ok("desk, database", "there, in this build's form")


def _file(settings: Settings) -> Path:
    return Path(make_url(settings.desk.database.url.get_secret_value()).database or "")


def keys(settings: Settings) -> Finding:
    """Say whether names can be sealed."""
    desk = settings.desk
    if desk.database.embedded and not desk.keys.values.get_secret_value() and desk.keys.file is None:
        return look("desk, keys", "made by the desk in its folder", "production: desk.keys.file, backed up apart")
    try:
        load_vault(desk)
    except (VaultError, OSError) as fault:
        return wrong("desk, keys", str(fault), "desk.keys.file or CHURNWATCH_DESK__KEYS__VALUES")
    return ok("desk, keys", "there")
