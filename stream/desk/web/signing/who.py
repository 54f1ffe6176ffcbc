"""Who a token of the identity provider is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from stream.desk.store.tables import Staff
from stream.settings.desk_web import Oidc


async def staff_of(session: AsyncSession, claims: Mapping[str, Any], settings: Oidc) -> Staff | None:
    """Return the member of staff: by the configured claim, else by the subject that the store knows."""
    if not settings.staff_claim:
        return await session.scalar(select(Staff).where(Staff.subject == str(claims["sub"])))
    claimed = claims.get(settings.staff_claim)
    return await session.get(Staff, claimed) if isinstance(claimed, str) and claimed else None
