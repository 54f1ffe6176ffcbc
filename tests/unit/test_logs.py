"""No flood in the log while a broker is away."""

from __future__ import annotations

import logging

from stream.logs import Calm, calm_clients


class Kept(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def record(message, *args, name="aiokafka.conn"):
    return logging.LogRecord(name, logging.WARNING, "f", 1, message, args, None)


def calm(*moments):
    times = iter(moments)
    return Calm(lambda: next(times))


def test_a_repeated_message_comes_once_in_some_seconds_and_says_how_often_it_came():
    one = calm(0, 1, 4.9, 5.0, 6)
    assert one.filter(record("away"))
    assert not one.filter(record("away"))
    assert not one.filter(record("away"))
    again = record("away")
    assert one.filter(again)
    assert again.getMessage() == "away (and 2 more like it)"
    assert not one.filter(record("away"))


def test_a_message_that_was_not_repeated_says_nothing_of_others():
    one = calm(0, 10)
    one.filter(record("away"))
    again = record("away")
    assert one.filter(again)
    assert again.getMessage() == "away"


def test_the_same_words_with_other_arguments_are_the_same_message():
    one = calm(0, 1)
    assert one.filter(record("node %s away", 1))
    assert not one.filter(record("node %s away", 2))


def test_the_count_keeps_the_arguments_readable():
    one = calm(0, 1, 9)
    one.filter(record("node %s away", 1))
    one.filter(record("node %s away", 1))
    again = record("node %s away", 3)
    assert one.filter(again)
    assert again.getMessage() == "node 3 away (and 1 more like it)"


def test_other_messages_and_other_loggers_are_not_held_back():
    one = calm(0, 0, 0)
    assert one.filter(record("away"))
    assert one.filter(record("back"))
    assert one.filter(record("away", name="faust.transport"))


def test_its_memory_is_bounded():
    one = calm(*range(3000))
    for number in range(3000):
        one.filter(record(f"message {number}"))
    assert len(one._seen) <= 1000


def test_only_what_the_client_libraries_say_is_calmed():
    kept = Kept()
    calm_clients([kept])
    for name in ("aiokafka.conn", "faust.transport.x", "stream.engine"):
        logger = logging.Logger(name)
        logger.addHandler(kept)
        logger.warning("away")
        logger.warning("away")
    assert kept.lines == ["away", "away", "away", "away"]


def test_the_handlers_of_the_root_are_meant_where_none_are_given(monkeypatch):
    kept = Kept()
    monkeypatch.setattr(logging.getLogger(), "handlers", [kept])
    calm_clients()
    assert len(kept.filters) == 1


def test_a_broker_that_is_about_to_be_ready_is_news_and_no_error():
    soon = record("Group Coordinator Request failed: %s", "[Error 15] GroupCoordinatorNotAvailableError")
    Calm.soften(soon)
    assert (soon.levelno, soon.levelname) == (logging.INFO, "INFO")
    for other in (
        record("Group Coordinator Request failed: %s", "[Error 30] GroupAuthorizationFailedError"),
        record("GroupCoordinatorNotAvailableError", name="stream.engine"),
    ):
        Calm.soften(other)
        assert other.levelno == logging.WARNING


def test_every_handler_is_told_the_same_of_a_record():
    one = calm(0, 1)
    first, repeated = record("away"), record("away")
    assert [one.filter(first), one.filter(first)] == [True, True]
    assert [one.filter(repeated), one.filter(repeated)] == [False, False]
