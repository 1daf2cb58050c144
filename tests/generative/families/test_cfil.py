"""Coupled flows: the score by hand, the log-ratio they must find, and the zero of their logits."""

import math
from dataclasses import replace

import pytest
import torch

from gailforce.generative.families.cfil import CFILConfig, CoupledFlows, cfil, squashed
from gailforce.generative.families.flow import FlowConfig
from gailforce.generative.interfaces.adversarial import AdversarialConfig
from gailforce.generative.interfaces.reward_inputs import Widths

SMALL = CFILConfig(
    flow=FlowConfig(blocks=2, layers=(16,)),
    nats=15.0,
    smoothing=0.5,
    optimizer=AdversarialConfig(learning_rate=5e-3),
)


def widths(inputs):
    return Widths(inputs, inputs, 0)


def sides(source, rows=256, width=2):
    """Expert around 1, agent around -1."""
    expert, agent = (torch.randn(rows, width, generator=source) for _ in range(2))
    return expert + 1, agent - 1


def taught(steps, seed=0):
    critic, source = cfil(widths(2), seed, SMALL), torch.Generator().manual_seed(0)
    for _ in range(steps):
        metrics = critic.update(*sides(source))
    return critic, metrics


@pytest.fixture(scope="module")
def learned():
    return taught(steps=100)


def test_a_known_ratio_is_squashed():
    # 6 tanh(1) = 4.57, and never more than 6.
    assert squashed(torch.tensor([0.0, 15.0, 1e9]), 6.0, 15.0).tolist() == pytest.approx(
        [0, 6 * math.tanh(1), 6]
    )


def test_before_training_no_row_is_more_likely_an_experts():
    assert torch.equal(cfil(widths(3), 0, SMALL).logit(torch.randn(8, 3)), torch.zeros(8))


def test_it_learns_which_side_the_expert_is_on_and_where_the_middle_is(learned):
    critic, metrics = learned
    assert min(metrics["expert_accuracy"], metrics["agent_accuracy"]) > 0.9
    expert, agent = sides(torch.Generator().manual_seed(1))
    middle = (critic.logit(expert).mean() + critic.logit(agent).mean()) / 2
    assert middle.item() == pytest.approx(0, abs=0.3)


def test_it_finds_the_log_ratio_of_two_gaussians():
    # log N(x; 0.5, 1) - log N(x; -0.5, 1) = x in one dimension; the squash is wide open, nothing is smoothed.
    config = replace(SMALL, bound=100.0, nats=100.0, smoothing=0.0)
    critic, source = cfil(widths(1), 0, config), torch.Generator().manual_seed(0)
    for _ in range(150):
        expert, agent = (torch.randn(512, 1, generator=source) for _ in range(2))
        critic.update(expert + 0.5, agent - 0.5)
    x = torch.linspace(-1.5, 1.5, 7)[:, None]
    assert torch.allclose(critic.logit(x), x.squeeze(-1), atol=0.35)


def test_each_flow_becomes_the_density_of_its_side(learned):
    critic, _ = learned
    expert, agent = sides(torch.Generator().manual_seed(1), rows=2048)
    # Entropy of a side, smoothed by a variance of 0.5^2 / 12: ln(2 pi e 1.02) = 2.86 nats.
    entropy = math.log(2 * math.pi * math.e * (1 + 0.25 / 12))
    for model, rows in ((critic.score.expert, expert), (critic.score.agent, agent)):
        assert -model.score(rows, rows[:, :0]).mean().item() == pytest.approx(entropy, abs=0.3)


def test_smoothing_is_for_training_alone():
    flows, x = CoupledFlows(2, 0, SMALL), torch.zeros(64, 2)
    moved = flows.smoothed(x)
    assert 0.2 < moved.abs().max() <= 0.25
    assert torch.equal(flows.eval().smoothed(x), x)


def test_every_parameter_learns():
    critic = cfil(widths(4), 0, CFILConfig())
    # Alike flows of a zero ratio learn from the bound as well as from their own likelihood.
    critic.update(torch.randn(32, 4), torch.randn(32, 4))
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in critic.score.parameters())


@pytest.mark.parametrize(("rows", "scale"), [(1, 1.0), (8, 0.0), (8, 1e3)])
def test_single_constant_and_extreme_rows_stay_finite(rows, scale):
    critic = cfil(widths(3), 0, CFILConfig())
    x = scale * torch.randn(rows, 3)
    for _ in range(20):
        assert all(math.isfinite(value) for value in critic.update(x, x).values())
    assert critic.logit(x).isfinite().all()


def test_a_reload_gives_the_same_logits_and_a_seed_the_same_bits():
    x = torch.randn(16, 2)
    critic, same, other = (taught(steps=5, seed=seed)[0] for seed in (0, 0, 1))
    fresh = cfil(widths(2), 7, SMALL)
    fresh.load_state_dict(critic.state_dict())
    assert torch.equal(fresh.logit(x), critic.logit(x))
    assert torch.equal(same.logit(x), critic.logit(x))
    assert not torch.equal(other.logit(x), critic.logit(x))
