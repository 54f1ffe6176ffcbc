"""The wider layout as settings and topics, and who may not be at work while it is made. Pure but for the questions."""

from __future__ import annotations

from dataclasses import replace

from pydantic import ValidationError

from stream.broker.layout import Wanted, wanted
from stream.config import Settings

_COPYING = {"cleanup.policy": "delete", "retention.ms": "-1", "message.timestamp.type": "CreateTime"}


class WidenRefused(OSError):
    """It cannot be done as things stand; the message says what to do."""


def wider(settings: Settings, to: int, prefix: str) -> Settings:
    """Return the settings of the new layout: everything else is as it was.

    Raises:
        WidenRefused: `to` is no multiple of what there is, or `prefix` is the one in use.
    """
    now = settings.topics.partitions
    if to <= now or to % now:
        raise WidenRefused(
            f"--to {to}: must be a multiple of the {now} partitions there are, such as {2 * now}: each is divided"
        )
    if prefix == settings.topics.prefix:
        raise WidenRefused(f"--prefix {prefix!r} is the one in use: the old topics stay, so that there is a way back")
    given = settings.topics.model_dump() | {"partitions": to, "prefix": prefix}
    try:
        topics = type(settings.topics).model_validate(given)
    except ValidationError as fault:
        what = "; ".join(f"topics.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in fault.errors())
        raise WidenRefused(what) from None
    return settings.model_copy(update={"topics": topics})


def while_copying(new: Settings) -> list[Wanted]:
    """Return the new topics as they are while records come in: with the times they had, and nothing is deleted.

    A worker refuses topics of this kind, so none starts on half a copy.
    """
    return [replace(want, configs={**want.configs, **_COPYING}) for want in wanted(new)]
