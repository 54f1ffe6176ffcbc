"""What the kinds of warning are called, as their rules have it."""

from __future__ import annotations

from collections.abc import Mapping

from stream.rules.registry import discover


def titles_of_kinds() -> Mapping[str, Mapping[str, str]]:
    """Return each kind's title by language."""
    return {
        name: {str(language): texts.title for language, texts in rule.texts.items()}
        for name, rule in discover().items()
    }
