"""Access lists in a cluster: what there is, what is missing, and giving it. Takes an administrator's credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import CreateAclsRequest, DescribeAclsRequest

from stream.access import Grant, Operation, Resource
from stream.broker.admin import connected
from stream.config import Settings
from stream.topics import Role

# KIP-140's and KIP-290's numbers
_RESOURCES: dict[int, Resource] = {2: "topic", 3: "group", 5: "transactional-id"}
_OPERATIONS: dict[int, Operation] = {
    3: "Read",
    4: "Write",
    5: "Create",
    8: "Describe",
    10: "DescribeConfigs",
    11: "AlterConfigs",
}
_LITERAL, _PREFIXED = 3, 4
_ALLOW, _ANY, _EVERY_HOST = 3, 1, "*"
_AT_ONCE = 100
_SETTLE_S, _READ_BACK_S = 30, 0.05
_RESOURCE_CODE = {name: code for code, name in _RESOURCES.items()}
_OPERATION_CODE = {name: code for code, name in _OPERATIONS.items()}


class AclError(RuntimeError):
    """The cluster refused; the message has its reason."""


async def missing(settings: Settings, wanted: Iterable[Grant], who: Mapping[Role, str]) -> list[Grant]:
    """Return the grants that the cluster does not have.

    Raises:
        AclError: it does not let us look, or has no authorizer.
        aiokafka.errors.KafkaError: it does not answer.
    """
    async with connected(settings, "churnwatch-acls") as admin:
        return await _missing(admin, wanted, who)


async def apply(settings: Settings, wanted: Iterable[Grant], who: Mapping[Role, str]) -> list[Grant]:
    """Give what is missing, wait until it is in force, and return it. What others may do besides is left as it is.

    Raises:
        AclError: see `missing`; or it does not let us give.
    """
    async with connected(settings, "churnwatch-acls") as admin:
        lacking = await _missing(admin, wanted, who)
        for start in range(0, len(lacking), _AT_ONCE):
            await _give(admin, [(grant, who[grant.role]) for grant in lacking[start : start + _AT_ONCE]])
        try:
            async with asyncio.timeout(_SETTLE_S):
                while True:  # brokers learn of it a moment later, and do not say when
                    if not await _missing(admin, lacking, who):
                        return lacking
                    await asyncio.sleep(_READ_BACK_S)
        except TimeoutError:
            raise AclError(f"access lists were given and are not in force after {_SETTLE_S} s") from None


async def _missing(admin: Any, wanted: Iterable[Grant], who: Mapping[Role, str]) -> list[Grant]:
    there = {principal: await _of(admin, principal) for principal in sorted(set(who.values()))}
    return [grant for grant in wanted if _key(grant) not in there[who[grant.role]]]


async def _of(admin: Any, principal: str) -> set[tuple[int, str, int, int]]:
    """Return what a principal may do from anywhere: resource, its name, kind of pattern, operation."""
    answer = await admin._send_request(DescribeAclsRequest(_ANY, None, _ANY, principal, None, _ANY, _ALLOW))
    _refuse(answer.error_code, answer.error_message, "read")
    found = set()
    for kind, name, pattern, acls in (resource[:4] for resource in answer.resources):
        for acl in acls:
            if acl[1] == _EVERY_HOST:
                found.add((kind, name, pattern, acl[2]))
    return found


async def _give(admin: Any, given: list[tuple[Grant, str]]) -> None:
    answer = await admin._send_request(_CreateAcls(given))
    for code, message in answer.creation_responses:
        _refuse(code, message, "given")


class _CreateAcls(CreateAclsRequest):  # type: ignore[misc]
    """Several at once: aiokafka's own takes one a request, and a cluster takes 50 ms for each request."""

    def __init__(self, given: list[tuple[Grant, str]]) -> None:
        self._given = given

    def build(self, request_struct_class: type[Any]) -> Any:
        if request_struct_class.API_VERSION < 1:
            raise AclError("access lists cannot be given: the broker is older than Kafka 2.0")
        rows = []
        for grant, principal in self._given:
            kind, name, pattern, operation = _key(grant)
            rows.append((kind, name, pattern, principal, _EVERY_HOST, operation, _ALLOW))
        return request_struct_class(rows)


def _key(grant: Grant) -> tuple[int, str, int, int]:
    pattern = _PREFIXED if grant.prefixed else _LITERAL
    return _RESOURCE_CODE[grant.resource], grant.name, pattern, _OPERATION_CODE[grant.operation]


def _refuse(code: int, message: str | None, done: str) -> None:
    if code:
        error: type[KafkaError] = for_code(code)
        raise AclError(f"access lists cannot be {done}: {message or error.__name__}")
