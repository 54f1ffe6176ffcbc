"""The desk's section: URLs, and what must not be shown of them."""

from __future__ import annotations

import pytest

from stream.config import ConfigError, load
from stream.settings.desk import Desk


def loaded(url):
    return load(env={"CHURNWATCH_DESK__DATABASE__URL": url}).desk.database


@pytest.mark.parametrize(
    ("given", "read", "embedded"),
    [
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db", True),
        ("sqlite+aiosqlite:////var/a.db", "sqlite+aiosqlite:////var/a.db", True),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d", False),
        ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d", False),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg://u:p@h/d", False),
    ],
)
def test_a_url_is_taken_as_people_write_it(given, read, embedded):
    database = loaded(given)
    assert (database.url.get_secret_value(), database.embedded) == (read, embedded)


@pytest.mark.parametrize("url", ["mysql://u:hidden@h/d", "hidden", "", "postgresql+psycopg2://u:hidden@h/d"])
def test_another_is_refused_without_being_shown(url):
    with pytest.raises(ConfigError, match=r"desk\.database\.url: must begin with sqlite:// or postgresql://") as caught:
        loaded(url)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite+aiosqlite://?x=y"])
def test_a_store_must_be_a_file(url):
    with pytest.raises(ConfigError, match=r"desk\.database\.url: must name a file"):
        loaded(url)


def test_neither_url_nor_keys_are_shown():
    env = {"CHURNWATCH_DESK__DATABASE__URL": "postgresql://u:hidden@h/d", "CHURNWATCH_DESK__KEYS__VALUES": "hidden"}
    desk = load(env=env).desk
    assert "hidden" not in repr(desk) + str(desk) + desk.model_dump_json()


def test_the_shipped_file_says_what_the_code_does():
    shipped = load(env={}).desk
    assert shipped == Desk(talk=shipped.talk)  # words by kind; the code has none
