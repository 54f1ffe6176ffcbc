"""Sizes of screens, and axe-core as it is kept here."""

from __future__ import annotations

from pathlib import Path

AXE = Path(__file__).parents[1] / "browser" / "vendor" / "axe.min.js"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
