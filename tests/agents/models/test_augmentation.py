"""Augmentation: what is added agrees with physics, what was demonstrated stays first."""

import numpy as np
import pytest

from gailforce import Demonstrations
from gailforce.agents.models import augmentation
from gailforce.agents.models.augmentation import augmented, passes
from gailforce.envs.errors import DataError
from gailforce.experiments.bench.cell import Cell
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.pipeline.session import Session

DEMOS = Demonstrations.load("hopper-expert").take(1)


@pytest.fixture(scope="module")
def more():
    return augmented(DEMOS, "nearest")


def test_the_demonstrations_come_first_and_keep_no_rewards(more):
    assert np.array_equal(more[0].states, DEMOS[0].states)
    assert all(episode.rewards is None for episode in more)
    assert not more[0].synthetic


def test_copies_of_real_windows_all_pass_and_are_marked(more):
    assert len(more) == 1 + augmentation.GROWTH * DEMOS.steps // augmentation.STEPS
    assert all(piece.synthetic and len(piece) == augmentation.STEPS for piece in list(more)[1:])


def test_a_piece_without_a_residual_or_with_a_large_one_does_not_pass(more):
    piece = list(more)[1]
    assert not passes(piece)
    odd = type(piece)(
        **{name: getattr(piece, name) for name in ("obs", "actions", "terminated", "truncated")},
        residual=np.r_[np.zeros(28), np.full(4, 9.0)],
    )
    assert not passes(odd)
    assert passes(odd, limit=10.0)


def test_where_nothing_passes_it_is_said(monkeypatch):
    monkeypatch.setattr(augmentation, "passes", lambda piece: False)
    with pytest.raises(DataError, match="physics agrees with none"):
        augmented(DEMOS, "nearest")


def test_a_cell_without_augmentation_keeps_its_key():
    plain, more = (
        Cell("gan", ImitationConfig("hopper", episodes=2, augment=name)) for name in ("", "diffusion")
    )
    assert "augment" not in plain.definition.to_json()
    assert more.definition.augment == "diffusion"
    assert more.definition.to_json()["augment"]["limit"] == augmentation.LIMIT
    assert plain.key != more.key


def test_a_learner_is_shown_the_pieces():
    config = ImitationConfig("hopper", episodes=1, augment="nearest", steps=1000)
    demos = Session.load(config).demos
    assert config.taught(demos).steps > demos.steps
    assert ImitationConfig("hopper").taught(demos) is demos
