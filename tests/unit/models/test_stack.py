"""The online stack leans on what has been right lately, and never far below the best."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from models import ridge
from models.prequential import measures
from models.stack import OnlineStack, StackSettings

SETTINGS = StackSettings.for_window(5_000)


def chance(logit):
    return 1 / (1 + math.exp(-logit))


def run(experts, count, *, seed=1, settings=SETTINGS, tell=None):
    """Judge experts, name -> noise by number of the example; return labels and what each and the stack said."""
    dice = random.Random(seed)
    stack = OnlineStack(list(experts), settings)
    stack.admit(experts)
    labels, said = [], {name: [] for name in (*experts, "stack")}
    for number in range(count):
        truth = dice.gauss(-1.0, 1.5)
        label = int(dice.random() < chance(truth))
        scores = {name: chance(noise(truth, number, dice)) for name, noise in experts.items()}
        calibrated = stack.calibrated(scores)
        labels.append(label)
        for name, logit in calibrated.items():
            said[name].append(chance(logit))
        said["stack"].append(stack.score(calibrated))
        stack.record(label, scores)
        if tell is not None:
            tell(number, stack)
    return np.array(labels, float), {name: np.array(scores) for name, scores in said.items()}, stack


def noisy(sd):
    return lambda truth, number, dice: truth + dice.gauss(0, sd)


def from_then(before, after, turn):
    return lambda truth, number, dice: (before if number < turn else after)(truth, number, dice)


def pr_auc(labels, scores, since=0, until=None):
    return measures.pr_auc(labels[since:until], scores[since:until])


def test_it_begins_with_equal_weights_and_experts_not_there_have_none():
    stack = OnlineStack(["a", "b", "c"], SETTINGS)
    assert stack.document() is None
    assert stack.score({}) is None
    stack.admit(["a", "c"])
    assert stack.document().weights == {"a": 0.5, "c": 0.5}
    assert stack.score({"a": 1.0, "c": 3.0}) == pytest.approx(chance(2.0))
    assert stack.score({"a": 1.0}) == pytest.approx(chance(1.0))  # who is silent agrees with who spoke


def test_several_good_ones_together_beat_each():
    labels, said, _ = run({"a": noisy(1.0), "b": noisy(1.0), "c": noisy(1.2)}, 6_000)
    best = max(pr_auc(labels, said[name], 1_000) for name in "abc")
    assert pr_auc(labels, said["stack"], 1_000) > best + 0.01


@pytest.mark.parametrize("bad", [noisy(6.0), lambda truth, number, dice: dice.gauss(0, 2)])
def test_one_that_knows_nothing_costs_next_to_nothing(bad):
    labels, said, stack = run({"good": noisy(0.5), "bad": bad}, 4_000)
    assert pr_auc(labels, said["stack"], 1_000) > pr_auc(labels, said["good"], 1_000) - 0.003
    heard = {name: stack.weights[name] * stack.lines[name].slope for name in ("good", "bad")}
    assert heard["good"] > 5 * heard["bad"]


def test_one_that_says_the_contrary_gets_no_weight_and_no_other_falls_below_zero():
    labels, said, stack = run({"good": noisy(0.5), "contrary": lambda t, n, dice: -t + dice.gauss(0, 0.5)}, 3_000)
    assert min(stack.weights.values()) >= 0
    assert pr_auc(labels, said["stack"], 1_000) > pr_auc(labels, said["good"], 1_000) - 0.003


@pytest.mark.parametrize("worsens", ["a", "b"])
def test_it_changes_over_within_some_hundreds_of_examples(worsens):
    good, bad, turn = noisy(0.5), noisy(4.0), 4_000
    experts = {
        name: from_then(good, bad, turn) if name == worsens else from_then(bad, good, turn) for name in ("a", "b")
    }
    heard = {}

    def note(number, stack):
        heard[number] = {name: stack.weights[name] * stack.lines[name].slope for name in experts}

    labels, said, _ = run(experts, 8_000, tell=note)
    better = "b" if worsens == "a" else "a"
    assert heard[turn - 1][worsens] > 10 * heard[turn - 1][better]
    assert heard[turn + 500][better] > heard[turn + 500][worsens]
    assert heard[turn + 2_000][better] > 5 * heard[turn + 2_000][worsens]
    assert pr_auc(labels, said["stack"], turn + 1_000) > pr_auc(labels, said[better], turn + 1_000) - 0.01


def test_while_nothing_changes_the_longest_memory_is_used():
    used = []
    run({"a": noisy(0.7), "b": noisy(1.0)}, 3_000, tell=lambda number, stack: used.append(stack.half_life))
    assert np.mean(np.array(used[500:]) == SETTINGS.half_lives[0]) > 0.9


def test_lines_make_probabilities_of_what_is_too_sure_and_of_what_learned_under_weights():
    overdone = lambda truth, number, dice: 3 * (truth + dice.gauss(0, 0.5)) + math.log(8)  # noqa: E731
    labels, said, stack = run({"one": overdone}, 4_000)
    assert stack.lines["one"].slope == pytest.approx(1 / 3, abs=0.08)
    for name in ("one", "stack"):
        assert measures.calibration_error(labels[2_000:], said[name][2_000:]) < 0.03


def test_the_offset_of_the_class_weights_is_undone_before_anything_is_known():
    stack = OnlineStack(["weighted", "plain"], SETTINGS, offsets={"weighted": -math.log(8)})
    said = stack.calibrated({"weighted": 0.5, "plain": 0.5})
    assert said == {"weighted": pytest.approx(-math.log(8), abs=1e-6), "plain": pytest.approx(0, abs=1e-6)}


def test_certainties_are_cut():
    stack = OnlineStack(["one"], SETTINGS)
    stack.admit(["one"])
    for _ in range(50):
        stack.record(0, {"one": 1.0})
        stack.record(1, {"one": 0.0})
    stack.solve()
    assert all(map(math.isfinite, (*stack.weights.values(), stack.document().bias, stack.lines["one"].offset)))


def test_a_newcomer_is_weighed_by_its_equal_share_until_it_is_judged():
    _, _, stack = run({"a": noisy(0.7), "b": noisy(0.7)}, 1_000)
    late = OnlineStack(["a", "b"], SETTINGS)
    late.admit(["a"])
    for label in (0, 1) * 200:
        late.record(label, {"a": 0.8 if label else 0.2})
    late.admit(["a", "b"])
    assert late.weights["b"] > 0.2
    assert set(stack.weights) == {"a", "b"}


def test_the_regression_finds_the_optimum_under_its_bounds():
    rng = np.random.default_rng(5)
    rows = np.column_stack([rng.normal(size=(800, 2)), np.ones(800)])
    labels = (rng.uniform(size=800) < 1 / (1 + np.exp(-(rows @ [1.5, -1.0, -0.5])))).astype(float)
    ones, prior, hold = np.ones(800), np.zeros(3), np.full(3, 1e-6)
    free = ridge.fit(rows, labels, ones, prior, hold, np.full(3, -np.inf))
    said = 1 / (1 + np.exp(-(rows @ free)))
    assert np.abs(rows.T @ (said - labels)).max() < 1e-4  # the gradient vanishes
    bound = ridge.fit(rows, labels, ones, prior, hold, np.array([0.0, 0.0, -np.inf]))
    said = 1 / (1 + np.exp(-(rows @ bound)))
    gradient = rows.T @ (said - labels)
    assert bound[1] == 0
    assert gradient[1] > 0
    assert abs(gradient[[0, 2]]).max() < 1e-4
