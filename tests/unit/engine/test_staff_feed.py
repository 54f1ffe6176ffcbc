"""News of the staff on its way into one shard: what is known again, what is passed over, what comes only once."""

from __future__ import annotations

import orjson
from support.timeline import settings

from stream.domain.staff import StaffBook
from stream.engine.assemble import codec
from stream.engine.feeds.staff import StaffFeed
from stream.engine.log.memory import MemoryBroker, MemoryBulletin
from stream.topics import STAFF


def tell(broker, number, status="left", staff_id="s", value=None):
    body = {"event_id": f"e{number}", "time": 1_735_700_400_000 + number, "staff_id": staff_id, "status": status}
    broker.append(STAFF, 0, staff_id.encode(), orjson.dumps(body) if value is None else value, body["time"])


def feed(broker):
    return StaffFeed(MemoryBulletin(broker, STAFF), codec(settings()))


async def test_what_was_told_before_the_position_is_known_and_what_comes_after_is_fetched_once():
    broker, book = MemoryBroker(), StaffBook()
    tell(broker, 0)
    tell(broker, 1, value=b"no json")  # told as a dead letter when it was taken
    tell(broker, 2, staff_id="t")
    tell(broker, 3, staff_id="u")
    made = feed(broker)
    await made.open(3, book)
    assert [book.person(name) is not None for name in "stu"] == [True, True, False]
    assert [record.offset for record in made.fetch()] == [3]
    assert list(made.fetch()) == []
    tell(broker, 4)
    assert [record.offset for record in made.fetch()] == [4]


async def test_at_the_end_of_the_news_everything_is_known_and_nothing_fetched():
    broker, book = MemoryBroker(), StaffBook()
    tell(broker, 0)
    made = feed(broker)
    await made.open(1, book)
    assert book.person("s").status == "left"
    assert list(made.fetch()) == []


async def test_where_there_is_no_news_of_anybody_nobody_is_known():
    book, made = StaffBook(), StaffFeed(None, codec(settings()))
    await made.open(7, book)
    assert book.person("s") is None
    assert list(made.fetch()) == []
