"""A large credit line of which little is drawn, or ever less: the customer borrows elsewhere, or no longer needs us."""

from __future__ import annotations

from pydantic import Field

from stream.domain.signals import Clear, Figure, NewDay, Signal, Verdict
from stream.domain.state import Account, State
from stream.rules.base import Params, Rule, Texts

PERIOD = 30
"""Days in one month looked at. Three of them lie within the closings kept."""

KIND = "credit_used"


class CreditUnderusedParams(Params):
    """Parameters of `credit_underused`. Shares are of the line, 0 to 1; a month is 30 days."""

    likelihood: float = Field(0.15, gt=0, le=1, description="share of such warnings after which the customer leaves")
    min_line: float = Field(100_000, ge=0, description="a smaller line is silent, base currency units")
    max_drawn: float = Field(0.2, ge=0, lt=1, description="average drawn share that is little")
    months: int = Field(3, ge=1, le=3, description="months running in which little is drawn")
    fall: float = Field(0.4, gt=0, le=1, description="fall of the average draw over three months, share of the first")
    fall_step: float = Field(0.1, ge=0, lt=1, description="by which each of these months is below the one before")
    drawn_again: float = Field(0.35, gt=0, le=1, description="drawn share that resolves it; half of a fall made up for")


class CreditUnderused(Rule[CreditUnderusedParams]):
    """Little of a large line drawn for months, or a draw that falls month by month."""

    name = "credit_underused"
    listens = frozenset({"new-month", "open-day"})
    behavioural = True
    practice = (
        "Line utilisation is what a house bank watches in company lending: an unused or emptying line says that the "
        "business is financed elsewhere or shrinking (SME classing of regional banks: potential = drawn up to 50 %)."
    )
    respond_within_h = 120
    Params = CreditUnderusedParams
    texts = {
        "zh": Texts(
            title="授信使用不足",
            reason=(
                "客户授信额度 {line:,.0f} {unit}，近 {days} 天平均用信 {observed:,.0f} {unit}"
                "（使用率 {share:.0%}）{why_zh}。"
            ),
            cleared="客户授信使用率已为 {share:.0%}（额度 {line:,.0f} {unit}）。",
            next_step="一周内拜访客户，了解资金需求与他行融资情况，核对我行利率与手续是否有竞争力，推动提款或调整额度。",
        ),
        "en": Texts(
            title="Credit line hardly used",
            reason=(
                "Of a line of {line:,.0f} {unit}, {observed:,.0f} {unit} was drawn on average over the last {days} "
                "days ({share:.0%}){why_en}."
            ),
            cleared="{share:.0%} of the line of {line:,.0f} {unit} is drawn.",
            next_step=(
                "Visit within the week: ask what they need and who else lends to them, check our rate and paperwork "
                "against that, and agree a draw or a line that fits."
            ),
        ),
    }

    def evaluate(self, state: State, event: NewDay) -> Verdict:
        """Judge on the first day of a month with an event; an open warning resolves on any day."""
        today, open_ = self.business.day(event.time), self.name in state.episodes
        new_month = self.business.month(today) != self.business.month(event.before)
        if not new_month and not open_:
            return None
        accounts = [account for account in state.accounts.values() if account.kind == KIND]
        if not accounts:
            return None  # without news of a draw nothing says that there is none
        if open_ and (clear := self._again(state, accounts, event)):
            return clear
        if not new_month:
            return None
        return self._judge(state, accounts, event, today)

    def look(self, state: State, time: int) -> dict[str, Figure]:
        """The line, and the average draw of each of the last months."""
        accounts = [account for account in state.accounts.values() if account.kind == KIND]
        averages = self._averages(accounts, self.business.day(time))
        return {
            "line": self._money(_line(state, accounts)),
            "line_needed": self.params.min_line,
            "average_drawn_newest_first": [f"{self._money(average):.2f}" for average in averages],
            "months_needed": self.params.months,
            "max_drawn_share": self.params.max_drawn,
        }

    def _judge(self, state: State, accounts: list[Account], event: NewDay, today: int) -> Signal | None:
        line = _line(state, accounts)
        if line <= 0 or line < self.business.base_minor(self.params.min_line) or state.left_at:
            return None
        averages = self._averages(accounts, today)
        needed = self.params.months
        little = len(averages) >= needed and max(averages[:needed]) <= self.params.max_drawn * line
        falling = len(averages) == 3 and self._falls(averages)
        if not little and not falling:
            return None
        now = averages[0]
        back = self.params.drawn_again * line
        if not little:
            back = max(back, (1 - self.params.fall / 2) * averages[-1])
        zh = f"，已连续 {needed} 个月偏低" if little else f"，三个月内由 {self._money(averages[-1]):,.0f} 逐月下降"
        en = (
            f", as little for {needed} months running"
            if little
            else f", falling from {self._money(averages[-1]):,.0f} within three months"
        )
        evidence: dict[str, Figure] = {
            "measure": "drawn_credit",
            "line": self._money(line),
            "observed": self._money(now),
            "share": round(now / line, 4),
            "unit": self.business.currency,
            "days": PERIOD,
            "months": len(averages),
            "pattern": "little" if little else "falling",
            "why_zh": zh,
            "why_en": en,
        }
        return Signal(
            self.name,
            "medium" if falling else "low",
            evidence,
            (event.event_id,),
            {"back": round(back)},
            tuple(
                (self.business.date(today - PERIOD * (back + 1)).isoformat(), self._money(averages[back]))
                for back in range(len(averages) - 1, -1, -1)
            ),
        )

    def _falls(self, averages: list[int]) -> bool:
        last, middle, first = averages
        step = 1 - self.params.fall_step
        return first > 0 and last < step * middle and middle < step * first and last <= (1 - self.params.fall) * first

    def _averages(self, accounts: list[Account], today: int) -> list[int]:
        """Return the average draw of each of the last months that are known as a whole, the newest first."""
        starts = [oldest for account in accounts if (oldest := account.closings.oldest()) is not None]
        if not starts:
            return []
        known = min(3, (today - min(starts)) // PERIOD)
        return [
            sum(_drawn(account, today - PERIOD * (back + 1), today - PERIOD * back) for account in accounts) // PERIOD
            for back in range(known)
        ]

    def _again(self, state: State, accounts: list[Account], event: NewDay) -> Clear | None:
        line = _line(state, accounts)
        drawn = sum(abs(account.balance) for account in accounts)
        back = state.episodes[self.name].memo["back"]
        if line >= self.business.base_minor(self.params.min_line) and drawn < back:
            return None
        figures: dict[str, Figure] = {
            "line": self._money(line),
            "observed": self._money(drawn),
            "share": round(drawn / line, 4) if line > 0 else 0.0,
            "unit": self.business.currency,
        }
        return Clear(self.name, figures, (event.event_id,))


def _line(state: State, accounts: list[Account]) -> int:
    """Return the line, minor units: the limits of the accounts, else the profile's."""
    limits = sum(account.limit or 0 for account in accounts)
    profile = state.profile
    return limits or (profile.credit_limit or 0 if profile else 0)


def _drawn(account: Account, first: int, end: int) -> int:
    """Return the sum of daily draws from business day `first` up to before `end`, carried over days without news."""
    total, until = 0, end
    for day, closing in account.closings.numbered():  # the newest first
        if day >= end:
            continue
        since = max(day, first)
        total += (until - since) * abs(closing)
        until = since
        if day <= first:
            break
    return total
