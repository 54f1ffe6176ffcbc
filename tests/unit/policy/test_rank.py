"""Rank, route, due time and storms: figures that a person can check."""

from __future__ import annotations

import datetime as dt

import pytest
from support.desk import BEHAVIOUR, FACT, Desk
from support.timeline import ms
from support.units import DAY, HOUR, SHANGHAI, T0, balance, folded, movement

from stream.domain.alerts import rfc3339
from stream.domain.events import Staff
from stream.domain.staff import StaffBook
from stream.domain.state import Profile, Score, State
from stream.domain.storm import StormLimits, Storms
from stream.domain.world import World
from stream.policy.base import Moment
from stream.policy.due import OfficeHours
from stream.policy.route import route


def worth(*events):
    desk = Desk()
    folded(*events, state=desk.state)
    return desk.signal().rank


def test_the_points_are_the_product_of_the_figures_behind_them():
    rank = worth(movement(T0, 1_200_00, category="purchase"))
    assert (rank.value, rank.value_basis, rank.likelihood, rank.likelihood_basis) == (
        1200.0,
        "revenue_12m",
        0.3,
        "rule",
    )
    assert (rank.urgency, rank.class_, rank.weight, rank.top_fifth) == (0.3, "unclassed", 1.0, False)  # 0.4 x 3/4
    assert rank.points == 108.0


def test_without_revenue_a_margin_on_the_assets_counts_and_without_both_a_small_figure():
    assert (worth(balance(T0, 50_000_00)).value, worth(balance(T0, 50_000_00)).value_basis) == (1000.0, "assets")
    assert (worth().value, worth().value_basis) == (100, "unknown")
    refunded = worth(movement(T0, 10_00, category="return", direction="in"))
    assert refunded.value_basis == "unknown"


def test_only_the_last_twelve_months_count():
    old = movement(T0 - 372 * DAY, 500_00, category="purchase")
    assert worth(old, movement(T0, 10_00, category="purchase")).value == 10.0


def test_the_model_replaces_the_rules_share_for_behaviour_and_only_raises_it_for_a_fact():
    for value, behaviour, fact in ((0.05, (0.05, "model"), (0.3, "rule")), (0.9, (0.9, "model"), (0.9, "model"))):
        desk = Desk()
        desk.state.score = Score(value, "normal", T0, "v1")
        for rule, wanted in ((BEHAVIOUR, behaviour), (FACT, fact)):
            rank = desk.signal(rule=rule).rank
            assert (rank.likelihood, rank.likelihood_basis) == wanted


def test_the_top_fifth_moves_up_one_step_of_priority():
    world = World()
    for value in range(0, 1000_00, 10_00):
        world.top_value.add(value)
    desk, other = Desk(world=world), Desk(world=world)
    folded(movement(T0, 950_00, category="purchase"), state=desk.state)
    folded(movement(T0, 100_00, category="purchase"), state=other.state)
    top, usual = desk.signal(), other.signal()
    assert (top.rank.top_fifth, top.priority, usual.rank.top_fifth, usual.priority) == (True, 2, False, 3)
    assert desk.signal(HOUR, severity="critical").priority == 1


def test_a_customers_value_is_counted_after_a_week_and_then_once_a_month_and_not_again_when_a_step_is_repeated():
    desk = Desk()
    state = folded(movement(T0, 500_00, category="purchase"))
    first = SHANGHAI.day(T0)
    for day in range(first + 1, first + 62):
        for again in (False, True):
            moment = Moment(T0 + (day - first) * DAY, T0, world=desk.world, again=again)
            desk.pipeline.new_day(state, day - 1, day, SHANGHAI, moment)
    assert desk.world.top_value.count == 3  # 8 January, 1 February, 1 March
    assert desk.world.top_value.value() == 500_00


def staff(*news):
    book = StaffBook()
    for fields in news:
        book.take(Staff(event_id="e", time=T0, **fields))
    return book


LEFT = {"staff_id": "r", "status": "left"}
AWAY = {"staff_id": "r", "status": "leave"}


