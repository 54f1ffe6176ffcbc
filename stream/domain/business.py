"""How the business counts days, money and networks: pure, from settings, shared by every rule."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from stream.domain.calendar import Calendar
from stream.domain.classes import Classes

HOUR_MS = 3_600_000
DAY_MS = 86_400_000
_QUARTER_MS = 900_000  # every zone's offset since 1972 changes on a quarter of an hour
_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_CACHE = 50_000
_MONTHS = 1620  # of 30 days, from 1970 to beyond 2100


@dataclass(frozen=True)
class Business:
    """Business days, the base currency and what belongs to us.

    A day is the number of local calendar days since 1970-01-01; a week starts on Monday; a month is
    `12 * year + month - 1`.
    """

    zone: ZoneInfo
    currency: str = "CNY"
    minor_units: int = 2
    rates: dict[str, float] = field(default_factory=dict)
    own_institutions: frozenset[str] = frozenset({"own"})
    own_networks: frozenset[str] = frozenset({"own"})
    network_prefixes: dict[str, str] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)
    classes: Classes = field(default_factory=lambda: Classes({}))
    tiers: tuple[str, ...] = ("private", "platinum", "gold", "silver", "basic")  # from high to low
    tier_lines: dict[str, int] = field(default_factory=dict)  # tier -> assets it takes, minor units
    revenue_categories: frozenset[str] = frozenset({"purchase", "order", "fee", "recharge", "call", "data"})
    passive_categories: frozenset[str] = frozenset({"interest", "fee", "payroll", "points_earned", "loan_payment"})
    _scale: int = field(default=0, init=False, repr=False, compare=False)  # minor units in one
    _plain_from: int = field(default=0, init=False, repr=False, compare=False)
    _plain: int = field(default=0, init=False, repr=False, compare=False)
    _offsets: dict[int, int] = field(default_factory=dict, repr=False, compare=False)
    _months: dict[int, int] = field(default_factory=dict, repr=False, compare=False)
    _starts: dict[int, int] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out what every event asks for: minor units in a unit, and from when on the zone keeps one offset.

        Most of Asia's do: times since then need no looking up.
        """
        object.__setattr__(self, "_scale", 10**self.minor_units)
        offsets = [self._offset(month * 30 * DAY_MS) for month in range(_MONTHS)]
        since = next((n for n in range(_MONTHS) if offsets[_MONTHS - 1 - n] != offsets[-1]), _MONTHS)
        never = since < _MONTHS // 2  # it still changes, by summer time
        object.__setattr__(self, "_plain_from", 1 << 62 if never else (_MONTHS - since + 1) * 30 * DAY_MS)
        object.__setattr__(self, "_plain", offsets[-1])

    def day(self, time: int) -> int:
        """Return the business day of `time` (epoch ms)."""
        if time >= self._plain_from:
            return (time + self._plain) // DAY_MS
        offset = self._offsets.get(time // _QUARTER_MS)  # as `_offset`, without the call: this is asked the most
        return (time + (self._offset(time) if offset is None else offset)) // DAY_MS

    def minute_of_day(self, time: int) -> int:
        """Return the local minutes since midnight of `time`."""
        offset = self._plain if time >= self._plain_from else self._offset(time)
        return (time + offset) % DAY_MS // 60_000

    def _offset(self, time: int) -> int:
        quarter = time // _QUARTER_MS
        offset = self._offsets.get(quarter)
        if offset is None:
            moment = dt.datetime.fromtimestamp(quarter * _QUARTER_MS / 1000, self.zone)
            offset = round((moment.utcoffset() or dt.timedelta()).total_seconds() * 1000)
            _remember(self._offsets, quarter, offset)
        return offset

    def day_start(self, day: int, hour: int = 0) -> int:
        """Return the epoch ms at which local `day` begins, or has reached `hour` by its clocks."""
        key = day * 24 + hour
        start = self._starts.get(key)
        if start is None:
            local = dt.datetime.combine(self.date(day), dt.time(hour), self.zone)
            start = round(local.timestamp() * 1000)
            _remember(self._starts, key, start)
        return start

    def date(self, day: int) -> dt.date:
        """Return the calendar date of `day`."""
        return dt.date.fromordinal(day + _EPOCH_ORDINAL)

    def day_of_date(self, date: dt.date) -> int:
        """Return the day number of a calendar date."""
        return date.toordinal() - _EPOCH_ORDINAL

    def week(self, day: int) -> int:
        """Return the number of the Monday-based week of `day`."""
        return (day + 3) // 7

    def month(self, day: int) -> int:
        """Return the number of the month of `day`."""
        month = self._months.get(day)
        if month is None:
            date = self.date(day)
            month = date.year * 12 + date.month - 1
            _remember(self._months, day, month)
        return month

    def minor(self, amount: object) -> int:
        """Return minor units of a JSON number or decimal string, half to even.

        Raises:
            ValueError: it is neither, or not finite.
        """
        if type(amount) is int:
            return amount * self._scale
        if type(amount) is float:
            scaled = amount * self._scale
            near = round(scaled)  # raises for inf and nan
            if abs(scaled - near) < 1e-3 and abs(near) < 10**12:
                return near
            return _quantise(Decimal(repr(amount)) * self._scale)
        if type(amount) is str:
            return _quantise(_decimal(amount) * self._scale)
        raise ValueError("expected number or decimal string")

    def to_base(self, minor: int, currency: str | None) -> int:
        """Convert minor units given in `currency` into the base currency.

        Raises:
            ValueError: no rate is configured for `currency`.
        """
        if currency is None or currency == self.currency:
            return minor
        rate = self.rates.get(currency)
        if rate is None:
            raise ValueError(f"unknown currency {currency}: add it to [business.rates]")
        return _quantise(Decimal(minor) * Decimal(repr(rate)))

    def major(self, minor: int) -> float:
        """Return a money figure for people: minor units back to units."""
        return minor / float(10**self.minor_units)

    def base_minor(self, units: float) -> int:
        """Return minor units of a configured amount in units of the base currency."""
        scale: int = 10**self.minor_units
        return round(units * scale)

    def is_elsewhere(self, institution: str | None) -> bool:
        """Tell whether a counterparty's institution is another bank or network."""
        return institution is not None and institution not in self.own_institutions

    def network_of(self, number: str | None) -> str | None:
        """Return the network of a number by its longest configured prefix."""
        if number is None:
            return None
        digits = "".join(c for c in number if c.isdigit() or c == "+")
        known = [prefix for prefix in self.network_prefixes if digits.startswith(prefix)]
        return self.network_prefixes[max(known, key=len)] if known else None


def _quantise(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_HALF_EVEN))


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except ArithmeticError:
        raise ValueError("expected number or decimal string") from None
    if not value.is_finite() or value.adjusted() > 20 or len(text) > 40:
        raise ValueError("expected a finite number")
    return value


def _remember(cache: dict[int, int], key: int, value: int) -> None:
    if len(cache) >= _CACHE:  # a stream of absurd times must not grow memory
        cache.clear()
    cache[key] = value
