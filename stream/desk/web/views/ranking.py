"""A rank in words: what the customer is worth, how likely they leave, how urgent it is."""

from __future__ import annotations

from collections.abc import Iterator

from stream.desk.store.tables import Episode
from stream.domain.alerts import Rank, Words

_BASIS = {
    "revenue_12m": ("近 12 个月贡献", "revenue of 12 months"),
    "assets": ("按资产估算的年价值", "a year's value by assets"),
}
_UNKNOWN = ("价值未知，按", "value unknown, taken as")
_SEVERITY = {
    "critical": ("危急", "critical"),
    "high": ("高", "high"),
    "medium": ("中", "medium"),
    "low": ("低", "low"),
}


def in_words(rank: Rank | None, episode: Episode, now: int, currency: str) -> Words:
    """Return why a warning stands where it stands."""
    parts = list(_parts(rank, episode, now, currency))
    return Words("；".join(zh for zh, _ in parts), "; ".join(en for _, en in parts))


def _parts(rank: Rank | None, episode: Episode, now: int, currency: str) -> Iterator[tuple[str, str]]:
    zh, en = _SEVERITY.get(episode.severity, (episode.severity, episode.severity))
    if rank is None:
        yield f"严重程度{zh}", f"severity {en}"
        return
    basis_zh, basis_en = _BASIS.get(rank.value_basis, _UNKNOWN)
    value = f"{rank.value:,.0f} {currency}"
    top = rank.top_fifth
    yield f"{basis_zh} {value}" + ("（前 20%）" if top else ""), f"{basis_en} {value}" + (" (top fifth)" if top else "")
    by_model = rank.likelihood_basis == "model"
    share = f"{rank.likelihood:.0%}"
    yield (
        f"流失可能 {share}（{'模型' if by_model else '此类预警的经验值'}）",
        f"{share} likely to leave ({'by the model' if by_model else 'usual for this warning'})",
    )
    yield f"紧急程度{zh}", f"urgency {en}"
    if episode.due_at is not None and episode.due_at < now and episode.acknowledged_at is None:
        yield "已过期", "overdue"
