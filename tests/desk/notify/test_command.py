"""`churnwatch desk-webhooks` and `desk-staff`, as a person types them."""

from __future__ import annotations

import pytest
from standardwebhooks import Webhook
from typer.testing import CliRunner

from stream.cli.commands import build


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CHURNWATCH_DESK__DATABASE__URL", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setenv("CHURNWATCH_DESK__STATE_DIR", str(tmp_path / "desk"))

    def ran(*words, code=0, of="desk-webhooks"):
        result = CliRunner().invoke(build(), [of, *words])
        assert result.exit_code == code, result.output
        return result.output

    return ran


def test_an_endpoint_is_added_rotated_disabled_and_enabled(run):
    endpoint, secret = run("add", "https://crm.example/hook?token=hidden", "--severity", "critical").split()
    assert Webhook(secret)
    listed = run("list")
    assert listed.startswith(f"{endpoint} crm.example enabled waiting=0 failed=0 critical")
    assert "hidden" not in listed
    assert run("rotate", endpoint).strip() not in ("", secret)
    run("disable", endpoint)
    assert "disabled (by " in run("list")
    run("enable", endpoint)
    assert " enabled " in run("list")
    assert run("replay", endpoint) == "0 to be sent again\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "https://10.0.0.1/"), "private addresses are not allowed"),
        (("add", "http://crm.example/"), "must begin with https://"),
        (("rotate", "ep_none"), "no such endpoint"),
        (("replay", "msg_none"), "no such delivery"),
    ],
)
def test_what_a_person_can_mend_is_one_sentence(run, words, said):
    assert said in run(*words, code=2)


def test_what_is_not_there_cannot_be_disabled(run):
    assert "no such endpoint" in run("disable", "ep_none", code=2)


def test_the_first_administrator_is_made_known(run):
    run("set", "adm-1", "--role", "admin", "--subject", "s-1", "--name", "王管理", of="desk-staff")
    run("set", "adm-1", "--name", "王", of="desk-staff")
    assert run("list", of="desk-staff") == "adm-1 admin active - account\n"
    assert "expected one of" in run("set", "x", "--role", "king", code=2, of="desk-staff")
