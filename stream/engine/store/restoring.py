"""Bringing a shard's store up to the end of its changelog."""

from __future__ import annotations

from collections.abc import Callable

from stream.engine.liveness.pulse import Pulse
from stream.engine.log.port import Opening, ShardLog
from stream.engine.store.rocks import Store
from stream.engine.store.threads import to_the_end
from stream.metrics import Metrics


class Restoring:
    """Reads what a store lacks from the changelog; one that cannot be caught up with begins anew."""

    def __init__(self, log: ShardLog, store: Store, metrics: Metrics, max_age_ms: int, wall: Callable[[], int]) -> None:
        """`max_age_ms`: how long a store may have been away; `wall`: the wall clock, ms."""
        self._log, self._store = log, store
        self._restored = metrics.restored
        self._progress = metrics.restore_progress.labels(str(log.shard))
        self._max_age = max_age_ms
        self._wall = wall

    async def run(self, opening: Opening, pulse: Pulse) -> None:
        """Read up to the end that was found at opening."""
        offset = self._store.offset
        if offset is not None and self._unusable(offset, opening):
            self._store.wipe()
            offset = None
        start = opening.changelog_start if offset is None else offset
        span = max(1, opening.changelog_end - start)
        async for chunk, reached in self._log.restore(start, opening.changelog_end):
            self._restored.inc(self._store.load(chunk, reached, self._wall()))
            self._progress.set(min(1.0, (reached - start) / span))
            pulse.beat("restoring")
        await to_the_end(self._store.settle)
        self._progress.set(1.0)

    def _unusable(self, offset: int, opening: Opening) -> bool:
        """Tell whether the store leads the changelog, fell out of it, or was away so long that tombstones are gone."""
        away = self._wall() - self._store.current_at > self._max_age
        behind = offset < opening.changelog_end and away
        return offset > opening.changelog_end or offset < opening.changelog_start or behind