@pytest.mark.parametrize(
    ("news", "owner"),
    [
        ([], "rm:r"),
        ([{"staff_id": "r", "status": "active", "deputy_id": "d"}], "rm:r"),
        ([{**AWAY, "deputy_id": "d"}], "rm:d"),
        ([{**AWAY, "deputy_id": "d"}, {"staff_id": "d", "status": "leave", "deputy_id": "e"}], "rm:e"),
        ([{**AWAY, "deputy_id": "d"}, {"staff_id": "d", "status": "leave", "deputy_id": "r"}], "branch:b"),
        ([AWAY], "branch:b"),
        ([{**LEFT, "successor_ids": ["s"]}], "rm:s"),
        ([{**LEFT, "successor_ids": ["s", "t"]}], "branch:b"),
        ([{"staff_id": "r", "status": "moved", "branch_id": "x"}], "branch:b"),
        ([LEFT, {"branch_id": "b", "status": "merged", "into_branch_id": "c"}], "branch:c"),
        ([LEFT, {"branch_id": "b", "status": "moved"}], "branch:b"),
        ([LEFT, {"branch_id": "b", "status": "closed"}], "unassigned"),
    ],
)
def test_a_warning_goes_to_who_looks_after_the_customer_now(news, owner):
    state = State(profile=Profile(rm_id="r", branch_id="b"))
    assert route(state, ("fraud", "fraud"), staff(*news)) == [owner, "fraud"]


def test_where_the_profile_names_no_branch_the_rms_own_does():
    state = State(profile=Profile(rm_id="r"))
    assert route(state, (), staff({**LEFT, "branch_id": "b9"})) == ["branch:b9"]
    assert route(state, (), staff(LEFT)) == ["unassigned"]
    assert route(state, (), staff(AWAY)) == ["rm:r"]  # better than nobody


def test_the_alert_names_the_profiles_rm_whoever_gets_it():
    desk = Desk(world=World(staff=staff({"staff_id": "r1", "status": "leave", "deputy_id": "d"})))
    alert = desk.signal()
    assert (alert.rm_id, alert.routes) == ("r1", ["rm:d"])


@pytest.mark.parametrize(
    ("begins", "hours", "due"),
    [
        ("2025-03-05 10:00", 24, "2025-03-06 10:00"),
        ("2025-03-05 18:00", 24, "2025-03-06 18:00"),
        ("2025-03-05 18:01", 24, "2025-03-07 09:00"),
        ("2025-03-05 03:00", 24, "2025-03-06 09:00"),
        ("2025-03-07 10:00", 24, "2025-03-10 09:00"),  # a Saturday
        ("2025-09-30 10:00", 24, "2025-10-09 09:00"),  # the national holidays
        ("2025-09-27 10:00", 24, "2025-09-28 10:00"),  # a Sunday that is made up for
        ("2025-03-07 20:00", 4, "2025-03-08 00:00"),  # urgent: as it is
        ("2025-03-07 20:00", 23, "2025-03-08 19:00"),
    ],
)
def test_what_is_not_urgent_is_due_in_office_hours_of_a_working_day(begins, hours, due):
    assert OfficeHours().due(ms(begins), hours, SHANGHAI) == ms(due)


def test_office_hours_are_configured():
    late = OfficeHours(dt.time(10, 30), dt.time(20))
    assert rfc3339(late.due(ms("2025-03-05 03:00"), 24, SHANGHAI)) == rfc3339(ms("2025-03-06 10:30"))


LIMITS = StormLimits(at_least=5, factor=3)


def burst(storms, start, count, kind="k", step=60_000):
    return [storms.take(kind, start + n * step, LIMITS) for n in range(count)]


def test_a_burst_is_a_storm_from_its_fifth_on_and_keeps_its_beginning():
    marks = burst(Storms(), T0, 8)
    assert marks == [0] * 4 + [T0 + 4 * 60_000] * 4


