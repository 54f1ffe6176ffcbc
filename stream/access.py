"""Who may do what at the broker: the least that each role needs, made from the topics' table. Nothing here talks to it.

A worker, trainer or desk looks at every topic's layout when it starts, hence Describe and DescribeConfigs on all.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from stream.config import Settings
from stream.topics import TABLE, Role

Resource = Literal["topic", "group", "transactional-id"]
Operation = Literal["Read", "Write", "Create", "Describe", "DescribeConfigs", "AlterConfigs"]
ROLES: tuple[Role, ...] = get_args(Role)
_SEES_ALL = frozenset({"worker", "trainer", "desk", "operator"})


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One thing that a role may do with one resource; Read and Write include Describe."""

    role: Role
    resource: Resource
    name: str
    operation: Operation
    prefixed: bool = False


def grants(settings: Settings, *, reader_groups: str = "") -> list[Grant]:
    """Return what every role needs, and nothing else.

    Args:
        settings: their topics' prefix, number of shards and group name everything.
        reader_groups: what the groups of those who read alerts begin with; empty = GROUP-reader.
    """
    group = settings.engine.group
    made = [*_of_topics(settings)]
    for role, names in _groups(group).items():
        made += [Grant(role, "group", name, "Read") for name in names]
    made.append(Grant("reader", "group", reader_groups or f"{group}-reader", "Read", prefixed=True))
    made.append(Grant("operator", "group", group, "Describe"))
    shards = [f"{group}-{number}" for number in range(settings.topics.partitions)]  # a prefix would take in others' ids
    ids: dict[Role, list[str]] = {"worker": shards, "trainer": [f"{group}-trainer"], "operator": [f"{group}-redrive"]}
    for role, names in ids.items():
        made += [Grant(role, "transactional-id", name, "Write") for name in names]
    return sorted(made, key=lambda grant: (ROLES.index(grant.role), grant.resource))


def _groups(group: str) -> dict[Role, list[str]]:
    """Return the consumer groups: the engine's, those of the Faust apps, and where the trainer shows its place."""
    return {
        "worker": [group, f"{group}-worker"],
        "trainer": [f"{group}-trainer", f"{group}-examples"],
        "desk": [f"{group}-desk"],
    }


def _of_topics(settings: Settings) -> Iterator[Grant]:
    for topic in TABLE:
        name = settings.topics.prefix + topic.name
        for role in ROLES:
            if role in topic.read_by:
                yield Grant(role, "topic", name, "Read")
            if role in topic.written_by:
                yield Grant(role, "topic", name, "Write")
            if role in _SEES_ALL:
                if role not in topic.read_by and role not in topic.written_by:
                    yield Grant(role, "topic", name, "Describe")
                yield Grant(role, "topic", name, "DescribeConfigs")
        yield Grant("operator", "topic", name, "Create")
        yield Grant("operator", "topic", name, "AlterConfigs")


def principals(given: Mapping[str, str]) -> dict[Role, str]:
    """Return the principal of each role: as given, or User:churnwatch-ROLE.

    Raises:
        ValueError: no such role, or a principal that does not begin with its type (User:).
    """
    if unknown := sorted(set(given) - set(ROLES)):
        raise ValueError(f"no such role: {', '.join(unknown)}; there are {', '.join(ROLES)}")
    if bad := [name for name in given.values() if ":" not in name]:
        raise ValueError(f"a principal is TYPE:NAME, as User:CN=worker: {', '.join(bad)}")
    return {role: given.get(role, f"User:churnwatch-{role}") for role in ROLES}


def commands(wanted: Iterable[Grant], who: Mapping[Role, str], bootstrap: str) -> Iterator[str]:
    """Yield lines for a shell that give the grants by Kafka's own tool, one for each role and resource."""
    together: dict[tuple[Role, Resource, str, bool], list[str]] = {}
    for grant in wanted:
        together.setdefault((grant.role, grant.resource, grant.name, grant.prefixed), []).append(grant.operation)
    for (role, resource, name, prefixed), operations in together.items():
        line = ["kafka-acls", "--bootstrap-server", bootstrap, "--command-config", "admin.properties", "--add"]
        line += ["--allow-principal", who[role]]
        for operation in operations:
            line += ["--operation", operation]
        line += [f"--{resource}", name, *(["--resource-pattern-type", "prefixed"] if prefixed else [])]
        yield shlex.join(line)
