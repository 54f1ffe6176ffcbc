"""A worker's answer about a customer, as a page needs it: there, about nobody, or not to be had now."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from stream.desk.web.faults import NoAnswerYet
from stream.ops.asking import NoAnswer, Unknown


async def asked(answer: Awaitable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return what the workers answer; `None`: they do not know the customer.

    Raises:
        NoAnswerYet: none answered.
    """
    try:
        return await answer
    except Unknown:
        return None
    except NoAnswer as fault:
        raise NoAnswerYet(type(fault).__name__) from None
