"""What became of the signs that the truth knows of, and who was deceived by what only looks like one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from stream.backtest.episodes import Episode
from stream.backtest.figures import spread_days
from stream.backtest.report import Lookalike, Planted, share
from stream.backtest.signs import SIGNS, Sign, deceit, sign
from stream.backtest.truth import Truth
from stream.domain.business import DAY_MS

_GROUPS = ("hard", "fact", "behavioural")


class Window:
    """The measured time, epoch ms: signs in [since, until); nothing is known after `last`."""

    def __init__(self, since: int, until: int, last: int, history: int, seen: Mapping[str, int]) -> None:
        """`history`: ms for which a customer must have been known (`seen`: since when); younger ones are left out."""
        self.since, self.until, self.last = since, until, last
        self._history = history
        self._seen = seen

    def holds(self, time: int) -> bool:
        """Tell whether `time` is measured."""
        return self.since <= time < self.until

    def too_new(self, customer: str, time: int) -> bool:
        """Tell whether the customer had been known for too short a time."""
        return time - self._seen.get(customer, time) < self._history


class Explained:
    """Tells which warnings a planted sign accounts for."""

    def __init__(self, truth: Truth) -> None:
        self._spans: dict[str, list[tuple[tuple[str, ...], int, int]]] = {}
        for known in truth.customers.values():
            for kind, time in known.signs:
                expected = sign(kind)
                begin = time - round(expected.before * DAY_MS)
                end = _EVER if known.left_at is None else known.left_at
                self._spans.setdefault(known.customer, []).append((expected.kinds, begin, end))

    def __call__(self, episode: Episode) -> bool:
        """Tell whether a sign that should lead to this kind was there when it opened."""
        spans = self._spans.get(episode.customer, ())
        return any(episode.kind in kinds and begin <= episode.opened <= end for kinds, begin, end in spans)


_EVER = 1 << 62
"""Who has not left yet leaves soon after the end, or the sign would not have been planted."""


def planted(truth: Truth, episodes: Iterable[Episode], window: Window) -> list[Planted]:
    """Return a line for each kind of sign in the truth; hard ones first, then facts, then behaviour."""
    by_customer = _by_customer(episodes)
    tallies: dict[str, _Tally] = {}
    for known in truth.customers.values():
        own = by_customer.get(known.customer, ())
        for kind, time in known.signs:
            if window.holds(time):
                tally = tallies.setdefault(kind, _Tally(sign(kind)))
                tally.take(known.customer, time, known.left_at, own, window)
    order = list(SIGNS)
    lines = [tally.line(kind) for kind, tally in tallies.items()]
    return sorted(lines, key=lambda line: (_GROUPS.index(line.group), line.kind not in order, line.kind))


class _Tally:
    def __init__(self, expected: Sign) -> None:
        self.expected = expected
        self.hits = self.of = self.open_before = self.too_new = self.undecided = 0
        self.delays: list[int] = []
        self.by: Counter[str] = Counter()

    def take(self, customer: str, time: int, left: int | None, own: Sequence[Episode], window: Window) -> None:
        if window.too_new(customer, time):
            self.too_new += 1
            return
        begin = time - round(self.expected.before * DAY_MS)
        end = time + round(self.expected.days * DAY_MS)
        if left is not None:
            end = min(end, left - 1)
        if end > window.last:  # found or not: else the found alone would be counted
            self.undecided += 1
            return
        matching = [episode for episode in own if episode.kind in self.expected.kinds]
        opened = [episode for episode in matching if begin <= episode.opened <= end]
        before = [e for e in matching if e.opened < begin and (e.ended is None or e.ended > time)]
        self.of += 1
        if opened or before:
            self.hits += 1
        if opened:
            self.delays.append(opened[0].opened - time)
            self.by.update({episode.kind for episode in opened})
        elif before:
            self.open_before += 1
            self.by.update({episode.kind for episode in before})

    def line(self, kind: str) -> Planted:
        return Planted(
            kind=kind,
            group=self.expected.group,
            matching=list(self.expected.kinds),
            before=self.expected.before,
            days=self.expected.days,
            found=share(self.hits, self.of),
            open_before=self.open_before,
            delay=spread_days(self.delays),
            too_new=self.too_new,
            undecided=self.undecided,
            by=dict(sorted(self.by.items())),
        )


def lookalikes(truth: Truth, episodes: Iterable[Episode], window: Window, rules: tuple[str, ...]) -> list[Lookalike]:
    """Return a line for each kind of lookalike in the truth, by name. `rules`: every kind there is."""
    by_customer = _by_customer(episodes)
    fired: Counter[str] = Counter()
    of: Counter[str] = Counter()
    resolved: Counter[str] = Counter()
    by: dict[str, Counter[str]] = defaultdict(Counter)
    for known in truth.customers.values():
        for kind, time in known.lookalikes:
            could = deceit(kind, rules)
            end = time + round(could.days * DAY_MS)
            if not window.holds(time) or end > window.last:
                continue
            of[kind] += 1
            hits = [e for e in by_customer.get(known.customer, ()) if e.kind in could.kinds and time <= e.opened <= end]
            if hits:
                fired[kind] += 1
                resolved[kind] += all(episode.end == "resolved" for episode in hits)
                by[kind].update({episode.kind for episode in hits})
    lines = []
    for kind in sorted(of):
        could = deceit(kind, rules)
        lines.append(
            Lookalike(
                kind=kind,
                deceives=list(could.kinds),
                days=could.days,
                expected=could.expected,
                fired=share(fired[kind], of[kind]),
                resolved=resolved[kind],
                by=dict(sorted(by[kind].items())),
            )
        )
    return lines


def _by_customer(episodes: Iterable[Episode]) -> dict[str, list[Episode]]:
    found: dict[str, list[Episode]] = {}
    for episode in sorted(episodes, key=lambda e: e.opened):
        found.setdefault(episode.customer, []).append(episode)
    return found
