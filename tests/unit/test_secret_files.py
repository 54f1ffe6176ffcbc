"""Secrets come from files and variables, and are shown nowhere."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from stream.cli.commands import build
from stream.config import ConfigError, Settings, load

SECRET = "geheim-4711"


@pytest.fixture
def file(tmp_path):
    place = tmp_path / "secret"
    place.write_text(f"{SECRET}\n", encoding="utf-8")
    return place


def secrets(model, at=()):
    """Yield the path of every secret of a section and those below it."""
    from pydantic import BaseModel, SecretStr

    for name, field in model.model_fields.items():
        if field.annotation is SecretStr:
            yield (*at, name)
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from secrets(field.annotation, (*at, name))


ALL = list(secrets(Settings))


def test_the_secrets_are_found():
    assert {"sasl_password", "client_secret", "token", "url", "password", "values"} <= {path[-1] for path in ALL}


@pytest.mark.parametrize("path", ALL, ids=".".join)
def test_every_secret_may_stand_in_a_file_and_is_masked_when_printed(path, file):
    text = f"postgresql://u:{SECRET}@h/d" if path[-1] == "url" else SECRET
    file.write_text(text + "\n", encoding="utf-8")
    settings = load(env={f"CHURNWATCH_{'__'.join(path)}_FILE".upper(): str(file)})
    value = settings
    for name in path:
        value = getattr(value, name)
    assert SECRET in value.get_secret_value() and not value.get_secret_value().endswith("\n")
    assert SECRET not in settings.model_dump_json() and SECRET not in repr(settings)


def test_a_secret_in_a_table_of_sections_may_stand_in_a_file(tmp_path, file):
    config = tmp_path / "c.toml"
    config.write_text(f'[desk.notify.bots.team]\nstyle = "wecom"\nurl_file = "{file}"\n', encoding="utf-8")
    assert load(config, env={}).desk.notify.bots["team"].url.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"SASL_PASSWORD_FILE": "/nowhere/at/all"}, r"kafka\.sasl_password_file: cannot read /nowhere.*No such file"),
        ({"SASL_PASSWORD_FILE": "/dev/null"}, r"kafka\.sasl_password_file: /dev/null is empty"),
        ({"SASL_PASSWORD_FILE": "/dev/null", "SASL_PASSWORD": SECRET}, "give one of them"),
        ({"SASL_USERNAME_FILE": "/dev/null"}, r"kafka\.sasl_username_file: is not a known key"),
    ],
)
def test_a_file_that_will_not_do_is_named(env, told):
    with pytest.raises(ConfigError, match=told) as fault:
        load(env={f"CHURNWATCH_KAFKA__{name}": value for name, value in env.items()})
    assert SECRET not in str(fault.value)


@pytest.mark.parametrize("role", ["worker", "trainer", "desk"])
def test_print_config_shows_what_is_in_force_and_no_secret(role, file, tmp_path):
    config = tmp_path / "c.toml"
    config.write_text('[kafka]\nbootstrap = "b:1"\n[http]\ntoken = "geheim-4711"\n', encoding="utf-8")
    env = {"CHURNWATCH_KAFKA__SASL_PASSWORD_FILE": str(file), "CHURNWATCH_ENGINE__GROUP": "g7"}
    done = CliRunner(env=env).invoke(build(), [role, "--print-config", "--config", str(config)])
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert (shown["kafka"]["bootstrap"], shown["engine"]["group"]) == ("b:1", "g7")
    assert shown["kafka"]["sasl_password"] == shown["http"]["token"] == "**********"
    assert SECRET not in done.output
