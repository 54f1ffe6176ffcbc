"""The shards: which one lags, stands still, restores or grows."""

from __future__ import annotations

from stream.interface.dashboards.board import Board, Choice, graph, quantiles, rate

_CHOSEN = '{shard=~"$shard"}'

BOARD = Board(
    "churnwatch-shards",
    "Churnwatch / Shards",
    "Which shard lags, stands still, restores or grows.",
    (
        (
            "Progress",
            (
                graph(
                    "Lag by shard",
                    "One shard far above the others has a customer with very many events, or stands still.",
                    (f"sum by (shard) (churnwatch_lag_records{_CHOSEN})", "{{shard}}"),
                ),
                graph(
                    "Offsets a second by shard",
                    "0 with lag above: it makes no progress, and its watchdog will end the process.",
                    (f"sum by (shard) (deriv(churnwatch_position_offset{_CHOSEN}[$__rate_interval]))", "{{shard}}"),
                    unit="ops",
                ),
                graph(
                    "Event time behind the clock",
                    "The newest event time of each shard that had events; idle, it follows the clock after a minute.",
                    (f"time() - (max by (shard) (churnwatch_stream_timestamp_seconds{_CHOSEN}) > 0)", "{{shard}}"),
                    unit="s",
                ),
                graph(
                    "Shards by condition",
                    "Restoring ones give no warnings.",
                    ("sum by (condition) (churnwatch_shards)", "{{condition}}"),
                    ("max(churnwatch_partitions)", "all there are"),
                ),
            ),
        ),
        (
            "Batches",
            (
                graph(
                    "Transactions a second",
                    "One a batch.",
                    ("sum by (instance) (rate(churnwatch_batch_events_count[$__rate_interval]))", "{{instance}}"),
                    unit="ops",
                ),
                graph(
                    "Events in a batch",
                    "At engine.batch_events the shard is at its limit.",
                    (
                        "sum by (instance) (rate(churnwatch_batch_events_sum[$__rate_interval]))"
                        " / (sum by (instance) (rate(churnwatch_batch_events_count[$__rate_interval])) > 0)",
                        "{{instance}}",
                    ),
                ),
                quantiles(
                    "Time of a batch by phase",
                    "step: rules and policy; transaction: the broker; store: the disk.",
                    "churnwatch_batch_phase_seconds",
                    "phase",
                ),
                graph(
                    "Customers whose timers fired, a second",
                    "Silence, unanswered complaints, maturing products: what nobody sent.",
                    ("sum(rate(churnwatch_timers_fired_total[$__rate_interval]))", "timers"),
                    unit="ops",
                ),
            ),
        ),
        (
            "State",
            (
                graph(
                    "Keys in the store",
                    "States, what waits and timers, as the store reckons: more than there are until it compacts.",
                    (f"sum by (shard) (churnwatch_states{_CHOSEN})", "{{shard}}"),
                    stacked=True,
                ),
                graph(
                    "Stores on disk",
                    "After compaction; leave as much free again.",
                    (f"sum by (shard) (churnwatch_state_bytes{_CHOSEN})", "{{shard}}"),
                    unit="bytes",
                    stacked=True,
                ),
                graph(
                    "Restore progress",
                    "1 when the changelog is read.",
                    (f"min by (shard) (churnwatch_restore_progress_ratio{_CHOSEN})", "{{shard}}"),
                    unit="percentunit",
                ),
                graph(
                    "States restored a second",
                    "From the changelog; some 80,000 a worker.",
                    ("sum by (instance) (rate(churnwatch_restored_states_total[$__rate_interval]))", "{{instance}}"),
                    unit="ops",
                ),
                graph(
                    "Shards given up",
                    "Revoked and stopped are part of a rollout; fenced and failed are not.",
                    rate("churnwatch_shard_ends_total", "reason"),
                    unit="ops",
                ),
            ),
        ),
    ),
    (Choice("shard", "churnwatch_lag_records"),),
)
