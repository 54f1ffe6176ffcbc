"""What to begin with: documented examples of every topic, and bytes that parsers have tripped over elsewhere."""

from __future__ import annotations

import orjson

from stream.interface import examples as documented

NOW = 1_772_800_000_000

KNOWN = [
    *(dict(one) for given_ in documented.EVENTS.values() for one in given_),
    *(dict(one) for one in (documented.ALERT, documented.DESK_ALERT, documented.TRAINING, documented.SNAPSHOT)),
    *(dict(one) for one in (documented.PIN, documented.CHAMPION, documented.RULE_OVERRIDE, documented.SILENCE)),
    {"event_id": "e", "time": 1, "command": "set_rule", "actor": "a", "arguments": {"rule": "r", "params": {}}},
]

SEEDS: tuple[bytes, ...] = (
    b"",
    b"{}",
    b"null",
    b"[[[[[[[[[[[[",
    b"\xff\xfe",
    b'{"version":"\xb0","name":"\xb0","url":"\xb0"}',
    b'{"params":{"\xb0":1},"silence":{"id":"\xb0"},"at":1,"event_id":"\xb0"}',
    orjson.dumps({"event_id": "e", "customer_id": "c", "time": NOW, "amount": 1, "direction": "out"}),
    orjson.dumps({"event_id": "e", "time": NOW, "command": "silence", "actor": "a", "arguments": {"until": "x"}}),
    b'[kafka]\nbootstrap = "a:1"\n',
)
