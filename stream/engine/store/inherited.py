"""What a shard finds when it opens must be its own, and whole: otherwise it does not begin."""

from __future__ import annotations

from stream.engine.log.port import Opening
from stream.engine.store.meta import ShardMeta
from stream.topics import INPUTS


class ForeignChangelog(RuntimeError):
    """The changelog is another group's; the message says what to do."""


class OffsetsLost(RuntimeError):
    """The group has no offset where the shard has read; the message says what to do."""


class ChangelogLost(RuntimeError):
    """The changelog lacks what was once in it; the message says what to do."""


_MEND = (
    "Stop every worker, then build the states again from what the topics still hold: "
    "churnwatch group rewind --to earliest (runbook: A changelog that lost records)"
)


def superseded(known: ShardMeta | None, rewound: bytes | None) -> bool:
    """Tell whether a store is from before the last `group rewind`, whose mark is `rewound`.

    By its offset alone it may seem up to date: one that stood at the changelog's very end still does.
    """
    return known is not None and rewound is not None and (known.begins is None or known.begins < int(rewound))


def check(known: ShardMeta | None, opening: Opening, group: str, rewound: bytes | None) -> None:
    """Refuse a changelog that cannot be gone on from; `known`: what it says of the shard, if anything.

    A compacted log never loses its beginning by itself: where it begins later than the shard did, or says nothing of a
    shard whose group has gone on, records were deleted. Only `group rewind` may do that, and leaves a mark.

    Raises:
        ForeignChangelog: it is another group's.
        ChangelogLost: records are gone.
        OffsetsLost: the broker has forgotten the group's offset of a topic that the shard has read.
    """
    if known is None:
        if opening.begun and rewound is None:
            raise ChangelogLost(f"the changelog is empty, but group {group} has taken records. {_MEND}")
        return
    if known.group not in ("", group):  # empty: an older build's
        raise ForeignChangelog(
            f"the changelog holds the states of group {known.group}, not of {group}: "
            "give this group topics of its own (topics.prefix), or delete state-changelog to begin anew"
        )
    if gone := [topic for topic in INPUTS if known.positions.get(topic, 0) and topic not in opening.committed]:
        raise OffsetsLost(
            f"group {group} has no offset any more in {', '.join(gone)}, which it has read. Either the topic was made "
            "anew: stop every worker, churnwatch group skip-lost, then start again. Or the group's offsets were "
            "deleted: start again, the shards know where they stood"
        )
    if known.begins is not None and opening.changelog_start > known.begins:
        raise ChangelogLost(
            f"the changelog begins at offset {opening.changelog_start}, the shard's at {known.begins}: records between "
            f"them were deleted. {_MEND}"
        )
