"""What the desk's internal port says. A desk whose database or broker is away is alive, says so, and is not ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry

from stream.desk.standing import Standings
from stream.port import Answer, Port, health


def desk_port(
    registries: Sequence[CollectorRegistry],
    standings: Standings,
    *,
    failing: Callable[[], str],
    ready: Callable[[], bool],
) -> Port:
    """`failing`: why the process ends, or empty; `ready`: it has read what there was, and serves the page."""

    def readiness() -> Answer:
        troubles = dict(standings.troubles)
        up = ready() and not troubles and not failing()
        return Answer(up, {"ready": up, "troubles": troubles})

    return Port(registries, health=lambda: health(failing(), standings.troubles), readiness=readiness)
