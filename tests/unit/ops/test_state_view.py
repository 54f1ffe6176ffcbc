"""A customer's state as a picture: every section from states that the core itself made."""

from __future__ import annotations

from support.units import SHANGHAI
from support.worker_answers import answer

from stream.ops.state_view import picture, spark

DAY = 86_400_000
START = 1_735_700_400_000  # 2025-01-01 11:00 in Shanghai


def sections(*events):
    found, label = {}, ""
    for line in picture(answer(*events), SHANGHAI)[1:]:
        label = line[:12].strip() or label
        found.setdefault(label, []).append(line[12:])
    return found


def drained():
    days = [("balances", START + day * DAY, {"account_id": "a", "balance": 50_000}) for day in range(60)]
    out = {"amount": "48000", "direction": "out", "counterparty": {"institution": "other-bank"}, "account_id": "a"}
    last = START + 60 * DAY
    return [*days, ("transactions", last, out), ("balances", last, {"account_id": "a", "balance": "2000.50"})]


def test_holdings_baseline_curve_and_the_open_warning_of_a_drained_customer():
    found = sections(*drained())
    [drop] = [line for line in found["Warnings"] if line.startswith("balance_drop")]
    assert drop.startswith("balance_drop  critical  since 2025-03-02 11:00, expires 2025-04-01 11:00")
    assert found["Holdings"][0] == "2,000.50 CNY now"
    assert "median 50,000.00, usual low 50,000.00" in found["Holdings"][1]
    assert found["Holdings"][2].startswith("█" * 29 + "▁  last 30 days, 2,000.50 to 50,000.00")
    assert found["Outflows"] == ["2025-03-02 11:00  48,000.00 to other-bank"]
    assert found["Accounts"] == ["a  account  2,000.50  2025-03-02 11:00"]
    assert found["Timers"][-1] == "2025-04-01 11:00  policy"


def test_a_debt_is_shown_and_not_summed():
    found = sections(
        ("balances", START, {"account_id": "a", "balance": 100}),
        ("balances", START, {"account_id": "k", "balance": 900, "kind": "credit_used", "limit": 1000}),
    )
    assert found["Holdings"][0] == "100.00 CNY now"
    assert any("k  credit_used  900.00, limit 1,000.00" in line and "debt" in line for line in found["Accounts"])


def test_activity_has_a_bar_for_each_day_and_a_line_for_each_with_movements():
    call = {"amount": 0, "direction": "out", "category": "call", "quantity": 3.5, "unit": "min"}
    found = sections(
        ("transactions", START, {"amount": 10, "direction": "in"}),
        ("transactions", START + DAY, call),
        ("transactions", START + DAY, {**call, "quantity": 1, "unit": "MB"}),
    )["Activity"]
    assert found[0].startswith("▁" * 12 + "▅█")
    assert found[1].split() == ["2025-01-01", "1", "×", "in", "10.00", "out", "0.00"]
    assert found[2].split() == ["2025-01-02", "2", "×", "in", "0.00", "out", "0.00", "3.5", "min", "1.0", "MB"]


def test_profile_product_complaint_forwarding_and_contact_are_each_named():
    product = {"product_id": "td", "kind": "deposit", "amount": 500, "matures_on": "2025-09-01"}
    profile = {"tier": "gold", "rm_id": "rm-1", "no_retention_contact": True, "products": [product]}
    forwarding = {"state": "conditional_busy", "target_network": "other", "target_number": "13000000042"}
    found = sections(
        ("customers", START, profile),
        ("complaints", START, {"complaint_id": "k", "status": "opened", "severity": "high"}),
        ("service-events", START, {"type": "call_forwarding", "forwarding": forwarding}),
        ("contacts", START, {"staff_id": "s", "how": "call", "result": "not_reached"}),
    )
    assert found["Profile"] == ["gold · RM rm-1", "marked: no retention contact"]
    assert found["Products"] == ["td  deposit  500.00  since 2025-01-01  matures 2025-09-01"]
    assert found["Complaints"] == ["k  opened, high  opened 2025-01-01 11:00"]
    assert found["Forwarding"] == ["conditional busy to other, number ending in 42  since 2025-01-01 11:00"]
    assert found["Contact"] == ["last 2025-01-01 11:00 not reached; last reached never"]
    assert "Activity" not in found


def test_fields_of_a_newer_worker_and_control_characters_do_no_harm():
    given = answer(("balances", START, {"account_id": "a\x1b[2J", "balance": 1}))
    given["state"]["invented"] = 1
    given["state"]["accounts"]["a\x1b[2J"]["invented"] = 1
    shown = "\n".join(picture(given, SHANGHAI))
    assert "\x1b" not in shown
    assert "a\\x1b[2J  account  1.00" in shown


def test_a_sparkline_goes_from_the_lowest_to_the_highest():
    assert spark([0, 7]) == "▁█"
    assert spark([5, 5, 5]) == "▄▄▄"
    assert spark([]) == ""
