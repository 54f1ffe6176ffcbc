"""Profiles into the store, and customers who are to be forgotten out of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import and_, delete, exists, or_
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.acts.deed import Context
from stream.desk.intake.forgotten import mark
from stream.desk.store.repositories.forget import forget_customer
from stream.desk.store.repositories.profiles import new_profile, put_profiles
from stream.desk.store.repositories.rows import chunks
from stream.desk.store.tables import Assignment, Profile
from stream.domain.events import Customer, Forget


async def take(
    tx: AsyncSession, events: Sequence[Customer | Forget], now: int, context: Context, remember_ms: int
) -> None:
    """Write profiles and forget customers, in the order of the topic; `remember_ms`: for how long that is marked."""
    for forgetting, some in groupby(events, key=lambda event: isinstance(event, Forget)):
        if forgetting:
            for event in some:
                await forget_customer(tx, event.customer_id)
                await mark(tx, event.customer_id, event.time, now + remember_ms)
        else:
            profiles = [new_profile(event, context.vault, now) for event in some if isinstance(event, Customer)]
            await _end_assignments(tx, await put_profiles(tx, profiles))


async def _end_assignments(tx: AsyncSession, customers: set[str]) -> None:
    """Drop the desk's own assignments where the profile has caught up, or names another RM than when they were made."""
    named = Profile.customer_id == Assignment.customer_id
    caught_up = Profile.rm_id == Assignment.staff_id
    other = or_(
        Profile.rm_id != Assignment.instead_of, and_(Profile.rm_id.is_not(None), Assignment.instead_of.is_(None))
    )
    for some in chunks(sorted(customers)):
        over = exists().where(named, or_(caught_up, other))
        await tx.execute(delete(Assignment).where(Assignment.customer_id.in_(some), over))
