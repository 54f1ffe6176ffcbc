"""Why something cannot be done, in words. One function a reason; the reason's word is for programs."""

from __future__ import annotations

from collections.abc import Sequence

from stream.desk.work.commands import Refused


def read_only() -> Refused:
    """An auditor looks only."""
    return Refused("read_only", "您只能查看", "you may only look")


def manager_only() -> Refused:
    """A manager of the branch decides."""
    return Refused("manager_only", "需由本网点经理决定", "a manager of the branch must decide this")


def unknown(what: str, zh: str) -> Refused:
    """There is no such thing."""
    return Refused("unknown", f"未找到该{zh}", f"there is no such {what}")


def changed() -> Refused:
    """Somebody else was quicker."""
    return Refused("changed", "其他人刚刚更改过，请重新查看", "it was changed meanwhile: look again")


def has_ended() -> Refused:
    """The episode is over."""
    return Refused("ended", "该预警已结束", "this warning has ended")


def already_acknowledged() -> Refused:
    """Somebody sees to it."""
    return Refused("acknowledged", "该预警已确认", "this warning is acknowledged already")


def already_answered() -> Refused:
    """The same outcome stands there."""
    return Refused("answered", "该结果已记录", "this outcome stands already")


def already_asked() -> Refused:
    """A manager has been asked."""
    return Refused("asked", "已提交经理审批", "a manager has been asked already")


def already_decided() -> Refused:
    """A manager has decided."""
    return Refused("decided", "该申请已有决定", "this has been decided already")


def not_snoozed() -> Refused:
    """It is on the list."""
    return Refused("not_snoozed", "该预警未被推迟", "this warning is not put off")


def snooze_too_long(days: float) -> Refused:
    """A snooze lies ahead, but not for ever."""
    return Refused(
        "until", f"推迟时间须在未来且不超过{days:g}天", f"put it off to a time within {days:g} days from now"
    )


def loss_reason_missing(allowed: Sequence[str]) -> Refused:
    """Why was the customer lost?"""
    return Refused("loss_reason", "请选择流失原因", f"a loss needs a reason: {', '.join(allowed)}")


def reason_source_missing() -> Refused:
    """Who says so?"""
    return Refused(
        "reason_source", "请注明原因来自客户还是客户经理", "say whether the customer or the RM gives the reason"
    )


def loss_reason_unwanted() -> Refused:
    """Only a loss has a reason."""
    return Refused("loss_reason", "只有流失才填写原因", "only a loss has a reason")


def not_allowed(what: str, allowed: Sequence[str]) -> Refused:
    """It is none of the configured words."""
    return Refused(what, "不在可选范围内", f"{what} must be one of: {', '.join(allowed)}")


def nobody_there() -> Refused:
    """The receiver does not work here."""
    return Refused("to", "对方不存在或已离岗", "nobody works there by that name")


def in_future() -> Refused:
    """A contact has been."""
    return Refused("at", "联系时间不能在未来", "a contact cannot lie in the future")


def in_past() -> Refused:
    """A task is to be done."""
    return Refused("due_at", "时间须在未来", "the time must lie ahead")
