"""The demo's link in the browser of who looks."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import webbrowser


async def browsed(link: str) -> bool:
    """Open a link in the browser of who looks, `$BROWSER` first, and tell whether there is one.

    Some browsers give the terminal back only when they are closed: the thread that waits for one keeps no demo alive.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[bool] = loop.create_future()

    def say(there: bool) -> None:
        if not found.done():
            found.set_result(there)

    def browse() -> None:
        try:
            there = webbrowser.open(link)
        except (webbrowser.Error, OSError):
            there = False
        with contextlib.suppress(RuntimeError):  # the demo is over
            loop.call_soon_threadsafe(say, there)

    threading.Thread(target=browse, daemon=True).start()
    return await found
