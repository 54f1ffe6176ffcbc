"""The grade of a score, with hysteresis: a score that trembles about a threshold does not change it to and fro."""

from __future__ import annotations

from models.snapshot import Grades
from stream.domain.state import Grade


def grade(score: float, before: Grade | None, grades: Grades) -> Grade:
    """Return the grade of a score, given the grade before (`None` = not graded yet).

    A grade is entered at its threshold, and left when the score falls under `hysteresis` times it (the Schmitt
    trigger's two thresholds).
    """
    keep = grades.hysteresis
    if score >= grades.churned * (keep if before == "churned" else 1.0):
        return "churned"
    if score >= grades.near_churn * (keep if before in ("near-churn", "churned") else 1.0):
        return "near-churn"
    return "normal"
