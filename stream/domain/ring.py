"""A bounded run of numbered places (days, weeks, months), the newest first, empty ones `None`.

Stored without its numbers but the newest: a dense run of 92 days costs no key bytes, and its bound is its length.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Ring(Struct, Generic[T], array_like=True):
    """`items[i]` belongs to number `newest - i`; there is no trailing `None`."""

    newest: int = 0
    items: list[T | None] = []

    def get(self, number: int) -> T | None:
        """Return what stands at `number`."""
        index = self.newest - number
        return self.items[index] if 0 <= index < len(self.items) else None

    def put(self, number: int, item: T, size: int, newest: int) -> None:
        """Put `item` at `number` and keep the `size` places up to `newest`; what lies before them is dropped.

        `newest` is the newest number there is anywhere, so that a late item does not outlive its window.
        """
        items = self.items
        if items and number >= newest:  # mostly it is the newest itself, or the one after it
            ahead = number - self.newest
            if ahead == 0:
                items[0] = item
                return
            if ahead == 1:
                items.insert(0, item)
                self.newest = number
                if len(items) > size:
                    self._advance(number, size)
                return
        self._advance(max(number, newest), size)
        index = self.newest - number
        if index >= size:
            return
        if index >= len(self.items):
            self.items.extend([None] * (index + 1 - len(self.items)))
        self.items[index] = item

    def _advance(self, to: int, size: int) -> None:
        if not self.items:
            self.newest = to
        elif to > self.newest:
            self.items[:0] = [None] * min(to - self.newest, size)
            self.newest = to
        del self.items[size:]
        while self.items and self.items[-1] is None:
            self.items.pop()

    def numbered(self) -> Iterator[tuple[int, T]]:
        """Yield (number, item), the newest first, without the empty places."""
        newest = self.newest
        for index, item in enumerate(self.items):
            if item is not None:
                yield newest - index, item

    def oldest(self) -> int | None:
        """Return the lowest number that has an item."""
        return self.newest - len(self.items) + 1 if self.items else None
