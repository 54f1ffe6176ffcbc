"""Cut-offs, scores and examples of whole lives over the memory log."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest
from support.harness import Harness
from support.snapshots import snapshot
from support.timeline import at, records, run, settings
from support.units import SHANGHAI

from models import pending
from models.example import Example
from models.features import sets
from models.in_stream import InStream
from models.scoring.scorer import Scorer
from stream.domain.state import State, decode
from stream.engine.assemble import step
from stream.engine.feeds.model import in_stream
from stream.metrics import Metrics
from stream.policy.base import Moment

START = at("2025-01-01 12:00")
DAY_MS = 86_400_000
HORIZON = 90 * DAY_MS


def buys(days, customer="c1", **fields):
    return [START.plus(days=day).transaction(customer, 50, category="purchase", **fields) for day in days]


def later(days):
    """Let time pass for the whole shard."""
    return START.plus(days=days).passes()


def by_cutoff(outcome, customer="c1"):
    found = [example for example in outcome.examples if example.customer_id == customer]
    assert len({example.event_id for example in found}) == len(found)
    return {example.cutoff: example for example in found}


WEEKLY = range(0, 120, 5)


def test_a_customer_has_an_example_a_week_and_each_is_known_a_horizon_later():
    found = by_cutoff(run(buys(WEEKLY), later(300)))
    cutoffs = sorted(found)
    assert START.time < cutoffs[0] <= START.time + 7 * DAY_MS
    assert {after - before for before, after in pairwise(cutoffs)} == {7 * DAY_MS}
    assert all(example.known_at == cutoff + HORIZON for cutoff, example in found.items())
    last_act = START.plus(days=115).time
    for cutoff, example in found.items():
        assert example.outcome == ("stayed" if cutoff <= last_act else "inactive")
        assert (example.label, example.learn) == (int(cutoff > last_act), True)
    assert max(cutoffs) <= START.plus(days=210).time  # the rest is not known yet


def test_features_are_those_of_a_shard_that_heard_nothing_after_the_cut_off():
    life = [*buys(WEEKLY), *(START.plus(days=day).balance("c1", 900 + day) for day in range(0, 200, 3))]
    found = by_cutoff(run(life, later(300)))
    assert len(found) > 20
    for cutoff in sorted(found)[::4]:
        before = [line for line in life if line.timestamp < cutoff]
        state = decode(run(before).states[b"c1"])
        assert found[cutoff].features == sets.vector(state, cutoff, SHANGHAI)


def test_who_leaves_waits_for_the_horizon_like_everybody_and_is_scored_no_more():
    found = by_cutoff(run(buys(range(0, 30, 5)), START.plus(days=30).service("c1", "account_closed"), later(200)))
    assert max(found) < START.plus(days=30).time
    assert {example.outcome for example in found.values()} == {"left"}
    assert all(example.known_at == cutoff + HORIZON for cutoff, example in found.items())


def test_an_rms_lost_makes_everything_that_waits_known_at_once_and_only_once():
    said = START.plus(days=40).feedback("c1", "e", "outcome", outcome="lost")
    found = by_cutoff(run(buys(range(0, 40, 5)), said, said, later(200)))
    early = {cutoff: example for cutoff, example in found.items() if cutoff <= said.timestamp}
    assert len(early) in (5, 6)
    assert {(example.outcome, example.known_at) for example in early.values()} == {("lost", said.timestamp)}
    assert {example.outcome for cutoff, example in found.items() if cutoff > said.timestamp} == {"inactive"}


@pytest.mark.parametrize("outcome", ["saved", "false_alarm", "unreachable"])
def test_another_outcome_makes_nothing_known(outcome):
    said = START.plus(days=40).feedback("c1", "e", "outcome", outcome=outcome)
    assert run(buys(range(0, 40, 5)), said).examples == []


def test_when_the_word_of_an_rm_is_no_label_the_horizon_is_waited_for():
    said = START.plus(days=40).feedback("c1", "e", "outcome", outcome="lost")
    found = by_cutoff(run(buys(range(0, 200, 5)), said, later(200), model={"labels": {"lost": False}}))
    assert {example.outcome for example in found.values()} == {"stayed"}


def test_who_has_not_acted_for_long_is_left_alone_until_they_act_again():
    found = by_cutoff(run(buys([0, 300]), later(700)))
    times = sorted((cutoff - START.time) / DAY_MS for cutoff in found)
    assert [time for time in times if 180 < time < 300] == []
    assert sum(time <= 180 for time in times) == 25 or sum(time <= 180 for time in times) == 26
    assert sum(300 < time <= 480 for time in times) in (25, 26)
    assert max(times) <= 480


def test_a_customer_without_an_act_of_their_own_is_not_scored():
    quiet = [START.plus(days=day).balance("c1", 1_000) for day in range(40)]
    interest = [START.plus(days=day).transaction("c1", 1, "in", category="interest") for day in range(40)]
    outcome = run(quiet, interest, later(200))
    assert outcome.examples == []
    assert "model:cutoff" not in decode(outcome.states[b"c1"]).timers


def test_how_the_clock_came_to_a_time_changes_no_example():
    """In a busy shard it moves by the hour, in a quiet one it jumps: every cut-off is taken all the same."""
    busy = [later(day) for day in range(1, 400)]
    assert run(buys([0, 3, 9]), later(400)).examples == [
        example for example in run(buys([0, 3, 9]), busy, later(400)).examples if example.customer_id == "c1"
    ]


def test_late_news_of_a_new_customer_has_no_cut_off_in_the_past():
    """The rest of their past may be on its way."""
    late = [
        replace(START.plus(days=day), arrives=START.plus(days=100, minutes=day).time).transaction("c1", 5)
        for day in (0, 30, 60, 90, 99)
    ]
    found = by_cutoff(run(buys([100], "c2"), late, later(300)))
    assert min(found) > START.plus(days=100).time


def test_by_the_month():
    found = by_cutoff(run(buys(range(0, 150, 9)), later(300), model={"cutoff_every": "month"}))
    assert len(found) in (6, 7)


def test_switched_off_there_is_none():
    outcome = run(buys(WEEKLY), later(300), model={"enabled": False})
    assert outcome.examples == []
    assert not [name for name in decode(outcome.states[b"c1"]).timers if name.startswith("model:")]


def test_a_report_looks_at_everybody_who_is_active_then_at_the_same_moment():
    moment = START.plus(days=50, hours=3).time
    life = [*buys(range(0, 50, 5)), *buys(range(20, 90, 5), "c2"), *buys([60], "c3")]
    outcome = run(life, later(200), model={"report_at": [moment]})
    asked = {example.customer_id: example for example in outcome.examples if example.report}
    assert {name: example.cutoff for name, example in asked.items()} == {"c1": moment, "c2": moment}
    plain = [example for example in outcome.examples if not example.report]
    assert plain == run(life, later(200)).examples


def test_class_segment_tenure_and_region_are_those_of_the_cut_off():
    profile = START.profile("c1", segment="payroll", branch_id="b-7", since="2023-06-01")
    moved = START.plus(days=60).profile("c1", segment="affluent", branch_id="b-8", since="2023-06-01")
    found = by_cutoff(run(profile, buys(WEEKLY), moved, later(250)))
    groups = [found[cutoff].groups for cutoff in sorted(found)]
    assert groups[0].items() >= {"segment": "payroll", "region": "b-7", "tenure": "1 to 3 years"}.items()
    assert groups[-1].items() >= {"segment": "affluent", "region": "b-8"}.items()
    assert groups[0]["class"]


def test_contacts_and_the_hold_out_are_told_with_the_example():
    called = START.plus(days=20).event("contacts", "c1", staff_id="s", how="call", result="not_reached")
    found = by_cutoff(run(buys(WEEKLY), called, later(250), policy={"holdout_share": 0.5}))
    before, after = min(found), max(found)
    assert (found[before].treatment.contacts, found[before].treatment.reached) == (True, False)
    assert not found[after].treatment.contacts
    assert len({example.treatment.holdout for example in found.values()}) == 1


# What a snapshot says


def scoring(given=None, **sections):
    """Return settings and the core that scores by a snapshot."""
    chosen, metrics = settings(**sections), Metrics()
    model = replace(in_stream(chosen, metrics, SHANGHAI), scorer=None if given is None else Scorer(given))
    return chosen, step(chosen, metrics, (), model), metrics


async def lived(folder, *lines, given=None, core=None, until=None, **options):
    chosen, made, _ = scoring(given)
    harness = Harness(folder, settings=chosen, core=core or made, **options)
    await harness.open()
    harness.feed(records(*lines))
    await harness.drain()
    if until is not None:
        await harness.shard.advance(until)
    return harness


def examples(harness):
    return [msgspec.json.decode(record.value, type=Example) for record in harness.written("examples")]


async def test_an_example_carries_what_every_expert_said_at_the_cut_off_and_which_snapshot(tmp_path):
    harness = await lived(tmp_path, buys([0]), given=snapshot(), until=START.plus(days=150).time)
    found = examples(harness)
    scorer = Scorer(snapshot())
    assert len(found) > 5
    for example in found:
        assert example.version == "v1"
        assert example.scores == scorer.judge(example.features).scores
        assert set(example.scores) == {"linear", "tree", "stack"}
    await harness.crash()


async def test_the_score_stands_in_the_state_and_opens_the_models_own_warning_with_reasons(tmp_path):
    harness = await lived(tmp_path, buys([0]), given=snapshot(), until=START.plus(days=60).time)
    score = decode(harness.states()[b"c1"]).score
    assert score.version == "v1"
    assert score.reasons[0][0] == "recency"
    alert, *_ = [alert for alert in harness.alerts() if alert["kind"] == "model_score"]
    assert (alert["state"], alert["severity"], alert["grade"]) == ("opened", "high", "near-churn")
    [reason] = alert["reasons"]
    assert reason["feature"] == "recency"
    assert reason["contribution"] > 0
    assert reason["zh"] in alert["reason"]["zh"]
    assert reason["en"] in alert["reason"]["en"]
    assert alert["score"] == alert["evidence"]["score"] or round(alert["score"], 4) == alert["evidence"]["score"]
    assert alert["health"] is None
    await harness.crash()


async def test_a_hard_signal_is_scored_at_once_and_its_alert_carries_the_new_score(tmp_path):
    asked = START.plus(days=40).service("c1", "port_out_requested")
    harness = await lived(tmp_path, buys([0]), asked, given=snapshot())
    [alert] = [alert for alert in harness.alerts() if alert["kind"] == "port_out_request"]
    score = decode(harness.states()[b"c1"]).score
    assert score.time == asked.timestamp
    assert (alert["score"], alert["model_version"], alert["grade"]) == (score.value, "v1", score.grade)
    await harness.crash()


async def test_what_is_no_hard_signal_waits_for_the_cut_off(tmp_path):
    harness = await lived(tmp_path, buys([0, 1, 2]), START.plus(days=3).balance("c1", 5), given=snapshot())
    score = decode(harness.states()[b"c1"]).score
    assert score is None or score.time not in {START.plus(days=day).time for day in range(4)}
    await harness.crash()


async def test_a_hard_signal_of_somebody_who_is_not_scored_makes_no_score(tmp_path):
    asked = START.plus(days=200).service("c1", "port_out_requested")
    harness = await lived(tmp_path, START.balance("c1", 5), asked, given=snapshot())
    assert decode(harness.states()[b"c1"]).score is None
    await harness.crash()


def test_a_cold_start_says_so_and_tells_the_health_instead():
    history = [START.plus(days=day).balance("c1", 50_000) for day in range(60)]
    outcome = run(history, START.plus(days=60).service("c1", "port_out_requested"))
    [alert] = [alert for alert in outcome.alerts if alert["kind"] == "port_out_request"]
    assert (alert["score"], alert["grade"], alert["model_version"], alert["reasons"]) == (None, None, None, [])
    assert 0 <= alert["health"] <= 100


async def test_a_batch_is_scored_by_the_snapshot_that_it_began_with(tmp_path):
    _, core, _ = scoring(snapshot(sequence=1))
    other: InStream = core._model  # type: ignore[assignment]
    newer = core.scoring_by(replace(other, scorer=Scorer(snapshot(2.0, sequence=2))))
    now = [core]
    harness = Harness(tmp_path, steps=lambda: now[0])
    await harness.open()
    await lived_on(harness, 0, 30)
    now[0] = newer
    await lived_on(harness, 30, 60)
    await harness.shard.advance(START.plus(days=200).time)
    versions = {example.cutoff: example.version for example in examples(harness)}
    assert {versions[cutoff] for cutoff in versions if cutoff < START.plus(days=29).time} == {"v1"}
    assert {versions[cutoff] for cutoff in versions if cutoff > START.plus(days=29).time} == {"v2"}
    assert decode(harness.states()[b"c1"]).score.version == "v2"
    await harness.crash()


async def lived_on(harness, first, last):
    harness.feed(records(buys(range(first, last))))
    await harness.drain()


# What waits


def waiting(harness):
    return {key: pending.decode(stored) for key, stored in harness.store.states(b"p/")}


async def test_what_waits_is_in_store_and_changelog_beside_the_state(tmp_path):
    harness = await lived(tmp_path, buys(range(0, 30, 5)), given=snapshot())
    [(key, kept)] = waiting(harness).items()
    assert key == b"c1"
    assert len(kept.entries) in (3, 4)
    logged = {r.key: r.value for r in harness.written("state-changelog")}
    assert pending.decode(logged[b"p/c1"]) == kept
    state = decode(harness.states()[b"c1"])
    assert state.timers["model:ripen"] == kept.due()
    await harness.crash()


@pytest.mark.parametrize("again", [False, True])
async def test_a_forgotten_customer_leaves_nothing_that_waits(tmp_path, again):
    forget = START.plus(days=30).forget("c1")
    back = buys([40]) if again else []
    harness = await lived(
        tmp_path, buys(range(0, 30, 5)), forget, back, until=START.plus(days=300).time, batch_events=3
    )
    assert all(example.cutoff > START.plus(days=40).time for example in examples(harness))
    assert bool(examples(harness)) is again
    if not again:
        assert {r.key: r.value for r in harness.written("state-changelog")}[b"p/c1"] is None
        assert waiting(harness) == {}
    await harness.crash()


async def test_when_the_last_label_is_known_nothing_is_kept(tmp_path):
    gone = START.plus(days=10).service("c1", "account_closed")
    harness = await lived(tmp_path, buys([0, 8]), gone, until=START.plus(days=200).time)
    assert len(examples(harness)) in (1, 2)
    assert waiting(harness) == {}
    assert {r.key: r.value for r in harness.written("state-changelog")}[b"p/c1"] is None
    assert decode(harness.states()[b"c1"]).timers.keys().isdisjoint({"model:cutoff", "model:ripen"})
    await harness.crash()


async def test_a_restored_shard_goes_on_where_the_other_stood(tmp_path):
    plain = await lived(tmp_path / "plain", buys(WEEKLY), given=snapshot(), until=START.plus(days=300).time)
    _, core, _ = scoring(snapshot())
    harness = Harness(tmp_path / "broken", core=core)
    await harness.open()
    for first, lost in ((0, True), (40, False), (80, True)):
        harness.feed(records(buys(day for day in WEEKLY if first <= day < first + 40)))
        await harness.drain()
        await harness.crash(lose_store=lost)
        await harness.open()
    await harness.shard.advance(START.plus(days=300).time)
    assert examples(harness) == examples(plain)
    await plain.crash()
    await harness.crash()


def test_the_vector_of_an_older_set_goes_out_as_it_was_made():
    """Entries outlive the build that made them; the trainer sees by the number that it cannot use them."""
    model: InStream = scoring()[1]._model  # type: ignore[assignment]
    old = pending.Entry(START.time, START.time + HORIZON, sets.VERSION - 1, sets.pack([0.5] * len(sets.NAMES))[:8])
    kept = pending.Pending([old])

    class Ledger:
        def pending(self, customer):
            return kept

    [example] = model.ripen("c", State(), Moment(old.due, 0, waiting=Ledger()))
    assert (example.feature_set, example.features) == (sets.VERSION - 1, [0.5, 0.5])
