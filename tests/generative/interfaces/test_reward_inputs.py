"""Views: what a critic sees of each step, against a plain loop over episodes, at every awkward border."""

from dataclasses import replace

import pytest
import torch

from gailforce.generative.interfaces.reward_inputs import (
    SELECT,
    WIDTHS,
    WINDOW,
    Widths,
    shaped,
    single_steps,
    unshaped,
    windows,
)
from gailforce.generative.interfaces.rollout import Rollout, loose_steps

OBS, ACTION = 3, 2


def _rollout(times, copies=1, starts=(), seed=0, history=None):
    """Random steps; `starts` are (time, copy) where an episode begins."""
    generator = torch.Generator().manual_seed(seed)
    obs, next_obs = (torch.randn(times, copies, OBS, generator=generator) for _ in range(2))
    action = torch.randn(times, copies, ACTION, generator=generator)
    begins = torch.zeros(times, copies, dtype=torch.bool)
    for at in starts:
        begins[at] = True
    flags = torch.zeros(2, times, copies, dtype=torch.bool)
    return Rollout(obs, action, next_obs, flags[0], flags[1], begins, history=history)


def _joined(first, second):
    columns = ("obs", "action", "next_obs", "terminated", "truncated", "episode_start")
    return Rollout(*(torch.cat((getattr(first, name), getattr(second, name))) for name in columns))


def _looped(rollout, inputs="sa"):
    """Windows by a plain loop backwards from every step until its episode began or nothing is known."""
    before = rollout.history
    past = 0 if before is None else len(before.obs)
    whole = replace(rollout, history=None) if before is None else _joined(before, rollout)
    x = SELECT[inputs](whole)
    rows = torch.zeros(len(rollout.obs), x.shape[1], WINDOW, x.shape[2] + 1)
    for t in range(len(rollout.obs)):
        for n in range(x.shape[1]):
            at = past + t
            for place in range(WINDOW - 1, -1, -1):
                rows[t, n, place, :-1], rows[t, n, place, -1] = x[at, n], 1
                if whole.episode_start[at, n] or at == 0:
                    break
                at -= 1
    return rows.flatten(0, 1)


@pytest.mark.parametrize("inputs", SELECT)
def test_a_single_step_shows_the_named_columns_in_the_order_of_time(inputs):
    rollout = _rollout(5, copies=4)
    rows = single_steps(rollout, inputs)
    assert rows.shape == (20, WIDTHS[inputs](OBS, ACTION))
    second = {"s": (), "sa": (rollout.action[2, 3],), "ss'": (rollout.next_obs[2, 3],)}[inputs]
    assert torch.equal(rows[2 * 4 + 3], torch.cat((rollout.obs[2, 3], *second)))


@pytest.mark.parametrize("inputs", SELECT)
def test_a_shaped_row_comes_apart_into_what_it_was_made_of(inputs):
    rollout = _rollout(5, copies=4)
    rollout.terminated[4, 1] = True
    rollout = replace(rollout, log_prob=torch.randn(5, 4))
    widths = Widths(WIDTHS[inputs](OBS, ACTION), OBS, ACTION)
    step = unshaped(shaped(rollout, inputs), widths)
    assert torch.equal(step.inputs, single_steps(rollout, inputs))
    assert torch.equal(step.obs, rollout.obs.flatten(0, 1))
    assert torch.equal(step.next_obs, rollout.next_obs.flatten(0, 1))
    assert step.terminated.flatten().nonzero().tolist() == [[4 * 4 + 1]]
    assert torch.equal(step.log_prob.flatten(), rollout.log_prob.flatten())


def test_a_truncated_end_keeps_its_bootstrap_in_a_shaped_row():
    rollout = _rollout(3)
    rollout.truncated[2, 0] = True
    assert unshaped(shaped(rollout, "sa"), Widths(OBS + ACTION, OBS, ACTION)).terminated.sum() == 0


def test_without_a_policy_the_log_probability_counts_as_0():
    step = unshaped(shaped(_rollout(4), "sa"), Widths(OBS + ACTION, OBS, ACTION))
    assert torch.equal(step.log_prob, torch.zeros(4, 1))


@pytest.mark.parametrize("inputs", SELECT)
def test_windows_equal_a_plain_loop_with_copies_out_of_step(inputs):
    starts = [(0, 0), (0, 1), (0, 2), (1, 1), (17, 0), (18, 0), (25, 2), (39, 1)]
    rollout = _rollout(40, copies=3, starts=starts)
    assert torch.equal(windows(rollout, inputs), _looped(rollout, inputs))


