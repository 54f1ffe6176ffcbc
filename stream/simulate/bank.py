"""A bank customer: salary or takings, card purchases, bills, savings, products, closing balances."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from stream.simulate.clock import Clock
from stream.simulate.drift import Drifts
from stream.simulate.life import HOUR, Action, Life, around, poisson, waking_second
from stream.simulate.params import BankSegment, Params
from stream.simulate.population import Profile

CURRENT, SAVINGS = "current-1", "savings-1"
_KINDS = {CURRENT: "current", SAVINGS: "savings"}


class BankLife(Life):
    """Balances are held in cents, and every movement leaves them at 0 or above."""

    def __init__(
        self, profile: Profile, segment: BankSegment, clock: Clock, params: Params, drifts: Drifts, seed: int
    ) -> None:
        super().__init__(profile, clock, params, drifts, seed)
        self.segment = segment
        random = self.stream("money")
        low, high = segment.balance
        self.target = int(100 * math.exp(random.uniform(math.log(low), math.log(high))))
        self.salary = int(100 * random.uniform(*segment.salary))
        self.balances = {CURRENT: self.target}
        if random.random() < segment.savings:
            self.balances[SAVINGS] = int(self.target * random.uniform(0.3, 3))
        self._after_each = random.random() < 0.2  # this core system reports after every movement
        spent = 100 * segment.purchases * 30 * segment.purchase * math.exp(0.7**2 / 2)
        self._bills = max(0.2, 0.95 - spent / self.salary) if self.salary else 0.0
        self._moved: set[str] = set()
        self._held = 0
        self._until_maturity: set[str] = set()
        if random.random() < segment.product:
            matures = self.first_day + random.randrange(20, 300)
            self.hold(self.target * 2, matures)

    def habits(self, day: int) -> list[tuple[int, Action]]:
        """Pay, takings, purchases, bills, and the closing balances of what moved."""
        random, segment = self._random, self.segment
        today = self.clock.date_of(day)
        doings: list[tuple[int, Action]] = []
        pace = self.params.weekdays[today.weekday()] * self.params.months[today.month - 1]
        pace *= self.factor("activity", day) * self.drifts.factor("spending", day)
        for _ in range(poisson(random, segment.purchases * pace)):
            amount = int(100 * around(random, segment.purchase))
            doings.append((waking_second(random), self._purchase(amount)))
        for _ in range(poisson(random, segment.receipts * pace)):
            amount = int(100 * around(random, segment.purchase * 2))
            doings.append((waking_second(random), self._receipt(amount)))
        if self.salary:
            self._pay_and_bills(day, doings)
        elif today.weekday() == 4:
            doings.append((16 * HOUR + random.randrange(HOUR), self._settle(random.uniform(0.85, 1.15))))
        if today.day == 1:
            doings.append((2 * HOUR, lambda now: self.move(now, 1000, "out", "fee")))
            if SAVINGS in self.balances:
                interest = self.balances[SAVINGS] // 600
                doings.append((3 * HOUR, lambda now: self.move(now, interest, "in", "interest", SAVINGS)))
            if segment.name == "affluent":
                points = random.randrange(100, 3000)
                doings.append((4 * HOUR, lambda now: self._points(now, points)))
        doings.append((22 * HOUR + 1800 + random.randrange(1200), self._close_day))
        return doings

    def _pay_and_bills(self, day: int, doings: list[tuple[int, Action]]) -> None:
        random = self._random
        late = 2 if self.factor("salary_late", day) < 1 or self.factor("salary_late", day - 2) < 1 else 0
        if self.clock.payday(day - late, self.profile.payday) and self.factor("salary", day):
            amount = int(self.salary * random.uniform(0.97, 1.03))
            employer = {"institution": "own" if self.profile.payroll_group_id else "other-bank"}
            doings.append(
                (9 * HOUR + random.randrange(HOUR), self.movement(amount, "in", "payroll", counterparty=employer))
            )
        if self.clock.payday(day - 2, self.profile.payday):
            part = int(self.salary * self._bills * self.factor("activity", day))
            rent, loan = int(part * random.uniform(0.5, 0.6)), int(part * 0.4)
            landlord = {"institution": "other-bank", "own_name": False}
            doings.append((10 * HOUR, self.movement(rent, "out", "transfer", counterparty=landlord)))
            doings.append((11 * HOUR, self.movement(loan, "out", "loan_payment")))

    def arrive(self, now: int) -> None:
        """The profile, its products, and the balances that were there."""
        super().arrive(now)
        for place, account in enumerate(self.balances, 1):
            self.tell_balance(now + place, account)

    def leave(self, now: int) -> None:
        """Take what is left, close products and the account."""
        for account in list(self.balances):
            self.send_away(now, account, 1.0)
        for product in list(self.products.values()):
            self.emit(now, "service-events", type="product_closed", product=product)
        self.products.clear()
        for account in sorted(self._moved):
            self.tell_balance(now, account)
        self.emit(now, "service-events", type="account_closed")
        self.truth.left_at = now
        self.gone = True

    def move(self, now: int, amount: int, direction: str, category: str, account: str = CURRENT, **more: Any) -> None:
        """Move `amount` cents; out at most what is there. Nothing to move is nothing."""
        if direction == "out":
            amount = min(amount, self.balances[account])
        if amount <= 0:
            return
        self.balances[account] += amount if direction == "in" else -amount
        self.emit(
            now,
            "transactions",
            amount=amount / 100,
            direction=direction,
            category=category,
            account_id=account,
            balance_after=self.balances[account] / 100,
            **more,
        )
        self._moved.add(account)
        if self._after_each:
            self.tell_balance(now, account)

    def movement(self, amount: int, direction: str, category: str, account: str = CURRENT, **more: Any) -> Action:
        """Return the action that moves `amount` cents."""
        return lambda now: self.move(now, amount, direction, category, account, **more)

    def send_away(self, now: int, account: str, share: float, bank: str = "other-bank") -> int:
        """Transfer a share of an account to the customer's own account at another bank; return the cents."""
        amount = int(self.balances[account] * share)
        counterparty = {"institution": bank, "own_name": True}
        self.move(now, amount, "out", "transfer", account, counterparty=counterparty, channel="mobile")
        return amount

    def between_own(self, now: int, source: str, target: str, share: float) -> None:
        """Transfer a share of one own account to another own account."""
        amount = int(self.balances[source] * share)
        ours = {"institution": "own", "own_name": True}
        self.move(now, amount, "out", "transfer", source, counterparty=ours, channel="mobile")
        self.move(now, amount, "in", "transfer", target, counterparty=ours, channel="mobile")

    def hold(self, amount: int, matures: int, to_the_end: bool = False) -> str:
        """Hold a term product of `amount` cents and plan its maturing; return its id.

        One held `to_the_end` is not redeemed before.
        """
        self._held += 1
        number = f"deposit-{self.profile.number}-{self._held}"
        product = {
            "product_id": number,
            "kind": "deposit" if matures % 2 else "wealth",
            "amount": amount / 100,
            "matures_on": self.clock.date_of(matures).isoformat(),
        }
        self.products[number] = product
        if to_the_end:
            self._until_maturity.add(number)
        self.plan(matures, 9 * HOUR, lambda now: self._pay_back(now, number, "product_matured"))
        return number

    def buy(self, now: int, share: float, matures: int) -> None:
        """Put a share of the current account into one of our own term products."""
        amount = int(self.balances[CURRENT] * share)
        if amount <= 0:
            return
        ours = {"institution": "own", "own_name": True}
        self.move(now, amount, "out", "transfer", counterparty=ours, channel="mobile")
        product = self.products[self.hold(amount, matures)]
        self.emit(now, "service-events", type="product_opened", product=product)

    def redeem(self, now: int) -> None:
        """Cash one product in before its time."""
        terms = [number for number, product in self.products.items() if "matures_on" in product]
        free = [number for number in terms if number not in self._until_maturity]
        if free:
            self._pay_back(now, free[0], "product_redeemed")

    def _pay_back(self, now: int, number: str, how: str) -> None:
        product = self.products.pop(number, None)
        if product is not None:
            self.emit(now, "service-events", type=how, product=product)
            self.move(now, round(product["amount"] * 100), "in", "redemption", counterparty={"institution": "own"})

    def tell_balance(self, now: int, account: str) -> None:
        """Send an account's balance."""
        self.emit(now, "balances", account_id=account, balance=self.balances[account] / 100, kind=_KINDS[account])

    def _purchase(self, amount: int) -> Action:
        return self.movement(amount, "out", "purchase", channel="card")

    def _receipt(self, amount: int) -> Action:
        return self.movement(amount, "in", "transfer", counterparty={"institution": "other-wallet"}, channel="qr")

    def _settle(self, share: float) -> Callable[[int], None]:
        """Pay suppliers what lies above the working balance."""

        def act(now: int) -> None:
            above = self.balances[CURRENT] - int(self.target * share)
            self.move(now, above, "out", "transfer", counterparty={"institution": "other-bank"}, channel="web")

        return act

    def _points(self, now: int, points: int) -> None:
        self.emit(
            now, "transactions", amount=0, direction="in", category="points_earned", quantity=points, unit="point"
        )

    def _close_day(self, now: int) -> None:
        if not self._after_each:
            for place, account in enumerate(sorted(self._moved)):
                self.tell_balance(now + place, account)
        self._moved.clear()
