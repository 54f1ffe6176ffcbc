"""The model: how well it foresees, who leads, what has changed, and whether it gets on."""

from __future__ import annotations

from stream.interface.dashboards.board import Board, Panel, bars, figure, graph, hourly, quantiles, rate, table


def _measure(name: str, title: str, meaning: str) -> Panel:
    return graph(title, meaning, (f'churnwatch_model_quality{{measure="{name}"}}', "{{candidate}}"))


BOARD = Board(
    "churnwatch-model",
    "Churnwatch / Model",
    "How well the model foresees, who leads, what has changed, and whether it gets on.",
    (
        (
            "In force",
            (
                table("Snapshot that scores", "By worker: all should show the same.", "churnwatch_snapshot_info"),
                table("Champion", "As the trainer sees it.", "churnwatch_model_champion_info"),
                figure(
                    "Age of what it knows",
                    "Event time since its newest label: 90 days and a little when all is well.",
                    "churnwatch:snapshot_age_seconds",
                    "s",
                    (105 * 86_400, 120 * 86_400),
                ),
                figure(
                    "Examples behind",
                    "The trainer's lag.",
                    "sum(churnwatch_trainer_lag_records)",
                    "short",
                    (1000, 10_000),
                ),
                figure(
                    "Cut-offs without a score",
                    "Within what is shown: no snapshot was in force.",
                    "sum(increase(churnwatch_cold_cutoffs_total[$__range]))",
                ),
            ),
        ),
        (
            "How well it foresees (prequential, over the sliding window)",
            (
                _measure(
                    "pr_auc",
                    "PR-AUC",
                    "The champion is chosen by it. Compare candidates, not weeks: it moves with the base rate.",
                ),
                _measure("roc_auc", "ROC-AUC", "0.5 is chance."),
                _measure("lift", "Lift at the alert budget", "How many times more leavers than among all."),
                _measure("calibration_error", "Calibration error", "How far the probabilities are from what came."),
                _measure("base_rate", "Share of leavers", "Among the examples of the window."),
                graph(
                    "By class, PR-AUC",
                    "The champion's; a class with few examples has none.",
                    ('churnwatch_model_class_quality{measure="pr_auc"} or vector(0)', "{{class_name}}"),
                ),
            ),
        ),
        (
            "Who leads, what has changed",
            (
                bars(
                    "Weights of the stack",
                    "How much it goes by each.",
                    "churnwatch_model_stack_weight or vector(0)",
                    "{{candidate}}",
                ),
                bars(
                    "Challengers ahead",
                    "Examples for which a challenger has been better by the margin.",
                    "churnwatch_model_challenger_ahead or vector(0)",
                    "{{candidate}}",
                ),
                graph(
                    "Mean loss and share of leavers since the last change",
                    "A jump down to another level is a change that was noticed.",
                    ("churnwatch_model_loss_ratio", "loss"),
                    ("churnwatch_model_label_ratio", "leavers"),
                    unit="percentunit",
                ),
                graph(
                    "Drift alarms, an hour",
                    "loss, label_rate, features; promoted: a challenger became champion.",
                    hourly("churnwatch_model_drift_alarms_total", "kind"),
                ),
                bars(
                    "Features spread otherwise",
                    "Population stability index against some weeks before; above 0.25 it matters.",
                    "topk(10, churnwatch_model_feature_shift) or vector(0)",
                    "{{feature}}",
                ),
            ),
        ),
        (
            "Does it get on?",
            (
                graph(
                    "Examples a second",
                    "Learned; counted only, for they say nothing of leaving by choice; refused.",
                    rate("churnwatch_trainer_examples_total", "result"),
                    unit="ops",
                ),
                quantiles("Time of an example", "Judged and learned.", "churnwatch_trainer_learn_seconds"),
                quantiles("Time of a score", "With its reasons, at the worker.", "churnwatch_score_seconds"),
                graph(
                    "Snapshots and checkpoint on disk",
                    "A record on models has room for 1 MB.",
                    ("churnwatch_trainer_snapshot_bytes", "snapshot"),
                    ("churnwatch_trainer_checkpoint_bytes", "checkpoint"),
                    unit="bytes",
                ),
                graph(
                    "Snapshots an hour",
                    "Published by the trainer; refused by workers.",
                    ("sum(rate(churnwatch_trainer_snapshots_total[$__rate_interval])) * 3600", "published"),
                    ("sum(rate(churnwatch_snapshots_refused_total[$__rate_interval])) * 3600 or vector(0)", "refused"),
                ),
            ),
        ),
    ),
)
