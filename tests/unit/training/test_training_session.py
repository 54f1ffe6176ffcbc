"""Where a trainer goes on: at its checkpoint's places, if these are places of the topic that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import checkpoint
from models.checkpoint import Place
from models.features.sets import NAMES, VERSION
from models.learner import Learner
from stream.config import load
from stream.trainer_metrics import TrainerMetrics
from stream.training import keeping
from stream.training.session import Session

PLACES = {0: 5, 1: 7}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """One whose checkpoint stands at PLACES."""
    settings = load(env={})
    trainer = settings.model.trainer.model_copy(update={"state_dir": tmp_path, "experts": ("logistic",)})
    model = settings.model.model_copy(update={"trainer": trainer})
    packed = checkpoint.dump(Learner(trainer, NAMES, VERSION), Place(dict(PLACES), {}))
    keeping.write(tmp_path, packed)
    settings = settings.model_copy(update={"model": model})
    return Session(settings, None, TrainerMetrics(), {}, {})  # type: ignore[arg-type]  # nothing is published here


def test_it_goes_on_at_its_places(session: Session) -> None:
    session.begin({0: 0, 1: 6}, {0: 9, 1: 9})
    assert session.positions == {0: 5, 1: 7}


@pytest.mark.parametrize(
    ("first", "ends"),
    [
        ({0: 0, 1: 0}, {0: 9, 1: 3}),  # ends before where it stands
        ({0: 0, 1: 0, 2: 1, 3: 0}, {0: 9, 1: 9, 2: 9, 3: 9}),  # a wider layout: its offsets mean others there
    ],
)
def test_of_a_topic_that_was_made_anew_it_learns_from_the_beginning(
    session: Session, first: dict[int, int], ends: dict[int, int]
) -> None:
    session.begin(first, ends)
    assert session.positions == first
    assert session.learner.ledger.learned == 0
