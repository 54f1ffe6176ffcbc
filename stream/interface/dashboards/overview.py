"""The overview: is all well, and what flows."""

from __future__ import annotations

from stream.interface.dashboards.board import Board, figure, graph, quantiles, rate, table

_OURS = '{job=~"churnwatch-.*"}'

BOARD = Board(
    "churnwatch-overview",
    "Churnwatch / Overview",
    "Is all well, and what flows: the page for the wall.",
    (
        (
            "Is all well?",
            (
                figure(
                    "Alerts firing",
                    "Of the rules in deploy/prometheus; each has a section in the runbook.",
                    'count(ALERTS{alertstate="firing", alertname=~"Churnwatch.*"}) or vector(0)',
                    worry=(1, 3),
                ),
                figure(
                    "Processes away",
                    "Workers, trainer and desks that do not answer a scrape.",
                    f"count(up{_OURS} == 0) or vector(0)",
                    worry=(1, 1),
                ),
                figure(
                    "Shards that run nowhere",
                    "Their customers get no warnings.",
                    'max(churnwatch_partitions) - sum(churnwatch_shards{condition="running"})',
                    worry=(1, 2),
                ),
                figure(
                    "Records behind",
                    "Lag over all shards and topics.",
                    "sum(churnwatch_lag_records)",
                    "short",
                    (5000, 50_000),
                ),
                figure(
                    "Arrival to commit, p99",
                    "From a record's arrival at the broker to the commit of its batch.",
                    "churnwatch:end_to_end_seconds:p99_5m",
                    "s",
                    (5, 30),
                ),
                figure(
                    "Dead letters",
                    "Within what is shown: records that could not be read or handled. They can be sent again.",
                    'sum(increase(churnwatch_events_total{result="dead-letter"}[$__range]))',
                    worry=(1, 100),
                ),
            ),
        ),
        (
            "What flows",
            (
                graph(
                    "Events a second by topic",
                    "A topic that falls to nothing looks like customers falling silent.",
                    rate("churnwatch_events_total", "topic"),
                    unit="ops",
                    stacked=True,
                ),
                graph(
                    "Events a second by what became of them",
                    "Duplicates are repeats of an event id; dead letters need a look.",
                    rate("churnwatch_events_total", "result"),
                    unit="ops",
                ),
                quantiles(
                    "Arrival to commit",
                    "An exemplar is an alert's id, the same as in the desk's histogram and the worker's debug log.",
                    "churnwatch_end_to_end_seconds",
                ),
                graph(
                    "Lag by topic",
                    "Records between the shards and the log's end.",
                    ("sum by (topic) (churnwatch_lag_records)", "{{topic}}"),
                ),
                graph(
                    "Warnings opened an hour",
                    "By severity.",
                    (
                        'sum by (severity) (rate(churnwatch_alerts_total{state="opened"}[$__rate_interval])) * 3600',
                        "{{severity}}",
                    ),
                    stacked=True,
                ),
                quantiles(
                    "Warning to the desk", "From an alert's record to its row.", "churnwatch_desk_arrival_seconds"
                ),
            ),
        ),
        (
            "Processes",
            (
                graph(
                    "CPU",
                    "Cores in use; a worker uses little more than one.",
                    (f"rate(process_cpu_seconds_total{_OURS}[$__rate_interval])", "{{job}} {{instance}}"),
                ),
                graph(
                    "Memory",
                    "Resident.",
                    (f"process_resident_memory_bytes{_OURS}", "{{job}} {{instance}}"),
                    unit="bytes",
                ),
                graph(
                    "Open files",
                    "Against the limit: a store keeps some hundred open.",
                    (f"process_open_fds{_OURS}", "{{job}} {{instance}}"),
                ),
                table("Versions", "What runs where.", f"churnwatch_build_info{_OURS}"),
            ),
        ),
    ),
)
