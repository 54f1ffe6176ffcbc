"""Settings into the parts of a shard. The only place that knows how they fit together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from models.in_stream import InStream
from models.snapshot import Snapshot
from stream.clock import wall_ms
from stream.codec import Codec
from stream.config import Settings
from stream.domain.business import Business
from stream.domain.calendar import Calendar
from stream.domain.health import Health, health
from stream.domain.state import State
from stream.domain.step import Step
from stream.engine.feeds.in_force import InForce, in_force
from stream.engine.feeds.model import ModelFeed, in_stream
from stream.engine.liveness.pulse import Pulse
from stream.engine.log.port import Bulletin, ShardLog
from stream.engine.policies import pipeline, weights
from stream.engine.shard.loop import FirstStart, Shard, ShardOptions, Tombstones
from stream.engine.shard.outgoing import outgoing
from stream.engine.shard.turns import Turns
from stream.engine.store.rocks import Store
from stream.engine.store.state_memory import StateMemory
from stream.metrics import Metrics
from stream.policy.inhibit import inhibitors_first
from stream.policy.silences import Silence
from stream.rules import registry
from stream.rules.base import Rule
from stream.rules.group_contagion import GroupContagion
from stream.topics import INPUTS


def business(settings: Settings) -> Business:
    """Return units, calendar and what belongs to us."""
    given = settings.business
    scale: int = 10**given.minor_units
    return Business(
        zone=ZoneInfo(given.time_zone),
        currency=given.currency,
        minor_units=given.minor_units,
        rates=given.rates,
        own_institutions=given.own_institutions,
        own_networks=given.own_networks,
        network_prefixes=given.network_prefixes,
        calendar=Calendar(given.calendar),
        classes=settings.classes.build(scale),
        tiers=given.tiers,
        tier_lines={tier: round(line * scale) for tier, line in given.tier_lines.items()},
        revenue_categories=given.revenue_categories,
        passive_categories=given.passive_categories,
    )


def codec(settings: Settings) -> Codec:
    """Return the edge that reads records."""
    engine = settings.engine
    return Codec(
        business(settings),
        max_bytes=engine.max_value_bytes,
        max_depth=engine.max_depth,
        future_tolerance_ms=engine.future_tolerance_ms,
    )


def step(settings: Settings, metrics: Metrics, silences: Sequence[Silence] = (), model: InStream | None = None) -> Step:
    """Return the core with its rules and policy, the silences in force, and the model; one without a snapshot if none.

    Raises:
        RegistryError: rules and configuration do not fit.
        PolicyError: the policy's tables name kinds that no rule has.
    """
    units = business(settings)
    rules = registry.build(settings.rules, units)
    policy = pipeline(settings, rules, metrics, silences)
    spreads = [rule.contagion for rule in rules if isinstance(rule, GroupContagion)]
    ordered = inhibitors_first(rules, settings.policy.inhibit)
    model = model or in_stream(settings, metrics, units)
    return Step(units, ordered, policy, contagion=spreads[0] if spreads else None, model=model)


class Shards:
    """Makes shards that share one codec, one step, one set of metrics, and take turns."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        """Read the settings once."""
        self._codec = codec(settings)
        self._base = settings
        self._outgoing = outgoing(settings)
        self._business = business(settings)
        self.metrics = metrics
        self._feed = ModelFeed(in_stream(settings, metrics, self._business), metrics)
        self._put(settings, ())
        self._engine = settings.engine
        self._partitions = settings.topics.partitions
        self._turns = Turns(settings.engine.batches_at_once)
        self._memory = StateMemory(settings.engine.cache_mb << 20)

    def _put(self, settings: Settings, silences: Sequence[Silence]) -> None:
        self._step = step(settings, self.metrics, silences, self._feed.model)
        self.rules = tuple(rule for rule in self._step.rules if isinstance(rule, Rule))
        self.off = tuple(sorted(set(registry.discover()) - {rule.name for rule in self.rules}))

    def health(self, state: State, time: int) -> Health:
        """Return how the relation with a customer stands at `time` (epoch ms), which needs no model."""
        return health(state, time, self._business, weights(self.rules))

    @property
    def step(self) -> Step:
        """The core that is in force now."""
        return self._step

    def apply(self, entries: Mapping[bytes, bytes]) -> InForce:
        """Put in force what the records of `settings` say: every shard's next batch goes by it."""
        now = in_force(entries, self._base, self._business)
        self._feed.settings(entries)
        self._put(now.settings, now.silences)
        self.metrics.settings_refused.set(len(now.refused))
        return now

    def follow(self, models: Mapping[bytes, bytes]) -> None:
        """Choose among the records of `models`: every shard's next batch is scored by what is then in force."""
        if self._feed.models(models):
            self._step = self._step.scoring_by(self._feed.model)

    def use(self, snapshot: Snapshot | None) -> None:
        """Score by a snapshot that is on no topic from every shard's next batch on; `None`: by none."""
        if self._feed.use(snapshot):
            self._step = self._step.scoring_by(self._feed.model)

    def make(
        self,
        log: ShardLog,
        store: Store,
        *,
        staff: Bulletin | None = None,
        opens_from: FirstStart | None = None,
        tombstones: Tombstones | None = None,
        wall: Callable[[], int] = wall_ms,
        pulse: Pulse | None = None,
    ) -> Shard:
        """Return a shard; `staff`: its news."""
        engine = self._engine
        options = ShardOptions(
            topics=INPUTS,
            partitions=self._partitions,
            group=engine.group,
            batch_events=engine.batch_events,
            merge_wait_ms=engine.merge_wait_ms,
            merge_wait_max_ms=engine.merge_wait_max_ms,
            idle_grace_ms=engine.idle_grace_ms,
            store_max_age_ms=engine.store_max_age_ms,
            remember_forgotten_ms=self._base.privacy.remember_forgotten_ms,
            outgoing=self._outgoing,
        )
        return Shard(
            log,
            store,
            self._codec,
            lambda: self._step,
            self.metrics,
            options,
            staff=staff,
            opens_from=opens_from,
            tombstones=tombstones,
            wall=wall,
            pulse=pulse,
            turns=self._turns,
            memory=self._memory,
        )
