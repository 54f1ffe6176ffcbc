"""Laws of the engine: batching, crashes, lost stores and interleavings change nothing; poison harms nobody."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import orjson
from hypothesis import given
from hypothesis import strategies as st
from support.effort import examples
from support.harness import Harness, changelog_states
from support.lives.handover import staff
from support.timeline import At, at, records, steady
from support.timeline import settings as default_settings
from support.units import SHANGHAI

from stream.domain.step import Step
from stream.policy.cool_down import CoolDown
from stream.policy.pipeline import Pipeline
from stream.rules.base import Params, Rule
from stream.rules.registry import build

START = at("2025-03-01 08:00")
CUSTOMERS = ("c1", "c2", "c3")
HISTORY = [steady(customer, 100_000, first="2025-01-20", days=40) for customer in CUSTOMERS[:2]]
POISON = "poison"


class Brittle(Rule[Params]):
    """A rule that raises on marked events, after everything else has had its way with the state."""

    name = "zz_brittle"  # the last in order of name
    listens = frozenset({"contacts", "balances", "transactions", "complaints"})
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


def core(*more):
    rules = (*build(default_settings().rules, SHANGHAI), *more)
    return Step(SHANGHAI, rules, Pipeline(rules, (CoolDown(24),), update_gap_h=6, expire_days=10))


def happening(draw):
    """Draw one event: some time in three weeks, on time or late, of a kind that a rule reads."""
    moment = START.plus(minutes=draw(st.integers(0, 60 * 24 * 21)))
    late = draw(st.sampled_from([0, 0, 0, 0, 3_600_000, 3 * 86_400_000]))
    moment = At(moment.time, moment.time + late)
    customer = draw(st.sampled_from(CUSTOMERS))
    kind = draw(
        st.sampled_from(
            ["balance", "pays", "forwarding", "complaint", "contact", "profile", "forget", "product", "staff"]
        )
    )
    match kind:
        case "balance":
            return moment.balance(customer, draw(st.sampled_from([0, 5_000, 60_000, 100_000, 130_000])))
        case "pays":
            return moment.pays(
                customer, draw(st.sampled_from([10, 30_000, 90_000])), draw(st.sampled_from(["rival", "own"]))
            )
        case "forwarding":
            state = draw(st.sampled_from(["unconditional", "conditional_busy", "inactive"]))
            return moment.forwarding(customer, state, draw(st.sampled_from(["rival", "own"])))
        case "complaint":
            name = draw(st.sampled_from(["k1", "k2", "k3"]))
            status = draw(st.sampled_from(["opened", "updated", "closed", "reopened"]))
            severity = draw(st.sampled_from(["low", "high", None]))
            return moment.complaint(customer, name, status, severity=severity, satisfied=draw(st.booleans()))
        case "contact":
            return moment.event("contacts", customer, staff_id="s", how="call", result="reached")
        case "profile":
            return moment.profile(customer, rm_id=draw(st.sampled_from(["r1", "r2"])))
        case "staff":
            status = draw(st.sampled_from(["active", "leave", "left", "moved"]))
            return staff(moment, staff_id=draw(st.sampled_from(["r1", "r2"])), status=status)
        case "product":
            what = draw(st.sampled_from(["product_opened", "product_matured"]))
            return moment.product(customer, what, "p", amount=draw(st.sampled_from([1_000, 90_000])))
        case _:
            return moment.forget(customer)


LIVES = st.lists(st.composite(happening)(), max_size=40)


async def outcome(harness, folder):
    """Let the last timers fire, and return states, changelog's states, alerts and dead letters."""
    await harness.drain()
    await harness.shard.advance(START.plus(days=60).time)
    states = harness.states()
    assert states == changelog_states(harness.written("state-changelog"))
    return states, harness.alerts(), [(r.key, r.value) for r in harness.written("dead-letters")]


