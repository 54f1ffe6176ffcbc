"""Fits beside the stream are begun and heard at counts that do not depend on how long they take."""

from __future__ import annotations

import itertools

from models.experts.retained import Retained
from models.refits import Refits
from models.schedule import FIRST, next_refit


class Slow:
    """An expert that is fitted as a whole; it counts."""

    def __init__(self):
        self.heard = None

    def fit(self, retained):
        return len(retained)

    def adopt(self, fitted):
        self.heard = fitted


def refits_of(expert, refit_every=5_000, most=100_000):
    return Refits({"slow": expert}, Retained(1, most), refit_every)


def run(refits, expert, count, done=lambda fit: None):
    heard = []
    for number in range(1, count + 1):
        refits.before(number)
        heard.append(expert.heard)
        refits.keep([1.0], number % 2)
        refits.after(number, (number, number))
        for fit in refits.pending:
            done(fit)
    return heard


def test_a_fit_is_heard_at_the_same_example_whether_it_was_quick_or_nobody_ran_it():
    def at_once(fit):
        fit.result = fit.result or [fit.run()]

    quick, lazy = Slow(), Slow()
    one, other = refits_of(quick, 2_000, 5_000), refits_of(lazy, 2_000, 5_000)
    assert run(one, quick, 8_000, at_once) == run(other, lazy, 8_000)
    assert quick.heard >= 4_000


def test_it_is_heard_on_what_was_there_when_it_began():
    expert = Slow()
    refits = refits_of(expert)
    heard = run(refits, expert, FIRST + 200)
    assert heard[FIRST + 98] is None
    assert heard[FIRST + 99] == FIRST
    assert refits.fitted("slow")


def test_the_stream_waits_only_where_the_fit_must_be_there():
    expert = Slow()
    refits = refits_of(expert)
    run(refits, expert, FIRST)
    [fit] = refits.pending
    assert refits.blocked(FIRST + 99) == []
    assert refits.blocked(FIRST + 100) == [fit]
    fit.result = [fit.run()]
    assert refits.blocked(FIRST + 100) == []


def test_one_class_alone_begins_nothing():
    expert = Slow()
    refits = refits_of(expert)
    refits.after(5_000, (5_000, 3))
    assert refits.pending == []
    refits.after(5_001, (4_900, 101))
    assert len(refits.pending) == 1


def test_a_fit_that_came_to_nothing_leaves_the_expert_unheard():
    expert = Slow()
    expert.fit = lambda retained: None
    refits = refits_of(expert)
    run(refits, expert, 3_000)
    assert not refits.fitted("slow")
    assert refits.fitted("an online one")


def test_refits_are_close_at_first_and_cost_no_more_than_a_share_later():
    due, at = [], 0
    while at < 200_000:
        at = next_refit(at, 1_000, 100_000)
        due.append(at)
    assert due[:5] == [1_000, 1_500, 2_250, 3_250, 4_250]
    gaps = [b - a for a, b in itertools.pairwise(due)]
    assert max(gaps) == 5_000
    assert all(gap >= 1_000 for gap in gaps[10:])
