"""A leaver's customers divided: all of them, families together, evenly, the same each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream.desk.work.spreading import Load, spread

loads = st.lists(
    st.builds(Load, st.uuids().map(str), st.integers(1, 5), st.none() | st.sampled_from(["h1", "h2", "h3"])),
    max_size=40,
    unique_by=lambda load: load.customer_id,
)
people = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4, unique=True)


def test_who_has_less_to_do_gets_more():
    given_ = spread([Load(f"c{number}") for number in range(4)], ["a", "b"], {"a": 2})
    assert sorted(given_.values()) == ["a", "b", "b", "b"]


@given(loads, people, st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 20)))
def test_everybody_goes_to_one_successor_and_families_stay_together(customers, successors, busy):
    found = spread(customers, successors, busy)
    assert found.keys() == {customer.customer_id for customer in customers}
    assert set(found.values()) <= set(successors)
    homes = {customer.together: found[customer.customer_id] for customer in customers if customer.together}
    assert all(found[one.customer_id] == homes[one.together] for one in customers if one.together)


@given(loads, people, st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 20)))
def test_nobody_gets_more_while_another_has_less_by_more_than_one_piece(customers, successors, busy):
    found = spread(customers, successors, busy)
    groups: dict[str, int] = {}
    for one in customers:
        groups[one.together or one.customer_id] = groups.get(one.together or one.customer_id, 0) + one.work
    has = {person: busy.get(person, 0) for person in successors}
    for one in customers:
        has[found[one.customer_id]] += one.work
    largest = max(groups.values(), default=0)
    got = {found[one.customer_id] for one in customers}
    assert all(has[person] - min(has.values()) <= largest for person in got)


@given(loads, people, st.randoms())
def test_the_order_in_which_they_are_given_does_not_matter(customers, successors, random):
    shuffled = list(customers)
    random.shuffle(shuffled)
    assert spread(customers, successors, {}) == spread(shuffled, successors, {})


def test_without_successors_nobody_gets_anything():
    assert spread([Load("c")], [], {}) == {}
