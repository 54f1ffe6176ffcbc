"""One engine, one round: its process watched from outside, in the same way for every engine."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

SAMPLE_S = 0.05
STALLED_S = 120.0
_STOP_S = 60.0
_SAMPLE = re.compile(r"^(\w+)(\{[^}]*\})? (\S+)$", re.MULTILINE)


class EngineFailed(RuntimeError):
    """An engine ended or stood still; the message holds the end of its log."""


@dataclass(frozen=True)
class Run:
    """One measured run. Everything counts from the first sample that showed a handled event to the one with the last.

    Attributes:
        events: handled between these two samples.
        seconds: wall clock between them.
        cpu_s: CPU time of the process between them, its threads included.
        start_s: from the start of the process to the first sample, outside of the measurement.
        peak_mb: largest resident size seen.
        broker_s: CPU time of the broker meanwhile.
        others: cores that anybody else kept busy meanwhile; above some 0.2 the wall clock says little.
        phases: seconds by phase, where the engine tells.
        counts: cut-offs, and what became of them, of a worker.
    """

    engine: str
    events: int
    seconds: float
    cpu_s: float
    start_s: float
    peak_mb: float
    broker_s: float
    others: float
    phases: dict[str, float] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU microseconds an event."""
        return self.cpu_s / self.events * 1e6


@dataclass(frozen=True)
class _Sample:
    """Everything at one moment, seconds of CPU and of the clock."""

    count: int
    at: float
    engine_s: float
    broker_s: float
    ours_s: float
    machine_s: float


def watch(
    engine: str, pid: int, broker_pid: int, handled: Callable[[], int], alive: Callable[[], None], total: int
) -> Run:
    """Sample a running engine until it has handled `total` events.

    Args:
        engine: its name.
        pid: its process.
        broker_pid: the broker's process.
        handled: tells how many events it has handled.
        alive: raises when it has ended.
        total: how many it is to handle.

    Raises:
        EngineFailed: it ended, or handled nothing for `STALLED_S`.
    """
    process, broker, own = psutil.Process(pid), psutil.Process(broker_pid), psutil.Process()
    began = time.monotonic()
    first: _Sample | None = None
    last, last_at, peak = 0, began, 0
    while True:
        alive()
        count = handled()
        now = time.monotonic()
        sample = _Sample(count, now, _cpu(process), _cpu(broker), _cpu(own), _machine())
        peak = max(peak, process.memory_info().rss)
        if count > last:
            last, last_at = count, now
        elif now - last_at > STALLED_S:
            raise EngineFailed(f"{engine} stands at {count} of {total} events for {STALLED_S:g} s")
        first = first or (sample if count else None)
        if first is not None and count >= total:
            if first is sample:
                raise EngineFailed(f"{engine} handled everything between two samples: give it more events")
            return _run(engine, first, sample, first.at - began, peak / 1e6)
        time.sleep(SAMPLE_S)


def _run(engine: str, first: _Sample, last: _Sample, start_s: float, peak_mb: float) -> Run:
    seconds = last.at - first.at
    cpu, broker = last.engine_s - first.engine_s, last.broker_s - first.broker_s
    others = last.machine_s - first.machine_s - cpu - broker - (last.ours_s - first.ours_s)
    return Run(engine, last.count - first.count, seconds, cpu, start_s, peak_mb, broker, max(0.0, others / seconds))


def stop(process: subprocess.Popen[bytes]) -> None:
    """End an engine: SIGTERM, and SIGKILL where that does not do it."""
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def scrape(url: str) -> dict[str, float]:
    """Return the samples of a metrics page by name and labels; empty while nobody answers."""
    with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
        with urllib.request.urlopen(url, timeout=10) as answer:
            page = answer.read().decode()
        return {name + labels: float(value) for name, labels, value in _SAMPLE.findall(page)}
    return {}


def tail(log: Path, lines: int = 30) -> str:
    """Return the end of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _machine() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
