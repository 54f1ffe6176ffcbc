"""A phone customer: calls, data, bills or recharges."""

from __future__ import annotations

from typing import Any

from stream.simulate.clock import Clock
from stream.simulate.drift import Drifts
from stream.simulate.life import HOUR, Action, Life, around, poisson, waking_second
from stream.simulate.params import Params, PhoneSegment
from stream.simulate.population import Profile

_MINUTE_COST = 15  # cents, prepaid
_LOW = 1500  # cents, where a prepaid customer recharges


class PhoneLife(Life):
    """Usage is in minutes and MB; what a plan includes costs 0."""

    def __init__(
        self, profile: Profile, segment: PhoneSegment, clock: Clock, params: Params, drifts: Drifts, seed: int
    ) -> None:
        super().__init__(profile, clock, params, drifts, seed)
        self.segment = segment
        random = self.stream("line")
        self.plan_name = segment.plan
        self.prepaid = segment.fee == 0
        self.credit = random.randrange(2000, 10_000)
        self.pace = around(random, 1.0, 0.35)
        self.bill_day = random.randrange(1, 28)
        self.recharge = random.choice((3000, 5000, 10_000))

    def habits(self, day: int) -> list[tuple[int, Action]]:
        """The day's calls and data, and the bill or the recharge."""
        random, segment = self._random, self.segment
        today = self.clock.date_of(day)
        usage = self.pace * self.factor("activity", day) * self.drifts.factor("spending", day)
        calls = segment.calls * usage * (segment.weekend if today.weekday() > 4 else 1.0)
        doings: list[tuple[int, Action]] = []
        for _ in range(poisson(random, calls)):
            minutes = max(1, round(around(random, segment.minutes, 0.9)))
            network = "own" if random.random() < 0.7 else random.choice(self.params.other_networks)
            doings.append((waking_second(random), self._call(minutes, network)))
        megabytes = round(around(random, segment.data, 0.5) * usage, 1)
        if megabytes >= 5:
            doings.append((23 * HOUR, lambda now: self._use(now, "data", megabytes, "MB", 0)))
        if not self.prepaid and today.day == self.bill_day:
            doings.append((5 * HOUR, self._bill))
        if self.prepaid and self.credit < _LOW and usage > 0.05:
            doings.append((waking_second(random), self._recharge))
        return doings

    def arrive(self, now: int) -> None:
        """The profile, and for prepaid the credit."""
        super().arrive(now)
        if self.prepaid:
            self._tell_credit(now + 1)

    def leave(self, now: int) -> None:
        """The number goes to another network."""
        self.emit(now, "service-events", type="port_out_completed")
        self.truth.left_at = now
        self.gone = True

    def forward(self, now: int, state: str, network: str | None = None) -> None:
        """Set or clear (`inactive`) call forwarding."""
        forwarding: dict[str, Any] = {"state": state}
        if network is not None:
            prefix = "139" if network == self.params.own_network else "130"
            forwarding |= {"target_network": network, "target_number": f"{prefix}{self.profile.number:08d}"}
        self.emit(now, "service-events", type="call_forwarding", forwarding=forwarding)

    def change_plan(self, now: int, plan: str, how: str = "plan_changed") -> None:
        """Move to another plan of ours."""
        if plan != self.plan_name:
            change = {"from": self.plan_name, "to": plan}
            self.emit(now, "service-events", type=how, change=change)
            self.plan_name = plan

    def _call(self, minutes: int, network: str) -> Action:
        cost = minutes * _MINUTE_COST if self.prepaid else 0
        return lambda now: self._use(now, "call", minutes, "min", cost, counterparty={"institution": network})

    def _use(self, now: int, category: str, quantity: float, unit: str, cost: int, **more: Any) -> None:
        cost = min(cost, self.credit) if self.prepaid else cost
        self.credit -= cost
        self.emit(
            now,
            "transactions",
            amount=cost / 100,
            direction="out",
            category=category,
            quantity=quantity,
            unit=unit,
            **more,
        )

    def _bill(self, now: int) -> None:
        amount = self.segment.fee
        self.emit(now, "transactions", amount=amount, direction="out", category="fee", channel="direct_debit")

    def _recharge(self, now: int) -> None:
        self.credit += self.recharge
        amount = self.recharge / 100
        self.emit(now, "transactions", amount=amount, direction="in", category="recharge", channel="app")
        self._tell_credit(now + 1)

    def _tell_credit(self, now: int) -> None:
        self.emit(now, "balances", account_id="line-1", balance=self.credit / 100, kind="prepaid")
