"""Dates and spans of days as options give them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import typer


def date(text: str, option: str, zone: ZoneInfo) -> int:
    """Return the epoch ms of a date (local midnight in `zone`) or an RFC 3339 time.

    Raises:
        typer.BadParameter: it is neither.
    """
    from stream.backtest.truth import moment

    try:
        return moment(text, zone)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a date such as 2025-04-01, nor RFC 3339", param_hint=option
        ) from None


def days(text: str, option: str, above: float = -1.0, most: float = 3660) -> float:
    """Return the days of `90d` or `90`.

    Raises:
        typer.BadParameter: it is none, or not above `above`, or more than `most`.
    """
    try:
        found = float(text.strip().removesuffix("d"))
    except ValueError:
        found = -1.0
    if not above < found <= most or found < 0:
        raise typer.BadParameter(f"{text!r} is not a number of days such as 90d, up to {most:g}", param_hint=option)
    return found
