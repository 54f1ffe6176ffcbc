"""What every rule owes, whatever it is about. The rules are discovered, and their number is known."""

from __future__ import annotations

import copy
import string
import sys
import types
from collections import Counter
from itertools import product
from typing import get_args

import pytest
from pydantic import ValidationError
from support.lives import lives
from support.timeline import records, run, settings
from support.units import DAY, SHANGHAI, T0, balance, complaint, movement, profile, service

from stream.config import load
from stream.domain.events import Contact, Counterparty, Forwarding, GroupWarning, ServiceType, Staff
from stream.domain.signals import Clear, NewDay, Scored, Signal, Tick
from stream.domain.state import Score, State, encode
from stream.domain.step import Step
from stream.engine.assemble import business, codec
from stream.policy.base import Moment
from stream.policy.pipeline import Pipeline
from stream.rules import registry
from stream.rules.base import Rule
from stream.rules.registry import RegistryError, build, discover

RULES = discover()
SECTIONS = load(env={}).rules
LIVES = lives()
COUNT = 27
ONE_OFF: set[str] = set()
"""Rules about a fact that nothing undoes: their warnings expire."""

EVENTS = {
    "customers": profile(T0),
    "transactions": movement(T0, 90_000_00, counterparty=Counterparty("rival"), balance_after=0),
    "balances": balance(T0, 0),
    "complaints": complaint(T0, "k", severity="critical"),
    "service-events": service(T0, "call_forwarding", forwarding=Forwarding("unconditional", "rival")),
    "new-day": NewDay("x", T0, 0),
    "scored": Scored("x", T0),
    "staff": Staff(event_id="x", time=T0, status="left", staff_id="s"),
    "group-warnings": GroupWarning(event_id="x", customer_id="c", time=T0, group_id="g", cause="y", left=1, size=3),
    "contacts": Contact(event_id="x", customer_id="c", time=T0, staff_id="s", how="call", result="reached"),
}


LISTENABLE = {
    *EVENTS,
    "scored",
    "new-month",
    "open-day",
    "transactions:outflow",
    "transactions:balance",
    "balances:limit",
    *(
        f"transactions:{category}"
        for category in ("payroll", "purchase", "order", "transfer", "return", "loan_payment")
    ),
    *(f"service-events:{type_}" for type_ in get_args(ServiceType)),
}


def heard(event):
    """Every name under which a rule may listen to an event."""
    return Step(SHANGHAI, (), Pipeline((), (), update_gap_h=1, expire_days=1)).names(event)


def bound(name):
    [rule] = [rule for rule in build(SECTIONS, SHANGHAI) if rule.name == name]
    return rule


class Watching:
    """A rule that holds every call against the contract: nothing is changed, and the same question has one answer.

    What it would skip is asked all the same, and must have changed nothing.
    """

    def __init__(self, rule, verdicts, skipped):
        self.rule, self.verdicts, self.skipped = rule, verdicts, skipped
        self.name, self.listens, self.behavioural = rule.name, rule.listens, rule.behavioural
        self.params, self.business = rule.params, rule.business
        self.version, self.texts, self.respond_within_h = rule.version, rule.texts, rule.respond_within_h

    def evaluate(self, state, event):
        return self._same(self.rule.evaluate, state, event)

    def next_due(self, state, event):
        return self._same(self.rule.next_due, state, event)

    def remember(self, state, event):
        return self._same(self.rule.remember, state, event)

    def due_h(self, signal):
        return self.rule.due_h(signal)

    def skips(self, state, event, today):
        if self._same(lambda *given: self.rule.skips(*given, today), state, event):
            self.skipped[self.name] += 1
            assert self.rule.remember(state, event) is None, f"{self.name} skips what it would remember"
            assert self.rule.evaluate(state, event) is None, f"{self.name} skips what it would speak of"
            if type(self.rule).next_due is not Rule.next_due:
                due = self.rule.next_due(state, event)
                assert due == state.timers.get(self.name), f"{self.name} skips what would move its timer"
        return False

    def _same(self, ask, state, event):
        before, told = encode(state), copy.deepcopy(event)
        answer = ask(state, event)
        assert encode(state) == before, f"{self.name} changed the state"
        assert event == told, f"{self.name} changed the event"
        assert ask(copy.deepcopy(state), event) == answer, f"{self.name} answers differently on an equal state"
        if isinstance(answer, Signal | Clear):
            self.verdicts.append(answer)
        return answer


