"""What a route needs: declared with it, checked in one place (`access`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RM, MANAGER, AUDITOR, ADMIN = "rm", "manager", "auditor", "admin"
LOOK = frozenset({RM, MANAGER, AUDITOR})
"""Who looks at customers: an RM at their own, a manager at the branch's, an auditor at all, and changes nothing."""
ACT = frozenset({RM, MANAGER})
MANAGE = frozenset({MANAGER})
RUN = frozenset({MANAGER, ADMIN})
"""Who keeps webhooks and staff: a manager the branch's, an administrator all."""
ANYBODY = frozenset({RM, MANAGER, AUDITOR, ADMIN})


class Target(StrEnum):
    """What the path names; its customer must be within reach."""

    NONE = "none"
    CUSTOMER = "customer"
    EPISODE = "episode"
    EPISODES = "episodes"  # in the body
    TASK = "task"
    APPROVAL = "approval"
    REFERRAL = "referral"
    ENDPOINT = "webhook"
    COLLEAGUE = "staff"


KEPT = frozenset({Target.ENDPOINT, Target.COLLEAGUE})
"""What is about no customer."""


class Limit(StrEnum):
    """Which of the rates counts a request."""

    VIEWS = "views"
    ACTS = "acts"
    EXPORTS = "exports"
    SIGN_INS = "sign_ins"
    FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Who may: `roles` empty is everybody, signed in or not."""

    roles: frozenset[str] = frozenset()
    target: Target = Target.NONE

    @property
    def public(self) -> bool:
        """Tell whether it needs no sign-in."""
        return not self.roles
