"""What our HTTP servers log of requests that went wrong: of which kind and where, never what was in them.

aiohttp logs a request that breaks HTTP's rules with the line that is wrong in it: an address with a customer's id, a
cookie, a token.
"""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError

from stream.faults import describe

_NAME = "stream.http"


class Wordless(logging.Filter):
    """Takes the words of a fault out of a record and leaves its kind; a bad request is nobody's alarm."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through."""
        fault = record.exc_info[1] if record.exc_info else None
        if isinstance(fault, HttpProcessingError):
            record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
            record.msg, record.args = "a request that is none: %s", (type(fault).__name__,)
        elif isinstance(fault, Exception):
            record.msg, record.args = "a request could not be answered: %s", (describe(fault),)
        record.exc_info = record.exc_text = None
        return True


def http_logger() -> logging.Logger:
    """Return the logger for `AppRunner(logger=...)`."""
    logger = logging.getLogger(_NAME)
    if not any(isinstance(known, Wordless) for known in logger.filters):
        logger.addFilter(Wordless())
    return logger
