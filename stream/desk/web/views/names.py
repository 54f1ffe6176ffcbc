"""Names and phone numbers, opened for who may call and for nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.repositories.profiles import profiles_by_id
from stream.desk.store.tables import Profile
from stream.desk.store.vault import Vault, VaultError
from stream.desk.web.person import Person


def opened(vault: Vault, sealed: bytes | None) -> str | None:
    """Return what was sealed; None where there is nothing, or no key for it."""
    try:
        return vault.open_if(sealed)
    except VaultError:
        return None


def name_of(profile: Profile | None, person: Person, vault: Vault) -> str | None:
    """Return a customer's name, where the person may call them."""
    return opened(vault, profile.name_sealed) if profile is not None and person.may_call else None


async def names_of(session: AsyncSession, customers: Sequence[str], person: Person, vault: Vault) -> Mapping[str, str]:
    """Return the names of those customers whose name is known, where the person may call."""
    if not person.may_call:
        return {}
    profiles = await profiles_by_id(session, customers)
    found = {id_: name_of(profile, person, vault) for id_, profile in profiles.items()}
    return {id_: name for id_, name in found.items() if name}
