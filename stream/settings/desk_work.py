"""The sections `[desk.work]` and `[desk.escalation]`: the words of answers, next tasks, who is told when."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field, field_validator

from stream.settings.section import Section


class Label(Section):
    """A word for people."""

    zh: str = Field(min_length=1, description="in Chinese")
    en: str = Field(min_length=1, description="in English")


class Department(Label):
    """Whom an episode can be referred to; `receiver` as in an alert's routes."""

    receiver: str = Field(min_length=1, description="as in an alert's routes, such as fraud")


class NextTask(Section):
    """One line of the table: which outcome makes which task, and when it is due."""

    after: Literal["saved", "lost", "false_alarm", "unreachable", "not_worth_keeping"] = Field(
        description="the outcome"
    )
    kind: str = Field(pattern="^[a-z][a-z0-9_]*$", description="a key of desk.work.task_kinds")
    days: int = Field(ge=0, le=3650, description="calendar days later; on a day off the next working day")
    loss_reasons: frozenset[str] = Field(frozenset(), description="only after these; empty = all")
    episodes: frozenset[str] = Field(frozenset(), description="only of these kinds of warning; empty = all")
    owner: Literal["rm", "branch"] = Field("rm", description="whose task it is")


def _label(zh: str, en: str) -> Label:
    return Label(zh=zh, en=en)


class Work(Section):
    """Answers of RMs: their words, in both languages, and what comes of them."""

    loss_reasons: dict[str, Label] = Field(
        {
            "service": _label("服务", "service"),
            "quality": _label("质量", "quality"),
            "price": _label("价格", "price"),
            "function": _label("功能", "function"),
            "moved": _label("搬迁", "moved away"),
            "product_matured": _label("产品到期", "product matured"),
            "competitor": _label("竞争对手", "a competitor's offer"),
            "other": _label("其他", "other"),
        },
        min_length=1,
        description="why a customer was lost",
    )
    snooze_reasons: dict[str, Label] = Field(
        {
            "customer_asked": _label("客户要求", "the customer asked to wait"),
            "waiting_for_answer": _label("等待答复", "waiting for an answer"),
            "appointment": _label("已约时间", "an appointment is made"),
            "abroad": _label("客户外出", "the customer is away"),
            "other": _label("其他", "other"),
        },
        min_length=1,
        description="why a warning is put off",
    )
    longest_snooze_days: float = Field(30, gt=0, le=366, description="a warning is put off no longer")
    departments: dict[str, Department] = Field(
        {
            "fraud": Department(zh="反欺诈", en="fraud", receiver="fraud"),
            "risk": Department(zh="风险管理", en="risk", receiver="risk"),
            "corporate": Department(zh="公司业务", en="corporate banking", receiver="corporate"),
            "retail": Department(zh="零售业务", en="retail banking", receiver="retail"),
        },
        description="whom an episode can be referred to",
    )
    contact_ways: dict[str, Label] = Field(
        {
            "call": _label("电话", "call"),
            "visit": _label("拜访", "visit"),
            "message": _label("消息", "message"),
            "mail": _label("邮件", "mail"),
        },
        min_length=1,
        description="how a customer was contacted",
    )
    task_kinds: dict[str, Label] = Field(
        {
            "win_back_call": _label("挽回电话", "win-back call"),
            "follow_up": _label("回访", "follow-up"),
            "try_again": _label("再次联系", "try again to reach"),
            "other": _label("其他", "other"),
        },
        min_length=1,
        description="what there may be to do",
    )
    next_tasks: tuple[NextTask, ...] = Field(
        (
            NextTask(after="lost", kind="win_back_call", days=30),
            NextTask(after="lost", kind="win_back_call", days=90),
            NextTask(after="saved", kind="follow_up", days=14),
            NextTask(after="unreachable", kind="try_again", days=7),
        ),
        description="what an outcome leads to",
    )
    hours: tuple[dt.time, dt.time] = Field(
        (dt.time(9), dt.time(18)), description="business hours, local, on working days; tasks are due at the first"
    )
    timeline_events: int = Field(200, ge=0, le=10_000, description="events kept of a customer with an episode")

    @field_validator("hours")
    @classmethod
    def _opens_first(cls, value: tuple[dt.time, dt.time]) -> tuple[dt.time, dt.time]:
        if any(time.tzinfo is not None for time in value) or value[0] >= value[1]:
            raise ValueError("two local times, first when the office opens and then when it closes")
        return value


class Step(Section):
    """One step: to whom, and so many business hours after the next step's due time."""

    to: Literal["deputy", "branch", "manager"] = Field(description="who is told")
    after_h: float = Field(ge=0, le=720, description="business hours after the due time")


class Escalation(Section):
    """What becomes of a warning that nobody acknowledges."""

    steps: tuple[Step, ...] = Field(
        (Step(to="deputy", after_h=0), Step(to="branch", after_h=4), Step(to="manager", after_h=8)),
        description="each once, in their order; none = nothing escalates",
    )
    without_due_h: float = Field(24, ge=0, le=720, description="business hours until one without a due time is due")
    grace_h: float = Field(1, ge=0, le=720, description="business hours that a warning has at least once it is here")
    round_the_clock: frozenset[Literal["critical", "high", "medium", "low"]] = Field(
        frozenset(), description="severities whose hours count day and night"
    )

    @field_validator("steps")
    @classmethod
    def _in_order(cls, value: tuple[Step, ...]) -> tuple[Step, ...]:
        if len({step.to for step in value}) < len(value):
            raise ValueError("each of deputy, branch and manager at most once")
        if [step.after_h for step in value] != sorted(step.after_h for step in value):
            raise ValueError("after_h must not fall from one step to the next")
        return value
