"""Silences: what they match, when, and how a wrong one is refused."""

from __future__ import annotations

import pytest
from support.desk import FACT, Desk
from support.units import DAY, HOUR, T0

from stream.domain.alerts import rfc3339
from stream.domain.state import Profile
from stream.policy.silences import SilenceError, read

GIVEN = {"id": "s1", "from": T0, "until": T0 + DAY, "reason": "system migration", "by": "ops"}


def desk(*silences):
    made = Desk(silences=[read({**GIVEN, "id": str(n), **more}) for n, more in enumerate(silences)])
    made.state.profile = Profile(rm_id="r1", branch_id="b1")
    return made


@pytest.mark.parametrize(
    "matching", [{}, {"customer": "c"}, {"rm": "r1"}, {"branch": "b1"}, {"kind": "fact"}, {"class": "unclassed"},
                 {"customer": "c", "kind": "fact"}, {"rm": "r1", "branch": "b1", "kind": "fact", "class": "unclassed"}],
)  # fmt: skip
def test_a_silence_holds_back_what_it_matches_for_as_long_as_it_lasts(matching):
    at = desk(matching)
    assert at.signal(rule=FACT, severity="critical") is None
    assert at.signal(DAY - 1, rule=FACT) is None
    assert at.suppressed == [("silence", "fact")] * 2
    assert at.signal(DAY, rule=FACT).state == "opened"


@pytest.mark.parametrize(
    "other", [{"customer": "d"}, {"rm": "r2"}, {"branch": "b2"}, {"kind": "behaviour"}, {"class": "key"},
              {"customer": "c", "kind": "behaviour"}, {"rm": "r1", "class": "key"}, {"from": T0 + 1}],
)  # fmt: skip
def test_everything_that_is_given_must_match(other):
    assert desk(other).signal(rule=FACT).state == "opened"


def test_one_of_several_is_enough_and_one_customers_is_found_among_others():
    at = desk({"customer": "d"}, {"customer": "c", "kind": "behaviour"}, {"customer": "c", "kind": "fact"})
    assert at.signal(rule=FACT) is None


def test_updates_are_silenced_too_and_a_resolution_is_told():
    at = desk({"from": T0 + HOUR})
    opened = at.signal(rule=FACT)
    assert at.signal(2 * HOUR, rule=FACT, severity="critical", memo={"k2": 1}) is None
    assert at.state.episodes["fact"].memo == {"k2": 1}  # what the rule goes by is kept
    assert at.signal(DAY, rule=FACT, severity="critical").sequence == 2
    assert at.clear(DAY, rule=FACT).episode_id == opened.episode_id


def test_a_customer_without_a_profile_matches_no_rm():
    at = desk({"rm": "r1"}, {"branch": "b1"})
    at.state.profile = None
    assert at.signal(rule=FACT).state == "opened"


def test_times_may_be_written_either_way():
    assert read({**GIVEN, "from": rfc3339(T0), "until": rfc3339(T0 + DAY)}) == read(GIVEN)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": None}, r"^\$\.id: is missing"),
        ({"by": None}, r"^\$\.by: is missing"),
        ({"reason": ""}, r"^\$\.reason: expected"),
        ({"until": T0}, r"^\$\.until: `until` must lie after `from`"),
        ({"until": "tomorrow"}, r"^\$\.until: expected RFC 3339 or epoch milliseconds \(given: 'tomorrow'\)"),
        ({"from": "2025-01-01T00:00:00"}, r"^\$\.from: a time needs an offset or Z"),
        ({"from": -1}, r"^\$\.from: expected"),
        ({"customer": 5}, r"^\$\.customer: expected"),
        ({"class": 5}, r"^\$\.class: expected"),
        ({"staff": "r1"}, r"^\$\.staff: is not a known field; there are branch, by, class, customer, from"),
        ({"kind": "nonsense"}, r"^\$\.kind: no such rule 'nonsense'; there are behaviour, fact"),
    ],
)
def test_a_wrong_silence_is_refused_by_its_field(change, said):
    with pytest.raises(SilenceError, match=said):
        read({**GIVEN, **change}, {"behaviour", "fact"})