def test_one_kinds_storm_is_not_anothers_and_a_trickle_is_none():
    storms = Storms()
    burst(storms, T0, 8)
    assert storms.take("other", T0 + 500_000, LIMITS) == 0
    assert set(burst(Storms(), T0, 30, step=HOUR // 3)) == {0}


def test_an_hour_later_it_is_over():
    storms = Storms()
    burst(storms, T0, 8)
    assert storms.take("k", T0 + 3 * HOUR, LIMITS) == 0


def test_what_comes_every_night_is_usual_after_a_while_and_three_times_as_much_is_a_storm_again():
    storms = Storms()
    nights = [any(burst(storms, T0 + day * DAY, 12)) for day in range(10)]
    assert nights[0] is True
    assert nights[3:] == [False] * 7
    assert any(burst(storms, T0 + 10 * DAY, 40))


def test_a_burst_over_the_turn_of_an_hour_is_one():
    turn = T0 // HOUR * HOUR + HOUR
    assert any(burst(Storms(), turn - 3 * 60_000, 6))


def test_storms_go_on_where_they_were_dumped():
    one = Storms()
    burst(one, T0, 7)
    two = Storms.load(one.dump())
    assert burst(one, T0 + HOUR, 9) == burst(two, T0 + HOUR, 9)
    with pytest.raises(ValueError, match="not a dumped rate of k"):
        Storms.load({"k": [1.0]})


def test_alerts_of_a_storm_carry_one_id_and_shards_agree_on_it():
    found = []
    for _shard in range(2):
        world = World()
        ids = []
        for n in range(8):
            desk = Desk(world=world, storm_limits=LIMITS)
            ids.append(desk.signal(n * 60_000, rule=FACT).storm_id)
        assert desk.clear(HOUR, rule=FACT).storm_id is None
        found.append(ids)
    assert found == [[None] * 4 + ["fact/2025-01-01"] * 4] * 2


def test_a_storm_is_over_exactly_an_hour_after_it_began_when_the_rate_is_low_again():
    for later, told in ((HOUR - 1, True), (HOUR, False)):
        storms = Storms()
        began = T0 + 54 * 60_000  # late in the hour: what came before it soon leaves the sliding one
        assert burst(storms, began - 4 * 60_000, 5)[-1] == began
        assert storms.take("k", began + later, LIMITS) == (began if told else 0)


def test_a_storm_goes_on_beyond_the_hour_while_the_rate_is_high():
    storms = Storms()
    burst(storms, T0 + 54 * 60_000, 5)
    marks = burst(storms, T0 + HOUR + 20 * 60_000, 60)
    assert set(marks) == {T0 + 58 * 60_000}


def test_of_usual_traffic_the_factor_times_the_busiest_hour_is_a_storm_and_one_less_is_not():
    storms = Storms()
    burst(storms, T0, 4)
    next_day = T0 + DAY
    usual = 4  # the day after, the busiest hour has not begun to fade
    limits = StormLimits(at_least=1, factor=3)
    marks = [storms.take("k", next_day, limits) for _ in range(3 * usual)]
    assert marks == [0] * (3 * usual - 1) + [next_day]


def test_who_is_worth_just_the_line_is_in_the_top_fifth_and_a_cent_less_is_not():
    world = World()
    world.top_value.add(500_00)
    assert world.top_value.value() == 500_00
    ranks = []
    for cents in (500_00, 499_99):
        desk = Desk(world=world)
        folded(movement(T0, cents, category="purchase"), state=desk.state)
        ranks.append(desk.signal().rank.top_fifth)
    assert ranks == [True, False]


def test_nobody_is_in_the_top_fifth_before_anybodys_worth_is_known():
    desk = Desk()
    folded(movement(T0, 900_00, category="purchase"), state=desk.state)
    assert desk.signal().rank.top_fifth is False


def test_the_world_goes_on_where_it_was_dumped_and_what_an_older_build_did_not_keep_begins_anew():
    world = World()
    world.top_value.add(700)
    burst(world.storms, T0, 7)
    again = World.load(world.dump())
    assert again.dump() == world.dump()
    assert again.top_value.value() == 700
    assert World.load({}).dump() == World().dump()
    assert World.load({"storms": world.dump()["storms"]}).top_value.value() is None
