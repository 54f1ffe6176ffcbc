"""How horizons end: what is churn, and what looks like it."""

from __future__ import annotations

import pytest
from support.units import DAY, SHANGHAI, T0, balance, folded, movement, service

from models.example import Treatment
from models.labels import Definition, has_collapsed, is_active, label, level, outcome, outcome_of_lost, treatment, usage
from models.pending import Entry
from stream.domain.events import Contact
from stream.domain.state import State

CUT = T0 + 60 * DAY
DUE = CUT + 90 * DAY


def rules(**more):
    given = {
        "horizon": 90 * DAY,
        "active_within": 180 * DAY,
        "involuntary_causes": frozenset({"arrears", "closed_by_us"}),
        "migration_causes": frozenset({"migration"}),
    }
    return Definition(**(given | more))


def entry(state, **more):
    given = {"level": level(state, CUT, SHANGHAI, rules()), "usage": usage(state, CUT, SHANGHAI, rules())}
    return Entry(CUT, DUE, 1, b"", **(given | more))


def ended(before, after, **more):
    """Return the outcome of the cut-off between two lists of events."""
    state = folded(*before)
    waiting = entry(state)
    return outcome(folded(*after, state=state), waiting, DUE, SHANGHAI, rules(**more))


def buys(*days):
    return [movement(T0 + day * DAY, 5_000, category="purchase", event_id=f"buy{day}") for day in days]


BEFORE = buys(0, 20, 40)
STILL = buys(70, 100, 140)
ON = T0 + 90 * DAY


def test_who_goes_on_has_stayed():
    assert ended(BEFORE, STILL) == "stayed"


@pytest.mark.parametrize("type_", ["port_out_completed", "account_closed"])
def test_who_leaves_has_left_though_they_were_busy_until_then(type_):
    assert ended(BEFORE, [*STILL, service(ON, type_)]) == "left"


@pytest.mark.parametrize(
    "types",
    [
        ("port_out_requested", "port_out_cancelled"),
        ("account_closing_requested", "account_closing_cancelled"),
        ("port_out_requested",),
    ],
)
def test_a_request_alone_is_no_leaving(types):
    assert ended(BEFORE, [*STILL, *(service(ON + n * DAY, type_) for n, type_ in enumerate(types))]) == "stayed"


def test_who_left_and_came_back_has_stayed():
    back = service(ON + DAY, "product_opened")
    assert ended(BEFORE, [service(ON, "account_closed"), back, *STILL]) == "stayed"


def test_who_came_back_and_left_again_has_left_the_second_time():
    events = [
        service(ON, "account_closed", cause="closed_by_us"),
        service(ON + DAY, "product_opened"),
        service(ON + 9 * DAY, "account_closed"),
    ]
    assert ended(BEFORE, [*events, *STILL]) == "left"


def test_leaving_before_the_cut_off_is_nothing_of_this_horizon():
    gone = folded(*BEFORE, service(CUT - DAY, "account_closed"))
    assert not is_active(gone, CUT, rules())
    assert outcome(folded(*STILL, state=gone), entry(gone), DUE, SHANGHAI, rules()) == "stayed"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([service(ON, "account_closed", cause="closed_by_us")], "involuntary"),
        ([service(ON, "account_closed", cause="Arrears")], "involuntary"),
        ([service(ON, "account_closed", cause="moved_abroad")], "left"),
        ([service(ON - DAY, "suspended", cause="arrears"), service(ON, "account_closed")], "involuntary"),
        ([service(ON - DAY, "suspended"), service(ON, "account_closed")], "involuntary"),
        ([service(ON - DAY, "suspended", cause="lost_phone"), service(ON, "account_closed")], "left"),
        ([service(ON - DAY, "suspended"), service(ON, "port_out_completed")], "left"),
        (
            [service(ON - 9 * DAY, "suspended"), service(ON - 8 * DAY, "restored"), service(ON, "account_closed")],
            "left",
        ),
        ([service(ON - DAY, "migrated"), service(ON, "account_closed")], "migrated"),
        ([service(ON, "account_closed"), service(ON + DAY, "migrated")], "migrated"),
        ([service(ON - 50 * DAY, "migrated"), service(ON, "account_closed")], "left"),
        ([service(ON, "account_closed", cause="migration")], "migrated"),
        ([service(ON - DAY, "migrated"), service(ON, "port_out_completed")], "left"),
        (
            [service(ON, "port_out_completed"), service(ON + 5 * DAY, "account_closed", cause="closed_by_us")],
            "left",
        ),
    ],
)
def test_why_they_left_is_told_apart(events, expected):
    assert ended(BEFORE, [*STILL, *events]) == expected