def lived(name, found, skipped):
    """Return the state a life leads to, with every rule under watch; what they said goes to `found`.

    `skipped` counts by rule how often it skipped an event.
    """
    units = business(settings())  # with classes, which some rules go by
    rules = [Watching(rule, found, skipped) for rule in build(SECTIONS, units)]
    core = Step(units, rules, Pipeline(rules, (), update_gap_h=24, expire_days=30))
    reader, state = codec(settings()), State()
    for record in sorted(records(LIVES[name]()), key=lambda r: r.timestamp):
        if record.key != b"c":
            continue
        event = reader.decode(record.topic, record.key, record.value, record.timestamp)
        while state.due() and state.due() <= event.time:
            core.timers("c", state, Moment(state.due(), 0))
        core.event("c", state, event, Moment(event.time, 0))
    for value, grade in ((0.7, "near-churn"), (0.95, "churned"), (0.2, "normal")):  # no record carries these
        state.score = Score(value, grade, state.newest, "v1")
        core.tell("c", state, Scored(f"score-{value}", state.newest), Moment(state.newest, 0))
    return state


@pytest.fixture(scope="module")
def life():
    """Run every life under watch and return what the rules said, and the state of the busiest."""
    found, skipped = [], Counter()
    states = {name: lived(name, found, skipped) for name in LIVES}
    return found, states["busy"], skipped


@pytest.fixture(scope="module")
def verdicts(life):
    return life[0]


@pytest.fixture(scope="module")
def final(life):
    return life[1]


def test_the_number_of_rules_is_known():
    assert len(RULES) == COUNT


def test_the_lives_make_every_rule_open_and_clear_while_it_is_watched(verdicts):
    for name in RULES:
        assert any(isinstance(v, Signal) and v.kind == name for v in verdicts), name
        assert name in ONE_OFF or any(isinstance(v, Clear) and v.kind == name for v in verdicts), name


def test_every_rule_that_may_skip_does_so_in_some_life(life):
    may = {name for name, rule in RULES.items() if "skips" in vars(rule)}
    assert may == set(life[2])
    assert len(may) >= 6


@pytest.mark.parametrize("name", sorted(LIVES))
def test_the_same_input_gives_the_same_alerts_twice(name):
    def story():
        return [{k: v for k, v in alert.items() if k != "detected_at"} for alert in run(LIVES[name]()).alerts]

    first = story()
    assert first == story()
    assert len(first) >= 2


def test_every_signal_has_evidence_with_figures_and_a_cause_or_a_timer(verdicts):
    for verdict in verdicts:
        assert verdict.evidence
        if isinstance(verdict, Signal):
            assert "measure" in verdict.evidence
            assert [v for v in verdict.evidence.values() if isinstance(v, int | float)], verdict.kind
        assert all(isinstance(value, int | float | str | list) for value in verdict.evidence.values())


@pytest.mark.parametrize("name", sorted(RULES))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_texts_need_nothing_that_the_evidence_lacks(name, language, verdicts):
    texts = RULES[name].texts[language]
    for verdict in verdicts:
        if verdict.kind == name:
            template = texts.reason if isinstance(verdict, Signal) else texts.cleared
            assert template.format(**verdict.evidence).strip()
            assert "{" not in template.format(**verdict.evidence)


def placeholders(text):
    names = {name.split(":")[0] for _, name, _, _ in string.Formatter().parse(text) if name}
    return {name.removesuffix("_zh").removesuffix("_en") for name in names}


@pytest.mark.parametrize("name", sorted(RULES))
def test_texts_are_there_in_both_languages_with_the_same_placeholders(name):
    texts = RULES[name].texts
    assert set(texts) == {"zh", "en"}
    for part in ("title", "reason", "cleared", "next_step"):
        zh, en = getattr(texts["zh"], part), getattr(texts["en"], part)
        assert placeholders(zh) == placeholders(en), part
        assert any("一" <= letter <= "鿿" for letter in zh), part
        assert not any("一" <= letter <= "鿿" for letter in en), part


