"""The chart of a warning from the alert's own series: no second query, and the figures of the moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from stream.desk.store.tables import Episode
from stream.desk.web.views.episodes import alert_in
from stream.desk.web.views.shown import Chart
from stream.domain.alerts import Alert

_BASELINE = {
    "balance_drop": "floor",
    "below_floor": "floor",
    "usage_drop": "usual",
    "revenue_decline": "usual",
    "salary_stopped": "usual",
    "missed_cadence": "usual",
}
"""Figure of the evidence that has the measure of the series; other kinds hold a sum against a sum."""
_FEWEST = 2


def charts_of(episodes: Iterable[Episode], zone: ZoneInfo, most: int = 6) -> list[Chart]:
    """Return the charts of those episodes whose alert brought a series, of the figures when it opened."""
    made: list[Chart] = []
    for episode in episodes:
        alert = alert_in(episode.opening)
        if alert is not None and len(alert.series) >= _FEWEST and len(made) < most:
            made.append(_chart(episode, alert, zone))
    return made


def _chart(episode: Episode, alert: Alert, zone: ZoneInfo) -> Chart:
    name = _BASELINE.get(alert.kind, "")
    baseline, unit = alert.evidence.get(name), alert.evidence.get("unit", "")
    known = isinstance(baseline, int | float)
    return Chart(
        episode_id=episode.episode_id,
        title=alert.title,
        unit=unit if isinstance(unit, str) else "",
        points=list(alert.series),
        baseline=float(baseline) if isinstance(baseline, int | float) else None,
        baseline_name=name if known else None,
        warned_on=dt.datetime.fromtimestamp(episode.opened_at / 1000, zone).date().isoformat(),
    )
