"""The desk's database goes away and comes back."""

from __future__ import annotations

import random
import signal

from chaos.faults.base import Fault, pause
from chaos.stack import Stack


class DatabaseAway(Fault):
    """The server of the desk's rows ends as by a power cut, and is started again."""

    name = "database-away"
    postgresql = True

    async def strike(self, stack: Stack, rng: random.Random) -> None:
        server = stack.server
        assert server is not None, "the schedule has one"
        server.stop(signal.SIGQUIT)
        await pause(rng, 2, 8)
        server.start()
