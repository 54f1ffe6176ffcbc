"""Lines for machines and for people, and nothing personal in either."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
import subprocess
import sys

import pytest
from structlog.contextvars import bound_contextvars

from stream.log_config import FIELDS, log_config, words_of
from stream.training.publisher import Superseded

NAME = "张三"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def logger():
    """A logger of its own, so that pytest's root is left alone."""
    made = logging.Logger("stream.engine.worker.supervisor")
    yield made
    made.handlers.clear()


def told(logger, out, form="auto", level="debug"):
    """Have `logger` write to `out` as configured."""
    config = log_config(level, form, "worker", out)
    assert config["root"] == {"level": level.upper(), "handlers": ["out"]}
    made = config["formatters"]["lines"]
    handler = logging.StreamHandler(config["handlers"]["out"]["stream"])
    handler.setFormatter(made["()"](**{key: value for key, value in made.items() if key != "()"}))
    logger.addHandler(handler)
    return logger


def test_a_line_for_machines_says_when_how_grave_who_what_and_where(logger):
    out = io.StringIO()
    with bound_contextvars(shard=3):
        told(logger, out).info(
            "shard %d: running from %s", 3, {"balances": 7}, extra={"offset": 7, "topic": "balances"}
        )
    (line,) = out.getvalue().splitlines()
    read = json.loads(line)
    assert read.pop("time").endswith("Z")
    assert read == {
        "level": "info", "role": "worker", "message": "shard 3: running from {'balances': 7}", "shard": 3,
        "logger": "stream.engine.worker.supervisor", "offset": 7, "topic": "balances",
    }  # fmt: skip
    assert "\x1b" not in line


def test_every_declared_field_goes_out_and_no_other(logger):
    out = io.StringIO()
    extra = dict.fromkeys(FIELDS, 1) | {"customer_id": "c-7", "phone": "13800000000"}
    told(logger, out).warning("x", extra=extra)
    read = json.loads(out.getvalue())
    assert set(FIELDS) <= set(read)
    assert not {"customer_id", "phone"} & set(read)
    assert not {"customer_id", "customer", "name", "phone", "text", "actor"} & set(FIELDS)


def test_a_terminal_gets_readable_lines_in_colour(logger):
    out = Terminal()
    told(logger, out).warning("away", extra={"shard": 3})
    assert "\x1b[" in out.getvalue()
    assert "away" in out.getvalue()
    with pytest.raises(ValueError, match=r"."):
        json.loads(out.getvalue())


@pytest.mark.parametrize(("form", "out", "as_json"), [("json", Terminal, True), ("console", io.StringIO, False)])
def test_a_form_that_was_asked_for_wins_and_colours_are_for_terminals_only(logger, form, out, as_json):
    stream = out()
    told(logger, stream, form).warning("away")
    assert stream.getvalue().startswith("{") == as_json
    assert "\x1b" not in stream.getvalue()


def test_a_traceback_is_in_the_line_without_the_words_of_strangers(logger):
    out = io.StringIO()
    told(logger, out)
    try:
        try:
            int(NAME)
        except ValueError as cause:
            raise OSError(28, "No space left on device") from cause
    except OSError:
        logger.exception("shard 3 failed")
    (line,) = out.getvalue().splitlines()
    exception = json.loads(line)["exception"]
    assert NAME not in line
    assert "ValueError (its words may hold personal data)" in exception
    assert exception.endswith("OSError: [Errno 28] No space left on device")
    assert __file__ in exception


def test_the_same_for_people(logger):
    out = io.StringIO()
    told(logger, out, "console")
    try:
        int(NAME)
    except ValueError:
        logger.exception("shard 3 failed")
    assert NAME not in out.getvalue()
    assert "ValueError (its words" in out.getvalue()


def test_our_own_faults_and_the_systems_speak():
    assert words_of(Superseded("another trainer has taken over")).endswith(": another trainer has taken over")
    assert words_of(ConnectionRefusedError(111, "refused")) == "ConnectionRefusedError: [Errno 111] refused"
    assert "13800000000" not in words_of(KeyError("13800000000"))


def test_other_alphabets_stay_readable(logger):
    out = io.StringIO()
    told(logger, out).info("余额骤降")
    assert "余额骤降" in out.getvalue()


PROCESS = """
import logging, logging.config
from stream.log_config import log_config
logging.config.dictConfig(log_config("info", "auto", "worker"))
logging.getLogger("aiokafka.conn").warning("away")
logging.getLogger("stream").debug("not asked for")
"""


def test_a_process_on_a_terminal_is_readable_and_in_colour():
    ours, theirs = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", PROCESS], stderr=theirs, check=True, timeout=30)
        said = os.read(ours, 4096).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "\x1b[" in said
    assert "away" in said
    assert not said.startswith("{")


def test_a_process_in_a_pipe_writes_json_lines_of_what_libraries_say_too():
    done = subprocess.run([sys.executable, "-c", PROCESS], stderr=subprocess.PIPE, check=True, timeout=30)
    (line,) = done.stderr.decode().splitlines()
    assert json.loads(line).items() >= {"level": "warning", "logger": "aiokafka.conn", "message": "away"}.items()