def test_silence_for_the_whole_horizon_is_churn():
    assert ended(BEFORE, []) == "inactive"
    assert ended(BEFORE, buys(140)) == "stayed"
    assert ended(BEFORE, [], inactivity=False) == "stayed"


def test_what_is_no_act_of_their_own_breaks_no_silence():
    passive = [
        movement(ON, 3, "in", category="interest", event_id="i"),
        movement(ON, 9, category="fee", event_id="f"),
        movement(ON, 5_000, "in", category="return", event_id="r"),
    ]
    assert ended(BEFORE, passive) == "inactive"


def test_an_act_at_the_very_cut_off_is_after_it():
    assert ended(BEFORE, [movement(CUT, 5_000, category="purchase")]) == "stayed"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([service(ON, "suspended", cause="arrears")], "involuntary"),
        ([service(ON, "suspended"), service(ON + DAY, "restored")], "inactive"),
        ([service(CUT - 9 * DAY, "suspended")], "involuntary"),
        ([service(ON, "migrated")], "migrated"),
        ([service(CUT - 9 * DAY, "migrated")], "migrated"),
        ([service(CUT - 50 * DAY, "migrated")], "inactive"),
    ],
)
def test_a_silence_that_has_a_reason_is_labelled_apart(events, expected):
    assert ended(BEFORE, events) == expected


def evenings(amount, first, last):
    return [balance(T0 + day * DAY, amount) for day in range(first, last)]


def test_a_balance_that_stays_away_has_collapsed_though_the_customer_still_acts():
    assert ended([*BEFORE, *evenings(100_000, 0, 60)], [*STILL, *evenings(900, 80, 150)]) == "collapsed"


@pytest.mark.parametrize(
    "after",
    [
        evenings(20_000, 80, 150),  # a fifth is left
        [*evenings(900, 80, 130), *evenings(60_000, 130, 150)],  # it came back
        evenings(900, 140, 150),  # not for long enough
        [*evenings(900, 80, 140), balance(T0 + 140 * DAY, 50_000), *evenings(900, 141, 150)],  # payday
        [],  # no news is no fall
    ],
)
def test_a_balance_that_does_not_stay_away_has_not_collapsed(after):
    assert ended([*BEFORE, *evenings(100_000, 0, 60)], [*STILL, *after]) == "stayed"


def test_money_that_went_to_another_account_of_theirs_here_has_not_gone():
    before = [*BEFORE, *evenings(100_000, 0, 60)]
    after = [*evenings(0, 80, 150), balance(T0 + 80 * DAY, 100_000, account="savings", kind="savings")]
    assert ended(before, [*STILL, *after]) == "stayed"


def test_without_the_share_nothing_collapses():
    before, after = [*BEFORE, *evenings(100_000, 0, 60)], [*STILL, *evenings(900, 80, 150)]
    assert ended(before, after, collapse_share=0) == "stayed"


def calls(first, last, minutes=10_000, unit="min", step=2):
    return [
        movement(T0 + day * DAY, 0, category="call", quantity=minutes, unit=unit, event_id=f"{unit}{day}")
        for day in range(first, last, step)
    ]


def test_usage_that_stays_away_has_collapsed():
    assert ended(calls(0, 60), [*calls(60, 110), *calls(110, 150, 500)]) == "collapsed"


