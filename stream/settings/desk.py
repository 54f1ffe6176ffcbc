"""The section `[desk]`: where it listens, its database, its keys, and how long it keeps what."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from stream.settings.desk_notify import Notify
from stream.settings.desk_push import Push
from stream.settings.desk_reports import Reports
from stream.settings.desk_web import Oidc, Talk, Web
from stream.settings.desk_work import Escalation, Work
from stream.settings.section import Section

_SCHEMES = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


class Database(Section):
    """The relational store."""

    url: SecretStr = Field(
        SecretStr("sqlite+aiosqlite:///.churnwatch/desk/desk.db"), description="sqlite:///FILE or postgresql://..."
    )
    pool_size: int = Field(10, ge=1, le=200, description="connections that are kept")
    pool_extra: int = Field(10, ge=0, le=200, description="more of them while it is busy")
    pool_wait_s: float = Field(5, gt=0, le=600, description="how long a connection is waited for")
    connect_timeout_s: float = Field(5, gt=0, le=600, description="PostgreSQL: after this it is away")
    statement_timeout_s: float = Field(30, gt=0, le=3600, description="PostgreSQL: a longer statement is given up")
    busy_timeout_s: float = Field(5, gt=0, le=600, description="SQLite: how long another process may write")

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, value: SecretStr) -> SecretStr:
        scheme, colon, rest = value.get_secret_value().partition("://")
        if not colon or scheme not in _SCHEMES:
            raise ValueError("must begin with sqlite:// or postgresql://")
        if scheme.startswith("sqlite") and rest.partition("?")[0] in ("", "/", "/:memory:"):
            raise ValueError("must name a file, as sqlite:///desk.db does")
        return SecretStr(f"{_SCHEMES[scheme]}://{rest}")

    @property
    def embedded(self) -> bool:
        """Tell whether it is a file of our own."""
        return self.url.get_secret_value().startswith("sqlite")


class Keys(Section):
    """What names and phone numbers are sealed with. With SQLite and neither given, a key file is made once."""

    values: SecretStr = Field(SecretStr(""), description="keys, newest first, comma separated")
    file: Path | None = Field(None, description="a key a line, newest first")


class Retention(Section):
    """Days after which rows go; open episodes, open tasks and what is not published yet stay."""

    alerts: float = Field(400, gt=0, description="since they were received")
    episodes: float = Field(800, gt=0, description="since they ended, with what hangs on them")
    actions: float = Field(800, gt=0, description="since they were done; notes, referrals and approvals too")
    contacts: float = Field(800, gt=0, description="of the contact log")
    events: float = Field(400, gt=0, description="of the customer's timeline")
    tasks: float = Field(400, gt=0, description="since they were done or cancelled")
    outbox: float = Field(14, gt=0, description="since they were published")
    pushes: float = Field(14, gt=0, description="so long a page can have been away and resume")
    deliveries: float = Field(90, gt=0, description="of webhooks, mail and bots")
    sessions: float = Field(7, gt=0, description="since they expired")
    audit: float = Field(1100, gt=0, description="of the audit log")
    lists: float = Field(800, gt=0, description="of imported lists")
    chunk: int = Field(2_000, ge=1, le=100_000, description="rows deleted in one transaction")


class Desk(Section):
    """The desk."""

    host: str = Field("127.0.0.1", description="address the page is served on")
    port: int = Field(8080, ge=0, le=65535, description="0 = a free one")
    state_dir: Path = Field(Path(".churnwatch/desk"), description="where the development key file is")
    database: Database = Database()
    keys: Keys = Keys()
    retention: Retention = Retention()
    work: Work = Work()
    escalation: Escalation = Escalation()
    web: Web = Web()
    oidc: Oidc = Oidc()
    talk: dict[str, Talk] = Field(default_factory=dict, description="kind of warning -> what to say; `default` for all")
    push: Push = Push()
    notify: Notify = Notify()
    reports: Reports = Reports()
