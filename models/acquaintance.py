"""Who has been learned from already."""

from __future__ import annotations

from xxhash import xxh3_64_intdigest

_BITS = 1 << 23  # 1 MiB; with 100 000 customers one in eighty newcomers is taken for known, and passed over


class Acquaintance:
    """A set of customers that may take a stranger for known, never the other way round (a Bloom filter of one hash).

    A model that has learned a customer's last cut-off knows the next one nearly by heart: its score at arrival says
    nothing of what it would have said at the cut-off, unless the customer is new to it.
    """

    def __init__(self) -> None:
        """Nobody is known."""
        self._bits = bytearray(_BITS >> 3)

    def meet(self, customer: str) -> bool:
        """Tell whether the customer is new, and know them from now on."""
        place = xxh3_64_intdigest(customer.encode()) & (_BITS - 1)
        byte, mask = place >> 3, 1 << (place & 7)
        new = not self._bits[byte] & mask
        self._bits[byte] |= mask
        return new
