"""One batch of one shard, in memory: events and timers through the core, faults set aside, output collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from models.example import Example
from models.pending import Pending
from stream.codec import Rejected
from stream.domain.alerts import Alert
from stream.domain.events import Forget, GroupSignal, GroupWarning, Staff
from stream.domain.groups import GroupState
from stream.domain.staff import concerns
from stream.domain.state import State
from stream.domain.step import Outgoing as Emitted
from stream.domain.step import Step
from stream.domain.world import World
from stream.engine.log.deadletter import dead_letter, failed_timers
from stream.engine.log.merge import Item
from stream.engine.log.port import Output
from stream.engine.shard.hop import GroupBatch, hop
from stream.engine.shard.outgoing import PLAIN, Outgoing
from stream.engine.shard.pending import PendingBatch
from stream.engine.store.forgotten import Forgotten
from stream.engine.store.rocks import STATE
from stream.engine.store.states import Held, States
from stream.engine.store.timers import DueIndex
from stream.faults import describe
from stream.policy.base import Moment

_TOGETHER = 64
"""Customers whose timers are due at the same moment, cut-offs above all, that are looked at together."""


class Batch:
    """Applies merged records in order. Nothing outside memory is touched."""

    def __init__(
        self,
        shard: int,
        step: Step,
        states: States[State],
        groups: States[GroupState],
        waiting: States[Pending],
        due: DueIndex,
        world: World,
        forgotten: Forgotten,
        *,
        partitions: int,
        detected: int,
        opens_from: int,
        outgoing: Outgoing = PLAIN,
    ) -> None:
        """`partitions`: of each input topic; `detected`: wall clock, ms, that alerts carry; `opens_from`: see `Moment`.

        `world` and `forgotten` are the shard's own and change with what the batch takes.
        """
        self._shard = shard
        self._step = step
        self._states = states
        self._groups = GroupBatch(step, groups)
        self._pending = PendingBatch(waiting)
        self._due = due
        self._world = world
        self._forgotten = forgotten
        self._partitions = partitions
        self._detected = detected
        self._opens_from = opens_from
        self._outgoing = outgoing
        self._clock = 0  # stream time
        self.output = Output()
        self.alerts: list[Alert] = []
        self.examples: list[Example] = []
        self.handled: dict[str, int] = {}
        self.results: Counter[tuple[str, str]] = Counter()
        self.rejected: Counter[tuple[str, str]] = Counter()
        self.first_rejected: dict[tuple[str, str], tuple[int, str]] = {}  # by topic and reason: offset and path
        self.timers_fired = 0
        self.gone: list[bytes] = []  # customers who were forgotten
        self.stale: list[tuple[bytes, int]] = []  # due-index entries that no state owns any more

    def take(self, item: Item, stream_time: int) -> int:
        """Apply one record and return the shard's stream time after it; timers due by then have fired before it."""
        event = item.event
        self.output.positions[item.topic] = item.record.offset + 1
        if isinstance(event, Rejected):
            self._reject(item, event)
            return stream_time
        if event.time > stream_time and type(event) is not Forget:  # whose time is the broker's clock
            self.advance(event.time)
            stream_time = event.time
        self._clock = stream_time
        self._apply(item, event)
        return stream_time

    def take_staff(self, item: Item, stream_time: int, suspects: Sequence[bytes]) -> int:
        """As `take`, for news of the staff, which every shard takes: only shard 0 counts it and writes its dead letter.

        `suspects`: customers in the store whom it may concern; those that this batch has changed are looked at besides.
        """
        event = item.event
        self.output.positions[item.topic] = item.record.offset + 1
        if isinstance(event, Forget):
            self._world.staff.forget(event.customer_id)
        if not isinstance(event, Staff):
            self._told_staff(item, event if isinstance(event, Rejected) else None)
            return stream_time
        if event.time > stream_time:
            self.advance(event.time)
            stream_time = event.time
        fault = None
        if self._world.staff.take(event):
            moment = self._moment(event.time)
            for customer in sorted({*suspects, *(key for key, _ in self._states.touched())}):
                fault = self._tell(customer, event, moment) or fault
        self._told_staff(item, fault)
        return stream_time

    def _tell(self, customer: bytes, news: Staff, moment: Moment) -> Rejected | None:
        """Show the news to one customer's rules if it concerns them, and return what went wrong."""
        state = self._states.look(customer)
        if state is None or not concerns(news, state):
            return None
        held = self._states.touch(customer)
        assert held.state is not None
        try:
            alerts = self._step.event(customer.decode(), held.state, news, moment)
            self._note_due(customer, held)
        except Exception as fault:
            self._undo(customer)
            return Rejected("poison", "$", describe(fault))
        self._world.settle()
        if alerts is not None:
            held.done.append((news, moment))
            for alert in alerts:
                self._emit(customer, alert, moment.time)
        return None

    def _told_staff(self, item: Item, fault: Rejected | None) -> None:
        if self._shard != 0:
            return
        if fault is not None:
            self._reject(item, fault)
        else:
            self.handled[item.topic] = self.handled.get(item.topic, 0) + 1

    def advance(self, until: int) -> None:
        """Fire every timer due at or before `until`, in order of (due, customer)."""
        while together := self._due.pop(until, _TOGETHER):
            held = [(customer, due, self._states.touch(customer)) for due, customer in together]
            for (customer, due, one), foreseen in zip(held, self._foresee(held), strict=True):
                if one.state is None or one.state.due() != due:
                    self.stale.append((customer, due))
                else:
                    self._fire(customer, one, due, foreseen)

    def _foresee(self, held: Sequence[tuple[bytes, int, Held[State]]]) -> list[Any]:
        states = [one.state or State() for _, _, one in held]
        try:
            return self._step.foresee(states, held[0][1]) if len(held) > 1 else [None]
        except Exception:  # whose fault it is shows when each is fired by itself
            return [None] * len(held)

    def finish(self) -> list[tuple[bytes, int, int]]:
        """Encode what changed into the output and return the changes of the due index: customer, before, after."""
        for topic, count in self.handled.items():
            self.results[topic, "handled"] = count
        changes = [(customer, due, 0) for customer, due in self.stale]  # first: a state may want the same time again
        self._groups.finish(self.output.changelog)
        self._pending.finish(self.output.changelog)
        stale = {customer for customer, _ in self.stale}
        for customer, held in self._states.touched():
            if held.done:
                self.output.changelog[STATE + customer] = self._states.encoded(held)
                if held.noted != held.due or customer in stale:
                    changes.append((customer, held.due, held.noted))
            held.settle()  # now, while it is in the processor's caches
        return changes

    def _reject(self, item: Item, why: Rejected) -> None:
        self.output.messages.append(dead_letter(item.topic, self._shard, item.record, why))
        self.results[item.topic, "dead-letter"] += 1
        self.rejected[item.topic, why.reason] += 1
        self.first_rejected.setdefault((item.topic, why.reason), (item.record.offset, why.path))

    def _apply(self, item: Item, event: Any) -> None:
        if type(event) in _RARE and self._apply_rare(item, event):
            return
        customer: bytes = event.customer_id.encode()
        if self._forgotten.newest and self._forgotten.covers(item.topic, customer, item.record):
            self.results[item.topic, "forgotten"] += 1
            return
        held = self._states.touch(customer)
        moment = Moment(event.time, self._detected, self._opens_from, self._world, False, self._clock, self._pending)
        try:
            state = held.state
            if state is None:
                state = held.state = State()
            alerts = self._step.event(event.customer_id, state, event, moment)
            if state.due() != held.noted:
                self._note_due(customer, held)
        except Exception as fault:  # poison: its customer's state goes back, the batch goes on
            self._undo(customer)
            self._reject(item, Rejected("poison", "$", describe(fault)))
            return
        if alerts is None:
            self.results[item.topic, "duplicate"] += 1
            return
        self._world.settle()
        held.done.append((event, self._clock))  # the moment can be made again, and would crowd out the states
        self.handled[item.topic] = self.handled.get(item.topic, 0) + 1
        for alert in alerts:
            self._emit(customer, alert, item.record.timestamp)

    def _apply_rare(self, item: Item, event: Any) -> bool:
        """Apply what is not for one known customer's step; false for a warning that is."""
        if type(event) is GroupSignal:
            self._signal(item, event)
            return True
        customer: bytes = event.customer_id.encode()
        held = self._states.touch(customer)
        if type(event) is GroupWarning and held.state is not None:
            return False
        if type(event) is Forget:  # a warning to somebody who was forgotten meanwhile makes nobody known again
            if held.state is not None:
                for signal in self._step.forget(event.customer_id, held.state, event):
                    self._emit(customer, signal, item.record.timestamp)
            held.state = None
            self._pending.forget(customer)
            held.done.append((event, None))
            self._note_due(customer, held)
            self._forgotten.mark(customer, event.time)
            self.gone.append(customer)
        self.handled[item.topic] = self.handled.get(item.topic, 0) + 1
        return True

    def _signal(self, item: Item, signal: GroupSignal) -> None:
        """Take news of a group's member into the group's state, and warn the others where it says so."""
        try:
            warnings = self._groups.take(signal)
        except Exception as fault:
            self._reject(item, Rejected("poison", "$", describe(fault)))
            return
        if warnings is None:
            self.results[item.topic, "duplicate"] += 1
            return
        self.handled[item.topic] = self.handled.get(item.topic, 0) + 1
        arrived = item.record.timestamp
        self.output.messages.extend(hop(warning, self._partitions, arrived) for warning in warnings)

    def _moment(self, time: int, foreseen: Any = None) -> Moment:
        return Moment(time, self._detected, self._opens_from, self._world, False, self._clock, self._pending, foreseen)

    def _fire(self, customer: bytes, held: Held[State], due: int, foreseen: Any) -> None:
        moment = self._moment(due, foreseen)
        assert held.state is not None
        try:
            alerts = self._step.timers(customer.decode(), held.state, moment)
        except Exception as fault:
            self._undo(customer)
            held.state = held.state or State()
            step = _GiveUp(due)
            step.take(held.state)
            held.done.append((step, moment))
            self.output.messages.append(failed_timers(self._shard, customer, due, fault))
            self.rejected["timers", "poison"] += 1
            self._note_due(customer, held)
            return
        self._world.settle()
        held.done.append((None, moment))
        self.timers_fired += 1
        self._note_due(customer, held)
        for alert in alerts:
            self._emit(customer, alert, due)

    def _note_due(self, customer: bytes, held: Held[State]) -> None:
        due = held.state.due() if held.state is not None else 0
        if due != held.noted:
            held.noted = due
            self._due.set(customer, due)

    def _undo(self, customer: bytes) -> None:
        """Take the customer back to before the batch and do its good steps again: they are deterministic."""
        self._world.unlearn()
        held = self._states.reload(customer)
        self._pending.undo(customer)
        for event, moment in held.done:
            if type(event) is Forget:
                held.state = None
                self._pending.forget(customer)
                continue
            if held.state is None:
                held.state = State()
            if not isinstance(moment, Moment):  # of an event only the stream time was kept
                moment = msgspec.structs.replace(self._moment(event.time), clock=moment)
            moment = msgspec.structs.replace(moment, again=True)
            if event is None:
                self._step.timers(customer.decode(), held.state, moment)
            elif type(event) is _GiveUp:
                event.take(held.state)
            else:
                self._step.event(customer.decode(), held.state, event, moment)
        self._note_due(customer, held)

    def _emit(self, customer: bytes, alert: Emitted, arrived: int) -> None:
        """`arrived`: the timestamp of what it comes of, ms."""
        if isinstance(alert, GroupSignal):
            self.output.messages.append(hop(alert, self._partitions, arrived))
            return
        if isinstance(alert, Example):
            self.examples.append(alert)
            self.output.messages.append(self._outgoing.example(customer, alert))
            return
        assert isinstance(alert, Alert)
        self.alerts.append(alert)
        self.output.messages.append(self._outgoing.alert(customer, alert))


_RARE = frozenset({Forget, GroupSignal, GroupWarning})


class _GiveUp:
    """A step that gives up the timers due by a time, so that an undo can do it again."""

    __slots__ = ("_due",)

    def __init__(self, due: int) -> None:
        self._due = due

    def take(self, state: State) -> None:
        """Leave only the timers that are due later."""
        state.timers = {name: time for name, time in state.timers.items() if time > self._due}
