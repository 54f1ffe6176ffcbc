"""What new alerts have to tell to whom, before anybody asks whether they may be bothered. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stream.desk.push.receivers import people_of
from stream.desk.store.repositories.alerts import Incoming
from stream.desk.store.repositories.people import Directory
from stream.desk.work.budget import Claim
from stream.domain.alerts import PRIORITY


@dataclass(frozen=True, slots=True)
class Standing:
    """An episode as it is now."""

    owner: str
    routes: tuple[str, ...]
    acknowledged: bool
    snoozed: bool
    ended: bool
    branch_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing for one person. `tells`: it wants to notify; otherwise an open page only changes."""

    receiver: str
    event: str
    alert_id: str
    episode_id: str
    customer_id: str
    kind: str
    severity: str
    state: str
    priority: int
    points: float
    storm_id: str | None = None
    tells: bool = True

    @property
    def claim(self) -> Claim:
        """Return its claim to the budget."""
        return Claim(f"{self.alert_id}/{self.episode_id}", self.priority, self.points)


def of_alerts(
    fresh: Iterable[Incoming],
    standing: Mapping[str, Standing],
    before: Mapping[str, Mapping[int, str]],
    directory: Directory,
) -> list[News]:
    """Return what alerts have to tell.

    An opening is told, and an update that is graver than all before it; but an episode that is acknowledged, snoozed or
    over is quiet. Everything else changes open pages without a word.

    Args:
        fresh: new alerts, in their order.
        standing: their episodes, by id.
        before: severities of an episode's earlier alerts, by sequence.
        directory: everybody.
    """
    return [
        news
        for item in fresh
        if (episode := standing.get(item.episode_id)) is not None
        for news in _of_alert(item, episode, before.get(item.episode_id, {}), directory)
    ]


def _of_alert(item: Incoming, episode: Standing, before: Mapping[int, str], directory: Directory) -> Iterator[News]:
    alert, row = item.alert, item.episode
    quiet = episode.acknowledged or episode.snoozed or episode.ended
    told = alert["state"] == "opened" or (alert["state"] == "updated" and _graver(alert, before))
    for receiver in _readers(directory, (episode.owner, *episode.routes[1:])):
        yield News(
            receiver=receiver,
            event="alert" if told and not quiet else "change",
            alert_id=item.alert_id,
            episode_id=item.episode_id,
            customer_id=alert["customer_id"],
            kind=alert["kind"],
            severity=alert["severity"],
            state=alert["state"],
            priority=row["priority"],
            points=row["points"],
            storm_id=row["storm_id"] if alert["state"] == "opened" else None,
            tells=told and not quiet,
        )


def _graver(alert: Mapping[str, object], before: Mapping[int, str]) -> bool:
    earlier = [_weight(severity) for sequence, severity in before.items() if sequence < int(str(alert["sequence"]))]
    return bool(earlier) and _weight(str(alert["severity"])) < min(earlier)


def _weight(severity: str) -> int:
    return PRIORITY.get(severity, 4)


def _readers(directory: Directory, routes: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(person for route in routes for person in people_of(directory, route)))
