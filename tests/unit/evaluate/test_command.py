"""`churnwatch evaluate` over a town of orders whose churn depends on what the features can see."""

import datetime as dt
import random

import orjson
import pytest
from typer.testing import CliRunner

from stream.cli.commands import build
from stream.domain.business import DAY_MS

START = 1_704_067_200_000  # 2024-01-01
DAYS = 270
FEW = "[model.trainer]\nexperts = ['logistic', 'booster']\npublish_every = 300\nrefit_every = 2000\n"


def orders(customers=120, seed=3):
    """Yield regular customers, of whom some slow down for a month and then order nothing more."""
    rng = random.Random(seed)
    for number in range(customers):
        gap = rng.choice([5, 9, 14])
        leaves = rng.randrange(60, 420)
        day = rng.random() * gap
        while day < min(DAYS, leaves):
            slow = 2.5 if day > leaves - 35 else 1
            yield round(START + day * DAY_MS), f"c-{number:04d}", round(rng.uniform(20, 200), 2)
            day += gap * slow * rng.uniform(0.6, 1.4)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    path = tmp_path_factory.mktemp("evaluate")
    lines = []
    for number, (time, customer, amount) in enumerate(sorted(orders())):
        value = {"event_id": f"e{number}", "customer_id": customer, "time": time, "amount": amount}
        value |= {"direction": "out", "category": "purchase"}
        lines.append(orjson.dumps({"topic": "transactions", "key": customer, "timestamp": time, "value": value}))
    (path / "orders.jsonl").write_bytes(b"\n".join(lines))
    (path / "few.toml").write_text(FEW)
    return path


def run(town, *more):
    given = ["evaluate", "--input", str(town / "orders.jsonl"), "--config", str(town / "few.toml"), "--horizon", "45d"]
    return CliRunner().invoke(build(), [*given, "--active-within", "60d", "--cutoff-every", "7d", *more])


@pytest.fixture(scope="module")
def board(town):
    done = run(town, "--report-at", "2024-07-20", "--json", str(town / "board.json"), "--html", str(town / "b.html"))
    assert done.exit_code == 0, done.output
    return orjson.loads((town / "board.json").read_bytes()), done.output


def test_the_champion_and_what_stands_beside_it(board):
    found, shown = board
    (date,) = found["dates"]
    beside = {"batch logistic", "batch boosting", "recency alone"}
    assert set(date["candidates"]) == {"stack", "logistic", "booster"} | beside
    assert date["champion"] == "stack"
    figures = {name: one["figures"] for name, one in date["candidates"].items()}
    assert len({one["n"] for one in figures.values()}) == 1
    assert 0.05 < figures["stack"]["base_rate"] < 0.6
    assert figures["stack"]["roc_auc"] > 0.6
    assert figures["stack"]["roc_auc"] > figures["batch boosting"]["roc_auc"] - 0.1  # 100 customers are few
    assert "batch boosting" in shown and "2024-07-20" in shown


def test_the_label_is_who_really_ordered_nothing(board, town):
    """The customers and the base rate are those that plain counting finds."""
    zone = dt.timezone(dt.timedelta(hours=8))
    at = round(dt.datetime(2024, 7, 20, tzinfo=zone).timestamp() * 1000)
    times: dict[str, list[int]] = {}
    for time, customer, _ in orders():
        times.setdefault(customer, []).append(time)
    active = {c for c, t in times.items() if any(at - 60 * DAY_MS <= one < at for one in t)}
    gone = {c for c in active if not any(at <= one <= at + 45 * DAY_MS for one in times[c])}
    figures = board[0]["dates"][0]["candidates"]["stack"]["figures"]
    assert (figures["n"], figures["churned"]) == (len(active), len(gone))


def test_only_what_was_known_by_the_date_was_learned_from(board):
    found, _ = board
    (date,) = found["dates"]
    everything = sum(found["label"]["outcomes"].values())
    assert 0 < date["examples"] < everything
    months = {month["month"]: month for month in found["learning"]}
    assert months["2024-06"]["known"] <= date["examples"] <= months["2024-07"]["known"]
    assert all(month["known"] <= everything for month in found["learning"])


def test_the_page_is_one_file(board, town):
    page = (town / "b.html").read_text()
    assert "Churnwatch evaluation" in page and "batch boosting" in page
    assert "http-equiv" in page and "<script src" not in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--report-at", "2024-11-20"], "the last date that can be asked about is 2024-08-1"),
        (["--report-at", "2023-01-01"], "the events begin only on 2024-01-01"),
        (["--report-at", "soon"], "is not a date such as"),
        (["--report-at", "2024-07-20", "--cutoff-every", "fortnight"], "is not a number of days"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(town, given, said):
    done = run(town, *given)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
