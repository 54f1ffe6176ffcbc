"""Members of a household, a payroll group or a calling circle leave: the others may follow."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from stream.domain.departures import groups_of
from stream.domain.events import GroupKind, GroupWarning, Severity
from stream.domain.groups import Contagion
from stream.domain.signals import Clear, Figure, Signal, Verdict
from stream.domain.state import State
from stream.rules.base import Params, Rule, Texts

_KINDS: dict[GroupKind | None, tuple[str, str]] = {
    "household": ("家庭", "household"),
    "payroll": ("代发工资单位", "payroll group"),
    "circle": ("通话圈", "calling circle"),
    None: ("群组", "group"),
}


class GroupContagionParams(Params):
    """Parameters of `group_contagion`. Shares are of the group's members, those counted who left: 0 to 1."""

    likelihood: float = Field(0.2, gt=0, le=1, description="share of such warnings after which the customer leaves")
    window_days: int = Field(90, ge=1, le=730, description="departures further apart do not add up")
    small_household: int = Field(8, ge=0, le=1000, description="in one of so many members one departure is enough")
    circle_left: int = Field(2, ge=1, le=1000, description="in a circle, or a larger household: so many departures")
    circle_share: float = Field(0.3, gt=0, le=1, description="and so large a share of its members")
    payroll_left: int = Field(2, ge=1, le=1000, description="in a payroll group: so many departures")
    payroll_share: float = Field(0.2, gt=0, le=1, description="and so large a share of its members")
    quiet_days: int = Field(30, ge=0, le=730, description="days after a warning before the members are warned again")
    worse_factor: float = Field(1.5, ge=1, le=100, description="and so many times as many must have left by then")
    severe_share: float = Field(0.3, gt=0, le=1, description="from here on severity rises a step")


class GroupContagion(Rule[GroupContagionParams]):
    """A group that the customer belongs to warns its members; whether it does is `stream.domain.groups`' to judge."""

    name = "group_contagion"
    listens = frozenset({"group-warnings"})
    behavioural = True
    practice = (
        "Churn spreads along calls and households: neighbours of churners leave two to three times as often (Dasgupta "
        "et al. 2008, Social ties and their relevance to churn in mobile telecom networks). By kind, share and size, "
        "because some colleague of a large payroll leaves every day. A departure is a fact: the warning expires."
    )
    respond_within_h = 72
    Params = GroupContagionParams
    texts = {
        "zh": Texts(
            title="关联客户流失",
            reason="客户所在{group_zh}近 {window_days} 天内 {size} 名成员中已有 {left} 名离开我行（{share:.0%}）。",
            cleared="{group_zh}中离开的成员已回流，现仅 {left} 名离开。",
            next_step="三日内联系客户做一次关怀回访，了解其家人或同事离开的共同原因；请勿透露离开者的姓名。",
        ),
        "en": Texts(
            title="Others of the group have left",
            reason="{left} of {size} members of the customer's {group_en} left in {window_days} days ({share:.0%}).",
            cleared="Members of the {group_en} who had left came back; {left} are still gone.",
            next_step="Call within three days and ask what the group lacks; do not say who has left.",
        ),
    }

    @property
    def contagion(self) -> Contagion:
        """The thresholds, for those who keep the groups' states."""
        return Contagion(**{name: getattr(self.params, name) for name in Contagion.__struct_fields__})

    def evaluate(self, state: State, event: GroupWarning) -> Verdict:
        """Pass on what the group says, if the customer is still here and belongs to it."""
        if event.over:
            return self._called_off(state, event)
        if state.left_at or event.group_id not in groups_of(state):
            return None
        share = min(1.0, event.left / event.size)
        severe = share >= self.params.severe_share
        severity: Severity = "high" if severe and event.left > 1 else "medium"
        memo = {event.group_id: event.left}
        return Signal(self.name, severity, self._evidence(event, share), (event.cause,), memo)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """Which groups might warn; how many left them is known to the groups alone."""
        params = self.params
        return {
            "groups": len(groups_of(state)),
            "group_kinds": sorted(set(groups_of(state).values())),
            "household_one_is_enough_up_to": params.small_household,
            "circle_departures_needed": params.circle_left,
            "circle_share_needed": params.circle_share,
            "payroll_departures_needed": params.payroll_left,
            "payroll_share_needed": params.payroll_share,
            "window_days": params.window_days,
        }

    def _called_off(self, state: State, event: GroupWarning) -> Verdict:
        episode = state.episodes.get(self.name)
        if episode is None or episode.memo.keys() != {event.group_id}:  # another group's departures still stand
            return None
        return Clear(self.name, self._evidence(event, event.left / event.size), (event.cause,))

    def _evidence(self, event: Any, share: float) -> dict[str, Figure]:
        zh, en = _KINDS[event.group_kind]
        return {
            "measure": "departures",
            "group_kind": event.group_kind or "group",
            "left": event.left,
            "size": event.size,
            "share": round(share, 4),
            "unit": "members",
            "window_days": self.params.window_days,
            "group_zh": zh,
            "group_en": en,
        }