@pytest.mark.parametrize("name", sorted(RULES))
def test_what_a_rule_declares_is_there(name):
    rule = RULES[name]
    assert len(rule.practice) > 40
    assert rule.respond_within_h > 0
    assert isinstance(rule.behavioural, bool)
    assert rule.version >= 1
    assert rule.listens <= LISTENABLE
    assert rule.__doc__
    assert all(field.description for field in rule.Params.model_fields.values())


@pytest.mark.parametrize(("name", "topic"), list(product(sorted(RULES), sorted(EVENTS))))
def test_a_rule_is_silent_on_an_empty_state(name, topic):
    rule = bound(name)
    event = EVENTS[topic]
    if rule.listens & heard(event):
        assert rule.evaluate(State(), event) is None
        assert rule.next_due(State(), event) is None


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rules_own_timer_on_an_empty_state_is_silent(name):
    rule = bound(name)
    if rule.next_due.__func__ is not Rule.next_due:
        assert rule.evaluate(State(), Tick(name, T0 + DAY)) is None
        assert rule.next_due(State(), Tick(name, T0 + DAY)) is None


ABSURD = {
    "balance_drop": [
        {"min_history_days": 6}, {"min_history_days": 86}, {"min_history_days": 30.5}, {"spread": -1},
        {"spread": 21}, {"min_share": 0}, {"min_share": 1.1}, {"sudden_share": 0}, {"sudden_share": 2},
        {"min_amount": -1}, {"severe_share": 0}, {"outflow_share": 0}, {"outflow_hours": 0}, {"outflow_hours": 169},
        {"at_once_share": 0}, {"at_once_share": 1.1}, {"recovered_share": 0}, {"recovered_share": 1.5},
        {"day_end_grace_min": -1}, {"day_end_grace_min": 721}, {"min_share": "much"},
        {"min_amount": None}, {"enabled": "perhaps"}, {"unheard_of": 1},
    ],
    "call_forwarding_off_net": [
        {"outflow_min": -1}, {"outflow_share": -0.1}, {"outflow_share": 1.1}, {"outflow_hours": 0},
        {"outflow_hours": 169}, {"unheard_of": 1},
    ],
    "serious_complaint": [
        {"serious": ["awful"]}, {"serious": "high"}, {"repeat_days": 0}, {"repeat_days": 93}, {"repeat_days": 1.5},
        {"words": ["sue"]}, {"words": {"law": "sue"}}, {"unheard_of": 1},
    ],
}  # fmt: skip


def beyond(name):
    """Yield a value beyond each bound of a rule's numbers, and things that are none."""
    for key, field in RULES[name].Params.model_fields.items():
        if field.annotation in (int, float):
            for bound_ in field.metadata:
                low, high = getattr(bound_, "ge", getattr(bound_, "gt", None)), getattr(bound_, "le", None)
                if low is not None:
                    yield {key: low - 1}
                if high is not None:
                    yield {key: high + 1}
            yield {key: "much"}
    yield {"unheard_of": 1}


ABSURD |= {name: list(beyond(name)) for name in RULES if name not in ABSURD}


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_parameter_that_is_a_number_is_among_the_absurd_ones(name):
    tried = {key for absurd in ABSURD[name] for key in absurd}
    numbers = {key for key, field in RULES[name].Params.model_fields.items() if field.annotation in (int, float)}
    assert numbers - {"likelihood"} <= tried
    assert all(RULES[name].Params.model_fields[number].metadata for number in numbers), "a number without a bound"