def play(lines, schedule=(), *, batch_events=4000, cache=256 << 20, rules=(), fetch_records=4000):
    """Run the lines in one go, or with a crash between batches wherever `schedule` says which."""

    async def run(folder):
        harness = Harness(
            folder, core=core(*rules), batch_events=batch_events, cache=cache, fetch_records=fetch_records
        )
        harness.feed(records(HISTORY, lines))
        await harness.open()
        for what in schedule:
            await harness.drain(batches=1)
            if what:
                await harness.crash(lose_store=what == "store lost")
                await harness.open()
        result = await outcome(harness, folder)
        await harness.crash()
        return result

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(run(Path(folder)))


@examples(25)
@given(
    LIVES,
    st.integers(1, 60),
    st.lists(st.sampled_from(["", "crash", "store lost"]), max_size=12),
    st.sampled_from([0, 30_000, 256 << 20]),
    st.sampled_from([7, 4000]),
)
def test_batching_crashes_and_lost_stores_change_neither_a_state_nor_an_alert(lines, batch, schedule, cache, fetched):
    assert play(lines, schedule, batch_events=batch, cache=cache, fetch_records=fetched) == play(lines)


@examples(25)
@given(LIVES, st.randoms(use_true_random=False))
def test_how_the_topics_interleave_on_the_way_in_changes_nothing(lines, random):
    """The same order within each topic, any order across them."""

    async def run(folder, shuffle):
        harness = Harness(folder, core=core())
        by_topic = defaultdict(list)
        for record in records(HISTORY, lines):
            by_topic[record.topic].append(record)
        mixed = [topic for topic, found in by_topic.items() for _ in found]
        if shuffle:
            random.shuffle(mixed)
        feed = {topic: iter(found) for topic, found in by_topic.items()}
        harness.feed(next(feed[topic]) for topic in mixed)
        await harness.open()
        result = await outcome(harness, folder)
        await harness.crash()
        return result

    with tempfile.TemporaryDirectory() as folder:
        plain = asyncio.run(run(Path(folder) / "plain", shuffle=False))
        assert asyncio.run(run(Path(folder) / "mixed", shuffle=True)) == plain


@examples(40)
@given(LIVES)
def test_there_is_never_more_than_one_open_episode_of_a_kind_and_each_ends_once_after_it_opened(lines):
    _, alerts, _ = play(lines)
    now_open, sequence, ids = {}, Counter(), set()
    for alert in alerts:
        key, episode = (alert["customer_id"], alert["kind"]), alert["episode_id"]
        assert alert["alert_id"] not in ids
        ids.add(alert["alert_id"])
        sequence[episode] += 1
        assert alert["sequence"] == sequence[episode]
        if alert["state"] == "opened":
            # A customer who was forgotten begins anew; otherwise the one before must have ended.
            assert key not in now_open or any(line.value is None and line.key == key[0] for line in lines)
            now_open[key] = episode
        else:
            assert now_open[key] == episode
            if alert["state"] != "updated":
                del now_open[key]


@examples(30)
@given(LIVES, st.lists(st.composite(happening)(), min_size=1, max_size=10), st.integers(1, 60))
def test_poison_events_leave_everything_as_without_them_and_are_all_in_the_dead_letters(lines, marked, batch):
    """Held against the same lines with a bystander's event in place of each: time passes either way."""
    poison, harmless = [], []
    for number, line in enumerate(marked):
        if line.topic in Brittle.listens:
            poison.append(line._replace(value={**line.value, "event_id": f"{POISON}-{number}"}))
            harmless.append(line._replace(key="clock", value={**line.value, "customer_id": "clock"}))
    states, alerts, letters = play([lines, poison], batch_events=batch, rules=[Brittle(Params(), SHANGHAI)])
    clean_states, clean_alerts, none = play([lines, harmless])
    clean_states.pop(b"clock", None)
    assert none == []
    assert states == clean_states
    assert alerts == [alert for alert in clean_alerts if alert["customer_id"] != "clock"]
    ids = [orjson.loads(value)["event_id"] for _, value in letters]
    assert sorted(ids) == sorted(line.value["event_id"] for line in poison if line.value["event_id"] in ids)
    forgotten = {line.key: line.timestamp for line in sorted(lines, key=lambda one: one.timestamp) if not line.value}
    for line in poison:  # what came no later than the tombstone of its customer may be dropped with them
        assert line.value["event_id"] in ids or line.timestamp <= forgotten.get(line.key, -1)
