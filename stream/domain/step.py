"""The core: one event or one timer into one customer's state, and what comes of it.

Pure but for the state it is given, which it updates in place: the same state, event and moment give the same bytes
and the same alerts. Whoever owns the state undoes a step that raised (see `stream.engine.shard.batch`).

A rule listens to a topic, or to a part of one:

- `service-events:TYPE`, `transactions:CATEGORY`: only those;
- `transactions:outflow`: money that goes to another institution; `transactions:balance`: those with a balance;
- `balances:limit`: those that tell a limit;
- `new-day`: a `NewDay`, when the customer's first event of a business day has come, whatever it is;
- `new-month`: the same, but only at the first of a month; `open-day`: the same, while a warning of the rule is open;
- `staff`: news of the customer's own RM or branch; `group-warnings`: what one of the customer's groups has to tell.
  These two are no act of the customer's: they are not folded, and begin no new day.
- `scored`: a `Scored`, when the model has said something new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from stream.domain import departures, groups, seen
from stream.domain.alerts import Alert
from stream.domain.asked import ExampleLike, ModelLike, MomentLike, PolicyLike, RuleLike
from stream.domain.business import Business
from stream.domain.events import Balance, Forget, GroupSignal, GroupWarning, ServiceEvent, Transaction
from stream.domain.fold import fold, goes_elsewhere
from stream.domain.signals import NewDay, Scored, Tick
from stream.domain.state import State

Outgoing = Alert | GroupSignal | ExampleLike

CUTOFF, RIPEN = "model:cutoff", "model:ripen"
"""The model's own entries among a state's timers: when the customer is scored next, and when a label is known."""

_NEWS = frozenset({"staff", "group-warnings"})
"""Topics that tell of somebody else than the customer."""


class Step:
    """Deduplicate, fold, evaluate, apply the policy."""

    def __init__(
        self,
        business: Business,
        rules: Sequence[RuleLike],
        policy: PolicyLike,
        *,
        contagion: groups.Contagion | None = None,
        model: ModelLike | None = None,
    ) -> None:
        """Bind the rules; which of them an event meets is worked out once for each kind of event.

        `contagion`: when departures from a group are held to spread; `None`: nobody is warned of any.
        `model`: scores customers and labels them; `None`: nobody does.
        """
        self._contagion = contagion
        self._business = business
        self._policy = policy
        self._rules = {rule.name: _Bound(rule) for rule in rules}
        self._by_kind: dict[Any, tuple[_Bound, ...]] = {}
        self._daily, self._monthly = self._listening({"new-day"}), self._listening({"new-day", "new-month"})
        self._opened = {name: bound for name, bound in self._rules.items() if "open-day" in bound.rule.listens}
        self._use(model)

    def _use(self, model: ModelLike | None) -> None:
        self._model = model
        self._arms = model is not None and model.enabled
        self._hard = model.hard if model is not None and model.enabled else frozenset()
        self._hard_topics = frozenset(name.partition(":")[0] for name in self._hard)

    def scoring_by(self, model: ModelLike | None) -> Step:
        """Return the same core with another model: a batch goes on with the one that it began with."""
        other = copy(self)
        other._use(model)
        return other

    @property
    def rules(self) -> tuple[RuleLike, ...]:
        """The rules that are asked, in the order in which they are."""
        return tuple(bound.rule for bound in self._rules.values())

    def event(self, customer: str, state: State, event: Any, moment: MomentLike) -> list[Outgoing] | None:
        """Take one event; `None` says that it was a duplicate and changed nothing."""
        topic: str = event.topic
        digest = seen.digest(topic, event.event_id)
        if seen.contains(state.seen, digest):
            return None
        if topic in _NEWS:
            return self._news(customer, state, event, moment, digest)
        business = self._business
        before, was_gone = state.newest, state.left_at
        belonged = departures.groups_of(state) if topic == "customers" else {}
        today = fold(state, event, business)
        state.seen = seen.add(state.seen, digest, today)
        out: list[Outgoing] = []
        model = self._model
        if topic == "feedback":
            self._policy.feedback(state, event)
            if model is not None:
                out.extend(model.feedback(customer, state, event, moment))
        last = business.day(before) if before else 0
        if today > last > 0:
            self._policy.new_day(state, last, today, business, moment)
        scored = None
        if topic in self._hard_topics and model is not None and self._hard & self.names(event):
            scored = model.rescore(customer, state, event, moment)  # first: the alerts that follow carry it
        rules = self._hearing(event)
        if rules:  # before those of the day: what the event itself says is graver
            self._ask(rules, customer, state, event, moment, out, today)
        if scored is not None:
            self._ask(self._hearing(scored), customer, state, scored, moment, out)
        if today > last:
            news = NewDay(event.event_id, event.time, last)
            self._ask(self._of_the_day(state, last, today), customer, state, news, moment, out, today)
        if state.left_at and not was_gone:
            out.extend(self._policy.departed(customer, state, moment))
        if topic == "customers":
            out.extend(departures.moved(customer, state, belonged, event))
        elif state.left_at != was_gone:
            out.extend(departures.left_or_back(customer, state, was_gone, event))
        if self._arms and CUTOFF not in state.timers and model is not None:
            model.arm(customer, state, moment)
        return out

    def _news(self, customer: str, state: State, event: Any, moment: MomentLike, digest: bytes) -> list[Outgoing]:
        """Show the rules what happened to somebody else. The customer's own days and times stay as they are."""
        state.seen = seen.add(state.seen, digest, self._business.day(event.time))
        out: list[Outgoing] = []
        self._ask(self._hearing(event), customer, state, event, moment, out)
        return out

    def forget(self, customer: str, state: State, event: Forget) -> list[Outgoing]:
        """Say whom to tell that a customer is to be forgotten; the state itself is the caller's to drop."""
        return [*departures.forgotten(customer, state, event)]

    def group(self, group: groups.GroupState, signal: GroupSignal) -> list[GroupWarning] | None:
        """Take a signal into the group's state and return whom to warn; `None` says that it was a duplicate."""
        return groups.fold(group, signal, self._contagion)

    def tell(self, customer: str, state: State, news: Scored, moment: MomentLike) -> list[Outgoing]:
        """Show the rules news that no record carried; whoever has it has put it into the state."""
        out: list[Outgoing] = []
        self._ask(self._hearing(news), customer, state, news, moment, out)
        return out

    def foresee(self, states: Sequence[State], time: int) -> list[Any]:
        """Return what the moment is to carry when the timers of these customers, due at `time`, fire; mostly `None`.

        It is the model's look at those whose cut-off comes first, so that nothing changes them until then.
        """
        found: list[Any] = [None] * len(states)
        if self._model is not None:
            cut = [at for at, state in enumerate(states) if _first_due(state, time) == CUTOFF]
            for at, look in zip(cut, self._model.foresee([states[at] for at in cut], time), strict=True):
                found[at] = look
        return found

    def timers(self, customer: str, state: State, moment: MomentLike) -> list[Outgoing]:
        """Fire every timer of the customer that is due at `moment.time`, in order of name."""
        out: list[Outgoing] = []
        due = sorted(name for name, time in state.timers.items() if time <= moment.time)
        for name in due:
            time = state.timers.pop(name)
            rule = self._rules.get(name)
            if rule is not None:
                self._ask((rule,), customer, state, Tick(name, time), moment, out)
            elif self._model is not None and name == CUTOFF:
                scored = self._model.cut_off(customer, state, moment)
                if scored is not None:
                    self._ask(self._hearing(scored), customer, state, scored, moment, out)
            elif self._model is not None and name == RIPEN:
                out.extend(self._model.ripen(customer, state, moment))
        out.extend(self._policy.expire(customer, state, moment))
        return out

    def _of_the_day(self, state: State, last: int, today: int) -> tuple[_Bound, ...]:
        """Return the rules that look at a new day; `last` is the day of the newest event before, 0 = there was none."""
        business = self._business
        new_month = not last or business.month(today) != business.month(last)
        daily = self._monthly if new_month else self._daily
        if not state.episodes:
            return daily
        opened = tuple(b for name, b in self._opened.items() if name in state.episodes and b not in daily)
        return daily + opened

    def _hearing(self, event: Any) -> tuple[_Bound, ...]:
        """Return the rules that want an event of this kind."""
        kind = self._kind(event)
        rules = self._by_kind.get(kind)
        if rules is None:
            rules = self._by_kind[kind] = self._listening(self.names(event))
            if len(self._by_kind) > _MOST_KINDS:  # categories are the producers' to invent
                self._by_kind = {}
        return rules

    def _kind(self, event: Any) -> Any:
        """Return what tells events apart to which the same rules listen."""
        if type(event) is Transaction:
            return event.category, goes_elsewhere(event, self._business), event.balance_after is not None
        if type(event) is ServiceEvent:
            return event.type
        return LIMIT if type(event) is Balance and event.limit is not None else event.topic

    def names(self, event: Any) -> set[str]:
        """Return every name under which a rule may listen to the event."""
        topic: str = event.topic
        kind = self._kind(event)
        if type(event) is ServiceEvent:
            return {topic, f"{topic}:{kind}"}
        if type(event) is Transaction:
            category, elsewhere, balance = kind
            names = {topic, f"{topic}:{category}"}
            return names | ({f"{topic}:outflow"} if elsewhere else set()) | ({f"{topic}:balance"} if balance else set())
        if type(event) is NewDay:
            return {topic, "new-month", "open-day"}
        return {topic, LIMIT} if kind == LIMIT else {topic}

    def _listening(self, names: set[str]) -> tuple[_Bound, ...]:
        return tuple(bound for bound in self._rules.values() if bound.rule.listens & names)

    def _ask(
        self,
        rules: tuple[_Bound, ...],
        customer: str,
        state: State,
        event: Any,
        moment: MomentLike,
        out: list[Outgoing],
        today: int = 0,
    ) -> None:
        """Show an event to rules; `today`: the customer's newest business day where a rule may skip it, else 0."""
        timers = state.timers
        for bound in rules:
            if bound.meant_for is not None:
                rule = bound.meant_for(state, self._business.day(max(event.time, state.newest)))
                if not rule.params.enabled:
                    continue
                bound = bound.of(rule)
            if today and bound.skips is not None and bound.skips(state, event, today):
                continue
            if bound.remember is not None:
                numbers = bound.remember(state, event)
                if numbers is not None:
                    state.memory[bound.name] = numbers
            verdict = bound.evaluate(state, event)
            if verdict is not None:
                alert = self._policy.handle(customer, state, bound.rule, verdict, moment)
                if alert is not None:
                    out.append(alert)
            if bound.next_due is not None:
                due = bound.next_due(state, event)
                if due is not None:
                    timers[bound.name] = due
                elif bound.name in timers:
                    del timers[bound.name]


