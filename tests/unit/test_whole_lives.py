"""Two customers from their first day to their last, and every warning about them in order: the defaults as a story."""

from __future__ import annotations

import datetime as dt

from support.timeline import ZONE, at, every_day, run, steady


def story(lines):
    """Return local time, kind, state and severity of every warning."""
    outcome = run(lines)
    assert outcome.dead_letters == []
    moments = [dt.datetime.fromisoformat(alert["event_time"]).astimezone(ZONE) for alert in outcome.alerts]
    return [
        (f"{moment:%m-%d %H:%M}", alert["kind"], alert["state"], alert["severity"])
        for moment, alert in zip(moments, outcome.alerts, strict=True)
    ]


def bank_customer():
    """Ms Wang: a salary, a deposit, a complaint; a new employer, and then her money goes after it."""
    deposit = {"kind": "deposit", "amount": 200_000}
    paydays = ["01-10", "02-10", "03-10", "04-10", "05-12", "06-10"]
    return [
        # she joins, her RM visits, and her life goes its way
        at("2025-01-02 09:00").profile("wang", segment="payroll", rm_id="li", branch_id="b1"),
        at("2025-01-02 09:30").event("contacts", "wang", staff_id="li", how="visit", result="reached"),
        [at(f"2025-{day} 09:30").transaction("wang", 20_000, "in", category="payroll") for day in paydays],
        [day.transaction("wang", 150, category="purchase") for day in every_day("2025-01-02", 190, "12:00")],
        steady("wang", 120_000, first="2025-01-02", days=190),
        at("2025-01-20 10:00").product("wang", "product_opened", "d1", **deposit, matures_on="2025-06-20"),
        # a complaint is answered in time, but closed against her will; her RM calls and it is settled
        at("2025-03-04 10:00").complaint("wang", "k1", severity="medium", subject="Transfer fee"),
        at("2025-03-04 15:00").complaint("wang", "k1", "answered"),
        at("2025-03-06 10:00").complaint("wang", "k1", "closed", satisfied=False),
        at("2025-03-10 10:00").event("contacts", "wang", staff_id="li", how="call", result="reached"),
        at("2025-03-12 10:00").complaint("wang", "k1", "closed", satisfied=True),
        at("2025-05-08 10:00").event("contacts", "wang", staff_id="li", how="call", result="reached"),
        # the deposit ends, and she puts it into another one
        at("2025-06-20 09:00").product("wang", "product_matured", "d1"),
        at("2025-06-20 14:00").product("wang", "product_opened", "d2", **deposit, matures_on="2026-06-20"),
        # the July salary goes elsewhere, the cards stay in the purse, the deposit is broken, the rest follows it
        at("2025-07-21 10:00").product("wang", "product_redeemed", "d2"),
        at("2025-07-21 11:00").pays("wang", 300_000),
        at("2025-07-21 11:01").balance("wang", 20_000),
        at("2025-07-28 08:00").balance("wang", 15_000),
        at("2025-07-28 10:00").service("wang", "account_closing_requested"),
        at("2025-08-01 16:00").service("wang", "account_closed"),
        # nobody hears of her again, and nothing is said of her again
        [day.passes() for day in every_day("2025-01-03", 300, "23:00")],
    ]


def test_the_life_of_a_customer_of_a_bank():
    assert story(bank_customer()) == [
        ("03-06 10:00", "complaint_mishandled", "opened", "medium"),
        ("03-07 08:00", "contact_gap", "opened", "medium"),
        ("03-10 10:00", "contact_gap", "resolved", "medium"),
        ("03-12 10:00", "complaint_mishandled", "resolved", "medium"),
        ("05-21 09:00", "product_maturing", "opened", "low"),
        ("06-13 09:00", "product_maturing", "updated", "medium"),
        ("06-19 09:00", "product_maturing", "updated", "high"),
        ("06-20 09:00", "product_maturing", "resolved", "high"),
        ("07-11 08:00", "contact_gap", "opened", "medium"),
        ("07-18 00:00", "salary_stopped", "opened", "high"),
        ("07-21 00:10", "usage_drop", "opened", "high"),
        ("07-21 10:00", "product_closed", "opened", "high"),
        ("07-21 11:00", "matured_outflow", "opened", "high"),
        ("07-28 08:00", "health_score", "opened", "medium"),
        ("07-28 10:00", "port_out_request", "opened", "critical"),
        ("08-01 16:00", "contact_gap", "closed", "medium"),
        ("08-01 16:00", "salary_stopped", "closed", "high"),
        ("08-01 16:00", "usage_drop", "closed", "high"),
        ("08-01 16:00", "product_closed", "closed", "high"),
        ("08-01 16:00", "matured_outflow", "closed", "high"),
        ("08-01 16:00", "health_score", "closed", "medium"),
        ("08-01 16:00", "port_out_request", "closed", "critical"),
    ]


def phone_customer():
    """Mr Chen: calls every day, a bad mast, an offer from next door that he takes in the end."""
    calls = {"category": "call", "quantity": 30, "unit": "min"}
    data = {"category": "data", "quantity": 400, "unit": "MB"}
    return [
        at("2025-01-02 09:00").profile("chen", segment="postpaid", rm_id="zhao"),
        [day.transaction("chen", 3, **calls) for day in every_day("2025-01-02", 130, "10:00")],
        [day.transaction("chen", 2, **data) for day in every_day("2025-01-02", 130, "20:00")],
        [at(f"2025-0{month}-01 08:00").transaction("chen", 59, category="fee") for month in range(2, 7)],
        # three evenings without a line; he complains, is answered and content
        [day.service("chen", "service_incident", cause="dropped_call") for day in every_day("2025-04-01", 3, "19:00")],
        at("2025-04-04 10:00").complaint("chen", "k1", severity="high", subject="No signal at home"),
        at("2025-04-04 16:00").complaint("chen", "k1", "answered"),
        at("2025-04-07 10:00").complaint("chen", "k1", "closed", satisfied=True),
        # in May he calls no more; a forwarding says where; he asks to leave, thinks again, and leaves
        at("2025-05-20 10:00").forwarding("chen", "unconditional", "rival", "+8613012345678"),
        at("2025-06-10 10:00").service("chen", "port_out_requested"),
        at("2025-06-12 10:00").service("chen", "port_out_cancelled"),
        at("2025-06-20 10:00").service("chen", "port_out_requested"),
        at("2025-06-23 10:00").service("chen", "port_out_completed"),
        [day.passes() for day in every_day("2025-01-03", 220, "23:00")],
    ]


def test_the_life_of_a_customer_of_a_phone_company():
    assert story(phone_customer()) == [
        ("04-03 19:00", "service_failure", "opened", "medium"),
        ("04-04 10:00", "serious_complaint", "opened", "high"),
        ("04-07 10:00", "serious_complaint", "resolved", "high"),
        ("04-17 19:00", "service_failure", "resolved", "medium"),
        ("04-24 08:00", "contact_gap", "opened", "high"),
        ("05-20 10:00", "call_forwarding_off_net", "opened", "critical"),
        ("05-20 10:00", "usage_drop", "opened", "high"),
        ("05-24 08:00", "contact_gap", "expired", "high"),
        ("06-10 10:00", "port_out_request", "opened", "critical"),
        ("06-12 10:00", "port_out_request", "resolved", "critical"),
        ("06-19 10:00", "call_forwarding_off_net", "expired", "critical"),
        ("06-19 10:00", "usage_drop", "expired", "high"),
        ("06-20 10:00", "port_out_request", "opened", "critical"),
        ("06-23 10:00", "port_out_request", "closed", "critical"),
    ]
