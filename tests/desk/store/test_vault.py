"""The vault and where its keys come from."""

from __future__ import annotations

import stat
import threading

import hypothesis.strategies as st
import pytest
from hypothesis import given
from pydantic import SecretStr

from stream.desk.store.keys import load_vault
from stream.desk.store.vault import Vault, VaultError, new_key
from stream.settings.desk import Database, Desk, Keys

POSTGRES = Database(url=SecretStr("postgresql://desk@db/desk"))


@given(st.text())
def test_what_is_sealed_opens_and_is_not_readable(text):
    vault = Vault([new_key()])
    sealed = vault.seal(text)
    assert vault.open(sealed) == text
    assert vault.seal(text) != sealed
    assert len(text) < 4 or text.encode() not in sealed


def test_a_new_key_opens_nothing_old_by_itself():
    first, second = new_key(), new_key()
    sealed = Vault([first]).seal("text")
    with pytest.raises(VaultError):
        Vault([second]).open(sealed)
    both = Vault([second, first])
    assert both.open(sealed) == "text"
    assert Vault([second]).open(both.reseal(sealed)) == "text"
    with pytest.raises(VaultError):
        Vault([second]).reseal(sealed)


def test_nothing_is_sealed_where_there_is_nothing():
    vault = Vault([new_key()])
    assert vault.seal_if(None) is None
    assert vault.open_if(None) is None
    assert vault.open_if(vault.seal_if("")) == ""


def test_digests_are_the_same_for_the_same_name_and_no_others():
    key, other = new_key(), new_key()
    vault = Vault([key])
    assert vault.index("Wang  Fang") == vault.index("wangfang") == Vault([key]).index("WANG FANG")
    assert vault.index("Wang Fang") != vault.index("Wang Fan")
    assert vault.index("+86 138") != vault.index("86138")
    assert Vault([other, key]).indexes("x")[1] == vault.index("x") != Vault([other]).index("x")


@pytest.mark.parametrize("keys", [[], ["short"], ["ü" * 44]])
def test_what_is_no_key_is_refused_without_being_told(keys):
    with pytest.raises(VaultError) as caught:
        Vault(keys)
    assert not any(key in str(caught.value) for key in keys)


def test_a_key_is_made_once_for_a_file_of_our_own(tmp_path):
    settings = Desk(state_dir=tmp_path / "desk")
    sealed = load_vault(settings).seal("text")
    file = tmp_path / "desk" / "keys"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_vault(settings).open(sealed) == "text"
    assert [found.name for found in file.parent.iterdir()] == ["keys"]


def test_of_two_that_start_at_once_both_have_the_same_key(tmp_path):
    settings, vaults = Desk(state_dir=tmp_path), []
    threads = [threading.Thread(target=lambda: vaults.append(load_vault(settings))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(vaults) == 8
    assert len({vault.index("x") for vault in vaults}) == 1


def test_a_server_needs_a_key_that_somebody_keeps(tmp_path):
    with pytest.raises(VaultError, match="CHURNWATCH_DESK__KEYS__VALUES"):
        load_vault(Desk(state_dir=tmp_path, database=POSTGRES))
    assert list(tmp_path.iterdir()) == []


def test_keys_come_from_the_environment_or_a_file(tmp_path):
    first, second = new_key(), new_key()
    file = tmp_path / "mine"
    file.write_text(f"# newest first\n{second}\n\n{first}\n")
    sealed = Vault([first]).seal("text")
    by_value = Desk(database=POSTGRES, keys=Keys(values=SecretStr(f"{second}, {first}")))
    by_file = Desk(database=POSTGRES, keys=Keys(file=file))
    assert load_vault(by_value).open(sealed) == load_vault(by_file).open(sealed) == "text"
    assert load_vault(by_value).index("x") == load_vault(by_file).index("x") == Vault([second]).index("x")


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(VaultError, match=r"cannot read the keys in .*none: No such file"):
        load_vault(Desk(keys=Keys(file=tmp_path / "none")))
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(VaultError, match="not text"):
        load_vault(Desk(keys=Keys(file=tmp_path / "binary")))