def _first_due(state: State, time: int) -> str:
    return min([name for name, due in state.timers.items() if due <= time], default="")


LIMIT = "balances:limit"

_MOST_KINDS = 10_000


class _Bound:
    """A rule's methods, those that only the base has left out: most rules lack some, and a call costs."""

    __slots__ = ("_variants", "evaluate", "meant_for", "name", "next_due", "remember", "rule", "skips")

    def __init__(self, rule: RuleLike) -> None:
        self.rule, self.name = rule, rule.name
        varies = getattr(rule, "variants", None)
        self.meant_for: Callable[[State, int], Any] | None = getattr(rule, "meant_for", None) if varies else None
        self.evaluate = rule.evaluate
        self.remember = rule.remember if _own(rule, "remember") else None
        self.next_due = rule.next_due if _own(rule, "next_due") else None
        self.skips = rule.skips if _own(rule, "skips") else None
        self._variants: dict[int, _Bound] = {}

    def of(self, rule: RuleLike) -> _Bound:
        """Return the binding of one of this rule's variants."""
        if rule is self.rule:
            return self
        bound = self._variants.get(id(rule))
        if bound is None:
            bound = self._variants[id(rule)] = _Bound(rule)
        return bound


def _own(rule: RuleLike, method: str) -> bool:
    """Tell whether a rule has more than the base's empty method."""
    for kind in type(rule).__mro__:
        if method in vars(kind):
            return kind.__name__ != "Rule"
    return hasattr(rule, method)  # one that hands everything on
