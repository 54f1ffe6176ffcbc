"""Training examples over random lives: nothing is seen of the future, each is there once, however the shard ran."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st
from support.effort import examples
from support.harness import Harness
from support.snapshots import snapshot
from support.timeline import At, at, records, settings
from support.units import SHANGHAI

from models import pending
from models.example import Example
from models.features import sets
from models.scoring.scorer import Scorer
from stream.domain.step import Step
from stream.engine.feeds.model import in_stream
from stream.metrics import Metrics
from stream.policy.cool_down import CoolDown
from stream.policy.pipeline import Pipeline
from stream.rules.base import Params, Rule
from stream.rules.registry import build

START = at("2025-01-01 12:00")
DAYS, MIDDLE = 90, 45
CUSTOMERS = ("c1", "c2")
LABELS = {"horizon_days": 30, "active_within_days": 40, "collapse_days": 7}
SPOKEN = {"balance_drop", "model_score", "port_out_request"}
POISON = "poison"
KINDS = (
    "buys", "buys", "buys", "balance", "call", "asks", "leaves", "back", "arrears", "complaint", "lost", "contact",
)  # fmt: skip


class Brittle(Rule[Params]):
    """A rule that raises on marked events, after everything else has had its way with the state."""

    name = "zz_brittle"
    listens = frozenset({"contacts"})
    behavioural = False
    practice = "none"
    respond_within_h = 1
    texts = {}
    Params = Params

    def evaluate(self, state, event):
        if event.event_id.startswith(POISON):
            raise RuntimeError("poison")

    def look(self, state, time):
        return {}


@cache
def chosen():
    return settings(model={"labels": LABELS, "cutoff_every": 1.5})


def core():
    given_, rules = chosen(), [rule for rule in build(chosen().rules, SHANGHAI) if rule.name in SPOKEN]
    rules.append(Brittle(Params(), SHANGHAI))
    model = replace(in_stream(given_, Metrics(), SHANGHAI), scorer=Scorer(snapshot()))
    return Step(SHANGHAI, rules, Pipeline(rules, (CoolDown(24),), update_gap_h=6, expire_days=10), model=model)


def happening(draw, first=0, last=DAYS, *, forgets=True):
    """Draw one event of the days `first` to `last`: on time or late."""
    moment = START.plus(minutes=draw(st.integers(60 * 24 * first, 60 * 24 * last)))
    late = draw(st.sampled_from([0, 0, 0, 0, 3_600_000, 9 * 86_400_000]))
    moment = At(moment.time, moment.time + late)
    customer = draw(st.sampled_from(CUSTOMERS))
    kinds = [
        "buys",
        "buys",
        "buys",
        "balance",
        "call",
        "asks",
        "leaves",
        "back",
        "arrears",
        "complaint",
        "lost",
        "contact",
    ]
    match draw(st.sampled_from([*kinds, *(["forget"] if forgets else [])])):
        case "buys":
            return moment.transaction(customer, draw(st.sampled_from([10, 900])), category="purchase")
        case "balance":
            return moment.balance(customer, draw(st.sampled_from([0, 5_000, 90_000])))
        case "call":
            return moment.transaction(customer, 0, category="call", quantity=30, unit="min")
        case "asks":
            return moment.service(customer, draw(st.sampled_from(["port_out_requested", "port_out_cancelled"])))
        case "leaves":
            cause = draw(st.sampled_from([None, "arrears"]))
            return moment.service(
                customer, draw(st.sampled_from(["port_out_completed", "account_closed"])), cause=cause
            )
        case "back":
            return moment.product(customer, "product_opened", "p")
        case "arrears":
            return moment.service(customer, draw(st.sampled_from(["suspended", "restored", "migrated"])))
        case "complaint":
            return moment.complaint(customer, "k", draw(st.sampled_from(["opened", "closed"])), severity="high")
        case "lost":
            return moment.feedback(customer, "e", "outcome", outcome=draw(st.sampled_from(["lost", "saved"])))
        case "contact":
            return moment.event("contacts", customer, staff_id="s", how="call", result="reached")
        case _:
            return moment.forget(customer)


def lives(*span, most=40, **more):
    return st.lists(st.composite(lambda draw: happening(draw, *span, **more))(), max_size=most)


REGULAR = [START.plus(days=day).transaction("c1", 20, category="purchase", account_id="r") for day in range(0, 42, 9)]


def play(lines, schedule=(), *, batch_events=4000, fetch_records=4000, shuffle=None, until=DAYS + 60):
    """Run the lines and let time pass; return examples as sent, what waits, the states."""

    async def run(folder):
        harness = Harness(
            folder, settings=chosen(), core=core(), batch_events=batch_events, fetch_records=fetch_records
        )
        harness.feed(shuffled(records(REGULAR, lines), shuffle))
        await harness.open()
        for what in schedule:
            await harness.drain(batches=1)
            if what:
                await harness.crash(lose_store=what == "store lost")
                await harness.open()
        await harness.drain()
        await harness.shard.advance(START.plus(days=until).time)
        sent = [record.value for record in harness.written("examples")]
        logged = {r.key[2:]: r.value for r in harness.written("state-changelog") if r.key.startswith(b"p/")}
        waiting = dict(harness.store.states(b"p/"))
        assert waiting == {key: value for key, value in logged.items() if value is not None}
        result = sent, waiting, harness.states()
        await harness.crash()
        return result

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(run(Path(folder)))


def shuffled(lines, random):
    """The same order within each topic, any order across them."""
    lines = list(lines)
    if random is None:
        return lines
    by_topic = defaultdict(list)
    for record in lines:
        by_topic[record.topic].append(record)
    mixed = [record.topic for record in lines]
    random.shuffle(mixed)
    feed = {topic: iter(found) for topic, found in by_topic.items()}
    return [next(feed[topic]) for topic in mixed]


def seen(sent, waiting):
    """Return customer and cut-off -> what was seen then, of examples and of what still waits."""
    found = {}
    for value in sent:
        example = msgspec.json.decode(value, type=Example)
        key = example.customer_id, example.cutoff
        assert key not in found
        found[key] = sets.pack(example.features), example.scores, example.version, example.groups, example.event_id
    for customer, stored in waiting.items():
        for entry in pending.decode(stored).entries:
            key = customer.decode(), entry.cutoff
            assert key not in found
            found[key] = entry.features, entry.scores, entry.version, entry.groups
    return found


@examples(40)
@given(lives(0, MIDDLE), lives(MIDDLE, DAYS, forgets=False), lives(MIDDLE, DAYS, forgets=False), st.randoms())
def test_no_feature_saw_anything_after_the_cut_off(past, future, other, random):
    """The same events up to a day, two futures: the cut-offs until then have the same bytes of features and scores."""
    middle = START.plus(days=MIDDLE).time
    past = [line for line in past if line.timestamp < middle]
    found = [seen(*play([past, more], shuffle=mix)[:2]) for more, mix in ((future, None), (other, random))]
    one, two = [{key: kept[:4] for key, kept in each.items() if key[1] <= middle} for each in found]
    assume(one)
    assert one == two


@examples(30)
@given(
    lives(),
    st.integers(1, 60),
    st.lists(st.sampled_from(["", "crash", "store lost"]), max_size=12),
    st.sampled_from([7, 4000]),
)
def test_batching_crashes_and_lost_stores_change_no_example(lines, batch, schedule, fetched):
    assert play(lines, schedule, batch_events=batch, fetch_records=fetched) == play(lines)


@examples(30)
@given(lives())
def test_each_cut_off_of_a_customer_is_there_once_and_known_when_it_says(lines):
    sent, waiting, _ = play(lines)
    seen(sent, waiting)
    told = [msgspec.json.decode(value, type=Example) for value in sent]
    for example in told:
        early = example.outcome in ("lost", "involuntary", "migrated", "left")
        assert example.known_at == example.cutoff + 30 * 86_400_000 or (early and example.known_at >= example.cutoff)
        assert example.label == (example.outcome in ("lost", "left", "inactive", "collapsed"))
        assert len(example.features) == len(sets.NAMES)


@examples(30)
@given(lives(forgets=False), st.lists(st.integers(0, DAYS * 24), min_size=1, max_size=8), st.integers(1, 60))
def test_poison_between_good_events_changes_no_example(lines, hours, batch):
    """Held against a bystander's event in place of each poisoned one: time passes either way."""
    poison, harmless = [], []
    for number, hour in enumerate(hours):
        line = START.plus(hours=hour).event("contacts", "c1", staff_id="s", how="call", result="reached")
        poison.append(line._replace(value={**line.value, "event_id": f"{POISON}-{number}"}))
        harmless.append(line._replace(key="z", value={**line.value, "customer_id": "z", "event_id": f"z{number}"}))
    sent, waiting, states = play([lines, poison], batch_events=batch)
    clean_sent, clean_waiting, clean_states = play([lines, harmless])
    clean_states.pop(b"z", None)
    assert (sent, waiting, states) == (clean_sent, clean_waiting, clean_states)
