"""History through the same shards, without a broker; and what is written and said of it."""

from __future__ import annotations

import orjson
import pytest
from support.timeline import at, records, run, settings, steady

from stream.domain.state import decode
from stream.engine import report
from stream.engine.assemble import business, step
from stream.engine.log.jsonl import STDIO, Fault, Record
from stream.engine.log.partition import partition_for
from stream.engine.replay import Replay
from stream.metrics import Metrics
from stream.rules.registry import RegistryError

NOON = at("2025-03-01 12:00")
MANY = {"topics": {"partitions": 4}}


def replayed(*lines, **sections):
    replay = Replay(settings(**sections))
    replay.load(lines)
    return replay.run()


def test_every_record_is_accounted_for():
    good = list(records(NOON.balance("c", 5), NOON.balance("c", 5), NOON.plus(hours=1).balance("d", 6)))
    odd = [
        Fault(9, "not JSON"),
        Record(10, "nonsense", b"k", 5, b"{}"),
        Record(11, "alerts", b"k", 5, b"{}"),
        Record(12, "balances", b"c", NOON.time, b"{"),
    ]
    result = replayed(*good, *odd)
    assert result.sent == 7
    assert result.skipped == 1
    assert result.results == {"handled": 2, "duplicate": 1, "dead-letter": 3}
    assert sum(result.results.values()) + result.skipped == result.sent


def test_lines_that_are_no_records_are_dead_letters_with_their_number():
    result = replayed(Fault(9, "key: expected a string or null"), Record(10, "nonsense", b"k", 5, b"{}"))
    headers = [{k: v.decode() for k, v in record.headers} for record in result.dead_letters]
    assert [(h["dl_reason"], h["dl_offset"]) for h in headers] == [("not-a-line", "9"), ("unknown-topic", "10")]
    assert headers[0]["dl_message"] == "key: expected a string or null"
    assert headers[1]["dl_topic"] == "nonsense"


def test_customers_lie_in_the_partitions_that_java_clients_choose_and_every_shard_is_run():
    customers = [f"c{n}" for n in range(40)]
    parts = [[NOON.forwarding(c, "unconditional", "rival") for c in customers]]
    outcome = run(parts, **MANY)
    assert {alert["customer_id"] for alert in outcome.alerts} == set(customers)
    assert set(outcome.states) == {c.encode() for c in customers}
    assert {partition_for(c.encode(), 4) for c in customers} == {0, 1, 2, 3}


def test_the_number_of_shards_changes_no_state_and_no_alert():
    parts = [
        [steady(f"c{n}", 100_000, days=50) for n in range(6)],
        [at("2025-02-20 09:00").plus(hours=n).balance(f"c{n}", 5_000) for n in range(6)],
        at("2025-02-25 09:00").passes(),
    ]
    one, four = run(parts), run(parts, **MANY)
    assert one.states == four.states
    assert {a["alert_id"] for a in one.alerts} == {a["alert_id"] for a in four.alerts}
    assert len(one.alerts) == 6


def test_at_the_end_every_shard_is_brought_to_the_newest_event_time_of_all():
    last = at("2025-04-15 12:00")
    others = [last.event("contacts", f"x{n}", staff_id="s", how="call", result="reached") for n in range(1)]
    outcome = run(NOON.forwarding("c1", "unconditional", "rival"), others, **MANY)
    assert [a["state"] for a in outcome.alerts] == ["opened", "expired"]


def test_an_empty_replay_is_an_empty_answer():
    result = replayed()
    assert (result.alerts, result.dead_letters, result.states, result.sent) == ([], [], {}, 0)


def test_progress_is_told_batch_by_batch():
    replay = Replay(settings(engine={"batch_events": 3}))
    replay.load(records([NOON.plus(minutes=n).balance("c", n) for n in range(8)]))
    assert replay.loaded == 8
    told = []
    replay.run(told.append)
    assert told == [3, 6, 8]


def test_a_record_without_a_key_is_refused_and_not_lost():
    assert replayed(Record(1, "balances", None, 5, b"{}")).results == {"dead-letter": 1}


def test_a_replay_is_patient_whatever_the_clock_on_the_wall_says():
    """A topic's next records are always fetched first, also where a live shard would go on without them."""
    moves = [NOON.plus(minutes=n).transaction("c", 1) for n in range(4_050)]
    outflow = NOON.plus(minutes=4_060).pays("c", 20_000)
    forwarding = NOON.plus(minutes=4_070).forwarding("c", "unconditional", "rival")
    outcome = run(moves, outflow, forwarding, engine={"merge_wait_max_ms": 0, "batch_events": 10_000})
    assert [(a["state"], a["routes"]) for a in outcome.alerts] == [("opened", ["unassigned", "fraud"])]


