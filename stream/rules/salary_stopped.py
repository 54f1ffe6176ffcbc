"""The salary that came every month does not come any more, or comes much smaller."""

from __future__ import annotations

from statistics import median
from typing import Any

from pydantic import Field

from stream.domain.paydays import Payday, paydays
from stream.domain.signals import Clear, Figure, Signal, Tick, Verdict
from stream.domain.state import State
from stream.rules.base import Params, Rule, Texts

SERIES = 12


class SalaryStoppedParams(Params):
    """Parameters of `salary_stopped`. Shares are of the usual credit, 0 to 1."""

    likelihood: float = Field(0.5, gt=0, le=1, description="share of such warnings after which the customer leaves")
    min_months: int = Field(3, ge=2, le=6, description="months with a credit on payday, at least")
    grace_working_days: int = Field(5, ge=1, le=15, description="working days after payday that are still punctual")
    min_share: float = Field(0.3, ge=0, le=1, description="a credit smaller than this is no salary")
    reduced_share: float = Field(0.5, ge=0, lt=1, description="two credits running no larger than this warn as well")


class SalaryStopped(Rule[SalaryStoppedParams]):
    """No payroll credit on payday and the working days after it."""

    name = "salary_stopped"
    listens = frozenset({"transactions:payroll"})
    behavioural = True
    practice = (
        "A salary that goes elsewhere is how a main-bank relationship ends: retail banks watch the payroll credit "
        "first, days after payday rather than at the month's end (industry practice; Oyeniyi & Adeyemo 2015)."
    )
    respond_within_h = 24
    Params = SalaryStoppedParams
    texts = {
        "zh": Texts(
            title="代发工资中断",
            reason="代发工资异常：{why_zh}。",
            cleared="代发工资已于 {last} 到账 {observed:,.0f} {unit}。",
            next_step="两个工作日内致电客户，了解是否换工作、换代发银行或单位延迟发薪，介绍代发客户专属权益。",
        ),
        "en": Texts(
            title="Salary stopped",
            reason="Payroll: {why_en}.",
            cleared="A salary of {observed:,.0f} {unit} arrived on {last}.",
            next_step=(
                "Call within two working days: a new job, a new payroll bank, or pay that is late? "
                "Name what payroll customers get from us."
            ),
        ),
    }

    def evaluate(self, state: State, event: Any) -> Verdict:
        """Fire when a payday and its grace are over; a credit resolves, two small ones running are a lesser sign."""
        if not state.payrolls or state.left_at:
            return None
        tick = isinstance(event, Tick)
        episode = state.episodes.get(self.name)
        if episode is not None and not tick:
            day, amount = state.payrolls[-1]
            if day > episode.memo["last"] and amount > episode.memo["enough"]:
                return Clear(self.name, self._credit(day, amount), (event.event_id,))
        found = self._paydays(state)
        today = self.business.day(event.time)
        if tick:
            missed = [payday for payday in found if payday.due == today - 1]
            return self._stopped(state, missed[0], today) if missed else None
        fresh = [payday for payday in found if payday.credits[-1] == state.payrolls[-1]]
        return self._reduced(fresh[0], event) if fresh else None

    def next_due(self, state: State, event: Any) -> int | None:
        """Ask for the end of the first payday's grace that is still to come."""
        if not state.payrolls or state.left_at:
            return None
        today = self.business.day(max(event.time, state.newest))
        due = [payday.due for payday in self._paydays(state) if payday.due >= today]
        return self.business.day_start(due[0] + 1) if due else None

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The paydays learned and the next credit expected."""
        figures: dict[str, Figure] = {"credits": len(state.payrolls), "months_needed": self.params.min_months}
        found = self._paydays(state)
        figures["paydays"] = len(found)
        if state.payrolls:
            figures["last"] = self._date(state.payrolls[-1][0])
        if found:
            figures |= {"expected": self._date(found[0].expected), "overdue_after": self._date(found[0].due)}
        return figures

    def _paydays(self, state: State) -> list[Payday]:
        params = self.params
        return paydays(
            state.payrolls,
            self.business,
            cycles=params.min_months,
            grace=params.grace_working_days,
            share=params.min_share,
        )

    def _stopped(self, state: State, payday: Payday, today: int) -> Signal:
        last, usual = payday.credits[-1][0], self.business.major(payday.usual)
        late = self.business.calendar.between(payday.expected, today - 1)
        expected, unit = self._date(payday.expected), self.business.currency
        seen = len(payday.credits)
        evidence: dict[str, Figure] = {
            "measure": "payroll",
            "observed": 0.0,
            "usual": usual,
            "unit": unit,
            "expected": expected,
            "working_days_late": late,
            "last": self._date(last),
            "credits_seen": seen,
            "why_zh": f"应于 {expected} 前后到账，已逾期 {late} 个工作日仍未到账（近 {seen} 次到账中位数 "
            f"{usual:,.0f} {unit}，最近一次 {self._date(last)}）",
            "why_en": f"the salary expected about {expected} has not come {late} working days later (median of the "
            f"last {seen}: {usual:,.0f} {unit}; the last came on {self._date(last)})",
        }
        memo = {"last": state.payrolls[-1][0], "enough": round(payday.usual * self.params.min_share)}
        return Signal(self.name, "high", evidence, (), memo, self._series(state))

    def _reduced(self, payday: Payday, event: Any) -> Signal | None:
        """Two credits running that are much smaller than those before them."""
        earlier, recent = payday.credits[:-2], payday.credits[-2:]
        if len(earlier) < self.params.min_months:
            return None
        usual = round(median(amount for _, amount in earlier))
        enough = round(usual * self.params.reduced_share)
        if any(amount > enough for _, amount in recent):
            return None
        day, amount = recent[-1]
        figures, unit = self._credit(day, amount), self.business.currency
        before, now = self.business.major(usual), self.business.major(amount)
        evidence: dict[str, Figure] = {
            "measure": "payroll",
            **figures,
            "usual": before,
            "credits_seen": len(earlier),
            "why_zh": f"连续两次明显减少：{figures['last']} 到账 {now:,.0f} {unit}，"
            f"此前 {len(earlier)} 次中位数为 {before:,.0f} {unit}",
            "why_en": f"the salary came much smaller twice running: {now:,.0f} {unit} on {figures['last']}, "
            f"against a median of {before:,.0f} {unit} over the {len(earlier)} before",
        }
        return Signal(self.name, "medium", evidence, (event.event_id,), {"last": day, "enough": enough})

    def _credit(self, day: int, amount: int) -> dict[str, Figure]:
        return {
            "last": self._date(day),
            "observed": self.business.major(amount),
            "unit": self.business.currency,
        }

    def _series(self, state: State) -> tuple[tuple[str, float], ...]:
        return tuple((self._date(day), self.business.major(amount)) for day, amount in state.payrolls[-SERIES:])

    def _date(self, day: int) -> str:
        return self.business.date(day).isoformat()
