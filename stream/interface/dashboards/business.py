"""Warnings: how many of which kind, what holds them back, and what could not be read."""

from __future__ import annotations

from stream.interface.dashboards.board import Board, Choice, bars, figure, graph, hourly, rate, risen

_CHOSEN = '{kind=~"$kind"}'
_OPENED = '{kind=~"$kind", state="opened"}'

BOARD = Board(
    "churnwatch-alerts",
    "Churnwatch / Alerts and business",
    "How many warnings of which kind, what holds them back, and what could not be read.",
    (
        (
            "Warnings",
            (
                figure("Opened", "Within what is shown.", risen("churnwatch_alerts_total", "", _OPENED)),
                figure(
                    "Held back",
                    "By a stage of the policy, within what is shown.",
                    risen("churnwatch_suppressed_total", "", _CHOSEN) + " or vector(0)",
                ),
                figure(
                    "Opened for 1,000 events",
                    "A jump means that a source changed its meaning, or a threshold did.",
                    f"1000 * {risen('churnwatch_alerts_total', '', _OPENED)}"
                    f' / (sum(increase(churnwatch_events_total{{result="handled"}}[$__range])) > 0)',
                ),
                graph(
                    "Opened by kind, an hour",
                    "What RMs are warned of.",
                    hourly("churnwatch_alerts_total", "kind", _OPENED),
                    stacked=True,
                ),
                graph(
                    "By what happens to them, an hour",
                    "Opened without resolved or expired in the long run: episodes pile up.",
                    hourly("churnwatch_alerts_total", "state", _CHOSEN),
                ),
                bars(
                    "Most frequent kinds",
                    "Opened within what is shown.",
                    f"topk(15, {risen('churnwatch_alerts_total', 'kind', _OPENED)})",
                    "{{kind}}",
                ),
                bars(
                    "By severity",
                    "Opened within what is shown.",
                    risen("churnwatch_alerts_total", "severity", _OPENED),
                    "{{severity}}",
                ),
            ),
        ),
        (
            "What is not said",
            (
                graph(
                    "Held back by stage, an hour",
                    "Far more than usual: churnwatch control show.",
                    hourly("churnwatch_suppressed_total", "stage", _CHOSEN),
                    stacked=True,
                ),
                graph(
                    "Of rules on trial, an hour",
                    "What rules in shadow would have sent.",
                    hourly("churnwatch_shadow_alerts_total", "kind", rare=True),
                ),
                graph(
                    "Dead letters by reason, an hour",
                    "churnwatch deadletters list.",
                    hourly("churnwatch_dead_letters_total", "topic, reason", rare=True),
                    stacked=True,
                ),
                graph(
                    "Operators' commands",
                    "Refused ones are dead-lettered with the reason.",
                    (
                        f"{risen('churnwatch_control_commands_total', 'command, result')} or vector(0)",
                        "{{command}} {{result}}",
                    ),
                ),
            ),
        ),
        (
            "What the model learns from",
            (
                graph(
                    "Examples by outcome, an hour",
                    "Nothing for the first horizon (90 days of event time).",
                    hourly("churnwatch_examples_total", "outcome", rare=True),
                    stacked=True,
                ),
                graph(
                    "Cut-offs and scores a second",
                    "Each cut-off becomes an example when its label is known.",
                    ("sum(rate(churnwatch_cutoffs_total[$__rate_interval]))", "cut-offs"),
                    rate("churnwatch_scores_total", "occasion"),
                    unit="ops",
                ),
            ),
        ),
    ),
    (Choice("kind", "churnwatch_alerts_total"),),
)
