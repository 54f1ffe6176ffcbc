"""Who is left without contact on purpose, so that what contacts change can be measured."""

from __future__ import annotations

from hashlib import blake2b

_ALL = 1 << 32


def held_out(customer: str, share: float) -> bool:
    """Tell whether the customer belongs to the hold-out of `share` (0 to 1): the same ones always, by their id's hash.

    A larger share holds out those of a smaller one, too.
    """
    if not share:
        return False
    place = int.from_bytes(blake2b(customer.encode(), digest_size=4, person=b"hold-out").digest(), "big")
    return place < share * _ALL
