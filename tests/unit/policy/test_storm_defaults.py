"""The storm limits as shipped: a quiet town has none, an outage is one, with its beginning out before it is known."""

from __future__ import annotations

from collections import Counter

from support.timeline import at, run, settings

from stream.config import load
from stream.engine.log.jsonl import Record, parse
from stream.engine.replay import Replay
from stream.simulate.town import Options, Town

SHARDS = load(env={}).topics.partitions
LIMITS = load(env={}).policy.storm
SPREAD = {"topics": {"partitions": SHARDS}}


def outage(customers, step_s):
    """Failed payments of all customers on three mornings; the third opens a warning each, `step_s` seconds apart."""
    for day in ("03-01", "03-02", "03-03"):
        for n in range(customers):
            yield (
                at(f"2025-{day} 10:00")
                .plus(minutes=n * step_s / 60)
                .service(f"c{n}", "service_incident", cause="failed_payment")
            )


def opened(outcome):
    return [a for a in outcome.alerts if a["kind"] == "service_failure" and a["state"] == "opened"]


def test_a_town_of_a_hundred_customers_has_no_storm_in_three_months():
    replay = Replay(settings(**SPREAD))
    lines = enumerate(Town(Options(customers=100, days=90, seed=5)).lines(), 1)
    replay.load(record for n, line in lines if isinstance(record := parse(n, line.encode()), Record))
    alerts = replay.run().alerts
    assert len(alerts) > 50
    assert not any(b'"storm_id":"' in (alert.value or b"") for alert in alerts)


def test_an_outage_is_one_storm_in_every_shard_and_only_its_beginning_is_not_marked():
    alerts = opened(run(list(outage(400, 5)), **SPREAD))
    assert len(alerts) == 400
    marked = Counter(alert["storm_id"] for alert in alerts)
    assert set(marked) == {None, "service_failure/2025-03-03"}
    assert marked[None] == SHARDS * (LIMITS.at_least - 1)


def test_as_many_failures_over_three_days_are_no_storm():
    alerts = opened(run(list(outage(400, 600)), **SPREAD))
    assert len(alerts) == 400
    assert {alert["storm_id"] for alert in alerts} == {None}
