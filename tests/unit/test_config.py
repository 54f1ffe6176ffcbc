"""Settings: good files are taken, bad ones are refused in one sentence that names key, value and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from stream.config import ConfigError, Engine, Settings, default_file, load
from stream.engine.assemble import business, codec, step
from stream.faults import explain
from stream.metrics import Metrics
from stream.policy.base import PolicyError
from stream.rules.registry import RegistryError, discover

FILES = Path(__file__).parents[1] / "data" / "config"
GOOD = sorted((FILES / "good").glob("*.toml"))
BAD = sorted((FILES / "bad").glob("*.toml"))


def assemble(file):
    """Load a file and bind everything that is made of it, as a worker does at start."""
    settings = load(file, env={})
    business(settings), codec(settings), step(settings, Metrics())
    return settings


def test_there_are_examples_of_both():
    assert len(GOOD) >= 7
    assert len(BAD) >= 90


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_file_is_taken(file):
    assert isinstance(assemble(file), Settings)


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_refused_in_one_sentence_that_says_what_is_wrong(file):
    wanted = file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    with pytest.raises((ConfigError, RegistryError, PolicyError)) as caught:
        assemble(file)
    said = str(caught.value)
    key, _, rest = wanted.partition(": ")
    message, given, value = rest.partition(" (given: ")
    assert all(part in said for part in (key, message, given + value.removesuffix(")"))), said
    assert said.count("(given: ") <= 1, "one fault, told once"
    if "Input should be greater" in message or "Input should be less" in message:
        assert "; allowed: " in said
    assert "\n" not in said
    assert "pydantic" not in said


def test_a_faulty_file_is_named():
    file = FILES / "bad" / "batch_too_small.toml"
    with pytest.raises(ConfigError, match=f"^{file}: engine.batch_events"):
        load(file, env={})


def test_every_fault_of_a_file_is_told_at_once(tmp_path):
    file = tmp_path / "two.toml"
    file.write_text("[engine]\nbatch_events = 0\n[topics]\npartitions = 0\n")
    with pytest.raises(ConfigError, match=r"topics\.partitions.*; engine\.batch_events|engine.*; topics"):
        load(file, env={})


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read .*none\.toml: No such file"):
        load(tmp_path / "none.toml", env={})


def test_what_a_file_leaves_out_is_the_default(tmp_path):
    file = tmp_path / "few.toml"
    file.write_text("[rules.balance_drop]\nmin_share = 0.4\n[business.rates]\nUSD = 7.2\n")
    settings, defaults = load(file, env={}), load(env={})
    assert settings.rules["balance_drop"] == {**defaults.rules["balance_drop"], "min_share": 0.4}
    assert settings.business.rates == {**defaults.business.rates, "USD": 7.2}
    assert settings.engine == defaults.engine


def test_the_environment_wins_over_the_file(tmp_path):
    file = tmp_path / "some.toml"
    file.write_text("[engine]\nbatch_events = 10\ncache_mb = 20\n")
    env = {
        "CHURNWATCH_ENGINE__BATCH_EVENTS": "30",
        "CHURNWATCH_KAFKA__BOOTSTRAP": "k:9092",
        "CHURNWATCH_RULES__BALANCE_DROP__MIN_SHARE": "0.45",
        "CHURNWATCH_POLICY__BACKFILL_DAYS": "2",
        "CHURNWATCH_TOKEN": "of somebody else",
        "OTHER__BATCH_EVENTS": "7",
    }
    settings = load(file, env=env)
    assert (settings.engine.batch_events, settings.engine.cache_mb) == (30, 20)
    assert settings.kafka.bootstrap == "k:9092"
    assert settings.policy.backfill_days == 2
    assert settings.rules["balance_drop"]["min_share"] == "0.45"
    step(settings, Metrics())  # a number where the rule reads it


def test_a_fault_in_the_environment_is_named_too():
    with pytest.raises(ConfigError, match=r"batch_events: .* or equal to 1 \(given: '0'; allowed: 1 to 100000\)"):
        load(env={"CHURNWATCH_ENGINE__BATCH_EVENTS": "0"})


def test_the_process_environment_is_read_where_none_is_given(monkeypatch):
    monkeypatch.setenv("CHURNWATCH_ENGINE__GROUP", "mine")
    assert load().engine.group == "mine"


def test_a_missing_key_is_told_without_a_value():
    class Strict(BaseModel):
        name: str

    with pytest.raises(ValidationError) as caught:
        Strict.model_validate({})
    assert explain(caught.value, Strict, "section.") == "section.name: Field required"


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(ValidationError, match="frozen"):
        load(env={}).engine.batch_events = 5


def test_secrets_are_not_shown():
    settings = load(env={"CHURNWATCH_HTTP__TOKEN": "hush", "CHURNWATCH_KAFKA__SASL_PASSWORD": "hush"})
    assert settings.http.token.get_secret_value() == "hush"
    assert "hush" not in repr(settings)


def test_the_shipped_file_says_what_the_code_says():
    shipped, code = load(env={}).model_dump(), Settings().model_dump()
    code["business"]["rates"] = shipped["business"]["rates"]  # a table of examples; the code has none
    code["business"]["tier_lines"] = shipped["business"]["tier_lines"]  # likewise
    for table in ("cool_down", "expire", "inhibit"):  # by kind, as the rules are
        code["policy"][table] = shipped["policy"][table]
    code["desk"]["talk"] = shipped["desk"]["talk"]  # words by kind; the code has none
    code["rules"] = shipped["rules"]  # held against the rules in tests/contract
    code["classes"] = shipped["classes"]  # held against examples in test_classes
    assert shipped == code


def test_the_shipped_file_is_the_packages_own_once_installed():
    assert default_file().name == "default.toml"
    assert default_file().exists()


def test_every_setting_that_is_a_number_has_a_range_or_is_a_name():
    for section in Settings.model_fields.values():
        if isinstance(section.annotation, type) and issubclass(section.annotation, BaseModel):
            for name, field in section.annotation.model_fields.items():
                if field.annotation in (int, float):
                    assert field.metadata, f"{section.annotation.__name__}.{name} has no range"
    assert Engine.model_fields["batch_events"].metadata


@pytest.mark.parametrize("order", [1, -1])
def test_variables_that_contradict_each_other_are_told(order):
    env = dict([("CHURNWATCH_KAFKA__BOOTSTRAP", "a:1"), ("CHURNWATCH_KAFKA__BOOTSTRAP__PORT", "2")][::order])
    with pytest.raises(ConfigError, match=r"kafka\.bootstrap|CHURNWATCH_KAFKA__BOOTSTRAP"):
        load(env=env)


def test_a_careful_beginning_has_every_rule_about_behaviour_on_trial_and_no_other():
    settings = assemble(FILES / "good" / "quiet_at_first.toml")
    on_trial = {name for name, section in settings.rules.items() if section.get("shadow")}
    assert on_trial == {name for name, rule in discover().items() if rule.behavioural}
