"""The worklist as people see it."""

from __future__ import annotations

from support.desk_web import ids_of_cards


async def test_an_rm_sees_their_own_customers_ranked(as_):
    page = await (await as_("rm-1")).text("/")
    assert ids_of_cards(page) == ["c1", "c2", "c9"]
    assert "王小明" in page
    assert page.count('<section class="episode"') == 4  # two of c1 on one card
