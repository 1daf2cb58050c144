"""The band of phases under a picture: one color for each, up to the current step."""

import numpy as np

from gailforce.demos.film.overlays import PHASES, RollingBand
from gailforce.demos.film.video import STRIP, Pane, side_by_side


def test_a_band_of_phases_has_one_color_for_each_up_to_the_current_step():
    band = RollingBand(np.array([0, 0, 1, 2]), width=19, height=4)
    canvas = np.full((4, 19, 3), 255, dtype=np.uint8)
    band.draw(canvas, 2, 0, 0)
    # Six pixels a step: two steps of the first color, one pixel of the second.
    assert (canvas[:, :12] == PHASES[0]).all()
    assert (canvas[:, 12] == PHASES[1]).all()
    assert (canvas[:, 13:] == 255).all()


def test_a_pane_with_phases_draws_their_band_under_its_curve():
    pictures = [np.full((160, 320, 3), 128, dtype=np.uint8)] * 5
    last = list(
        side_by_side([Pane("a", pictures, phases=np.array([3, 3, 3, 3]))], 25.0, 0.04, hold_seconds=0.0)
    )[-1]
    assert (last[160 + STRIP - 12] == PHASES[3]).all(axis=1).sum() > 10
