"""What must hold at the end, besides that Kafka holds what the oracle has: the desk, the trainer, order, positions."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from support.desk_process import opened, rows

from chaos import oracle
from chaos.feed import garbage
from chaos.oracle import Outcome
from chaos.stack import DESK, TRAINER, Stack
from models import checkpoint
from models.features.sets import NAMES, VERSION
from stream.config import load
from stream.desk.store.tables import Alert
from stream.engine.log.jsonl import Record
from stream.training import keeping

_CATCH_UP_S = 120.0


async def problems(stack: Stack, want: Outcome, lines: Sequence[Record]) -> list[str]:
    """Stop every role in good order and return what is wrong; empty when all is as one undisturbed process left it."""
    alerts = await oracle.read(stack.straight, "alerts")
    wrong = [f"desk: {text}" for text in [await _desk_lacks(stack, alerts)] if text]
    examples = await oracle.read(stack.straight, "examples")
    wrong += [f"trainer: {text}" for text in [await _trainer_lacks(stack, len(examples))] if text]
    await asyncio.gather(_stop_one_by_one(stack, stack.workers), stack.stop(DESK))
    have = await oracle.found(stack.straight)
    if text := oracle.difference(want, have):
        wrong.append(text)
    wrong += order(want.order, have.order)
    wrong += episodes(alerts)
    if have.letters.total() != garbage(lines):
        wrong.append(f"{have.letters.total()} dead letters of {garbage(lines)} bad inputs")
    wrong += await _positions(stack)
    wrong += await _stores(stack)
    wrong += stack.notes
    return wrong


async def _stop_one_by_one(stack: Stack, names: Sequence[str]) -> None:
    for name in names:
        await stack.stop(name)


def order(want: Mapping[str, Sequence[str]], have: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Say whose alerts come in another order."""
    if wrong := [customer for customer in want.keys() | have.keys() if want.get(customer) != have.get(customer)]:
        yield f"alerts of {len(wrong)} customers are not those of the oracle in their order"


def episodes(alerts: Sequence[Any]) -> Iterator[str]:
    """Say where a customer had two open episodes of a kind, or one went on that was not open."""
    open_: dict[tuple[str, str], str] = {}
    for record in alerts:
        alert = orjson.loads(record.value)
        place = alert["customer_id"], alert["kind"]
        if alert["state"] == "opened":
            if place in open_:
                yield f"a second open episode of {place[1]} at offset {record.offset}"
            open_[place] = alert["episode_id"]
        elif open_.get(place) != alert["episode_id"]:
            yield f"{alert['state']} of an episode of {place[1]} that is not open, at offset {record.offset}"
        if alert["state"] in ("resolved", "expired", "closed"):
            open_.pop(place, None)


async def _desk_lacks(stack: Stack, alerts: Sequence[Any]) -> str:
    """Wait until the desk has as many rows as there are alerts, and compare their ids.

    An event that comes again when its customer's state has long forgotten it may open the same episode again, under the
    same id: that is one row.
    """
    want = Counter({orjson.loads(record.value)["alert_id"] for record in alerts})
    deadline = time.monotonic() + _CATCH_UP_S
    while True:
        async with opened(stack.folder / "logs", stack.store) as database:
            have = Counter(row.alert_id for row in await rows(database, Alert))
        if have.total() >= want.total() or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.3)
    return "" if have == want else f"{(want - have).total()} alerts missing, {(have - want).total()} too many"


async def _trainer_lacks(stack: Stack, examples: int) -> str:
    """Wait until the trainer has read everything, stop it, and look into its checkpoint."""
    deadline = time.monotonic() + _CATCH_UP_S
    while (answer := await stack.process(TRAINER).get("/readyz")) is None or answer[0] != 200:
        if time.monotonic() > deadline:
            return "not ready"
        await asyncio.sleep(0.3)
    taken = -1
    while time.monotonic() < deadline and taken != examples:
        taken = _taken(stack)
        await asyncio.sleep(0.3)
    await stack.stop(TRAINER)
    taken = _taken(stack)
    return "" if taken == examples else f"{taken} examples taken of {examples}"


def _taken(stack: Stack) -> int:
    packed = keeping.read(stack.folder / "trainer")
    if packed is None:
        return 0
    settings = load(stack.folder / "trainer.toml", env={}).model.trainer
    learner, _ = checkpoint.load(packed, settings, NAMES, VERSION)
    return learner.ledger.taken


async def _positions(stack: Stack) -> list[str]:
    """Say where the group's offsets are not the end of what was fed."""
    ends = await oracle.ends(stack.straight)
    positions = await oracle.positions(stack.straight)
    return [
        f"{place} committed to {positions.get(place)} of {end}"
        for place, end in ends.items()
        if end != positions.get(place, 0)
    ]


async def _stores(stack: Stack) -> list[str]:
    """Say which local store holds what the changelog has not, as far as that still shows it."""
    if stack.compacted:
        return []
    try:
        await oracle.assert_stores_never_lead(stack.straight)
    except AssertionError as fault:
        return [str(fault)]
    return []
