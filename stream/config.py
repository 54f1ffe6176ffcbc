"""Typed settings from TOML and the environment. Unknown keys are errors; every key has a default and a unit."""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator

from stream.domain.calendar import Calendar
from stream.faults import explain
from stream.settings.classes import CustomerClasses
from stream.settings.desk import Desk
from stream.settings.kafka import Kafka
from stream.settings.model import Model
from stream.settings.privacy import Privacy
from stream.settings.secret_files import SecretFileError, with_secrets
from stream.settings.section import Section

ENV_PREFIX = "CHURNWATCH_"
Severity = Literal["critical", "high", "medium", "low"]
_URGENCY: dict[Severity, float] = {"critical": 1.0, "high": 0.7, "medium": 0.4, "low": 0.2}


class ConfigError(ValueError):
    """The configuration cannot be used; the message names the key, the value and what is allowed."""


class Topics(Section):
    """How the topics are laid out."""

    partitions: int = Field(8, ge=1, le=4096, description="shards: partitions of every customer-keyed topic")
    replication: int = Field(1, ge=1, le=16, description="replicas of every topic; 3 in production")
    prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]*$", description="put before every topic's name")


class Engine(Section):
    """The shard engine."""

    group: str = Field("churnwatch", min_length=1, description="consumer group and transactional id prefix")
    instance: str = Field("", description="group.instance.id for static membership; empty = dynamic")
    state_dir: Path = Field(Path(".churnwatch/state"), description="one store a shard below it")
    batch_events: int = Field(16_000, ge=1, le=100_000, description="events in one transaction at most")
    batches_at_once: int = Field(
        4, ge=1, le=1000, description="shards of a worker in a batch at a time; the others wait for 0.1 s at most"
    )
    cache_mb: int = Field(
        256,
        ge=0,
        le=65_536,
        description="memory for decoded states, which the shards of a worker share; 0 = none kept",
    )
    store_memory_mb: int = Field(
        128, ge=16, le=65_536, description="memory that the local stores of a worker share, whatever their number"
    )
    merge_wait_ms: int = Field(5, ge=0, le=60_000, description="how long a topic that lags is waited for")
    merge_wait_max_ms: int = Field(5_000, ge=0, description="after this the others go on without it")
    idle_grace_ms: int = Field(60_000, ge=0, description="an idle shard follows the wall clock after this")
    session_timeout_ms: int = Field(30_000, ge=1000, description="a silent worker loses its shards after this")
    transaction_timeout_ms: int = Field(60_000, ge=1000, description="a stalled batch is aborted after this")
    stall_limit_ms: int = Field(
        180_000, ge=1000, description="a worker whose shard has work and makes no progress for this long ends itself"
    )
    future_tolerance_ms: int = Field(600_000, ge=0, description="how far ahead of its arrival a time may lie")
    max_value_bytes: int = Field(262_144, ge=1024, description="a larger record is dead-lettered")
    max_depth: int = Field(16, ge=2, le=200, description="a deeper nested record is dead-lettered")
    store_max_age_ms: int = Field(
        86_400_000,
        ge=0,
        description="a store away longer is restored anew; the changelog's delete.retention.ms",
    )