def test_rules_that_do_not_fit_the_configuration_stop_it_at_once():
    with pytest.raises(RegistryError):
        step(settings(rules={"nonsense": {}}), Metrics())


def test_the_business_of_the_settings_is_the_cores():
    made = business(settings(business={"currency": "CZK", "time_zone": "Europe/Prague", "minor_units": 0}))
    assert (made.currency, made.zone.key, made.minor_units) == ("CZK", "Europe/Prague", 0)
    assert made.rates["USD"] == 7.1


def written(path):
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def outcome_of(*parts):
    replay = Replay(settings(**MANY))
    replay.load(records(*parts))
    return replay.run()


LIFE = [
    NOON.forwarding("c2", "unconditional", "rival"),
    NOON.plus(hours=-1).forwarding("c1", "conditional_busy", "rival"),
    NOON.plus(hours=2).forwarding("c1", "unconditional", "rival"),
    NOON.plus(hours=3).forwarding("c2", "inactive"),
]


def test_alerts_are_written_in_order_of_event_time(tmp_path):
    report.write_alerts(tmp_path / "deep" / "alerts.jsonl", outcome_of(LIFE))
    alerts = written(tmp_path / "deep" / "alerts.jsonl")
    assert [(a["customer_id"], a["state"]) for a in alerts] == [
        ("c1", "opened"), ("c2", "opened"), ("c1", "updated"), ("c2", "resolved"),
    ]  # fmt: skip


def test_alerts_of_one_moment_are_in_order_of_episode_and_sequence():
    bodies = [
        orjson.dumps({"event_time": "t", "episode_id": episode, "sequence": number})
        for episode, number in [("b", 1), ("a", 10), ("a", 2), ("a", 1)]
    ]
    got = [(a["episode_id"], a["sequence"]) for a in map(orjson.loads, report.in_time(bodies))]
    assert got == [("a", 1), ("a", 2), ("a", 10), ("b", 1)]


def test_the_file_is_there_even_when_it_is_empty(tmp_path):
    report.write_alerts(tmp_path / "alerts.jsonl", outcome_of())
    assert (tmp_path / "alerts.jsonl").read_bytes() == b""


def test_a_dash_writes_to_standard_output(capsysbinary):
    report.write_alerts(STDIO, outcome_of(LIFE[:1]))
    assert orjson.loads(capsysbinary.readouterr().out)["customer_id"] == "c2"


def test_states_are_written_by_customer_with_the_names_of_their_fields(tmp_path):
    life = [
        *LIFE,
        NOON.profile("c1", rm_id="r", since="2010-01-02", products=[{"product_id": "p", "amount": 5}]),
        NOON.balance("c1", 70),
        NOON.pays("c1", 5),
    ]
    result = outcome_of(life)
    report.write_states(tmp_path / "states.jsonl", result)
    first, second = written(tmp_path / "states.jsonl")
    assert (first["customer_id"], second["customer_id"]) == ("c1", "c2")
    assert first["bytes"] == len(result.states[b"c1"])
    state = first["state"]
    assert state["profile"]["rm_id"] == "r"
    assert state["profile"]["since"] == "2010-01-02"
    assert state["accounts"]["a1"]["balance"] == 7_000
    assert list(state["accounts"]["a1"]["closings"].values()) == [7_000]
    assert list(state["days"].values()) == [[1, 0, 0, 0, 500]]
    assert state["outflows"][0]["institution"] == "rival-bank"
    assert state["episodes"]["call_forwarding_off_net"]["severity"] == "critical"
    assert state["seen"] == len(decode(result.states[b"c1"]).seen) // 8 == 5


def test_dead_letters_are_written_with_their_reason(tmp_path):
    result = replayed(
        Record(1, "balances", b"c", 5, b"{"),
        Record(2, "balances", b"\xff", 5, b"\xfe"),
        Record(3, "balances", None, 5, None),
    )
    report.write_dead_letters(tmp_path / "dead.jsonl", result)
    first, second, third = written(tmp_path / "dead.jsonl")
    assert (first["reason"], first["topic"], first["key"], first["value"]) == ("not-json", "balances", "c", "{")
    assert (second["key"], second["value"]) == ("\\xff", "\\xfe")
    assert (third["key"], third["value"], third["reason"]) == (None, None, "no-value")


def test_the_summary_says_what_came_in_and_what_became_of_it():
    text = report.summary(outcome_of(LIFE, LIFE[0]))
    assert "5 records: 4 handled, 1 duplicates, 0 dead letters, 0 of topics that no shard reads" in text
    assert "call_forwarding_off_net opened: 2" in text
    assert "call_forwarding_off_net resolved: 1" in text
    assert "no alerts" in report.summary(outcome_of(NOON.balance("c", 1)))
