"""Planted signs and lookalikes against warnings, by hand."""

from __future__ import annotations

import pytest
from support.timeline import at

from stream.backtest import signs
from stream.backtest.episodes import Episode
from stream.backtest.planted import Explained, Window, lookalikes, planted
from stream.backtest.report import Share
from stream.backtest.truth import Known, Truth
from stream.simulate import leavers
from stream.simulate import lookalikes as simulated

START = at("2025-01-01 00:00")


def day(number):
    return START.plus(days=number).time


def truth(*known):
    return Truth("t", True, {one.customer: one for one in known})


def warning(customer, kind, opened, ended=None, end=None):
    return Episode(f"{customer}-{kind}-{opened}", customer, kind, "rm", opened, "high", ended, end)


def window(since=0, until=200, last=200, history=0, seen=()):
    return Window(day(since), day(until), day(last), history * 86_400_000, dict(seen))


def test_a_sign_is_found_by_a_matching_warning_in_time():
    known = [Known(c, None, None, (("tier_down", day(10)),)) for c in "abcde"]
    warnings = [
        warning("a", "tier_downgrade", day(10)),
        warning("b", "tier_downgrade", day(13)),  # the last moment
        warning("c", "tier_downgrade", day(13) + 1),
        warning("d", "balance_drop", day(11)),  # of another kind
        warning("e", "tier_downgrade", day(9), day(9) + 5, "resolved"),  # before it, and over
    ]
    [line] = planted(truth(*known), warnings, window())
    assert (line.kind, line.group, line.days) == ("tier_down", "fact", 3)
    assert line.found == Share(2, 5, 0.4)
    assert (line.delay.count, line.delay.median) == (2, 1.5)
    assert line.by == {"tier_downgrade": 2}


def test_a_warning_that_stands_already_counts_and_is_told_apart():
    known = Known("a", None, None, (("tier_down", day(10)),))
    [line] = planted(truth(known), [warning("a", "tier_downgrade", day(2))], window())
    assert (line.found.hits, line.open_before, line.delay.count) == (1, 1, 0)


def test_what_can_be_known_before_may_be_warned_of_before():
    known = Known("a", None, None, (("product_matured", day(60)),))
    [line] = planted(truth(known), [warning("a", "product_maturing", day(30))], window())
    assert (line.found.hits, line.delay.median) == (1, -30)


def test_a_warning_after_the_customer_left_is_too_late():
    known = Known("a", day(11), None, (("tier_down", day(10)),))
    [line] = planted(truth(known), [warning("a", "tier_downgrade", day(11))], window())
    assert line.found == Share(0, 1, 0.0)


def test_signs_outside_the_measured_time_too_near_the_end_or_of_new_customers_are_left_out():
    known = [
        Known("early", None, None, (("tier_down", day(9)),)),
        Known("late", None, None, (("tier_down", day(98)),)),
        Known("new", None, None, (("tier_down", day(20)),)),
        Known("old", None, None, (("tier_down", day(40)),)),
    ]
    warnings = [warning("late", "tier_downgrade", day(98)), warning("old", "tier_downgrade", day(40))]
    seen = dict.fromkeys(("early", "late", "new", "old"), day(0))
    [line] = planted(truth(*known), warnings, window(10, 100, 100, history=30, seen=seen))
    assert line.found == Share(1, 1, 1.0)
    assert (line.too_new, line.undecided) == (1, 1)


def test_a_sign_accounts_for_the_warnings_of_its_kinds_until_the_customer_leaves():
    left, stays = (
        Known("a", day(50), None, (("tier_down", day(10)),)),
        Known("b", None, None, (("tier_down", day(10)),)),
    )
    explained = Explained(truth(left, stays))
    times = (9, 10, 50, 51)
    assert [explained(warning("a", "tier_downgrade", day(n))) for n in times] == [False, True, True, False]
    assert [explained(warning("b", "tier_downgrade", day(n))) for n in times] == [False, True, True, True]
    assert not explained(warning("a", "balance_drop", day(10)))
    assert not explained(warning("c", "tier_downgrade", day(10)))


def test_an_unknown_kind_matches_the_rule_of_its_name():
    known = Known("a", None, None, (("balance_drop", day(10)),))
    [line] = planted(truth(known), [warning("a", "balance_drop", day(12))], window())
    assert line.found.hits == 1


def test_lookalikes_fire_only_by_kinds_they_could_deceive_and_may_resolve():
    known = [Known(c, None, None, (), (("same_day_dip", day(10)),)) for c in "abcd"]
    warnings = [
        warning("a", "balance_drop", day(10), day(11), "resolved"),
        warning("b", "balance_drop", day(10), day(40), "expired"),
        warning("c", "tier_downgrade", day(10)),
        warning("d", "balance_drop", day(9)),
    ]
    [line] = lookalikes(truth(*known), warnings, window(), ("balance_drop", "tier_downgrade"))
    assert line.fired == Share(2, 4, 0.5)
    assert (line.expected, line.resolved, line.by) == (False, 1, {"balance_drop": 2})


def test_an_unknown_lookalike_may_deceive_any_rule():
    known = Known("a", None, None, (), (("mirage", day(10)),))
    [line] = lookalikes(truth(known), [warning("a", "tier_downgrade", day(20))], window(), ("tier_downgrade",))
    assert line.fired.hits == 1


@pytest.mark.parametrize("kind", sorted({kind for s in leavers.BANK + leavers.PHONE for kind, _, _ in s.precursors}))
def test_every_sign_that_the_simulator_plants_is_in_the_table(kind):
    assert kind in signs.SIGNS


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in simulated.BANK + simulated.PHONE}))
def test_every_lookalike_that_the_simulator_plants_is_in_the_table(kind):
    assert kind in signs.LOOKALIKES