class Business(Section):
    """Days, money and networks as the business counts them."""

    time_zone: str = Field("Asia/Shanghai", description="IANA name; business days end at its midnight")
    currency: str = Field("CNY", pattern="^[A-Z]{3}$", description="base currency; an absent one is this")
    minor_units: int = Field(2, ge=0, le=4, description="decimals of the base currency")
    rates: dict[str, float] = Field(default_factory=dict, description="base units per unit of another currency")
    own_institutions: frozenset[str] = Field(frozenset({"own"}), description="counterparties that are us")
    own_networks: frozenset[str] = Field(frozenset({"own"}), description="networks that are ours")
    network_prefixes: dict[str, str] = Field(
        default_factory=dict, description="number prefix -> network, where the event names none"
    )
    calendar: str = Field("CN", description="working days of a country or a part of it (DE-BY); empty = Mon-Fri")
    tiers: tuple[str, ...] = Field(
        ("private", "platinum", "gold", "silver", "basic"), description="from high to low, as `customers` names them"
    )
    tier_lines: dict[str, float] = Field(default_factory=dict, description="tier -> assets it takes, base units")
    revenue_categories: frozenset[str] = Field(
        frozenset({"purchase", "order", "fee", "recharge", "call", "data"}),
        description="categories of what customers pay that are our revenue; a return takes away from it",
    )
    passive_categories: frozenset[str] = Field(
        frozenset({"interest", "fee", "payroll", "points_earned", "loan_payment"}),
        description="categories that are no act of the customer's own",
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except Exception as fault:
            raise ValueError("is not an IANA time zone such as Asia/Shanghai") from fault
        return value

    @field_validator("calendar")
    @classmethod
    def _known_calendar(cls, value: str) -> str:
        Calendar(value)
        return value

    @field_validator("rates")
    @classmethod
    def _positive(cls, value: dict[str, float]) -> dict[str, float]:
        if bad := [code for code, rate in value.items() if not rate > 0]:
            raise ValueError(f"rates must be above 0: {', '.join(bad)}")
        return value


class Rank(Section):
    """How warnings are ranked: value at risk x likelihood x urgency x the class's weight."""

    asset_margin: float = Field(0.02, gt=0, le=1, description="what a year's assets earn, where revenue is unknown")
    unknown_value: float = Field(100, ge=0, description="base units, where neither revenue nor assets are known")
    top_fifth_up: int = Field(1, ge=0, le=3, description="steps of priority that the top fifth by value moves up")
    severity: dict[Severity, Annotated[float, Field(gt=0, le=1)]] = Field(
        _URGENCY,
        description="urgency by severity; it is halved at most as the next step has more time",
    )

    @field_validator("severity")
    @classmethod
    def _every(cls, value: dict[Severity, float]) -> dict[Severity, float]:
        if missing := set(_URGENCY) - set(value):
            raise ValueError(f"is not given for {', '.join(sorted(missing))}")
        return value


class Storm(Section):
    """When a burst of one kind is a storm, in each shard."""

    at_least: int = Field(20, ge=2, le=1_000_000, description="warnings of a kind within an hour")
    factor: float = Field(3.0, gt=1, le=1000, description="times the busiest usual hour of the last weeks")


class Policy(Section):
    """What turns signals into alerts. Tables by kind name rules; unknown ones are errors."""

    cool_down_h: float = Field(24, ge=0, description="hours after an episode ends before its kind opens again")
    update_gap_h: float = Field(24, ge=0, description="hours between two updates of no higher severity")
    behavioural_gap_h: float = Field(96, ge=0, description="the same, of behavioural kinds: going on is no news")
    expire_days: float = Field(30, gt=0, description="days after which a warning that nothing ended expires")
    backfill_days: float | None = Field(
        None, ge=0, description="at a group's first start, older events open nothing; empty = no backfill"
    )
    false_alarm_factor: float = Field(4, ge=1, le=1000, description="a false alarm's cool-down is so many times longer")
    let_go_days: float = Field(180, ge=0, le=3650, description="days a customer not worth keeping is left alone")
    holdout_share: float = Field(
        0, ge=0, le=0.5, description="share of customers who get no behavioural warnings, to measure their effect"
    )
    office_hours: tuple[dt.time, dt.time] = Field(
        (dt.time(9), dt.time(18)), description="local; next steps that are not urgent are due within them"
    )
    cool_down: dict[str, Annotated[float, Field(ge=0, le=8784)]] = Field(
        default_factory=dict, description="kind -> hours of its own in place of cool_down_h"
    )
    expire: dict[str, Annotated[float, Field(gt=0, le=3650)]] = Field(
        default_factory=dict, description="kind -> days of its own in place of expire_days"
    )
    inhibit: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="kind -> kinds that do not open while it is open"
    )
    rank: Rank = Rank()
    storm: Storm = Storm()

    @field_validator("office_hours")
    @classmethod
    def _opens_first(cls, value: tuple[dt.time, dt.time]) -> tuple[dt.time, dt.time]:
        if any(time.tzinfo is not None for time in value) or value[0] >= value[1]:
            raise ValueError("two local times, first when the office opens and then when it closes")
        return value


