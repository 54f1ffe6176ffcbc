"""Customers' profiles: names and numbers sealed on the way in; older records change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import UnsetType
from sqlalchemy import delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.rows import chunks, insert_into, table
from stream.desk.store.tables import Profile, ProfileCircle, ProfileProduct
from stream.desk.store.vault import Vault
from stream.domain.events import Customer


@dataclass(frozen=True, slots=True)
class NewProfile:
    """A profile as rows. `products` is `None` where the record says nothing of them: those known stay."""

    row: dict[str, Any]
    products: list[dict[str, Any]] | None = None
    circles: list[dict[str, Any]] = field(default_factory=list)


def new_profile(customer: Customer, vault: Vault, received_at: int) -> NewProfile:
    """Return the rows of a `customers` record; `received_at` is wall clock, epoch ms."""
    row = {name: getattr(customer, name) for name in _SAME} | {
        "class": customer.class_,
        "received_at": received_at,
        "name_sealed": vault.seal_if(customer.name),
        "phone_sealed": vault.seal_if(customer.phone),
        "name_index": vault.index(customer.name) if customer.name else None,
        "phone_index": vault.index(customer.phone) if customer.phone else None,
    }
    key = {"customer_id": customer.customer_id}
    circles = [{**key, "circle_id": circle} for circle in dict.fromkeys(customer.circle_ids)]
    if isinstance(customer.products, UnsetType):
        return NewProfile(row, None, circles)
    products = {
        product.product_id: {
            **key,
            "product_id": product.product_id,
            "kind": product.kind,
            "amount": product.amount,
            "matures_on": product.matures_on,
        }
        for product in customer.products
    }
    return NewProfile(row, list(products.values()), circles)


_SAME = tuple(column.name for column in table(Profile).c if column.name in Customer.__struct_fields__)


async def put_profiles(session: AsyncSession, profiles: Sequence[NewProfile]) -> set[str]:
    """Write profiles and return the customers of whom it was news: what is older than what is known is not."""
    newest: dict[str, NewProfile] = {}
    for profile in profiles:
        known = newest.get(profile.row["customer_id"])
        if known is None or profile.row["time"] >= known.row["time"]:
            newest[profile.row["customer_id"]] = profile
    if not newest:
        return set()
    statement = insert_into(session, Profile)
    old, new = table(Profile).c, statement.excluded
    changes = {column.name: new[column.name] for column in old if column.name != "customer_id"}
    upsert = statement.on_conflict_do_update(index_elements=["customer_id"], set_=changes, where=new.time >= old.time)
    rows = [profile.row for profile in newest.values()]
    news = set((await session.execute(upsert.returning(old.customer_id), rows)).scalars())
    written = [newest[customer] for customer in news]
    listed = [p for p in written if p.products is not None]
    await _replace(session, ProfileProduct, [p.row["customer_id"] for p in listed], _flat(p.products for p in listed))
    await _replace(session, ProfileCircle, list(news), _flat(p.circles for p in written))
    return news


def _flat(lists: Any) -> list[dict[str, Any]]:
    return [row for rows in lists for row in rows or ()]


async def _replace(
    session: AsyncSession,
    entity: type[ProfileProduct] | type[ProfileCircle],
    customers: Sequence[str],
    rows: list[dict[str, Any]],
) -> None:
    for some in chunks(customers):
        await session.execute(delete(table(entity)).where(table(entity).c.customer_id.in_(some)))
    if rows:
        await session.execute(insert(table(entity)), rows)


async def profiles_by_id(session: AsyncSession, ids: Sequence[str]) -> dict[str, Profile]:
    """Return the profiles that there are."""
    found: dict[str, Profile] = {}
    for some in chunks(ids):
        rows = await session.scalars(select(Profile).where(Profile.customer_id.in_(some)))
        found.update({row.customer_id: row for row in rows})
    return found


async def products_of(session: AsyncSession, customer_id: str) -> list[ProfileProduct]:
    """Return the products of a profile."""
    statement = select(ProfileProduct).where(ProfileProduct.customer_id == customer_id)
    return list(await session.scalars(statement.order_by(ProfileProduct.product_id)))


async def find_customers(session: AsyncSession, text: str, vault: Vault, limit: int = 50) -> list[str]:
    """Return the customers with this id, whole name or whole phone number, however it is spaced."""
    digests = vault.indexes(text)
    wanted = or_(Profile.customer_id == text.strip(), Profile.name_index.in_(digests), Profile.phone_index.in_(digests))
    return list(await session.scalars(select(Profile.customer_id).where(wanted).order_by("customer_id").limit(limit)))


async def relatives_of(session: AsyncSession, customer_id: str, limit: int = 200) -> dict[str, list[Profile]]:
    """Return who is of the same `household`, `payroll` group and calling `circle`, the customer left out."""
    profile = await session.get(Profile, customer_id)
    if profile is None:
        return {}
    circles = select(ProfileCircle.circle_id).where(ProfileCircle.customer_id == customer_id)
    members = select(ProfileCircle.customer_id).where(ProfileCircle.circle_id.in_(circles))
    groups = {
        "household": Profile.household_id == profile.household_id if profile.household_id else None,
        "payroll": Profile.payroll_group_id == profile.payroll_group_id if profile.payroll_group_id else None,
        "circle": Profile.customer_id.in_(members),
    }
    found = {}
    for name, member in groups.items():
        if member is not None:
            others = select(Profile).where(member, Profile.customer_id != customer_id)
            found[name] = list(await session.scalars(others.order_by(Profile.customer_id).limit(limit)))
    return found
