"""The workers' answer to "why was there no alert?", ordered for a person."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from stream.desk.web.site import Site
from stream.desk.web.views.asked import asked

VERDICTS = ("open", "on trial", "held back", "over", "quiet", "off")


class RuleSaid(Struct, frozen=True, kw_only=True):
    """What one rule, or a stage of the policy about it, said last."""

    kind: str
    verdict: str
    severity: str | None = None
    since: str | None = None
    stage: str | None = None
    snoozed_until: str | None = None
    looks_again: str | None = None
    figures: dict[str, Any] = {}


class Why(Struct, frozen=True, kw_only=True):
    """Of all rules. `known`: the workers know the customer."""

    known: bool
    time: str | None = None
    standing: dict[str, Any] = {}
    rules: list[RuleSaid] = []


async def asked_why(site: Site, customer_id: str) -> Why:
    """Ask the workers.

    Raises:
        NoAnswerYet: none answered.
    """
    answer = await asked(site.asker.why(customer_id))
    if answer is None:
        return Why(known=False)
    rules = [_said(rule) for rule in answer.get("rules", ())]
    rules.sort(key=lambda rule: (VERDICTS.index(rule.verdict) if rule.verdict in VERDICTS else 99, rule.kind))
    standing = dict(answer.get("standing", {}))
    return Why(known=True, time=answer.get("time"), standing=standing, rules=rules)


def _said(rule: dict[str, Any]) -> RuleSaid:
    given = {name: rule[name] for name in RuleSaid.__struct_fields__ if rule.get(name) is not None}
    return RuleSaid(**given)
