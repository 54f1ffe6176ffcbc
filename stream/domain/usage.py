"""What a customer usually uses by weekday, and the running sum that notices a fall: pure.

Four measures of a day: the acts, and minutes, megabytes and items used, all in thousandths. The baseline of a measure
is a median for each weekday and one robust scale. The sum is Page's (1954) CUSUM of log-likelihood ratios, of "fell
to a share of the usual" against "as usual", for counts whose variance is the baseline's (quasi-Poisson): a day adds

    weight * ((1 - share) - used / usual * ln(1 / share)),    weight = (usual / scale) ** 2, bounded

and the sum never goes under zero. So a noisy or a small usage weighs little, and takes longer to convince.
"""

from __future__ import annotations

from math import log, sqrt

from msgspec import Struct

from stream.domain.business import DAY_MS
from stream.domain.calendar import Calendar
from stream.domain.state import ACTS, UNITS, USAGE, Bucket, State

MAD_TO_SIGMA = 1.4826  # of a normal distribution
MEASURES = {"acts": ACTS, "min": USAGE + UNITS["min"], "MB": USAGE + UNITS["MB"], "item": USAGE + UNITS["item"]}
"""Name of a measure -> its place in a bucket."""
QUIET_SHARE = 0.25  # of the busiest weekday; a weekday under it tells nothing about a fall
LEAST_WEEKDAYS = 3  # that say something; one busy day a week is a rhythm, see `missed_cadence`
MOST_OF_USUAL = 1.5  # one busy day does not wipe out a week of silence
MOST_FAR = 4
SCALE = 1000
BARRED_DAYS = 60
SUM, SINCE, SPREAD, USUAL, SIZE = 1, 2, 3, 4, 11  # places in the integers of a stored measure, and their number


class Cusum(Struct, frozen=True):
    """`share`: the fall that is looked for; `most`: the greatest weight of a day; `limit`: alarm, thousandths."""

    share: float
    most: float
    limit: int
    log_share: float

    @property
    def most_a_day(self) -> float:
        """The most that one day can add, thousandths."""
        return SCALE * self.most * (1 - self.share)


def cusum_of(share: float, most: float, limit: float) -> Cusum:
    """Return the sum's parameters; `limit` is a log-likelihood ratio."""
    return Cusum(share, most, round(limit * SCALE), log(share))


class Usage(Struct):
    """A measure's baseline and its sum. `place` is the measure's in a bucket; figures are in thousandths."""

    place: int
    sum: int
    since: int  # the day before the sum's present climb from zero
    scale: int  # a standard deviation of a day
    usual: list[int]  # by weekday; 0 = says nothing

    def expected(self, day: int, calendar: Calendar) -> int:
        """Return the usual usage of a day, 0 where it says nothing."""
        usual = self.usual[(day + 3) % 7]
        return usual if usual and calendar.is_ordinary(day) else 0

    def stored(self) -> list[int]:
        """Return it as `SIZE` integers."""
        return [self.place, self.sum, self.since, self.scale, *self.usual]


def usages(numbers: list[int], start: int) -> list[Usage]:
    """Read the measures stored in `numbers` from `start` on."""
    return [
        Usage(numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3], numbers[at + 4 : at + SIZE])
        for at in range(start, len(numbers), SIZE)
    ]


def used(bucket: Bucket | None, place: int) -> int:
    """Return what a day's bucket has of a measure, in thousandths."""
    if bucket is None or place >= len(bucket):
        return 0
    return bucket[place] * SCALE if place == ACTS else bucket[place]


def learn(state: State, first: int, last: int, calendar: Calendar, needs: tuple[tuple[int, int], ...]) -> list[Usage]:
    """Take the baseline over the ordinary days `first` to `last` of every measure there is enough of.

    Args:
        state: the customer's.
        first: the first business day.
        last: the last one.
        calendar: tells ordinary days.
        needs: (place of a measure in a bucket, what a usual week has of it at least, thousandths).
    """
    held = len(state.days.items) - state.days.items.count(None)
    if 14 * held < (LEAST_WEEKDAYS - 1) * (last - first + 1):
        return []  # a weekday says something only when more than half of it was used: spare most customers the rest
    weeks: list[list[Bucket | None]] = [[], [], [], [], [], [], []]
    get, longest = state.days.get, 0
    for day in range(first, last + 1):
        if calendar.is_ordinary(day):
            bucket = get(day)
            weeks[(day + 3) % 7].append(bucket)
            if bucket is not None and len(bucket) > longest:
                longest = len(bucket)
    if not all(weeks):
        return []
    found = (_learn(weeks, place, least, last) for place, least in needs if place < longest)
    return [usage for usage in found if usage is not None]