@pytest.mark.parametrize("past", [1, 5, WINDOW - 1, WINDOW, 3 * WINDOW])
@pytest.mark.parametrize("starts", [[], [(0, 0)], [(0, 1), (1, 0)], [(2, 1)]])
def test_windows_with_a_history_equal_a_plain_loop(past, starts):
    begun = [(past // 2, 0), (past - 1, 1)]
    rollout = _rollout(20, copies=2, starts=starts, seed=1, history=_rollout(past, copies=2, starts=begun))
    assert torch.equal(windows(rollout, "sa"), _looped(rollout))


@pytest.mark.parametrize("cut", [1, 3, WINDOW - 1, 30])
def test_cutting_a_rollout_in_two_changes_no_window_when_history_goes_along(cut):
    starts = [(0, 0), (0, 1), (2, 1), (29, 0), (30, 0), (31, 1)]
    whole = _rollout(50, copies=2, starts=starts)
    names = ("obs", "action", "next_obs", "terminated", "truncated", "episode_start")
    first, second = (
        Rollout(*(getattr(whole, name)[part] for name in names)) for part in (slice(cut), slice(cut, None))
    )
    second = replace(second, history=first.last(WINDOW - 1))
    assert torch.equal(torch.cat((windows(first, "sa"), windows(second, "sa"))), windows(whole, "sa"))


def test_a_history_longer_than_the_window_adds_nothing():
    long = _rollout(3 * WINDOW, copies=2)
    rollout = _rollout(4, copies=2, seed=1)
    rows = [windows(replace(rollout, history=h), "sa") for h in (long, long.last(WINDOW - 1))]
    assert torch.equal(*rows)


def test_the_last_place_is_the_step_itself_and_always_there():
    rollout = _rollout(30, copies=2, starts=[(0, 0), (7, 1)], history=_rollout(3, copies=2, seed=1))
    rows = windows(rollout, "sa")
    assert torch.equal(rows[:, -1, :-1], single_steps(rollout, "sa"))
    assert bool((rows[:, -1, -1] == 1).all())


def test_existing_steps_stand_together_at_the_end_and_missing_ones_are_zero():
    rows = windows(_rollout(40, copies=3, starts=[(5, 0), (6, 0), (33, 2)]), "s")
    marks = rows[..., -1]
    assert bool((marks.diff(dim=1) >= 0).all())
    assert bool((rows[marks == 0] == 0).all())
    assert marks.sum(dim=1).min() == 1
    assert marks.sum(dim=1).max() == WINDOW


def test_an_episode_start_hides_all_that_was_before_it():
    history = _rollout(WINDOW, starts=[(0, 0)])
    rollout = _rollout(3, starts=[(1, 0)], seed=1)
    other = replace(history, obs=history.obs + 9, action=history.action - 9)
    seen, changed = (windows(replace(rollout, history=h), "sa") for h in (history, other))
    assert not torch.equal(seen[0], changed[0])
    assert torch.equal(seen[1:], changed[1:])
    assert seen[..., -1].sum(dim=1).tolist() == [WINDOW, 1, 2]


def test_a_start_inside_the_history_cuts_the_window_there():
    history = _rollout(10, starts=[(0, 0), (8, 0)])
    rows = windows(_rollout(2, seed=1, history=history), "sa")
    assert rows[..., -1].sum(dim=1).tolist() == [3, 4]
    assert torch.equal(rows[0, -3, :OBS], history.obs[8, 0])


def test_copies_never_see_each_other():
    rollout = _rollout(20, copies=2, starts=[(3, 1)], history=_rollout(5, copies=2, seed=2))
    other = replace(rollout, obs=rollout.obs + torch.tensor([0.0, 9.0])[:, None])
    seen, changed = (windows(r, "sa").unflatten(0, (20, 2)) for r in (rollout, other))
    assert torch.equal(seen[:, 0], changed[:, 0])
    assert not torch.equal(seen[:, 1], changed[:, 1])


def test_a_single_step_and_loose_steps_make_windows_of_one():
    assert windows(_rollout(1), "sa")[..., -1].sum() == 1
    loose = loose_steps(torch.randn(6, OBS), torch.randn(6, ACTION), torch.randn(6, OBS))
    rows = windows(loose, "sa")
    assert rows.shape == (6, WINDOW, OBS + ACTION + 1)
    assert bool((rows[:, :-1] == 0).all())
