"""Dropped calls, queues, failed payments: incidents that repeat, even if the customer does not complain."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from stream.domain.business import DAY_MS
from stream.domain.events import Severity
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import State
from stream.rules.base import Params, Rule, Texts

TYPE = "service_incident"

_ZH = {
    TYPE: "服务故障",
    "dropped_call": "掉话",
    "no_signal": "无信号",
    "long_queue": "排队过久",
    "failed_payment": "支付失败",
}
"""Causes that are known by name; another is shown as it comes."""


class ServiceFailureParams(Params):
    """Parameters of `service_failure`. Incidents are counted as they happened to the customer."""

    ascending = (("short_days", "long_days"),)

    likelihood: float = Field(0.6, gt=0, le=1, description="share of such warnings after which the customer leaves")
    short_count: int = Field(3, ge=2, le=16, description="incidents within `short_days` that are too many")
    short_days: int = Field(7, ge=1, le=30, description="days of the short window")
    long_count: int = Field(4, ge=2, le=32, description="or incidents within `long_days`")
    long_days: int = Field(30, ge=1, le=92, description="days of the long window")
    severe_count: int = Field(6, ge=2, le=64, description="within `long_days`; from here on severity is high")
    merge_min: int = Field(60, ge=0, le=1440, description="minutes within which incidents of one cause are one")
    quiet_days: int = Field(14, ge=1, le=92, description="days without an incident that resolve it")


class ServiceFailure(Rule[ServiceFailureParams]):
    """Repeated incidents of our own making."""

    name = "service_failure"
    listens = frozenset({f"service-events:{TYPE}"})
    behavioural = False  # our failing and not the customer's behaviour: it cools down only when it is mended
    practice = (
        "Most customers whom a service fails never complain and simply go (Hirschman 1970, Exit, Voice, and Loyalty; "
        "core service failures are the first cause of switching in Keaveney 1995): incidents are counted, not words."
    )
    respond_within_h = 48
    Params = ServiceFailureParams
    texts = {
        "zh": Texts(
            title="服务故障频发",
            reason="{days} 天内客户遭遇 {observed} 次服务故障（{causes_zh}），近 {long_days} 天共 {total} 次。",
            cleared="已连续 {days} 天未再发生服务故障。",
            next_step="两日内主动致歉并说明原因与修复进度，提交网络/系统部门排查，视情况给予补偿。",
        ),
        "en": Texts(
            title="The service keeps failing",
            reason="{observed} incidents within {days} days ({causes_en}), {total} within {long_days} days.",
            cleared="No incident for {days} days.",
            next_step=(
                "Within two days apologise before they complain, say what happened and until when it is mended, open a "
                "ticket with the engineers, and make it good where that is due."
            ),
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Count the incidents on each new one; resolve after enough quiet days."""
        params = self.params
        if isinstance(event, Tick):
            quiet = self._quiet_from(state)
            if self.name not in state.episodes or quiet == 0 or event.time < quiet:
                return None
            return Clear(self.name, {"days": params.quiet_days})
        known = state.recent
        if sum(len(times) for name, times in known.items() if name.startswith(TYPE)) < min(
            params.short_count, params.long_count
        ):
            return None
        incidents = self._incidents(state)
        short = [i for i in incidents if i[0] > state.newest - params.short_days * DAY_MS]
        long = [i for i in incidents if i[0] > state.newest - params.long_days * DAY_MS]
        if len(short) >= params.short_count:
            seen, days = short, params.short_days
        elif len(long) >= params.long_count:
            seen, days = long, params.long_days
        else:
            return None
        evidence: dict[str, Figure] = {
            "measure": "service_incidents",
            "observed": len(seen),
            "days": days,
            "total": len(long),
            "long_days": params.long_days,
            "unit": "incident",
            "causes": _causes(seen),
            "causes_zh": "、".join(f"{_ZH.get(cause, cause)} {count} 次" for cause, count in _counted(seen)),
            "causes_en": _causes(seen).replace("_", " "),
            "first": self.business.date(self.business.day(seen[0][0])).isoformat(),
        }
        severity: Severity = "high" if len(long) >= params.severe_count else "medium"
        return Signal(self.name, severity, evidence, (event.event_id,), series=self._series(long))

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the end of the quiet days while a warning is open."""
        return self._quiet_from(state) or None if self.name in state.episodes else None

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The incidents of both windows, by cause."""
        incidents = [i for i in self._incidents(state) if i[0] > time - self.params.long_days * DAY_MS]
        return {
            "incidents_short": sum(i[0] > time - self.params.short_days * DAY_MS for i in incidents),
            "needed_short": self.params.short_count,
            "incidents_long": len(incidents),
            "needed_long": self.params.long_count,
            "causes": _causes(incidents),
        }

    def _incidents(self, state: State) -> list[tuple[int, str]]:
        """Return (time, cause) of the incidents kept, oldest first; a burst of one cause is one."""
        gap = self.params.merge_min * 60_000
        found: list[tuple[int, str]] = []
        for name, times in state.recent.items():
            if name != TYPE and not name.startswith(f"{TYPE}/"):
                continue
            last = None
            for time in times:
                if last is None or time - last >= gap:
                    found.append((time, name[len(TYPE) + 1 :]))
                    last = time
        found.sort()
        return found

    def _quiet_from(self, state: State) -> int:
        """Return when the quiet days are over, epoch ms; 0 = no incident is known."""
        last = max((times[-1] for name, times in state.recent.items() if name.startswith(TYPE)), default=0)
        return last + self.params.quiet_days * DAY_MS if last else 0

    def _series(self, incidents: list[tuple[int, str]]) -> tuple[tuple[str, float], ...]:
        counts: dict[str, int] = {}
        for time, _ in incidents:
            date = self.business.date(self.business.day(time)).isoformat()
            counts[date] = counts.get(date, 0) + 1
        return tuple((date, float(count)) for date, count in counts.items())


def _counted(incidents: list[tuple[int, str]]) -> list[tuple[str, int]]:
    """Return each cause and its number, the most frequent first."""
    counts: dict[str, int] = {}
    for _, cause in incidents:
        counts[cause or TYPE] = counts.get(cause or TYPE, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _causes(incidents: list[tuple[int, str]]) -> str:
    return ", ".join(f"{cause} × {count}" for cause, count in _counted(incidents))
