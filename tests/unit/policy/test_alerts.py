"""What an alert says, to whom it goes, and that its ids are deterministic."""

from __future__ import annotations

import msgspec
import pytest
from support.desk import FACT, NOON, Desk
from support.timeline import at, run, steady
from support.units import T0

from stream.domain.alerts import alert_id, episode_id, headers, rfc3339
from stream.domain.signals import Signal
from stream.domain.staff import StaffBook
from stream.domain.state import Profile, State, encode
from stream.policy.base import Moment
from stream.policy.route import route


@pytest.mark.parametrize(
    ("profile", "first"),
    [
        (Profile(rm_id="r", branch_id="b"), "rm:r"),
        (Profile(branch_id="b"), "branch:b"),
        (Profile(rm_id=""), "unassigned"),
        (Profile(), "unassigned"),
        (None, "unassigned"),
    ],
)
def test_a_warning_goes_to_the_rm_else_to_the_branch_else_to_the_unassigned(profile, first):
    state = State(profile=profile)
    assert route(state, (), StaffBook()) == [first]
    assert route(state, ("fraud",), StaffBook()) == [first, "fraud"]
    assert route(state, (first,), StaffBook()) == [first]


def test_an_update_goes_to_whom_the_profile_names_by_then():
    parts = [
        NOON.profile("c", rm_id="old", branch_id="b"),
        NOON.plus(hours=1).forwarding("c", "conditional_busy", "rival"),
        NOON.plus(hours=2).profile("c", rm_id="new", branch_id="b"),
        NOON.plus(hours=3).forwarding("c", "unconditional", "rival"),
    ]
    assert [(a["rm_id"], a["branch_id"], a["routes"][0]) for a in run(parts).alerts] == [
        ("old", "b", "rm:old"),
        ("new", "b", "rm:new"),
    ]


def test_ids_are_the_same_for_the_same_opening_and_differ_for_any_other():
    one = episode_id("c", "k", 5, ("e",))
    assert one == episode_id("c", "k", 5, ("e",))
    others = [
        ("d", "k", 5, ("e",)),
        ("c", "l", 5, ("e",)),
        ("c", "k", 6, ("e",)),
        ("c", "k", 5, ("f",)),
        ("c", "k", 5, ()),
    ]
    assert len({one, *(episode_id(*other) for other in others)}) == 6
    assert len({alert_id(one, n) for n in range(5)}) == 5
    assert alert_id(one, 1) == alert_id(one, 1)
    assert len(one) == len(alert_id(one, 1)) == 32


def test_ids_do_not_depend_on_the_wall_clock():
    first, second = Desk(), Desk()
    one = first.pipeline.handle("c", first.state, FACT, Signal("fact", "low", {"seen": 1}), Moment(T0, 1))
    two = second.pipeline.handle("c", second.state, FACT, Signal("fact", "low", {"seen": 1}), Moment(T0, 2))
    assert one.alert_id == two.alert_id
    assert one.detected_at != two.detected_at
    assert encode(first.state) == encode(second.state)


def test_the_headers_are_a_cloud_event_in_binary_mode():
    alert = Desk().signal(severity="high")
    assert dict(headers(alert)) == {
        "ce_specversion": b"1.0",
        "ce_id": alert.alert_id.encode(),
        "ce_source": b"urn:churnwatch:engine",
        "ce_type": b"churnwatch.alert.opened.v1",
        "ce_subject": alert.episode_id.encode(),
        "ce_time": alert.event_time.encode(),
        "ce_partitionkey": b"c",
        "ce_severity": b"high",
        "content-type": b"application/json",
    }


def test_an_alert_without_a_wall_clock_leaves_it_out():
    alert = msgspec.structs.replace(Desk().signal(), detected_at=msgspec.UNSET)
    assert "detected_at" not in msgspec.to_builtins(alert)


def test_times_are_written_in_utc():
    assert rfc3339(1_740_794_400_123) == "2025-03-01T02:00:00.123Z"
    assert rfc3339(0) == "1970-01-01T00:00:00.000Z"


def every_state():
    """Each kind of warning opened, updated, resolved and expired."""
    drop = [steady("c", 100_000), at("2025-03-02 09:00").balance("c", 10_000)]
    forwarding = [NOON.forwarding("c", "conditional_busy", "rival", "+86130")]
    complaint = [NOON.complaint("c", "k1", severity="high", text="lawsuit")]
    return {
        "balance_drop": (
            drop,
            at("2025-03-04 09:00").pays("c", 60_000, balance_after=1_000, account_id="a1"),
            at("2025-03-05 09:00").balance("c", 99_000),
        ),
        "call_forwarding_off_net": (
            forwarding,
            NOON.plus(hours=1).forwarding("c", "unconditional", "rival"),
            NOON.plus(hours=2).forwarding("c", "inactive"),
        ),
        "serious_complaint": (
            complaint,
            NOON.plus(hours=1).complaint("c", "k1", "updated", severity="critical"),
            NOON.plus(hours=2).complaint("c", "k1", "closed", satisfied=True),
        ),
    }


@pytest.mark.parametrize("kind", sorted(every_state()))  # the words of all rules: tests/contract/test_rules.py
def test_every_warning_in_every_state_is_told_in_both_languages(kind):
    opens, updates, ends = every_state()[kind]
    left = run(opens, updates, at("2025-04-20 12:00").passes(), policy={"update_gap_h": 1})
    ended = run(opens, updates, ends, policy={"update_gap_h": 1})
    told = {alert["state"]: alert for alert in [*left.alerts, *ended.alerts] if alert["kind"] == kind}
    assert set(told) == {"opened", "updated", "expired", "resolved"}
    for alert in told.values():
        for words in (alert["title"], alert["reason"], *filter(None, [alert["next_step"]])):
            assert any("一" <= letter <= "鿿" for letter in words["zh"])
            assert not any("一" <= letter <= "鿿" for letter in words["en"])
            assert not set(words["zh"] + words["en"]) & set("{}")
        assert not [name for name in alert["evidence"] if name.endswith(("_zh", "_en"))]
        assert (alert["next_step"] is not None) == (alert["state"] in ("opened", "updated"))


def test_expiry_comes_by_its_timer_with_nothing_else_happening():
    outcome = run(NOON.forwarding("c", "unconditional", "rival"), NOON.plus(days=40).passes())
    assert outcome.story() == [("opened", "critical"), ("expired", "critical")]
    assert outcome.alerts[1]["event_time"] == "2025-03-31T04:00:00.000Z"


def test_after_an_expiry_the_next_of_its_kind_opens():
    parts = [NOON.complaint("c", "k", severity="high"), NOON.plus(days=31).complaint("c", "k2", severity="high")]
    assert [state for state, _ in run(parts).story("serious_complaint")] == ["opened", "expired", "opened"]


def test_an_outcome_closes_the_warning_without_a_word_from_the_engine():
    [opened] = run(NOON.complaint("c", "k", severity="high")).alerts
    parts = [
        NOON.complaint("c", "k", severity="high"),
        NOON.plus(hours=1).feedback("c", opened["episode_id"], "outcome", outcome="saved"),
        NOON.plus(hours=2).complaint("c", "k", "closed", satisfied=True),
    ]
    assert run(parts, NOON.plus(days=40).passes()).story() == [("opened", "high")]
