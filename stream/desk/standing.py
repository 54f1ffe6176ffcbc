"""How the parts of the desk are: for the page, `/healthz` and `/readyz`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Standings:
    """What each part is in trouble with now; a part that is well is not in it. Changes are logged once."""

    _troubles: dict[str, str] = field(default_factory=dict)

    def trouble(self, part: str, what: str) -> None:
        """Say that a part is in trouble; `what` holds no content."""
        if self._troubles.get(part) != what:
            log.warning("%s: %s", part, what)
        self._troubles[part] = what

    def well(self, part: str) -> None:
        """Say that it goes on."""
        if self._troubles.pop(part, None) is not None:
            log.info("%s: goes on", part)

    def of(self, part: str) -> str:
        """Return what a part is in trouble with, or nothing."""
        return self._troubles.get(part, "")

    @property
    def troubles(self) -> Mapping[str, str]:
        """Everything that is in trouble now."""
        return MappingProxyType(self._troubles)
