"""What becomes of one person's news: told now, held back until a time, or a change of an open page only. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from stream.desk.push.news import News
from stream.desk.work.budget import CRITICAL, Budget, share_out
from stream.desk.work.quiet import QuietHours

How = Literal["now", "passed", "quiet", "budget", "silent"]
HELD: frozenset[How] = frozenset({"quiet", "budget"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`release_at`: of what is held back, when the digest takes it (epoch ms). `day`: the person's local date."""

    news: News
    how: How
    day: dt.date
    release_at: int | None = None


def judge(news: Sequence[News], hours: QuietHours, budget: Budget, now: int) -> Iterator[Verdict]:
    """Yield a verdict on each of one person's news."""
    day, quiet_until = hours.local_date(now), hours.until(now)
    claims = [one.claim for one in news if one.tells and (quiet_until is None or one.priority <= CRITICAL)]
    shared = share_out(claims, budget)
    for one in news:
        verdict = shared.get(one.claim.key) if one.tells else "silent"
        if verdict == "silent":
            yield Verdict(one, "silent", day)
        elif verdict is None:
            yield Verdict(one, "quiet", day, quiet_until)
        elif verdict == "hold":
            yield Verdict(one, "budget", day, hours.next_morning(now))
        else:
            yield Verdict(one, "passed" if verdict == "pass" else "now", day)
