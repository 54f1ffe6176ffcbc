"""Complaints: what people write, and how a complaint goes on. The texts are invented in the manner of real ones."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from stream.simulate.life import HOUR, Life, waking_second

SERIOUS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("bank", "zh"): (
        ("存款被转走", "我的存款少了三万多，你们到现在没有一个说法，再不处理我就去银保监会投诉"),
        ("理财亏损", "理财经理说保本，现在亏成这样，我要求全额赔偿，否则起诉你们"),
        ("卡被冻结", "无故冻结我的卡十天，工资取不出来，你们再不解决我就销户，把钱全部转走"),
        ("乱收费", "每个月莫名其妙扣费，客服互相推，我已经联系媒体曝光"),
    ),
    ("bank", "en"): (
        ("money missing", "More than thirty thousand is missing from my deposit. I will go to the regulator."),
        ("mis-sold fund", "I was told the principal was safe. Refund me in full or you hear from my lawyer."),
        ("card blocked", "My card has been blocked for ten days. Fix it or I close my account and leave."),
        ("hidden fees", "You keep charging fees nobody can explain. I am going to the press with this."),
    ),
    ("phone", "zh"): (
        ("没有信号", "家里一个月没信号，报修五次没人来，再拖我就向工信部投诉并且携号转网"),
        ("乱扣费", "没订过的业务扣了半年钱，要求双倍退还，不然法院见"),
        ("套餐欺诈", "电话推销说免费升级，结果捆绑两年合约，这是欺诈，我要投诉到消协"),
    ),
    ("phone", "en"): (
        ("no signal", "No signal at home for a month, five tickets, nobody came. I am porting my number out."),
        ("charged for nothing", "Half a year of charges for a service I never ordered. Refund it or I sue."),
        ("false promises", "Your agent lied about the free upgrade. I have filed this with the ombudsman."),
    ),
}
POLITE: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("bank", "zh"): (
        ("手机银行", "手机银行更新以后找不到转账记录，麻烦告诉我在哪里看，谢谢"),
        ("对账单", "上个月的对账单还没收到，请帮忙补寄一份"),
        ("排队", "网点排队有点久，希望多开一个窗口"),
    ),
    ("bank", "en"): (
        ("app", "Since the update I cannot find my transfer history. Could you tell me where it is? Thanks."),
        ("statement", "Last month's statement has not arrived yet. Could you send it again, please?"),
        ("queue", "The queue at the branch was a little long today. One more counter would help."),
    ),
    ("phone", "zh"): (
        ("网速", "晚上网速有点慢，方便的时候帮忙看一下，谢谢"),
        ("发票", "想补开上个月的发票，请问怎么操作"),
        ("短信", "最近推广短信稍微多了一点，能不能帮我关掉"),
    ),
    ("phone", "en"): (
        ("speed", "Data is a bit slow in the evening. Please have a look when you can, thank you."),
        ("invoice", "I would like a copy of last month's invoice. How do I get it?"),
        ("messages", "A few too many promotional messages lately. Could you switch them off?"),
    ),
}
_CHANNELS = ("phone", "app", "branch", "web")


@dataclass(frozen=True, slots=True)
class Course:
    """How a complaint goes: hours until an answer (None: never), days until closed, and how content."""

    severity: str | None
    answered_h: float | None
    closed_d: float | None
    satisfied: bool = False
    disputed: bool = False
    reopened: bool = False


def plan(life: Life, day: int, random: Random, serious: bool, course: Course) -> int:
    """Plan a complaint from its opening to its end; return the second of the day at which it opens."""
    company = "bank" if life.profile.is_bank else "phone"
    subject, text = random.choice((SERIOUS if serious else POLITE)[company, life.profile.language])
    second = waking_second(random)
    name = f"complaint-{life.profile.number}-{day}-{second}"
    opened = {"subject": subject, "text": text, "channel": random.choice(_CHANNELS)}
    if course.severity is not None:
        opened["severity"] = course.severity
    _later(life, day, second, 0, complaint_id=name, status="opened", **opened)
    if course.answered_h is not None:
        _later(life, day, second, course.answered_h, complaint_id=name, status="answered")
    if course.closed_d is not None:
        hours = course.closed_d * 24
        _later(life, day, second, hours, complaint_id=name, status="closed", satisfied=course.satisfied)
        if course.disputed or course.reopened:
            status = "disputed" if course.disputed else "reopened"
            _later(life, day, second, hours + 30, complaint_id=name, status=status)
    elif course.answered_h is None:
        _later(life, day, second, 50, complaint_id=name, status="updated", text=text)
    return second


def ordinary(random: Random, serious: bool) -> Course:
    """Draw how a stayer's complaint goes: most are answered within days and closed to satisfaction."""
    severities = ("critical", "high", "high", None) if serious else ("low", "low", "medium", None)
    content = random.random() < 0.8
    return Course(
        severity=random.choice(severities),
        answered_h=random.uniform(0.5, 60) if random.random() < 0.9 else None,
        closed_d=random.uniform(3, 12),
        satisfied=content,
        disputed=not content and random.random() < 0.3,
        reopened=not content and random.random() < 0.3,
    )


def neglected(random: Random) -> Course:
    """Draw how a leaver's complaint goes: not answered, or brushed off."""
    if random.random() < 0.5:
        return Course(random.choice(("critical", "high", None)), None, None)
    closed = random.uniform(4, 9)
    return Course(random.choice(("high", "medium")), random.uniform(50, 90), closed, disputed=random.random() < 0.5)


def _later(life: Life, day: int, second: int, hours: float, **fields: object) -> None:
    days, rest = divmod(second + int(hours * HOUR), 24 * HOUR)
    life.plan_event(day + days, rest, "complaints", **fields)
