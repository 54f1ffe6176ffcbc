"""The desk: what it stands on, how soon warnings are there, who is told, and what leaves the house."""

from __future__ import annotations

from stream.interface.dashboards.board import Board, figure, graph, hourly, quantiles, rate

BOARD = Board(
    "churnwatch-desk",
    "Churnwatch / Desk",
    "What the desk stands on, how soon warnings are there, who is told, and what leaves the house.",
    (
        (
            "What it stands on",
            (
                figure("Database", "1 while it answers, at every desk.", "min(churnwatch_desk_database_up)"),
                figure("Broker", "1 while it answers, for every part.", "min(churnwatch_desk_broker_up)"),
                figure(
                    "Parts nobody does",
                    "Reading and escalating: one process leads each. Publishing is seen by the answers that wait.",
                    'count(sum by (part) (churnwatch_desk_leads{part!="outbox"}) == 0) or vector(0)',
                    worry=(1, 1),
                ),
                figure(
                    "Answers waiting",
                    "Age of the oldest that is not published.",
                    "max(churnwatch_desk_outbox_age_seconds)",
                    "s",
                    (30, 120),
                ),
                figure(
                    "Nothing due since",
                    "Seconds since all timers and steps of escalation were done.",
                    "time() - max(churnwatch_desk_timers_done_timestamp_seconds)",
                    "s",
                    (30, 120),
                ),
                figure("Open pages", "Streams of live events.", "sum(churnwatch_desk_streams)"),
            ),
        ),
        (
            "Warnings come in",
            (
                graph(
                    "Records a second",
                    "Alerts, and what the desk tells of customers and staff.",
                    rate("churnwatch_desk_records_total", "topic"),
                    unit="ops",
                    stacked=True,
                ),
                graph(
                    "Lag by topic",
                    "Records between the desk and the log's end.",
                    ("sum by (topic) (churnwatch_desk_lag_records)", "{{topic}}"),
                ),
                quantiles(
                    "From a warning's record to its row",
                    "An exemplar is the alert's id, the same as at the worker.",
                    "churnwatch_desk_arrival_seconds",
                ),
                quantiles("Time of a batch's transaction", "The database's share.", "churnwatch_desk_write_seconds"),
                graph(
                    "Dead letters and lost records, an hour",
                    "Lost: the desk was away longer than the topic keeps its records.",
                    hourly("churnwatch_desk_dead_letters_total", "topic, reason", rare=True),
                    (
                        "sum(rate(churnwatch_desk_lost_records_total[$__rate_interval])) * 3600 or vector(0)",
                        "lost",
                    ),
                ),
            ),
        ),
        (
            "Answers go out, what is due is done",
            (
                graph("Messages waiting", "In the outbox.", ("sum(churnwatch_desk_outbox_messages)", "messages")),
                graph(
                    "Messages published a second",
                    "Answers to feedback, and alerts of the desk's own.",
                    (
                        "sum by (topic) (rate(churnwatch_desk_published_total[$__rate_interval])) or vector(0)",
                        "{{topic}}",
                    ),
                    unit="ops",
                ),
                graph(
                    "Steps of escalation, an hour",
                    "Skipped: nobody to go to. Failed: the log says why.",
                    hourly("churnwatch_desk_escalations_total", "to"),
                    stacked=True,
                ),
                graph(
                    "How late a timer was",
                    "The one that fired last.",
                    ("max(churnwatch_desk_timers_late_seconds)", "late"),
                    unit="s",
                ),
            ),
        ),
        (
            "Who is told",
            (
                graph(
                    "Pushes by decision, an hour",
                    "Far more budget than now: too many warnings for too few RMs.",
                    hourly("churnwatch_desk_push_decisions_total", "how"),
                    stacked=True,
                ),
                graph(
                    "Held back and released, an hour",
                    "Released by a digest, by room in the budget, or with their storm.",
                    hourly("churnwatch_desk_pushes_released_total", "how", rare=True),
                ),
                graph(
                    "Attempts to the outside, an hour",
                    "Webhooks, mail and group robots.",
                    hourly("churnwatch_desk_notify_attempts_total", "channel, result"),
                ),
                graph(
                    "Waiting by channel",
                    "Grows while a receiver is away.",
                    ("max by (channel) (churnwatch_desk_notify_waiting)", "{{channel}}"),
                ),
                quantiles(
                    "Time of an attempt",
                    "A receiver that is slow delays nobody else.",
                    "churnwatch_desk_notify_seconds",
                    "channel",
                ),
            ),
        ),
    ),
)
