"""A snapshot to score the load by: all experts and their stack, every feature asked, a tenth of customers graded.

The experts have learned from vectors of the current feature set in which every figure is told (`scoring`), so that
their trees ask all of them: the load's own five days, without a complaint or a contact, would teach them to ask few.
"""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from models.features import sets
from models.in_stream import InStream
from models.scoring.scorer import Scorer
from models.snapshot import Grades, Snapshot
from stream.codec import Rejected
from stream.config import load
from stream.domain.state import State
from stream.domain.step import CUTOFF
from stream.engine.assemble import business, codec, step
from stream.engine.feeds.model import in_stream
from stream.metrics import Metrics
from stream.policy.base import Moment

from .load import Load
from .scoring import Costs, published, trained

EXAMPLES = 5_000
Lives = dict[str, tuple[State, int]]
"""Customers with the time of the cut-off that is due."""


def model(snapshot: Snapshot | None = None) -> InStream:
    """Return the model's place in the stream as it is configured by default."""
    settings = load(env={})
    made = in_stream(settings, Metrics(), business(settings))
    return replace(made, scorer=None if snapshot is None else Scorer(snapshot))


def lives(customers: int) -> Lives:
    """Return customers of the load with their states as their first cut-off finds them."""
    settings = load(env={})
    reader, core = codec(settings), step(settings, Metrics())
    states: dict[str, State] = {}
    found: Lives = {}
    for record in Load(events=15 * customers, customers=customers).records():
        event = reader.decode(record.topic, record.key, record.value, record.timestamp)
        assert not isinstance(event, Rejected)
        customer = event.customer_id
        state = states.setdefault(customer, State())
        due = state.timers.get(CUTOFF, 0)
        if 0 < due <= event.time:
            found.setdefault(customer, (state, due))
        if customer not in found:
            core.event(customer, state, event, Moment(event.time, 0))
    return found


def snapshot(customers: int = 400) -> Snapshot:
    """Return the snapshot, its grades where a tenth of so many customers of the load are near to churn."""
    made = published(trained(EXAMPLES, Costs()))
    scorer, units = Scorer(made), model().business
    scores = sorted(scorer.judge(sets.vector(state, at, units)).score for state, at in lives(customers).values())
    near, gone = scores[round(0.9 * len(scores))], scores[round(0.99 * len(scores))]
    return structs.replace(made, grades=Grades(near, gone))
