"""Words of mails and robots' messages: templates in both languages, which are data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Templates:
    """`words`: language, template, part."""

    words: Mapping[str, Mapping[str, Mapping[str, str]]]

    @classmethod
    def load(cls) -> Templates:
        """Read them from the package."""
        folder = files("stream.desk.notify") / "words"
        return cls({code: tomllib.loads((folder / f"{code}.toml").read_text("utf-8")) for code in LANGUAGES})

    def render(self, template: str, data: Mapping[str, Any], language: str, link: str) -> tuple[str, str]:
        """Return subject and text. A template that there is none of any more is said as an alert.

        Args:
            template: alert, escalated, storm, digest, webhook_failing, webhook_disabled.
            data: of the notice: `title` by language, `severity`, `episodes`; `endpoint` and `host` of a webhook.
            language: zh or en.
            link: where to go on; may be empty.
        """
        words = self.words.get(language, self.words["zh"])
        parts = words.get(template, words["alert"])
        title = data.get("title") or {}
        filled = {
            "title": title.get(language) or data.get("kind", ""),
            "severity": words["severity"].get(str(data.get("severity")), ""),
            **{name: data.get(name, "") for name in ("episodes", "endpoint", "host")},
            "link": link,
        }
        subject, text = (parts[part].format_map(filled) for part in ("subject", "text"))
        return " ".join(subject.split()), text.strip()
