"""Colleagues: leave, departure and a move, told to everybody by the topic `staff`; role and account, the desk's alone.

The desk hands the work over in the transaction that tells the topic: whoever reads it (the engine, another desk) does
the same, and the desk itself finds nothing more to do when the record comes back to it. A record of the house's own
personnel system goes before one from here when it is newer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts.deed import Context
from stream.desk.intake.staff import take
from stream.desk.store.repositories.outbox import Message, append_messages
from stream.desk.store.repositories.people import set_staff
from stream.desk.store.tables import Branch, Staff
from stream.desk.work.commands import Refused
from stream.domain.events import Id
from stream.domain.events import Staff as News

Role = Literal["rm", "manager", "auditor", "admin"]
_JSON = (("content-type", "application/json"),)


class _OfColleague(Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """`action_id` names what is asked for ever: the same asked twice is done once."""

    action_id: Id
    staff_id: Id


class Leave(_OfColleague, frozen=True, kw_only=True, tag="leave"):
    """Away for a while: the deputy has the work, or else the branch, and it comes back."""

    deputy_id: Id | None = None


class Depart(_OfColleague, frozen=True, kw_only=True, tag="left"):
    """Gone: the work is spread over the successors, or else it is the branch's."""

    successor_ids: list[Id] = []


class Move(_OfColleague, frozen=True, kw_only=True, tag="moved"):
    """At another branch from now on; the customers stay, and the work is spread over the successors."""

    branch_id: Id
    successor_ids: list[Id] = []


class Back(_OfColleague, frozen=True, kw_only=True, tag="back"):
    """There again: what others had meanwhile comes back."""


class Account(_OfColleague, frozen=True, kw_only=True, tag="account"):
    """What the topic does not tell; what is absent stays. `subject`: at the identity provider."""

    role: Role | None = None
    subject: Annotated[str, Meta(max_length=255)] | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None


ColleagueCommand = Leave | Depart | Move | Back | Account
_STATUS: dict[type[ColleagueCommand], Literal["leave", "left", "moved", "active"]] = {
    Leave: "leave",
    Depart: "left",
    Move: "moved",
    Back: "active",
}


async def change(tx: AsyncSession, command: ColleagueCommand, now: int, context: Context) -> set[str]:
    """Carry a command out in `tx`, an ordered transaction; return who was pushed to. `now`: epoch ms.

    Raises:
        Refused: nobody of that name, or who is to take over is not there.
    """
    if isinstance(command, Account):
        await _account(tx, command, context)
        return set()
    row = await tx.get(Staff, command.staff_id)
    if row is None:
        raise Refused("unknown_staff", "没有此人。", "There is nobody of that name.")
    news = _news(command, row, now)
    await _check(tx, command, news)
    value = msgspec.json.encode({k: v for k, v in msgspec.to_builtins(news).items() if v is not None})
    told = Message(
        message_id=f"staff/{news.event_id}", topic="staff", key=command.staff_id.encode(), value=value, headers=_JSON
    )
    if not await append_messages(tx, [told], now):
        return set()  # asked before
    return await take(tx, [news], now, context)


def _news(command: Leave | Depart | Move | Back, row: Staff, now: int) -> News:
    """Return the record: what it says nothing of stays as it was."""
    return News(
        event_id=f"desk/{command.action_id}",
        time=max(now, row.time),
        status=_STATUS[type(command)],
        staff_id=row.staff_id,
        deputy_id=command.deputy_id if isinstance(command, Leave) else row.deputy_id,
        successor_ids=command.successor_ids if isinstance(command, Depart | Move) else [],
        branch_id=command.branch_id if isinstance(command, Move) else row.branch_id,
        manager_id=row.manager_id,
    )


async def _check(tx: AsyncSession, command: ColleagueCommand, news: News) -> None:
    deputies = [news.deputy_id] if isinstance(command, Leave) and news.deputy_id else []
    await _there(tx, [*deputies, *news.successor_ids], command.staff_id)
    if isinstance(command, Move):
        known = select(Staff.branch_id).where(Staff.branch_id == command.branch_id).limit(1)
        if await tx.get(Branch, command.branch_id) is None and await tx.scalar(known) is None:
            raise Refused("unknown_branch", "没有此网点。", "There is no such branch.")


async def _there(tx: AsyncSession, people: Iterable[str], but: str) -> None:
    """Insist that those who take over are there.

    Raises:
        Refused: one is not.
    """
    for person in people:
        row = await tx.get(Staff, person)
        if row is None or row.status != "active" or person == but:
            raise Refused("not_there", f"{person} 不在岗。", f"{person} is not there to take over.")


async def _account(tx: AsyncSession, command: Account, context: Context) -> None:
    given = {"role": command.role, "subject": command.subject, "name_sealed": context.vault.seal_if(command.name)}
    await set_staff(tx, command.staff_id, **{name: value for name, value in given.items() if value is not None})
