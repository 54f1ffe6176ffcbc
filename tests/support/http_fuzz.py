"""Hostile requests, byte by byte, at a server that really listens: whatever comes, an answer and no trace."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.effort import EFFORT

_PARAMETER = re.compile(r"\{[^}]*\}")
_TRACES = (b"Traceback (most recent", b'File "/', b"site-packages")

_NASTY = st.sampled_from(
    ["", "..", "%00", "%2e%2e%2f", "'--", "\u0000", "\U0001f600", "NaN", "-1", "9" * 40, "1e999", "<script>", "%ff%fe"]
)  # fmt: skip
_TEXT = _NASTY | st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=8,
)
_HEADERS = (
    "Accept", "Accept-Language", "Last-Event-ID", "If-None-Match", "X-Forwarded-For", "X-Forwarded-Proto", "Origin",
    "Sec-Fetch-Site", "Range", "Content-Encoding", "Authorization", "Cookie", "Expect", "Transfer-Encoding",
    "HX-Request", "X-Churnwatch-Forwarded", "Referer",
)  # fmt: skip
_TYPES = (
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/csv",
    "application/json; charset=utf-7", "nonsense",
)  # fmt: skip


@dataclass
class Seen:
    """What was asked and how it was answered: status -> how often."""

    statuses: dict[int, int] = field(default_factory=dict)


def _visible(text: str) -> bytes:
    """Return what may stand in a request's line or header without ending it."""
    return text.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"%00")


@st.composite
def requests(draw: st.DrawFn, paths: Sequence[str], fields: Sequence[str], headers: Sequence[str]) -> bytes:
    """Draw a request's bytes: a known path with anything in its places, or any path; any query, headers and body."""
    template = draw(st.sampled_from(paths) | _TEXT.map(lambda text: f"/{text}"))
    raw = draw(st.booleans())
    path = _PARAMETER.sub(lambda _: draw(_TEXT) if raw else quote(draw(_TEXT), safe=""), template)
    pairs = draw(st.lists(st.tuples(st.sampled_from(fields) | _TEXT, _TEXT), max_size=4))
    query = "&".join(f"{quote(key, safe='')}={quote(value, safe='%')}" for key, value in pairs)
    method = draw(st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "\u00e9"]))
    body = draw(st.just(b"") | st.binary(max_size=60) | _JSON.map(orjson.dumps) | st.just(query.encode()))
    lines = [
        b"%b %b HTTP/1.1" % (_visible(method), _visible(path.replace(" ", "%20") + (f"?{query}" if query else "")))
    ]
    lines += [b"Host: 127.0.0.1", b"Connection: close", b"Content-Length: %d" % len(body)]
    lines += [b"Content-Type: " + draw(st.sampled_from(_TYPES)).encode()]
    lines += [line.encode() for line in headers]
    more = draw(st.dictionaries(st.sampled_from(_HEADERS), _TEXT, max_size=3))
    lines += [b"%b: %b" % (name.encode(), _visible(value)) for name, value in more.items()]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def attack(
    port: int, paths: Sequence[str], *, fields: Sequence[str] = ("q",), headers: Sequence[str] = (), count: int = 100,
    may: frozenset[int] = frozenset(),
) -> Seen:  # fmt: skip
    """Send drawn requests; blocks. `may`: statuses of 500 and more that are right here.

    Raises:
        AssertionError: an answer of 500 or more, or one that shows a trace; Hypothesis has made the request small.
    """
    seen = Seen()

    @settings(max_examples=count * EFFORT, suppress_health_check=list(HealthCheck), deadline=None)
    @given(requests(paths, fields, headers))
    def one(request: bytes) -> None:
        status, answer = send(port, request)
        seen.statuses[status] = seen.statuses.get(status, 0) + 1
        assert status < 500 or status in may, (request, answer[:400])
        assert not [trace for trace in _TRACES if trace in answer], (request, answer[:2000])

    one()
    return seen


def send(port: int, request: bytes) -> tuple[int, bytes]:
    """Send bytes and return status and what came within a moment; a stream is left after its head."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(request)
        answer = b""
        while True:
            try:
                some = connection.recv(65_536)
            except TimeoutError:
                break
            answer += some
            if not some or b"text/event-stream" in answer or len(answer) > 200_000:
                break
    found = re.match(rb"HTTP/1\.[01] ([0-9]{3})", answer)
    return (int(found[1]) if found else 0), answer
