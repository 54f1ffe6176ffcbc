"""A small town's events in, exactly these alerts out.

The events are committed, so that a change of the simulator changes nothing here. Where a change of rules or policy is
meant, write the alerts anew, read the difference line by line, and commit it with the change:

    churnwatch simulate --customers 24 --days 90 --seed 6 --mess 0.03 --output tests/golden/town.jsonl.gz  (made it)
    python tests/golden/test_golden.py                                             (writes tests/golden/alerts.jsonl)
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson

from stream.config import load
from stream.engine.log.jsonl import read_lines
from stream.engine.replay import Replay
from stream.engine.report import in_time

HERE = Path(__file__).parent
EVENTS = HERE / "town.jsonl.gz"
ALERTS = HERE / "alerts.jsonl"


def replay():
    """Return what the default configuration makes of the town."""
    made = Replay(load(env={}))
    made.load(read_lines(EVENTS))
    return made.run()


def bodies(replayed):
    """Return the alerts in order of event time, without the wall clock, as lines."""
    found = []
    for body in in_time(record.value for record in replayed.alerts):
        alert = orjson.loads(body)
        del alert["detected_at"]
        found.append(orjson.dumps(alert))
    return found


def test_the_town_gives_exactly_the_alerts_it_always_gave():
    replayed = replay()
    wanted = ALERTS.read_bytes().splitlines()
    got = bodies(replayed)
    differing = [(orjson.loads(w), orjson.loads(g)) for w, g in zip(wanted, got, strict=False) if w != g]
    assert differing[:1] == []
    assert len(got) == len(wanted)


def test_every_record_of_the_town_is_accounted_for():
    replayed = replay()
    assert replayed.sent == sum(1 for _ in read_lines(EVENTS)) > 3000
    assert sum(replayed.results.values()) + replayed.skipped == replayed.sent
    assert replayed.results["duplicate"] > 20
    assert replayed.results["dead-letter"] == 0


def test_the_expected_alerts_show_every_kind_and_every_state():
    alerts = [orjson.loads(line) for line in ALERTS.read_bytes().splitlines()]
    kinds = Counter(alert["kind"] for alert in alerts)
    assert set(kinds) >= {"balance_drop", "call_forwarding_off_net", "serious_complaint"}
    assert {alert["state"] for alert in alerts} == {"opened", "updated", "resolved", "expired", "closed"}


if __name__ == "__main__":
    ALERTS.write_bytes(b"".join(line + b"\n" for line in bodies(replay())))
