"""The catalogue of warnings as one document for RMs and analysts, made from the rules themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stream.config import Settings
from stream.domain.signals import Language
from stream.ops.rulebook import Parameter, find, parameters, summary
from stream.rules.base import Rule
from stream.rules.registry import discover

_HEAD = """# The warnings

Made by `churnwatch rules document` from the rules and the shipped configuration: change those, then make it anew.
One rule on the screen: `churnwatch rules explain NAME`. Words in braces are figures of the evidence.
"""
_FIGURE = re.compile(r"\{(\w+)(?::[^{}]*)?\}")


def catalogue(settings: Settings) -> str:
    """Return the document, Markdown.

    Raises:
        RegistryError: rules and configuration do not fit.
    """
    rules = [find(settings, name) for name in sorted(discover())]
    rows = "\n".join(
        f"| [`{rule.name}`](#{rule.name}) | {_title(rule, 'en')} | {_title(rule, 'zh')} | {_kind(rule)} "
        f"| {rule.respond_within_h} h |"
        for rule in rules
    )
    table = f"| rule | warning | 预警 | kind | act within |\n|---|---|---|---|---|\n{rows}\n"
    return "\n".join([_HEAD, table, *("\n".join(_section(rule)) for rule in rules)])


def _section(rule: Rule[Any]) -> Iterator[str]:
    en, zh = rule.texts["en"], rule.texts["zh"]
    yield f"## {rule.name}\n"
    yield f"**{en.title} · {zh.title}.** {summary(type(rule))}\n"
    yield f"*Practice.* {rule.practice}\n"
    yield f"- {_plain(en.reason)}\n- {_plain(zh.reason)}"
    yield f"- Next step: {_plain(en.next_step)}\n- 建议：{_plain(zh.next_step)}"
    yield f"- Resolved: {_plain(en.cleared)}\n"
    yield "| parameter | default | allowed | meaning |\n|---|---|---|---|"
    yield "\n".join(_row(one) for one in parameters(rule) if one.name not in ("enabled", "shadow")) + "\n"


def _row(one: Parameter) -> str:
    value = sorted(one.value) if isinstance(one.value, frozenset | set) else one.value
    shown = f"{len(value)} entries" if isinstance(value, dict) and value else str(value)
    return f"| `{one.name}` | {shown} | {one.allowed} | {one.meaning} |".replace("|  |", "| |")


def _title(rule: Rule[Any], language: Language) -> str:
    return rule.texts[language].title


def _kind(rule: Rule[Any]) -> str:
    return "behaviour" if rule.behavioural else "fact"


def _plain(template: str) -> str:
    """Return a template with its figures by name alone, without the language's own parts' suffix."""
    return _FIGURE.sub(lambda found: "{" + found[1].removesuffix("_zh").removesuffix("_en") + "}", template)
