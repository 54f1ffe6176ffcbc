"""What leaves a shard for another: news of a member to the group's shard, and warnings to the members' own.

In the transaction of the batch that it comes of, to the partition of its key, so it is there exactly once.
"""

from __future__ import annotations

import msgspec

from stream.domain.events import GroupSignal, GroupWarning
from stream.domain.groups import GroupState
from stream.domain.step import Step
from stream.engine.log.partition import partition_for
from stream.engine.log.port import Message
from stream.engine.store.states import States


def hop(event: GroupSignal | GroupWarning, partitions: int, arrived: int) -> Message:
    """Return the record of a signal or a warning. `arrived`: the timestamp of the record it comes of, ms."""
    key = (event.group_id if isinstance(event, GroupSignal) else event.customer_id).encode()
    return Message(event.topic, key, msgspec.json.encode(event), (), arrived, partition_for(key, partitions))


class GroupBatch:
    """The groups of one shard in one batch."""

    def __init__(self, step: Step, states: States[GroupState]) -> None:
        """`states` hold the groups."""
        self._step = step
        self._states = states

    def take(self, signal: GroupSignal) -> list[GroupWarning] | None:
        """Take a signal and return whom to warn; `None` for a duplicate.

        Raises:
            Exception: whatever the fold raised; the group is then as it was before.
        """
        key = signal.group_id.encode()
        held = self._states.touch(key)
        group = held.state = held.state or GroupState()
        try:
            warnings = self._step.group(group, signal)
        except Exception:
            again = self._states.reload(key)
            again.state = again.state or GroupState()
            for done, _ in again.done:  # they are deterministic
                self._step.group(again.state, done)
            raise
        if warnings is not None:
            held.done.append((signal, None))
        return warnings

    def finish(self, changelog: dict[bytes, bytes | None]) -> None:
        """Encode the groups that changed; one to which nobody belongs and whom nobody left is forgotten."""
        prefix = self._states.form.prefix
        for key, held in self._states.touched():
            if held.done and held.state is not None:
                if held.state.size == 0:
                    held.state = None
                changelog[prefix + key] = self._states.encoded(held)
            held.settle()