class Backtest(Section):
    """What `churnwatch backtest` counts a leaver and a warning at; in units of the base currency."""

    horizon_days: float = Field(90, gt=0, le=3660, description="a warning is right when the customer leaves within it")
    miss: float = Field(3000, ge=0, description="lost with a customer who leaves")
    saved_share: float = Field(0.25, ge=0, le=1, description="share of leavers, warned about in time, who are kept")
    contact_minutes: float = Field(15, ge=0, description="an RM's minutes for a warning")
    minute: float = Field(2, ge=0, description="what an RM's minute costs")
    annoyance: float = Field(5, ge=0, description="lost with a contact of a customer who would have stayed")


class Http(Section):
    """The worker's internal port: metrics, health and questions about a customer."""

    host: str = Field("127.0.0.1", description="address it is served on")
    port: int = Field(0, ge=0, le=65535, description="0 = a free one")
    advertise: str = Field("", description="host other workers reach this one at; empty = host")
    token: SecretStr = Field(SecretStr(""), description="bearer token of /state; empty = made at start")


class Settings(Section):
    """Everything configurable."""

    kafka: Kafka = Kafka()
    topics: Topics = Topics()
    engine: Engine = Engine()
    business: Business = Business()
    policy: Policy = Policy()
    privacy: Privacy = Privacy()
    http: Http = Http()
    classes: CustomerClasses = CustomerClasses()
    model: Model = Model()
    desk: Desk = Desk()
    backtest: Backtest = Backtest()
    rules: dict[str, dict[str, Any]] = Field(default_factory=dict, description="rule -> its parameters")


def default_file() -> Path:
    """Return the shipped configuration: in the package when installed, in `deploy/config` in a checkout."""
    here = Path(__file__).parent
    installed = here / "default.toml"
    return installed if installed.exists() else here.parent / "deploy" / "config" / "default.toml"


def _shipped() -> dict[str, Any]:
    """Read the shipped configuration, and beside it a scheme of classes a file."""
    file = default_file()
    presets = {scheme.stem: _read(scheme) for scheme in sorted((file.parent / "classes").glob("*.toml"))}
    return _merge(_read(file), {"classes": {"presets": presets}})


def load(file: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Merge the shipped defaults, `file` and `CHURNWATCH_SECTION__KEY` variables, later ones winning.

    A secret may come from a file: see `stream.settings.secret_files`.

    Raises:
        ConfigError: naming the key, the value and what is allowed.
    """
    merged = _shipped()
    try:
        if file is not None:
            merged = _merge(merged, with_secrets(_read(file), Settings))
        merged = _merge(merged, with_secrets(_from_env(os.environ if env is None else env), Settings))
        return Settings.model_validate(merged)
    except SecretFileError as fault:
        raise ConfigError(str(fault)) from None
    except ValidationError as fault:
        source = f"{file}: " if file else ""
        raise ConfigError(source + explain(fault, Settings)) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as fault:
        raise ConfigError(f"cannot read {file}: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not valid TOML: it is not UTF-8") from None
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(f"{file} is not valid TOML: {fault}") from None


def _merge(low: dict[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for key, value in high.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
    return merged


def _from_env(env: Mapping[str, str]) -> dict[str, Any]:
    """`CHURNWATCH_ENGINE__BATCH_EVENTS=100` becomes `{"engine": {"batch_events": "100"}}`."""
    found: dict[str, Any] = {}
    for name, value in sorted(env.items()):
        if name.startswith(ENV_PREFIX) and "__" in name:
            *sections, key = name[len(ENV_PREFIX) :].lower().split("__")
            place = found
            for section in sections:
                place = place.setdefault(section, {})
                if not isinstance(place, dict):
                    raise ConfigError(f"{name}: another variable gives {section} a value of its own")
            place[key] = value
    return found
