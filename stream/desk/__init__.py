"""The desk: warnings pushed to the people who can still save the customer, and their answer back.

It turns the `alerts` topic into a worklist on an RM's phone and screen, and what they did about it into feedback that
quiets, escalates and teaches. What concerns one customer was decided in the shard; what concerns one RM is decided
here. Imports point one way, from what decides to what acts: `store` and `work` know none of the others.

=============  =========================================================================================================
sub-package    what it is
=============  =========================================================================================================
`store/`       the relational store: tables, migrations, opening and closing, rows in and rows out; no decisions
`work/`        pure decisions on values: actions and what they make of an episode, tasks, approvals, escalation,
               business hours, the daily budget, quiet hours; time and calendar are passed in
`acts/`        answers carried out in one given transaction: rows, feedback, alerts, pushes; `acting.act` is the way in,
               `colleagues.change` that of leave and departure
`intake/`      topics into rows: `alerts`, `customers`, `staff` and `contacts`, read committed, next offsets in the same
               transaction as the rows; stops while the database is away and goes on by itself
`outbox/`      rows into topics: `feedback`, `contacts`, `alerts`, `staff`; in their order, at least once, the same id
`timing/`      what falls due: escalations, ends of snoozes, tasks; retention
`push/`        server-sent events with resume, the budget and the quiet hours carried out, digests, storm summaries
`notify/`      webhooks, mail and bots: one file an adapter, behind one port
`web/`         the aiohttp application: sign-in, access (checked in one place), API with its OpenAPI document, pages
`reports/`     what a manager sees: open and overdue, time to first contact, saved and lost, the monthly report
=============  =========================================================================================================

`wiring` puts the parts together, `service.DeskService` starts and ends them; `leading` has one process at a time read,
publish and escalate; `standing` says what is away.

How a warning goes: `intake` writes the alert and its episode (`store`), asks `work` who is to be bothered when, and
writes what came of it: a numbered push, a held-back one, a webhook delivery, an escalation that falls due later. All
that is one transaction with the topic's next offset, so that a kill anywhere neither loses nor doubles a row. `push`,
`notify` and `outbox` then carry out what the rows say, and mark it as done.

How an answer goes: `web` checks who may, `work` says what becomes of it, and `store` takes the action, the episode's
new state, the audit entry and the message to `feedback` in one transaction; `outbox` publishes it.

Times are epoch milliseconds, UTC, everywhere inside; the wall clock is passed in. Names and phone numbers are sealed
before they reach the database (`store.vault`), and are in no log, metric, push or notification.
"""
