"""Who is signed in, and how far they see."""

from __future__ import annotations

from dataclasses import dataclass

from stream.desk.work.commands import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whose work somebody sees. `receivers` as in the worklist; `everybody`: an auditor."""

    staff_ids: tuple[str, ...] = ()  # themselves, and those whom they stand in for
    receivers: tuple[str, ...] = ()
    branch_ids: tuple[str, ...] = ()
    everybody: bool = False

    @property
    def nobody(self) -> bool:
        """Tell whether it reaches no customer at all."""
        return not (self.everybody or self.staff_ids or self.receivers or self.branch_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody signed in."""

    staff_id: str
    role: str
    session_id: str
    csrf: str
    name: str = ""
    branch_id: str | None = None
    language: str | None = None
    time_zone: str | None = None
    reach: Reach = Reach()
    scopes: frozenset[str] | None = None
    """Of a program's access token: what it is limited to. None: somebody signed in."""
    until: int | None = None
    """When the token is over, epoch ms."""

    @property
    def may_act(self) -> bool:
        """Tell whether they may change anything about a customer."""
        return self.role in ("rm", "manager")

    @property
    def may_call(self) -> bool:
        """Tell whether names and phone numbers within their reach are shown to them."""
        return self.may_act

    @property
    def manages(self) -> bool:
        """Tell whether they decide what others ask for."""
        return self.role == "manager"

    def actor(self) -> Actor:
        """Return them as who acts.

        Raises:
            ValueError: they may not.
        """
        if self.role == "rm":
            return Actor(staff_id=self.staff_id, role="rm", branch_id=self.branch_id, name=self.name)
        if self.role == "manager":
            branches = self.reach.branch_ids
            return Actor(
                staff_id=self.staff_id, role="manager", branch_id=self.branch_id, branch_ids=branches, name=self.name
            )
        raise ValueError(f"{self.role} may not act")
