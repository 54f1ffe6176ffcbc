"""When a challenger takes the champion's place."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class Promotion(Struct):
    """Watches how far challengers are ahead of the champion, in PR-AUC over the window.

    A challenger's run begins when it is ahead by `margin`, goes on while it stays ahead by half of that, and after
    `after` examples it may lead. After a change all runs begin anew, so that two equals do not take turns.
    """

    margin: float
    after: int
    runs: dict[str, int] = field(default_factory=dict)  # challenger -> examples taken when its run began
    leads: dict[str, float] = field(default_factory=dict)  # challenger -> PR-AUC ahead, as last seen

    def look(self, leads: Mapping[str, float], examples: int) -> str | None:
        """Return the challenger that has earned the champion's place, the one furthest ahead, if any has.

        Args:
            leads: challenger -> PR-AUC ahead of the champion.
            examples: taken so far.
        """
        self.leads = dict(leads)
        for name in [name for name in self.runs if leads.get(name, 0.0) < self.margin / 2 or name not in leads]:
            del self.runs[name]
        for name, lead in leads.items():
            if lead >= self.margin and lead > 0:
                self.runs.setdefault(name, examples)
        earned = [name for name, begun in self.runs.items() if examples - begun >= self.after]
        return max(earned, key=lambda name: (leads[name], name), default=None)

    def begin_anew(self) -> None:
        """Forget all runs: there is a new champion."""
        self.runs.clear()
        self.leads.clear()

    def ahead_for(self, name: str, examples: int) -> int:
        """Return for how many examples a challenger has been ahead."""
        return examples - self.runs[name] if name in self.runs else 0
