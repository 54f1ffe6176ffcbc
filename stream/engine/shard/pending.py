"""The cut-offs of one shard that wait for their labels, in one batch: read and written only when the model asks."""

from __future__ import annotations

from models.pending import Pending
from stream.engine.store.states import States


class PendingBatch:
    """The pending entries that a batch touches; the model changes them in place."""

    def __init__(self, states: States[Pending]) -> None:
        """`states` hold them."""
        self._states = states
        self._known: set[bytes] = set()  # of those touched, who has a record in the store

    def pending(self, customer: str) -> Pending:
        """Return a customer's entries, which become part of the batch."""
        key = customer.encode()
        held = self._states.touch(key)
        if held.state is None:
            held.state = Pending()
        elif not held.done:
            self._known.add(key)
        held.done.append((None, None))
        return held.state

    def undo(self, customer: bytes) -> None:
        """Take a customer's entries back to before the batch, if it touched them; the good steps are done again."""
        held = self._states.touched_one(customer)
        if held is not None:
            self._states.reload(customer)

    def forget(self, customer: bytes) -> None:
        """Drop what a forgotten customer left."""
        if self._states.look(customer) is not None:
            self.pending(customer.decode()).entries.clear()

    def finish(self, changelog: dict[bytes, bytes | None]) -> None:
        """Encode what was touched; of whom nothing waits any more, the record goes."""
        form = self._states.form
        for key, held in self._states.touched():
            held.settle()
            if held.state is not None and held.state.entries:
                changelog[form.prefix + key] = form.encode(held.state)
            elif key in self._known:
                changelog[form.prefix + key] = None