@pytest.mark.parametrize(
    "after",
    [
        calls(60, 150),
        [*calls(60, 110), *calls(110, 150, 3_000)],
        [*calls(60, 110), *calls(60, 150, 90_000, "MB")],  # surfs where they called
        calls(60, 140),  # they were on holiday for the last days only
    ],
)
def test_usage_that_goes_on_in_some_form_has_not_collapsed(after):
    assert ended(calls(0, 60), after) == "stayed"


def test_calls_and_data_must_both_fall():
    before = [*calls(0, 60), *calls(0, 60, 90_000, "MB")]
    assert ended(before, [*calls(60, 110), *calls(60, 150, 90_000, "MB")]) == "stayed"
    assert ended(before, [*calls(60, 110), *calls(110, 150, 9), *calls(60, 110, 90_000, "MB")]) == "collapsed"


def test_what_is_bought_is_no_usage_and_a_rare_call_no_habit():
    items = [
        movement(T0 + day * DAY, 900, category="order", quantity=9_000, unit="item", event_id=f"o{day}")
        for day in range(0, 60, 2)
    ]
    assert ended(items, buys(150 - 1)) == "stayed"
    assert ended([*BEFORE, *calls(50, 56)], STILL) == "stayed"


def test_a_young_customer_without_a_balance_has_no_level():
    state = folded(*buys(59))
    assert level(state, CUT, SHANGHAI, rules()) == 0
    assert not has_collapsed(state, entry(state), DUE, SHANGHAI, rules())


def test_an_overdraft_is_no_level():
    assert level(folded(*evenings(-100_000, 0, 60)), CUT, SHANGHAI, rules()) == 0


@pytest.mark.parametrize(
    ("reason", "expected"),
    [(None, "lost"), ("price", "lost"), ("closed_by_us", "involuntary"), ("Migration", "migrated")],
)
def test_what_an_rm_says_is_lost_with_their_reason(reason, expected):
    state = folded(*BEFORE)
    assert outcome_of_lost(state, entry(state), reason, rules()) == expected


def test_lost_of_a_customer_whom_we_closed_is_not_voluntary():
    state = folded(*BEFORE, service(ON, "account_closed", cause="closed_by_us"))
    assert outcome_of_lost(state, entry(state), None, rules()) == "involuntary"


def test_only_voluntary_churn_is_learned_unless_the_configuration_says_more():
    assert [label(found, rules()) for found in ("left", "lost", "inactive", "collapsed")] == [(1, True)] * 4
    assert label("stayed", rules()) == (0, True)
    assert [label(found, rules()) for found in ("involuntary", "migrated")] == [(0, False)] * 2
    more = rules(learn=frozenset({"voluntary", "involuntary"}))
    assert label("involuntary", more) == (1, True)
    assert label("migrated", more) == (0, False)
    assert label("left", rules(learn=frozenset({"involuntary"}))) == (1, False)


def test_who_has_acted_lately_is_active():
    state = folded(*buys(0))
    assert is_active(state, T0 + 180 * DAY, rules())
    assert not is_active(state, T0 + 180 * DAY + 1, rules())
    assert not is_active(State(), T0, rules())
    assert not is_active(folded(*evenings(100, 0, 9)), T0 + 9 * DAY, rules())


def contact(day, result):
    return Contact(event_id=f"k{day}", customer_id="c", time=T0 + day * DAY, staff_id="s", how="call", result=result)


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        ([], Treatment()),
        ([contact(50, "reached")], Treatment()),
        ([contact(70, "not_reached")], Treatment(contacts=True)),
        ([contact(50, "reached"), contact(70, "not_reached")], Treatment(contacts=True)),
        ([contact(70, "reached"), contact(80, "not_reached")], Treatment(contacts=True, reached=True)),
    ],
)
def test_contacts_since_the_cut_off_are_the_treatment(contacts, expected):
    state = folded(*contacts)
    assert treatment(state, entry(state), holdout=False) == expected
    assert treatment(state, entry(state), holdout=True).holdout
