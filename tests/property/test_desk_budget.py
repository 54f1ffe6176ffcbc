"""Laws of the daily budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream.desk.work.budget import Budget, Claim, released, share_out

SHARES = {1: 1.0, 2: 1.0, 3: 0.8, 4: 0.5}
CLAIMS = st.lists(
    st.builds(Claim, st.uuids().map(str), st.integers(1, 4), st.floats(0, 1e9)), max_size=60, unique_by=lambda c: c.key
)
BUDGETS = st.builds(Budget, st.integers(0, 30), st.integers(0, 40), st.just(SHARES))


@given(CLAIMS, BUDGETS)
def test_each_claim_gets_one_verdict_and_the_critical_passes(claims, budget):
    verdicts = share_out(claims, budget)
    assert set(verdicts) == {claim.key for claim in claims}
    for claim in claims:
        assert (verdicts[claim.key] == "pass") == (claim.priority == 1)


@given(CLAIMS, BUDGETS)
def test_no_more_is_told_than_the_budget_and_each_severitys_share_allow(claims, budget):
    verdicts = share_out(claims, budget)
    told = [claim for claim in claims if verdicts[claim.key] == "push"]
    assert len(told) <= max(0, budget.size - budget.used)
    for priority, share in SHARES.items():
        graver = sum(claim.priority <= priority for claim in told)
        if any(claim.priority == priority for claim in told):
            assert budget.used + graver <= round(budget.size * share)


@given(CLAIMS, BUDGETS)
def test_nothing_is_told_before_what_ranks_higher_of_its_own_severity(claims, budget):
    verdicts = share_out(claims, budget)
    for held in claims:
        for told in claims:
            if verdicts[held.key] == "hold" and verdicts[told.key] == "push" and held.priority <= told.priority:
                assert told.rank < held.rank


@given(CLAIMS, BUDGETS)
def test_the_order_in_which_claims_come_does_not_matter(claims, budget):
    assert share_out(claims, budget) == share_out(claims[::-1], budget)


@given(CLAIMS, BUDGETS, st.integers(1, 30))
def test_with_more_room_nobody_who_was_told_is_held(claims, budget, more):
    before = share_out(claims, budget)
    after = share_out(claims, Budget(budget.size + more, budget.used, budget.shares))
    for key, verdict in before.items():
        assert verdict == "hold" or after[key] == verdict


@given(CLAIMS, BUDGETS)
def test_what_is_released_is_what_there_is_room_for_the_best_first(claims, budget):
    keys = released(claims, budget)
    verdicts, by_key = share_out(claims, budget), {claim.key: claim for claim in claims}
    assert keys == sorted(keys, key=lambda key: by_key[key].rank)
    assert set(keys) == {key for key, verdict in verdicts.items() if verdict != "hold"}
