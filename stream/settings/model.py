"""The section `[model]`: labels, cut-offs, the trainer, grades."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from stream.settings.section import Section

ExpertName = Literal["logistic", "binned", "forest", "tree", "booster", "deep_booster"]


class Labels(Section):
    """Who has churned, at the end of the horizon."""

    horizon_days: float = Field(90, gt=0, le=730, description="so long after the cut-off the label is known")
    active_within_days: float = Field(180, gt=0, le=730, description="only who acted of their own so lately is scored")
    leaving: bool = Field(True, description="number ported out or account closed")
    lost: bool = Field(True, description="an RM's outcome `lost`; known at once")
    inactivity: bool = Field(True, description="no act of the customer's own in the whole horizon")
    collapse_share: float = Field(
        0.1, ge=0, le=1, description="balance or usage fell under this share of that at the cut-off; 0 = not a label"
    )
    collapse_days: int = Field(28, ge=7, le=90, description="for so many days before the horizon ends")
    involuntary_causes: frozenset[str] = Field(
        frozenset({"arrears", "closed_by_us", "fraud", "deceased"}), description="of closings that nobody chose"
    )
    migration_causes: frozenset[str] = Field(
        frozenset({"migration", "migrated", "upgrade"}), description="of closings for a product of our own"
    )
    learn: frozenset[Literal["voluntary", "involuntary", "migrated"]] = Field(
        frozenset({"voluntary"}), description="outcomes that count as churn when learned from; the others are left out"
    )


class Trainer(Section):
    """How the trainer learns and publishes."""

    experts: tuple[ExpertName, ...] = Field(
        ("logistic", "binned", "forest", "tree", "booster", "deep_booster"), description="models that learn"
    )
    champion: Literal["stack"] | ExpertName = Field("stack", description="the one that scores, to begin with")
    seed: int = Field(7, ge=0, description="of what is random in learning")
    window: int = Field(5_000, ge=100, le=1_000_000, description="examples over which quality is measured")
    retained: int = Field(100_000, ge=1_000, le=5_000_000, description="examples kept for the boosters' refits")
    refit_every: int = Field(
        1_000, ge=100, description="examples between two refits of the boosters; a twentieth of those retained, if more"
    )
    publish_every: int = Field(1_000, ge=1, description="examples between two snapshots")
    miss_cost: float = Field(8, gt=0, le=1000, description="a leaver missed, against one false alarm")
    alert_budget: float = Field(0.1, gt=0, le=1, description="share of customers that may be graded near-churn")
    auto_promote: bool = Field(False, description="a challenger that stays better becomes champion by itself")
    promote_after: int = Field(3_000, ge=100, description="examples for which it must stay better")
    promote_margin: float = Field(0.01, ge=0, le=1, description="by so much PR-AUC")
    keep_versions: int = Field(10, ge=2, le=1000, description="snapshots kept for a rollback")
    checkpoint_every_s: float = Field(30, gt=0, description="between two checkpoints")
    state_dir: Path = Field(Path(".churnwatch/trainer"), description="where its checkpoint is")


class Model(Section):
    """Scoring and learning."""

    enabled: bool = Field(True, description="features are kept, and scored once there is a snapshot")
    cutoff_every: Literal["month"] | Annotated[float, Field(gt=0, le=92)] = Field(
        7.0, description='days between two cut-offs of a customer, above 0 and at most 92, or "month"'
    )
    rescore_on: tuple[str, ...] = Field(
        (
            "service-events:port_out_requested",
            "service-events:account_closing_requested",
            "service-events:call_forwarding",
            "service-events:renewal_declined",
            "complaints",
        ),
        description="events after which a customer is scored at once; as rules listen",
    )
    reasons: int = Field(3, ge=1, le=10, description="reasons given with a score")
    report_at: tuple[int, ...] = Field(
        (), description="moments besides, epoch ms, at which everyone is looked at but not learned from: reports set it"
    )
    labels: Labels = Labels()
    trainer: Trainer = Trainer()
