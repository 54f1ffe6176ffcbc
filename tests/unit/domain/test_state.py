"""The stored form of a state: compact, versioned, and readable for ever after.

`tests/data/state_v1.bin` and `state_v2.bin` were written by the first two builds and must be read by every later one.
They are never written again; a state of version 3 gets a file of its own:

    python -c "import test_state as t; t.write('tests/data/state_v3.bin')"     (with tests/unit/domain on the path)
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from statistics import median

import msgspec
import pytest
from support.timeline import settings
from support.units import DAY0, SHANGHAI, T0

from stream.domain import ring, state
from stream.domain.state import (
    VERSION,
    Account,
    Baseline,
    ComplaintCase,
    CreditChange,
    Episode,
    ForwardingNow,
    Held,
    Holding,
    LastContact,
    Means,
    Outflow,
    Profile,
    Score,
    State,
    StateVersionError,
    TierNow,
    decode,
    due_of,
    encode,
)
from stream.engine.log.jsonl import Record, parse
from stream.engine.replay import Replay
from stream.simulate.town import Options, Town

FIXTURE = Path(__file__).parents[2] / "data" / "state_v1.bin"
SECOND = Path(__file__).parents[2] / "data" / "state_v2.bin"


def sample():
    """A state with something in every field that the first build had."""
    return State(
        first_seen=T0,
        newest=T0 + 5,
        profile=Profile(
            "gold",
            "key",
            "payroll",
            "rm-1",
            "b-1",
            "h-1",
            "pg-1",
            ["x", "y"],
            2_000_000,
            0.25,
            "B",
            dt.date(1999, 12, 31),
            True,
            True,
            True,
            "zh",
            dt.date(2010, 1, 2),
            "retail",
        ),
        days=ring.Ring(DAY0, [[1, 2, 3, 0, 0], None, [1, 0, 9, 0, 0, 1500]]),
        weeks=ring.Ring(SHANGHAI.week(DAY0), [[2, 2, 12, 0, 0, 1500]]),
        months=ring.Ring(SHANGHAI.month(DAY0), [[2, 2, 12, 0, 0, 1500]]),
        accounts={
            "a1": Account("current", 10_000, T0, ring.Ring(DAY0, [10_000, None, -5]), 99, {DAY0: 700, DAY0 - 2: 1})
        },
        baseline=Baseline(DAY0, DAY0 - 7, 54, 10_000, 300, 9_000),
        complaints={"k": ComplaintCase(T0, T0 + 1, "closed", "high", True)},
        forwarding=ForwardingNow("unconditional", "rival", "78", T0),
        products={"p": Holding("deposit", 50_000, dt.date(2025, 6, 30), DAY0, T0, DAY0 + 1)},
        contact=LastContact(T0, "reached", T0 - 1),
        outflows=[Outflow(T0, 77, "rival", "e9")],
        episodes={"balance_drop": Episode("ep", T0, T0, 2, "critical", T0 + 9, {"floor": 1}, ["fraud"])},
        ended={"serious_complaint": (T0, "medium")},
        timers={"balance_drop": T0 + 7, "policy": T0 + 9},
        seen=b"12345678",
    )


def full():
    """The sample, with something in every field that the second build added."""
    more = sample()
    more.profile.time = T0
    more.complaints["k"].waiting_since, more.complaints["k"].matter = T0, 77
    more.contact = LastContact(T0, "replied", T0, T0, 2, "rm-1", T0, {"mail": Means(3, [T0])})
    more.products["p"].dated_on, more.products["p"].fresh_term = DAY0, True
    more.episodes["balance_drop"].shadow = more.episodes["balance_drop"].acked = True
    more.active_days = [DAY0 - 7, DAY0]
    more.payrolls = [(DAY0 - 30, 900_000)]
    more.recent = {"service_incident/dropped_call": [T0]}
    more.tier = TierNow("gold", "platinum", T0)
    more.credit = CreditChange(5, 3, T0)
    more.left_at = T0
    more.memory = {"usage_drop": [1, 2]}
    more.held = {"balance_drop": Held("snooze", T0, "high")}
    more.snoozed = {"usage_drop": T0 + 1}
    more.let_go = T0 + 2
    more.score = Score(0.5, "near-churn", T0, "logistic-7")
    more.cooling = {"balance_drop": T0 + 3}
    return more


def fuller():
    """The full sample, with something in what came after the second build."""
    more = full()
    episode = more.episodes["balance_drop"]
    episode.held, episode.again_at, episode.said = "snooze", T0 + 4, "{}"
    more.acted_at, more.acted_first, more.acts = T0 + 2, T0 + 1, 2
    more.returns, more.returned_at = 1, T0 + 3
    more.score.reasons = [("recency", 12.5, 0.4)]
    return more


def write(path):
    """Write the fuller sample in the form of this build."""
    Path(path).write_bytes(encode(fuller()))


def test_the_second_builds_state_is_read_for_ever_after():
    assert decode(SECOND.read_bytes()) == full()
    assert all(msgspec.msgpack.decode(SECOND.read_bytes()[9:]))


def test_the_full_sample_has_something_in_every_field():
    def empty(value, path="state"):
        if isinstance(value, msgspec.Struct) and not isinstance(value, ring.Ring):
            for name in value.__struct_fields__:
                yield from empty(getattr(value, name), f"{path}.{name}")
        elif isinstance(value, dict):
            for key, item in value.items():
                yield from empty(item, f"{path}[{key}]")
        if not value:
            yield path

    assert list(empty(fuller())) == []


def test_the_first_builds_state_is_read_for_ever_after():
    assert decode(FIXTURE.read_bytes()) == sample()


def test_the_fixture_has_something_in_every_field_of_the_first_build():
    written = msgspec.msgpack.decode(FIXTURE.read_bytes()[9:])
    assert len(written) == 17
    assert all(written)


def test_a_state_with_fewer_trailing_fields_is_read_with_defaults():
    body = msgspec.msgpack.decode(encode(sample())[9:])
    for kept in range(len(body)):
        stored = bytes([VERSION]) + bytes(8) + msgspec.msgpack.encode(body[:kept])
        read = decode(stored)
        names = State.__struct_fields__
        assert [getattr(read, n) for n in names[:kept]] == [getattr(sample(), n) for n in names[:kept]]
        assert [getattr(read, n) for n in names[kept:]] == [getattr(State(), n) for n in names[kept:]]


def test_a_newer_builds_extra_trailing_field_does_not_break_the_reading():
    body = [*msgspec.msgpack.decode(encode(sample())[9:]), "news"]
    assert decode(bytes([VERSION]) + bytes(8) + msgspec.msgpack.encode(body)) == sample()


def test_what_is_encoded_is_decoded_and_encoded_to_the_same_bytes():
    stored = encode(sample())
    assert decode(stored) == sample()
    assert encode(decode(stored)) == stored
    assert decode(encode(State())) == State()


def test_the_header_holds_the_version_and_the_earliest_timer():
    stored = encode(sample())
    assert stored[0] == VERSION
    assert due_of(stored) == T0 + 7
    assert due_of(memoryview(stored)) == T0 + 7
    assert due_of(encode(State())) == 0


@pytest.mark.parametrize("version", [0, VERSION + 1, 255])
def test_a_state_of_a_newer_build_is_refused_with_what_to_do(version):
    stored = bytes([version]) + encode(State())[1:]
    with pytest.raises(StateVersionError, match=rf"version {version}.*reads up to {VERSION}"):
        decode(stored)


@pytest.mark.parametrize("stored", [b"", bytes([VERSION]), encode(sample())[:-3], encode(sample())[:9] + b"\xc1"])
def test_a_damaged_state_is_refused(stored):
    with pytest.raises(StateVersionError):
        decode(stored)


def test_an_upgrade_takes_an_older_version_through_every_version_between(monkeypatch):
    def renamed(body):
        fields = msgspec.msgpack.decode(body)
        fields[0] += 1
        return msgspec.msgpack.encode(fields)

    monkeypatch.setattr(state, "VERSION", 3)
    monkeypatch.setattr(state, "_UPGRADES", {1: renamed, 2: renamed})
    assert decode(bytes([1]) + encode(sample())[1:]).first_seen == T0 + 2
    assert encode(State())[0] == 3


def test_two_states_share_nothing():
    one, other = State(), State()
    one.accounts["a"] = Account(None, 1, 1)
    one.timers["x"] = 1
    one.days.put(1, [1, 1, 1], 5, 1)
    assert (other.accounts, other.timers, other.days.items) == ({}, {}, [])


def test_the_median_customer_of_a_town_takes_no_more_than_two_and_a_half_kilobytes():
    """Two were aimed at with three rules; the catalogue's own figures are a quarter more."""
    replay = Replay(settings())
    lines = enumerate(Town(Options(customers=40, days=120, seed=3)).lines(), 1)
    replay.load(record for n, line in lines if isinstance(record := parse(n, line.encode()), Record))
    sizes = [len(stored) for stored in replay.run().states.values()]
    assert len(sizes) > 30
    assert median(sizes) <= 2560
