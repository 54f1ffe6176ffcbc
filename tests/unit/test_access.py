"""Access lists from the topics' table: complete, literal, and no more than a role needs."""

from __future__ import annotations

import shlex

import pytest
from typer.testing import CliRunner

from stream import access
from stream.cli.commands import build
from stream.config import load
from stream.topics import TABLE


@pytest.fixture
def settings():
    base = load(env={})
    return base.model_copy(
        update={
            "topics": base.topics.model_copy(update={"prefix": "p-", "partitions": 3}),
            "engine": base.engine.model_copy(update={"group": "g"}),
        }
    )


def may(settings, role, resource="topic"):
    return {(g.name, g.operation) for g in access.grants(settings) if g.role == role and g.resource == resource}


def test_every_topic_has_a_writer_and_a_reader():
    assert not [topic.name for topic in TABLE if not (topic.written_by and topic.read_by)]


def test_reading_and_writing_are_what_the_table_says(settings):
    for role in access.ROLES:
        for topic in TABLE:
            found = {operation for name, operation in may(settings, role) if name == f"p-{topic.name}"}
            assert ("Read" in found, "Write" in found) == (role in topic.read_by, role in topic.written_by)


def test_who_is_told_of_alerts_may_read_them_and_nothing_else(settings):
    assert may(settings, "reader") == {("p-alerts", "Read")}
    [group] = [grant for grant in access.grants(settings) if grant.role == "reader" and grant.resource == "group"]
    assert (group.name, group.operation, group.prefixed) == ("g-reader", "Read", True)
    assert "sms" in {grant.name for grant in access.grants(settings, reader_groups="sms")}


def test_only_an_operator_creates_and_nobody_deletes_or_alters_the_cluster(settings):
    strong = {g.role for g in access.grants(settings) if g.operation in ("Create", "AlterConfigs")}
    assert strong == {"operator"}
    assert {g.operation for g in access.grants(settings)} <= {
        "Read", "Write", "Create", "Describe", "DescribeConfigs", "AlterConfigs"
    }  # fmt: skip


def test_transactional_ids_are_named_one_by_one(settings):
    found = {role: may(settings, role, "transactional-id") for role in access.ROLES}
    assert found["worker"] == {(f"g-{number}", "Write") for number in range(3)}
    assert found["trainer"] == {("g-trainer", "Write")}
    assert found["operator"] == {("g-redrive", "Write")}
    assert not found["desk"] | found["producer"] | found["reader"]


def test_the_lines_for_kafkas_own_tool_hold_every_grant(settings):
    who = access.principals({"worker": "User:CN=work er,O=bank"})
    lines = [shlex.split(line) for line in access.commands(access.grants(settings), who, "b:1")]
    given = set()
    for line in lines:
        principal = line[line.index("--allow-principal") + 1]
        kind = next(word for word in line if word in ("--topic", "--group", "--transactional-id"))
        operations = [line[place + 1] for place, word in enumerate(line) if word == "--operation"]
        prefixed = "prefixed" in line
        given |= {(principal, kind[2:], line[line.index(kind) + 1], one, prefixed) for one in operations}
    assert given == {
        (who[g.role], g.resource, g.name, g.operation, g.prefixed) for g in access.grants(settings)
    }  # fmt: skip


@pytest.mark.parametrize(("given", "told"), [({"chef": "User:x"}, "no such role: chef"), ({"desk": "x"}, "TYPE:NAME")])
def test_a_role_or_principal_that_is_none_is_told(given, told):
    with pytest.raises(ValueError, match=told):
        access.principals(given)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["print", "--role", "chef"], "there are producer, worker"),
        (["print", "--principal", "desk"], "--principal"),
        (["print", "--principal", "desk=anna"], "TYPE:NAME"),
    ],
)
def test_the_command_tells_what_it_does_not_know(arguments, told):
    done = CliRunner().invoke(build(), ["acls", *arguments])
    assert done.exit_code == 2 and told in done.output


def test_the_command_prints_only_the_roles_asked_for():
    done = CliRunner().invoke(build(), ["acls", "print", "--role", "reader", "--reader-groups", "sms"])
    assert done.exit_code == 0 and len(done.stdout.splitlines()) == 2
    assert "--group sms --resource-pattern-type prefixed" in done.stdout
