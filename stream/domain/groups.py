"""A household, a payroll group or a calling circle: who belongs to it, who left us, and whether the others are warned.

Only departures that really happened (`left` signals) count; a warning never leads to another one, so contagion does
not feed contagion. Nothing here depends on how far other shards are, but for the moment at which a warning is made:
news of a member that comes behind the departure it precedes is still acted upon.
"""

from __future__ import annotations

from hashlib import blake2b

from msgspec import Struct, msgpack

from stream.domain import seen
from stream.domain.business import DAY_MS
from stream.domain.events import GroupKind, GroupSignal, GroupWarning
from stream.domain.state import StateVersionError

VERSION = 1
MOST_MEMBERS = 10_000
"""Members known by name; those beyond are counted and never warned, so that a state stays under a record's bound."""

MOST_LEFT = 1_000
"""Departures remembered; older ones are dropped first."""


class Contagion(Struct, frozen=True):
    """When departures are held to spread: `[rules.group_contagion]` in the core's units (days, shares 0 to 1)."""

    window_days: int = 90
    small_household: int = 8
    circle_left: int = 2
    circle_share: float = 0.3
    payroll_left: int = 2
    payroll_share: float = 0.2
    quiet_days: int = 30
    worse_factor: float = 1.5

    def spreads(self, kind: GroupKind | None, size: int, left: int) -> bool:
        """Tell whether `left` of `size` members are enough to warn the others.

        One is, in a household; friends in a circle, and colleagues on a payroll still more, leave for reasons of their
        own as well, so there it takes several. A large household, or a group of unknown kind, is like a circle.
        """
        if kind == "household" and size <= self.small_household:
            return left >= 1
        if kind == "payroll":
            return left >= self.payroll_left and left >= self.payroll_share * size
        return left >= self.circle_left and left >= self.circle_share * size


class Leaver(Struct, array_like=True, gc=False):
    """One departure. `member` is empty once they no longer belong here: it counts, but not by name."""

    member: str
    time: int
    cause: str


class GroupState(Struct, array_like=True):
    """Everything kept about one group. Times are epoch ms.

    A wave is the departures that one round of warnings was about; it is over when leavers came back so that nothing
    spreads any more, and a new one begins when it got materially worse after some quiet, or when the old is outdated.
    """

    kind: GroupKind | None = None
    members: dict[str, int] = {}  # who is here -> the last wave in which they were warned, 0 = never
    more: int = 0  # members beyond `MOST_MEMBERS`
    left: list[Leaver] = []  # within the window, oldest first
    wave: int = 0  # the number of the last wave
    warned_at: int = 0  # time of the departure that began it; 0 = it is over
    warned_left: int = 0  # how many had left then
    cause: str = ""  # the signal that told of that departure
    newest: int = 0  # the newest time of any signal: the window ends there
    seen: bytes = b""  # recently seen signals, see `stream.domain.seen`

    @property
    def size(self) -> int:
        """Members, those counted who left within the window."""
        return len(self.members) + self.more + len(self.left)


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(GroupState)


def encode(group: GroupState) -> bytes:
    """Return the stored form: a version byte and MessagePack of the struct as an array."""
    return b"%c%b" % (VERSION, _encoder.encode(group))


def decode(stored: bytes) -> GroupState:
    """Read a stored state; new fields go to the end, with a default.

    Raises:
        StateVersionError: a newer build wrote it, or it is damaged.
    """
    if not stored or stored[0] != VERSION:
        version = stored[0] if stored else 0
        raise StateVersionError(f"group state version {version}; this build reads {VERSION}: run the newer build")
    try:
        return _decoder.decode(stored[1:])
    except ValueError as fault:
        raise StateVersionError(f"damaged group state: {fault}") from None


