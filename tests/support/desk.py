"""A policy at work on one customer: signals in, alerts out, the clock moved by hand."""

from __future__ import annotations

from stream.domain.events import Feedback
from stream.domain.signals import Clear, Signal
from stream.domain.state import Profile, State
from stream.domain.world import World
from stream.policy.base import Moment
from stream.policy.cool_down import CoolDown
from stream.policy.order import order
from stream.policy.pipeline import Pipeline
from stream.rules.base import Params, Rule, Texts
from support.timeline import at
from support.units import SHANGHAI, T0

NOON = at("2025-03-01 12:00")
TEXTS = Texts("title", "saw {seen}", "gone: {seen}", "call")


class Behaviour(Rule[Params]):
    """A behavioural rule whose verdicts the tests make."""

    name = "behaviour"
    listens = frozenset({"balances"})
    behavioural = True
    practice = "none"
    respond_within_h = 24
    texts = {"zh": TEXTS, "en": TEXTS}
    Params = Params

    def evaluate(self, state, event):
        return None

    def look(self, state, time):
        return {}


class Fact(Behaviour):
    """The same, about a fact."""

    name = "fact"
    behavioural = False


RULES = (Behaviour(Params(), SHANGHAI), Fact(Params(), SHANGHAI))
BEHAVIOUR, FACT = RULES
TRIAL = Behaviour(Params(shadow=True), SHANGHAI)


class Desk:
    """A pipeline, a state and what came of it."""

    def __init__(self, rules=RULES, opens_from=0, inhibit=None, silences=(), world=None, cool_down=None, **more):
        self.suppressed, self.shadowed = [], []
        self.world = World() if world is None else world
        self.opens_from = opens_from
        self.state = State(profile=Profile(rm_id="r1"), newest=T0)
        self._muters = order(cool_down or CoolDown(24), inhibit=inhibit, silences=silences)
        self._given = {"update_gap_h": 24, "expire_days": 30, **more}
        self.use(*rules)

    def use(self, *rules):
        """Go on with these rules, as after a change of the configuration."""
        self.pipeline = Pipeline(
            rules,
            self._muters,
            suppressed=lambda *what: self.suppressed.append(what),
            shadowed=lambda *what: self.shadowed.append(what),
            **self._given,
        )

    def moment(self, time):
        return Moment(T0 + time, T0 + time + 5, self.opens_from, self.world)

    def signal(self, time=0, severity="medium", rule=BEHAVIOUR, **more):
        signal = Signal(rule.name, severity, {"seen": 7}, **more)
        return self.pipeline.handle("c", self.state, rule, signal, self.moment(time))

    def clear(self, time=0, rule=BEHAVIOUR):
        return self.pipeline.handle("c", self.state, rule, Clear(rule.name, {"seen": 8}), self.moment(time))

    def expire(self, time):
        return self.pipeline.expire("c", self.state, self.moment(time))

    def outcome(self, episode, time=0, action="outcome", outcome="saved", until=0):
        event = Feedback(
            event_id="f",
            customer_id="c",
            time=T0 + time,
            action_id="a",
            episode_id=episode,
            actor="rm",
            action=action,
            outcome=outcome if action == "outcome" else None,
            until=T0 + until if action == "snooze" else None,
        )
        self.pipeline.feedback(self.state, event)
