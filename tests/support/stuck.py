"""A worker whose first batch with a record in it never ends: `python -m support.stuck`.

`STUCK_BY` says how: `await` (something never comes), `thread` (a call that blocks the event loop) or `lock` (C code
that never gives the interpreter's lock back). Everything else is the worker as it is shipped.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
from typing import Any

from stream.engine.kafka.log import KafkaShardLog
from stream.engine.log.port import Output


async def never(log: KafkaShardLog, output: Output) -> Any:
    """Hang in place of a commit."""
    match os.environ["STUCK_BY"]:
        case "await":
            await asyncio.Event().wait()
        case "thread":
            threading.Event().wait()
        case "lock":
            re.match("(a+)+$", "a" * 60 + "b")


if __name__ == "__main__":
    KafkaShardLog.commit = never  # type: ignore[method-assign, assignment]
    from stream.cli.worker import command

    command(config=None)