def _learn(weeks: list[list[Bucket | None]], place: int, least: int, last: int) -> Usage | None:
    unit = SCALE if place == ACTS else 1
    values = [[b[place] * unit if b and place < len(b) else 0 for b in buckets] for buckets in weeks]
    usual = [*_levels(values[:5]), *_levels(values[5:])]
    if sum(usual) < max(least, 1):
        return None
    quiet = QUIET_SHARE * max(usual)
    usual = [value if value >= quiet else 0 for value in usual]
    if sum(value > 0 for value in usual) < LEAST_WEEKDAYS:
        return None
    return Usage(place, 0, last, _scale(values, usual), usual)


def _scale(values: list[list[int]], usual: list[int]) -> int:
    """Return what a day is off by: the root of the mean square, days far over the usual taken as `MOST_FAR` times it.

    Not the median of what they are off by: a few long calls or none on many a day is the noise that must be known.
    """
    total = count = 0
    for of_day, value in zip(values, usual, strict=True):
        if value:
            for x in of_day:
                off = min(x, MOST_FAR * value) - value
                total += off * off
            count += len(of_day)
    return max(1, round(sqrt(total / count)))


def _levels(values: list[list[int]]) -> list[int]:
    """Return the medians of like weekdays: one for all, but for a weekday that stands well out of their noise.

    A median of its own from a dozen days is noisy, and a baseline that is too high by chance sees falls.
    """
    every = [x for of_day in values for x in of_day]
    common = _level(every)
    noise = MAD_TO_SIGMA * _median([abs(x - common) for x in every])
    own = [_level(of_day) for of_day in values]
    return [level if abs(level - common) > noise else common for level in own]


def _level(values: list[int]) -> int:
    """Return the median, or the mean where that is less: of few acts a day the median is too high by up to half."""
    return min(_median(values), sum(values) // len(values))


def _median(values: list[int]) -> int:
    """Return the median, the lower one of two."""
    values = sorted(values)  # several times as fast as the library's, and this is asked a dozen times a baseline
    return values[(len(values) - 1) // 2]


def advance(numbers: list[int], at: int, state: State, first: int, last: int, calendar: Calendar, cusum: Cusum) -> None:
    """Bring the sum of the measure stored at `at` forward, in place, over the days `first` to `last`.

    A day that says nothing leaves it as it is.
    """
    for day in range(first, last + 1):
        expected = numbers[at + USUAL + (day + 3) % 7]
        if expected and calendar.is_ordinary(day):
            step = _step(expected, numbers[at + SPREAD], used(state.days.get(day), numbers[at]), cusum)
            numbers[at + SUM] += step
            if numbers[at + SUM] <= 0:
                numbers[at + SUM], numbers[at + SINCE] = 0, day


def trips_on(usage: Usage, after: int, horizon: int, calendar: Calendar, cusum: Cusum, limit: int) -> int:
    """Return the first day, at most `horizon` after `after`, at whose end the sum is at `limit` if nothing is used.

    0 = none.
    """
    total = usage.sum
    for day in range(after + 1, after + 1 + horizon):
        expected = usage.expected(day, calendar)
        if expected:
            total += _step(expected, usage.scale, 0, cusum)
            if total >= limit:
                return day
    return 0


def _step(expected: int, scale: int, value: int, cusum: Cusum) -> int:
    weight = expected / scale
    weight *= weight
    if weight > cusum.most:
        weight = cusum.most
    share = value / expected
    if share > MOST_OF_USUAL:
        share = MOST_OF_USUAL
    return round(SCALE * weight * (1 - cusum.share + share * cusum.log_share))


def totals(usage: Usage, state: State, first: int, last: int, calendar: Calendar) -> tuple[int, int, int]:
    """Return (used, expected, days that say something) of the days `first` to `last`."""
    seen = expected = judged = 0
    for day in range(first, last + 1):
        usual = usage.expected(day, calendar)
        if usual:
            expected += usual
            seen += used(state.days.get(day), usage.place)
            judged += 1
    return seen, expected, judged


def last_days(usage: Usage, first: int, last: int, count: int, calendar: Calendar) -> int:
    """Return the day from which on `count` days up to `last` say something, `first` at least; 0 = there are fewer."""
    for day in range(last, first - 1, -1):
        count -= usage.expected(day, calendar) > 0
        if count == 0:
            return day
    return 0


def barred_until(state: State) -> int:
    """Return until when we last barred the customer from using us (suspended for arrears), epoch ms; 0 = never lately.

    A suspension that nothing ended counts for `BARRED_DAYS`.
    """
    times = [(max(kept), name.partition("/")[0]) for name, kept in state.recent.items()]
    suspended = max((time for time, what in times if what == "suspended"), default=0)
    restored = max((time for time, what in times if what == "restored"), default=0)
    if not suspended:
        return 0
    return restored if restored > suspended else suspended + BARRED_DAYS * DAY_MS
