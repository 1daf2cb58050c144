"""Error models: low error on what they learned, high elsewhere, and a random network that stays as it was."""

import math

import pytest
import torch

from gailforce.generative.families.autoencoder import (
    RED,
    AutoEncoder,
    AutoEncoderConfig,
    RandomNetwork,
    REDConfig,
    ae,
    red,
    squared_error,
)
from gailforce.generative.interfaces.critics import AnchorConfig
from gailforce.generative.interfaces.reward_inputs import Widths

WIDTHS, ANCHOR = Widths(4, 3, 1), AnchorConfig(fit_steps=400)
MODELS = {
    "ae": lambda context=0, seed=0: AutoEncoder(4, context, AutoEncoderConfig((8,), 2), seed),
    "red": lambda context=0, seed=0: RED(4, context, REDConfig((16,), (16, 8)), seed),
}
CRITICS = {
    "ae": lambda seed=0: ae(WIDTHS, seed, AutoEncoderConfig((16,), 2, density=ANCHOR)),
    "red": lambda seed=0: red(WIDTHS, seed, REDConfig((32,), (32, 8), density=ANCHOR)),
}
both = pytest.mark.parametrize("name", MODELS)


def _plane(count=256, seed=0):
    """Rows on a plane of two dimensions in four."""
    flat = torch.randn(count, 2, generator=torch.Generator().manual_seed(seed))
    return torch.cat((flat, flat @ torch.tensor([[0.6, -0.8], [0.8, 0.6]])), dim=1)


def _scattered(count=256, seed=1):
    """Rows of the same spread, off the plane."""
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(seed))


def _trained(name, updates=150):
    model = MODELS[name]()
    for step in range(updates):
        x = _plane(seed=step)
        model.update(x, x[:, :0])
    return model


def test_the_error_of_known_rows():
    assert squared_error(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 4.0]])).item() == pytest.approx(2.0)


def test_the_random_layers_by_hand():
    network, x = RandomNetwork((2, 3, 1), 1.5), torch.tensor([[0.3, -0.2]])
    expected = torch.tanh(torch.tanh(x @ network.weight0) @ network.weight1)
    assert torch.equal(network(x), expected)


@both
def test_what_was_learned_scores_higher_than_the_unseen(name):
    model, seen, unseen = _trained(name), _plane(seed=9999), _scattered() + 2
    scores = [model.score(x, x[:, :0]).detach() for x in (seen, unseen)]
    assert scores[0].mean() > scores[1].mean()
    assert (scores[0] <= 0).all()


@both
def test_the_loss_is_the_negative_mean_score_and_falls(name):
    model, x = MODELS[name](), _plane()
    before = -model.score(x, x[:, :0]).mean().item()
    losses = [model.update(x, x[:, :0])["loss"] for _ in range(300)]
    assert losses[0] == pytest.approx(before)
    assert losses[-1] < 0.5 * losses[0]


@both
@pytest.mark.parametrize("context", [0, 3])
def test_every_parameter_receives_a_gradient(name, context):
    model, x = MODELS[name](context), _plane()
    model.update(x, x[:, :context])
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_the_random_network_is_saved_and_never_trained():
    model, fresh = _trained("red", 20), MODELS["red"]()
    assert not list(model.target.parameters())
    saved = {name: value for name, value in model.state_dict().items() if name.startswith("target.")}
    assert len(saved) == 2
    assert all(torch.equal(value, fresh.state_dict()[name]) for name, value in saved.items())


def test_an_autoencoder_as_wide_as_its_rows_rebuilds_better_than_a_narrow_one():
    errors = []
    for code in (1, 4):
        model = AutoEncoder(4, 0, AutoEncoderConfig((16,), code), 0)
        for step in range(200):
            x = _scattered(seed=step)
            metrics = model.update(x, x[:, :0])
        errors.append(metrics["loss"])
    assert errors[1] < errors[0]


@both
def test_the_score_has_a_slope_in_x(name):
    x = _scattered().requires_grad_(True)
    (slope,) = torch.autograd.grad(MODELS[name]().score(x, x[:, :0]).sum(), x)
    assert torch.isfinite(slope).all()
    assert (slope != 0).any()


@both
def test_a_context_counts_and_is_flattened(name):
    model, x = MODELS[name](6), _plane(5)
    windows = torch.randn(5, 2, 3)
    assert model.score(x, windows).shape == (5,)
    assert not torch.equal(model.score(x, windows), model.score(x, windows + 1))


@both
def test_it_says_that_it_cannot_sample(name):
    with pytest.raises(NotImplementedError, match="only scores"):
        MODELS[name]().sample(torch.zeros(1, 0), 1, torch.Generator())


def _anchored(name, seed=0):
    critic = CRITICS[name](seed)
    critic.fit(_plane())
    critic.update(_plane(), _scattered() + 2)
    return critic


@both
def test_the_critic_is_anchored_between_expert_and_first_agent(name):
    critic = _anchored(name)
    assert critic.logit(_plane()).median().item() == pytest.approx(3.0, abs=0.1)
    assert critic.logit(_scattered() + 2).median().item() == pytest.approx(-3.0, abs=0.1)


@both
def test_a_saved_critic_judges_the_same_to_the_bit(name):
    critic, other = _anchored(name), CRITICS[name](7)
    other.load_state_dict(critic.state_dict())
    assert torch.equal(critic.logit(_scattered()), other.logit(_scattered()))


@both
def test_the_same_seed_fits_to_the_same_bits_and_leaves_the_global_generator_alone(name):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, same, other = (_anchored(name, seed).logit(_scattered()) for seed in (3, 3, 4))
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@both
def test_constant_rows_and_a_single_row_stay_finite(name):
    critic, constant = CRITICS[name](), torch.zeros(8, 4)
    critic.fit(constant)
    assert all(math.isfinite(value) for value in critic.update(constant[:1], constant[:1]).values())
    assert torch.isfinite(critic.logit(torch.full((1, 4), 5.0))).all()
