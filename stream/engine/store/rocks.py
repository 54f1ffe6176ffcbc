"""A shard's local store on RocksDB: states, the due index of timers, and where it stands in the changelog.

It may lag the changelog and never lead it. Keys: `c/` customer and `g/` group -> encoded state, `p/` customer -> the
cut-offs that wait for their labels, `t/` due (8 bytes) customer -> empty, `f/` digest -> when somebody was forgotten,
`m/...` -> what belongs to the shard itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rocksdict import BottommostLevelCompaction, CompactOptions, Rdict, WriteBatch, WriteOptions

from stream.domain.state import due_of
from stream.engine.store.store_memory import StoreMemory

STATE = b"c/"
GROUP = b"g/"
PENDING = b"p/"
META = b"m/"
_TIMER = b"t/"
FORGOTTEN = b"f/"
_AFTER_TIMERS = b"t0"  # '0' follows '/'
_OFFSET = b"m/changelog-offset"
_CURRENT = b"m/current-at"
_LOG = b"m/log"
_OWN_MB = 32
_MANY = 100  # keys one by one; more than that, and going through everything is quicker
_DAMAGE = ("Corruption", "No such file or directory")


class StoreDamaged(BaseException):
    """What is on the disk is not what was written. `discard` it: the changelog has everything.

    No `Exception`: a record whose step raises one is put aside as poison, and this is no fault of the record's.
    """


class Store:
    """One shard's store. Every write is one atomic batch that carries the changelog offset it brings the store to.

    Every method may raise `StoreDamaged`.
    """

    def __init__(self, path: Path, log: str | None = None, memory: StoreMemory | None = None) -> None:
        """Open or create the store in the folder `path`.

        `log`: the name of the log that it follows; what followed another is forgotten, for its offsets mean nothing
        in this one. `None`: take it as it is. `memory`: what it shares with other stores; `None`: it has its own.

        Raises:
            StoreDamaged: it cannot be read.
        """
        self._path = path
        self._log = log
        self._memory = memory or StoreMemory(_OWN_MB)
        self._gone: set[bytes] = set()  # customers whose tombstone was met while restoring
        self._open()
        if log is not None and self.offset is not None and self.get(_LOG) != log.encode():
            self.wipe()
        self._say_log()

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with _intact():
            self._db = Rdict(str(self._path), options=self._memory.options())

    def _say_log(self) -> None:
        if self._log is not None:
            with _intact():
                self._db.put(_LOG, self._log.encode())

    @property
    def offset(self) -> int | None:
        """The changelog offset after the last record in the store; `None` when it is empty."""
        found = self.get(_OFFSET)
        return None if found is None else int.from_bytes(found, "big")

    @property
    def current_at(self) -> int:
        """Wall clock, ms, of the last write; 0 when there was none."""
        return int.from_bytes(self.get(_CURRENT) or b"", "big")

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a state or meta key."""
        try:  # as `_intact` does, without its cost: this is asked for every customer
            found: bytes | None = self._db.get(key)
            return found
        except Exception as fault:
            _raise_damage(fault)
            raise

    def write(
        self,
        values: Iterable[tuple[bytes, bytes | None]],
        timers: Iterable[tuple[bytes, int, int]],
        offset: int,
        now: int,
    ) -> None:
        """Take a committed batch.

        Args:
            values: state or meta key -> value; `None` deletes.
            timers: (customer, due before, due after), 0 = none, where they differ.
            offset: the changelog offset after the batch.
            now: wall clock, ms.
        """
        batch = WriteBatch(raw_mode=True)
        for key, value in values:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        for customer, before, after in timers:
            if before:
                batch.delete(_timer(before, customer))
            if after:
                batch.put(_timer(after, customer), b"")
        self._stand_at(batch, offset, now)
        with _intact():
            self._db.write(batch)

    def load(self, chunk: Iterable[tuple[bytes, bytes | None]], offset: int, now: int) -> int:
        """Take a chunk of the changelog while restoring and return how many states were in it.

        The due index gets the new entries; stale ones stay and are recognised when they come up, because reading
        every old state would halve the speed. The write-ahead log is off: `flush` makes it last.
        """
        batch = WriteBatch(raw_mode=True)
        states = 0
        for key, value in chunk:
            if value is None:
                batch.delete(key)
                if key.startswith(STATE):
                    self._gone.add(key[len(STATE) :])
                continue
            batch.put(key, value)
            if key.startswith(STATE):
                self._gone.discard(key[len(STATE) :])
                states += 1
                due = due_of(value)
                if due:
                    batch.put(_timer(due, key[len(STATE) :]), b"")
            elif key.startswith(GROUP):
                states += 1
        self._stand_at(batch, offset, now)
        with _intact():
            self._db.write(batch, _without_log())
        return states

    def _stand_at(self, batch: Any, offset: int, now: int) -> None:
        batch.put(_OFFSET, offset.to_bytes(8, "big"))
        batch.put(_CURRENT, now.to_bytes(8, "big"))

    def timers_after(self, due: int, customer: bytes, limit: int) -> list[tuple[int, bytes]]:
        """Return up to `limit` entries of the due index that come after (`due`, `customer`), in order."""
        found: list[tuple[int, bytes]] = []
        cursor = self._db.iter()
        cursor.seek(_timer(due, customer) + b"\0")
        while cursor.valid() and len(found) < limit:
            key: bytes = cursor.key()
            if key >= _AFTER_TIMERS:
                break
            found.append((int.from_bytes(key[2:10], "big"), key[10:]))
            cursor.next()
        _went_well(cursor)
        return found

    def states(self, prefix: bytes = STATE) -> Iterator[tuple[bytes, bytes]]:
        """Yield customer (or group) and encoded state of everyone, in order of their bytes."""
        for key, value in self._entries(prefix):
            yield key[len(prefix) :], value

    def _entries(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        cursor = self._db.iter()
        cursor.seek(prefix)
        while cursor.valid():
            key: bytes = cursor.key()
            if not key.startswith(prefix):
                break
            yield key, cursor.value()
            cursor.next()
        _went_well(cursor)

    def containing(self, prefix: bytes, part: bytes, after: bytes, most: int) -> tuple[list[bytes], bytes | None]:
        """Look at up to `most` stored values for `part`: a sieve that spares decoding all of them.

        Args:
            prefix: of the keys to look at.
            part: bytes to be found anywhere in the value.
            after: go on behind this key, which is given without its prefix; empty at the beginning.
            most: values looked at.

        Returns:
            the keys found, without the prefix, and the last one looked at; `None` at the end.
        """
        found: list[bytes] = []
        cursor = self._db.iter()
        cursor.seek(prefix + after + b"\0" if after else prefix)
        for _ in range(most):
            if not cursor.valid() or not cursor.key().startswith(prefix):
                _went_well(cursor)
                return found, None
            after = cursor.key()[len(prefix) :]
            if part in cursor.value():
                found.append(after)
            cursor.next()
        return found, after

    def flush(self) -> None:
        """Make everything written last."""
        with _intact():
            self._db.flush()

    def settle(self) -> None:
        """After restoring: leave nothing in the due index of those who were forgotten meanwhile, and `flush`."""
        if gone := self._gone:
            self._gone = set()
            batch = WriteBatch(raw_mode=True)
            stale = [key for key, _ in self._entries(_TIMER) if key[10:] in gone]
            for key in stale:
                batch.delete(key)
            self._db.write(batch)
            self.purge([*stale, *(prefix + customer for prefix in (STATE, PENDING) for customer in gone)])
        self.flush()

    def purge(self, keys: Sequence[bytes]) -> None:
        """Take deleted keys out of the files too: RocksDB keeps what was deleted until it compacts.

        Blocks for some tens of ms a key, without the interpreter's lock: call it in a thread.
        """
        self._db.flush()
        if len(keys) > _MANY:
            self._db.compact_range(None, None, _whole())
            return
        for key in keys:
            self._db.compact_range(key, key + b"\0", _whole())

    def wipe(self) -> None:
        """Forget everything: the store starts anew and empty."""
        with suppress(StoreDamaged):
            self.close()
        shutil.rmtree(self._path)
        self._open()
        self._say_log()

    def size(self) -> tuple[int, int]:
        """Return the estimated number of keys and the bytes on disk."""
        keys = int(self._db.property_int_value("rocksdb.estimate-num-keys") or 0)
        return keys, int(self._db.property_int_value("rocksdb.total-sst-files-size") or 0)

    def close(self) -> None:
        """Close it; nothing may be called afterwards. A damaged one may say so only now, and is closed all the same."""
        with _intact():
            self._db.close()


def discard(path: Path) -> None:
    """Take away a store that is damaged; it must be closed."""
    shutil.rmtree(path, ignore_errors=True)


def _went_well(cursor: Any) -> None:
    """A cursor that meets a damaged block ends as one that came to the end; only its status tells."""
    with _intact():
        cursor.status()


@contextmanager
def _intact() -> Iterator[None]:
    try:
        yield
    except Exception as fault:
        _raise_damage(fault)
        raise


def _raise_damage(fault: Exception) -> None:
    """RocksDB's binding knows one class of exceptions; its words begin with the kind."""
    if any(sign in str(fault) for sign in _DAMAGE):
        raise StoreDamaged(str(fault)) from fault


def keys_of(customer: bytes, dues: Iterable[int]) -> list[bytes]:
    """Return every key under which something of a customer may have stood; `dues`: of timers, epoch ms."""
    return [STATE + customer, PENDING + customer, *(_timer(due, customer) for due in dues if due)]


def _timer(due: int, customer: bytes) -> bytes:
    return _TIMER + due.to_bytes(8, "big") + customer


def _whole() -> Any:
    """Rewrite the last level too: a file that is moved there as it is keeps what was deleted."""
    options = CompactOptions()
    options.set_bottommost_level_compaction(BottommostLevelCompaction.force())
    return options


def _without_log() -> Any:
    options = WriteOptions()
    options.disable_wal = True
    return options