@pytest.mark.parametrize("name", sorted(RULES))
@pytest.mark.parametrize("absurd", [{"likelihood": 0}, {"likelihood": 1.1}, {"shadow": 7}, {"enabled": "perhaps"}])
def test_what_every_rule_has_is_checked_too(name, absurd):
    with pytest.raises(RegistryError, match=rf"^rules\.{name}\.{next(iter(absurd))}"):
        build({**SECTIONS, name: {**SECTIONS[name], **absurd}}, SHANGHAI)


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_says_what_it_looks_at_on_an_empty_state_and_on_a_full_one(name, final):
    for state in (State(), final):
        before = encode(state)
        figures = bound(name).look(state, T0)
        assert figures
        assert all(isinstance(figure, int | float | str | list) for figure in figures.values())
        assert encode(state) == before


@pytest.mark.parametrize(("name", "absurd"), [(name, a) for name in sorted(ABSURD) for a in ABSURD[name]])
def test_absurd_parameters_are_refused_by_name(name, absurd):
    sections = {**SECTIONS, name: {**SECTIONS[name], **absurd}}
    with pytest.raises(RegistryError, match=rf"^rules\.{name}\.{next(iter(absurd))}"):
        build(sections, SHANGHAI)


def test_the_shipped_configuration_says_what_the_rules_say():
    for name, rule in RULES.items():
        shipped = rule.Params.model_validate(SECTIONS[name]).model_dump()
        code = rule.Params().model_dump()
        if name == "serious_complaint":
            assert shipped.pop("words")
            assert code.pop("words") == {}  # the lexicon is the file's
        assert shipped == code


def test_a_section_for_no_rule_names_the_rules_there_are():
    with pytest.raises(RegistryError, match=r"rules\.nonsense: no such rule; there are balance_drop, "):
        build({**SECTIONS, "nonsense": {}}, SHANGHAI)


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_without_a_section_is_an_error(name):
    sections = {key: value for key, value in SECTIONS.items() if key != name}
    with pytest.raises(RegistryError, match=rf"rules\.{name}: is not configured; add the section \[rules\.{name}\]"):
        build(sections, SHANGHAI)


def test_a_rule_that_is_switched_off_is_left_out():
    sections = {**SECTIONS, "balance_drop": {**SECTIONS["balance_drop"], "enabled": False}}
    assert [rule.name for rule in build(sections, SHANGHAI)] == sorted(set(RULES) - {"balance_drop"})


def test_parameters_cannot_be_changed_afterwards():
    with pytest.raises(ValidationError):
        bound("balance_drop").params.min_share = 1


def scratch(monkeypatch, tmp_path, **sources):
    """A package of rules made of the sources given, in place of ours."""
    package = types.ModuleType("scratch_rules")
    package.__path__ = [str(tmp_path)]
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.setitem(sys.modules, "scratch_rules", package)
    for name in sources:
        monkeypatch.delitem(sys.modules, f"scratch_rules.{name}", raising=False)
    monkeypatch.setattr(registry, "package", package)


RULE = """
from stream.rules.base import Params, Rule
class {cls}(Rule[Params]):
    name = "{name}"
    def evaluate(self, state, event): return None
    def look(self, state, time): return dict()
"""


def test_a_rule_in_a_file_of_another_name_is_an_error(monkeypatch, tmp_path):
    scratch(monkeypatch, tmp_path, one=RULE.format(cls="One", name="other"))
    with pytest.raises(RegistryError, match="rule other must stand in a file of its own name"):
        discover()


def test_two_rules_of_one_name_are_an_error(monkeypatch, tmp_path):
    scratch(monkeypatch, tmp_path, one=RULE.format(cls="One", name="one") + RULE.format(cls="Two", name="one"))
    with pytest.raises(RegistryError, match="one"):
        discover()


def test_bases_and_imported_rules_are_not_taken_for_rules(monkeypatch, tmp_path):
    source = "from stream.rules.balance_drop import BalanceDrop\nfrom stream.rules.base import Rule\n"
    scratch(monkeypatch, tmp_path, helper=source, one=RULE.format(cls="One", name="one"))
    assert list(discover()) == ["one"]


def test_a_rule_file_that_cannot_be_imported_is_not_passed_over(monkeypatch, tmp_path):
    scratch(monkeypatch, tmp_path, broken="import no_such_module_anywhere")
    with pytest.raises(ModuleNotFoundError):
        discover()