def fold(group: GroupState, signal: GroupSignal, rules: Contagion | None) -> list[GroupWarning] | None:
    """Take one signal into the group's state, in place, and return whom to tell; `None` for a duplicate.

    `rules` is `None` where nobody is to be warned: the state is kept all the same.
    """
    digest = seen.digest(signal.topic, signal.event_id)
    if seen.contains(group.seen, digest):
        return None
    group.seen = seen.add(group.seen, digest, signal.time // DAY_MS)
    group.kind = group.kind or signal.group_kind
    group.newest = max(group.newest, signal.time)
    back = False
    if signal.kind == "left":
        _leave(group, signal)
    elif signal.kind == "parted":
        _part(group, signal.customer_id)
    else:
        back = _join(group, signal)
    if rules is None:
        return []
    _forget_old(group, rules)
    if signal.kind == "left":
        return _spread(group, signal, rules)
    return _came_back(group, signal, rules) if back else _late(group, signal, rules)


def _join(group: GroupState, signal: GroupSignal) -> bool:
    """Take a new member, or one who came back to us, which is what is returned."""
    member = signal.customer_id
    was = len(group.left)
    group.left = [leaver for leaver in group.left if leaver.member != member or leaver.time > signal.time]
    if any(leaver.member == member for leaver in group.left):
        return False  # old news: they have left since
    if member not in group.members:
        if len(group.members) < MOST_MEMBERS:
            group.members[member] = 0
        else:
            group.more += 1
    return len(group.left) < was


def _part(group: GroupState, member: str) -> None:
    """Forget a member's name. That they had left us before is still a fact about the group."""
    named = [leaver for leaver in group.left if leaver.member == member]
    for leaver in named:
        leaver.member = ""
    if not named:
        _remove(group, member)


def _leave(group: GroupState, signal: GroupSignal) -> None:
    member = signal.customer_id
    if any(leaver.member == member for leaver in group.left):
        return
    _remove(group, member)
    group.left.append(Leaver(member, signal.time, signal.event_id))
    group.left.sort(key=lambda leaver: (leaver.time, leaver.cause))
    if len(group.left) > MOST_LEFT:
        del group.left[0]


def _remove(group: GroupState, member: str) -> None:
    if group.members.pop(member, None) is None and group.more:
        group.more -= 1


def _forget_old(group: GroupState, rules: Contagion) -> None:
    oldest = group.newest - rules.window_days * DAY_MS
    if group.left and group.left[0].time <= oldest:
        group.left = [leaver for leaver in group.left if leaver.time > oldest]
    if group.warned_at <= oldest:
        group.warned_at = group.warned_left = 0


def _spread(group: GroupState, signal: GroupSignal, rules: Contagion) -> list[GroupWarning]:
    """Begin a wave, if a departure is enough for one."""
    left = len(group.left)
    counts = any(leaver.cause == signal.event_id for leaver in group.left)  # not one from before the window
    if not counts or not rules.spreads(group.kind, group.size, left):
        return []
    if group.warned_at:
        quiet = signal.time - group.warned_at >= rules.quiet_days * DAY_MS
        if not quiet or left < rules.worse_factor * group.warned_left:
            return []
    group.wave += 1
    group.warned_at, group.warned_left, group.cause = signal.time, left, signal.event_id
    return [_warning(group, signal.group_id, member) for member in group.members]


def _late(group: GroupState, signal: GroupSignal, rules: Contagion) -> list[GroupWarning]:
    """Warn a member whose joining became known behind the departure that it came before."""
    member = signal.customer_id
    behind = signal.kind == "joined" and 0 < signal.time <= group.warned_at
    if not behind or group.members.get(member, group.wave) == group.wave:
        return []
    return [_warning(group, signal.group_id, member)] if _spreads(group, rules) else []


def _came_back(group: GroupState, signal: GroupSignal, rules: Contagion) -> list[GroupWarning]:
    """Call the wave off when too few are left who left."""
    if not group.warned_at or _spreads(group, rules):
        return []
    told = [member for member, wave in group.members.items() if wave == group.wave]
    group.warned_at = group.warned_left = 0
    return [_made(group, signal.group_id, member, signal.event_id, signal.time, over=True) for member in told]


def _spreads(group: GroupState, rules: Contagion) -> bool:
    return rules.spreads(group.kind, group.size, len(group.left))


def _warning(group: GroupState, group_id: str, member: str) -> GroupWarning:
    group.members[member] = group.wave
    return _made(group, group_id, member, group.cause, group.warned_at, over=False)


def _made(group: GroupState, group_id: str, member: str, cause: str, time: int, *, over: bool) -> GroupWarning:
    """Its id is made of the signal's, so that the same departure is the same warning."""
    parts = ("group-warning", group_id, member, cause, "over" if over else "")
    return GroupWarning(
        event_id=blake2b("\0".join(parts).encode(), digest_size=16).hexdigest(),
        customer_id=member,
        time=time,
        group_id=group_id,
        group_kind=group.kind,
        cause=cause,
        left=len(group.left),
        size=group.size,
        over=over,
    )
