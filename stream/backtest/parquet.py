"""Alerts and feedback as Parquet, for the analyst's own tools.

`alerts`: one row an alert, the fields of the envelope as columns, `body` the whole of it as JSON; beside them which
configuration it comes of and what the truth says of the customer. `feedback`: the input's feedback events. Times are
UTC timestamps in ms. An empty table has the same columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from stream.backtest.episodes import epoch_ms
from stream.backtest.labels import Label
from stream.backtest.run import Outcome

_TIME = pa.timestamp("ms", tz="UTC")
_TEXT = pa.string()
_EVER = 1 << 62

ALERTS = pa.schema(
    [
        ("config", _TEXT),
        ("alert_id", _TEXT),
        ("episode_id", _TEXT),
        ("sequence", pa.int32()),
        ("state", _TEXT),
        ("kind", _TEXT),
        ("severity", _TEXT),
        ("priority", pa.int8()),
        ("customer_id", _TEXT),
        ("rm_id", _TEXT),
        ("branch_id", _TEXT),
        ("routes", pa.list_(_TEXT)),
        ("event_time", _TIME),
        ("due", _TIME),
        ("title_zh", _TEXT),
        ("title_en", _TEXT),
        ("reason_zh", _TEXT),
        ("reason_en", _TEXT),
        ("evidence", _TEXT),
        ("rule_version", pa.int32()),
        ("score", pa.float64()),
        ("grade", _TEXT),
        ("model_version", _TEXT),
        ("causes", pa.list_(_TEXT)),
        ("left_at", _TIME),
        ("left_within_horizon", pa.bool_()),
        ("body", _TEXT),
    ]
)
FEEDBACK = pa.schema(
    [
        ("event_id", _TEXT),
        ("customer_id", _TEXT),
        ("time", _TIME),
        ("action_id", _TEXT),
        ("episode_id", _TEXT),
        ("actor", _TEXT),
        ("action", _TEXT),
        ("until", _TIME),
        ("outcome", _TEXT),
        ("loss_reason", _TEXT),
        ("reason_source", _TEXT),
        ("text", _TEXT),
    ]
)


def write_alerts(path: Path, outcomes: Iterable[Outcome], label: Label) -> int:
    """Write every configuration's alerts in order of event time and return how many."""
    left = label.leavers(0, _EVER)
    rows = [_alert(outcome.name, body, label, left) for outcome in outcomes for body in outcome.alerts]
    rows.sort(key=lambda row: (row["config"], row["event_time"], row["episode_id"], row["sequence"]))
    return _write(path, rows, ALERTS)


def write_feedback(path: Path, events: Iterable[dict[str, Any]]) -> int:
    """Write feedback events by time and return how many."""
    rows = []
    for event in events:
        row = {name: event.get(name) for name in FEEDBACK.names}
        row["time"] = epoch_ms(event["time"])
        row["until"] = None if event.get("until") is None else epoch_ms(event["until"])
        rows.append(row)
    return _write(path, sorted(rows, key=lambda row: row["time"]), FEEDBACK)


def _alert(config: str, body: dict[str, Any], label: Label, left: dict[str, int]) -> dict[str, Any]:
    time, step = epoch_ms(body["event_time"]), body.get("next_step")
    row = {name: body.get(name) for name in ALERTS.names}
    return row | {
        "config": config,
        "event_time": time,
        "due": epoch_ms(step["due"]) if step else None,
        "title_zh": body["title"]["zh"],
        "title_en": body["title"]["en"],
        "reason_zh": body["reason"]["zh"],
        "reason_en": body["reason"]["en"],
        "evidence": orjson.dumps(body["evidence"]).decode(),
        "left_at": left.get(body["customer_id"]),
        "left_within_horizon": label.leaves(body["customer_id"], time),
        "body": orjson.dumps(body).decode(),
    }


def _write(path: Path, rows: list[dict[str, Any]], schema: Any) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")
    return len(rows)
