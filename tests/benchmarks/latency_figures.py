"""What `latency` found, and its two tables: how long alerts took, and on which part of the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, quantiles

from stream.config import Engine

from .latency_load import Sent


@dataclass(frozen=True)
class Read:
    """An alert as a consumer had it, epoch s: when its batch began, when it was written down, when it was read."""

    began: float
    written: float
    read: float


@dataclass(frozen=True)
class Told:
    """Of all batches meanwhile, as the worker tells: events in one, and ms that one took, means; `cpu`: cores."""

    events: float
    step_ms: float
    transaction_ms: float
    cpu: float


@dataclass(frozen=True)
class Latency:
    """Of one run, ms. From the broker's timestamp of the event: `median` to `longest`; `own_*` from the sender's clock.

    `to_batch`, `to_records`, `to_reader`: the parts of the way, means; together the mean of the whole. `wanted`,
    `rate`: events a second, as asked for and as sent. `neighbours`: measured in one shard only.
    """

    merge_wait_ms: int
    at_once: int
    neighbours: bool
    hot: float
    wanted: float
    rate: float
    alerts: int
    missing: int
    median: float
    p95: float
    p99: float
    longest: float
    own_median: float
    own_p99: float
    late: float
    to_batch: float
    to_records: float
    to_reader: float
    batch: Told


def latency(
    sent: Sent, read: Mapping[str, Read], batch: Told, engine: Engine, *, wanted: float, hot: float | None
) -> Latency:
    """Return the figures of a run at the rate `wanted`; `hot`: one customer's share, None = all shards measured."""
    pairs = [(name, alert) for name in sent.own if (alert := read.get(name)) is not None]
    brokers = sorted(_ms(alert.read - sent.broker[name] for name, alert in pairs))
    own = quantiles(_ms(alert.read - sent.own[name] for name, alert in pairs), n=100)
    cuts = quantiles(brokers, n=100)
    return Latency(
        merge_wait_ms=engine.merge_wait_ms,
        at_once=engine.batches_at_once,
        neighbours=hot is not None,
        hot=hot or 0.0,
        wanted=wanted,
        rate=sent.events / sent.seconds,
        alerts=len(pairs),
        missing=len(sent.own) - len(pairs),
        median=cuts[49],
        p95=cuts[94],
        p99=cuts[98],
        longest=brokers[-1],
        own_median=own[49],
        own_p99=own[98],
        late=1000 * sent.late,
        to_batch=fmean(_ms(alert.began - sent.broker[name] for name, alert in pairs)),
        to_records=fmean(_ms(alert.written - alert.began for _, alert in pairs)),
        to_reader=fmean(_ms(alert.read - alert.written for _, alert in pairs)),
        batch=batch,
    )


def _ms(seconds: Iterable[float]) -> list[float]:
    return [1000 * each for each in seconds]


Column = tuple[str, Callable[[Latency], str]]

_WHICH: tuple[Column, ...] = (
    ("merge_wait_ms", lambda found: f"{found.merge_wait_ms}"),
    ("at once", lambda found: f"{found.at_once}"),
    ("one customer's", lambda found: f"{found.hot:.0%}"),
    ("events/s", lambda found: f"{found.rate:,.0f}"),
)
WHOLE: tuple[Column, ...] = (
    *_WHICH,
    ("alerts", lambda found: f"{found.alerts:,}"),
    ("missing", lambda found: f"{found.missing}"),
    ("median, ms", lambda found: f"{found.median:.0f}"),
    ("p95", lambda found: f"{found.p95:.0f}"),
    ("p99", lambda found: f"{found.p99:.0f}"),
    ("longest", lambda found: f"{found.longest:.0f}"),
    ("from the sender's clock: median", lambda found: f"{found.own_median:.0f}"),
    ("p99", lambda found: f"{found.own_p99:.0f}"),
    ("sender behind, ms", lambda found: f"{found.late:.0f}"),
)
PARTS: tuple[Column, ...] = (
    *_WHICH,
    ("to its batch, ms", lambda found: f"{found.to_batch:.0f}"),
    ("batch to records", lambda found: f"{found.to_records:.0f}"),
    ("records to reader", lambda found: f"{found.to_reader:.0f}"),
    ("events a batch", lambda found: f"{found.batch.events:.1f}"),
    ("step, ms", lambda found: f"{found.batch.step_ms:.1f}"),
    ("transaction", lambda found: f"{found.batch.transaction_ms:.0f}"),
    ("worker's cores", lambda found: f"{found.batch.cpu:.2f}"),
)


def head(columns: Sequence[Column]) -> str:
    """Return the first two lines of a table."""
    return f"| {' | '.join(name for name, _ in columns)} |\n{'|---' * len(columns)}|"


def row(columns: Sequence[Column], found: Latency) -> str:
    """Return a row of a table."""
    return f"| {' | '.join(shown(found) for _, shown in columns)} |"


def ratios(found: Sequence[Latency]) -> list[str]:
    """Return how the neighbours' p99 with a hot customer stands to the one without: the same shard and rate."""
    quiet = {_same(each): each for each in found if each.neighbours and not each.hot}
    return [
        f"with {each.hot:.0%} of {each.rate:,.0f} events/s one customer's, the neighbours' p99 is "
        f"{each.p99 / base.p99:.2f} × what it is without ({each.p99:.0f} and {base.p99:.0f} ms)"
        for each in found
        if each.hot and (base := quiet.get(_same(each)))
    ]


def _same(found: Latency) -> tuple[int, int, int]:
    return found.merge_wait_ms, found.at_once, round(found.wanted)
