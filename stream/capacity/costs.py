"""What things cost, each with where the figure comes from (`deploy/docs/performance.md` unless said otherwise)."""

from __future__ import annotations

EVENT_US = 21
"""Of a core, an event through fetch, merge and step with 27 rules, scores apart; see `CHANGE_US`."""

CHANGE_US, CHANGE_US_PER_KB = 16, 9
"""Of a core, a customer whom a batch has changed, once however many of its events were theirs: the state encoded,
compressed, sent and stored. Fitted with `EVENT_US` to 20,000 customers over 1, 4 and 64 partitions (0.94, 0.72 and 0.07
changes an event), and held against 100,000 and a million: within 7 % (`python -m tests.benchmarks.scale`)."""

MISS_US, MISS_US_PER_KB = 21, 69
"""Of a core, a changed customer more whose state is not in memory: read from the store, and decoded. 21 and 193 for
states of 2,810 bytes (100,000 in a store, 20,000 read at random, 2026-11-28)."""

SCORE_US = 167
"""Of a core, a score with its reasons in a stream."""

STATE_BYTES = 3_435
"""Mean of a customer's stored state after 420 days (200 customers, seed 2, all rules), measured 2026-11-28."""

STATE_ZSTD = 2.0
"""How many times smaller states are on the changelog, by zstd; the same 200 states."""

DECODED_BYTES = 55_360
"""Of memory such a state takes in a worker that keeps it: as `engine.cache_mb` reckons."""

WORKER_BYTES = 850 << 20
"""Of memory a worker takes at full load beside the decoded states it keeps: stores, batches under way, records waiting.
Resident, rounded up from 845 MB after 22 minutes with a backlog (`python -m tests.benchmarks.soak`). It has been 587
since less is read ahead; the rest is left for what was not measured: restoring meanwhile, other loads."""

RESTORE_STATES_PER_S = 60_000
"""Read from the changelog by one worker, states of `STATE_BYTES`, rounded down: 5.7 µs a state and 2.3 a kB, from
157,441 a second of 287 bytes and 125,311 of 994."""

EVENT_BYTES = 250
"""Of a JSON record with its key; 213 in the throughput load, 276 a line of the simulated town with its frame."""

STORE_AMPLIFICATION = 1.5
"""A store's room on disk over its states, with what is being compacted: 0.9 to 1.9 was seen."""

LOG_AMPLIFICATION = 2.0
"""Assumed, not measured: a compacted changelog over one record a state, before the cleaner comes by."""

SESSION_S = 30
"""Until a worker that is gone is missed: `engine.session_timeout_ms` as shipped."""

BROKER_BYTES_PER_S = 50 << 20
"""Assumed, not measured: what one broker takes in with its disk and network half idle, copies included."""

BROKER_REPLICAS = 4_000
"""Assumed: of partitions on one broker; the project's own advice was so many, and newer ones bear more."""
