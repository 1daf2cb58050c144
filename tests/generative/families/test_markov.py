"""The chain: hmmlearn's likelihoods, sums over all paths, EM that never falls, phases of a known chain."""

import itertools

import pytest
import torch
from hmmlearn.hmm import GaussianHMM

from gailforce.generative.families.markov import HMM, HMMConfig, filtered, smoothed
from gailforce.generative.interfaces.model import FitOptions
from gailforce.generative.nn.gaussians import PriorConfig, log_densities

NO_PRIOR = PriorConfig(prior_std=1.0, shrinkage=0.0, least_weight=0.0)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def cycle(steps=300, seed=0):
    """Three phases of ten steps each, one after the other, seen as points of spread 0.2."""
    phase = torch.arange(steps) // 10 % 3
    centers = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    return phase, (centers[phase] + 0.2 * torch.randn(steps, 2, generator=generator(seed))).double()


def windows(rows, size=8):
    """(x, context) as critics see them: windows that end in each step, missing steps marked 0."""
    padded = torch.cat((torch.zeros(size - 1, rows.shape[1]).double(), rows))
    marks = torch.cat((torch.zeros(size - 1), torch.ones(len(rows))))
    at = torch.arange(len(rows))[:, None] + torch.arange(size)
    whole = torch.cat((padded[at], marks[at][..., None].double()), dim=-1)
    return whole[:, -1, :-1], whole[:, :-1]


def fitted(phases=3, prior=NO_PRIOR, **kwargs):
    model = HMM(2, HMMConfig(phases=phases, prior=prior), 0)
    model.fit(*windows(cycle()[1]), FitOptions(**kwargs))
    return model


def everywhere(steps):
    return torch.ones(steps.shape[:2], dtype=torch.bool)


def test_the_log_likelihood_of_a_sequence_is_that_of_hmmlearn():
    chain, (_, rows) = fitted(prior=PriorConfig()).chain, cycle(seed=1)
    oracle = GaussianHMM(3, covariance_type="full")
    oracle.n_features = 2
    oracle.startprob_, oracle.transmat_ = chain.log_start.exp().numpy(), chain.log_move.exp().numpy()
    oracle.means_ = chain.seen.mean.numpy()
    oracle.covars_ = (chain.seen.cholesky @ chain.seen.cholesky.transpose(1, 2)).numpy()
    found = filtered(chain, log_densities(rows[None], chain.seen), everywhere(rows[None]))[1].sum()
    assert found.item() == pytest.approx(oracle.score(rows.numpy()), abs=1e-6)
    shares = fitted(prior=PriorConfig()).phases(rows)
    assert torch.allclose(shares, torch.from_numpy(oracle.predict_proba(rows.numpy())), atol=1e-6)


def test_filter_and_smoother_are_sums_over_all_paths():
    chain, rows = fitted(prior=PriorConfig()).chain, cycle(5, seed=2)[1][None] * 0.5
    seen = log_densities(rows, chain.seen)
    weights = {}
    for path in itertools.product(range(3), repeat=5):
        log_p = chain.log_start[path[0]] + seen[0, 0, path[0]]
        for t in range(1, 5):
            log_p = log_p + chain.log_move[path[t - 1], path[t]] + seen[0, t, path[t]]
        weights[path] = log_p.exp()
    total = sum(weights.values())
    shares, moves = smoothed(chain, seen, everywhere(rows))
    assert filtered(chain, seen, everywhere(rows))[1].sum().exp().item() == pytest.approx(total.item())
    for t, k in itertools.product(range(5), range(3)):
        there = sum(w for path, w in weights.items() if path[t] == k) / total
        assert shares[0, t, k].item() == pytest.approx(there.item(), abs=1e-9)
    expected = torch.zeros(3, 3).double()
    for path, weight in weights.items():
        for a, b in itertools.pairwise(path):
            expected[a, b] += weight / total
    assert torch.allclose(moves, expected, atol=1e-9)


@pytest.mark.parametrize("phases", [2, 3, 5])
def test_the_log_likelihood_never_falls(phases):
    model = fitted(phases, steps=1)
    steps, exists = model._sequences(*windows(cycle()[1]))
    reached = [model.sweep(steps, exists) for _ in range(25)]
    assert all(b >= a - 1e-10 for a, b in itertools.pairwise(reached))


def test_missing_steps_change_nothing():
    model, (_, rows) = fitted(prior=PriorConfig()), cycle(seed=1)
    x, context = windows(rows)
    # The first step has no past; neither has a context of no steps at all.
    alone = model.score(x[:1], context[:1, :0, 0])
    assert torch.allclose(model.score(x[:1], context[:1]), alone)
    # Whatever stands in a missing step.
    noise = context + 5 * (context[..., -1:] == 0) * torch.tensor([1.0, 1.0, 0.0]).double()
    assert torch.equal(model.score(x, noise), model.score(x, context))


def test_knowing_the_past_helps():
    model, (_, rows) = fitted(prior=PriorConfig()), cycle(seed=3)
    x, context = windows(rows)
    assert model.score(x, context).mean() > model.score(x, context[:, :0, 0]).mean() + 0.5


def test_phases_are_those_of_the_chain_that_made_the_rows():
    phase, rows = cycle(seed=4)
    found = fitted(prior=PriorConfig()).phases(rows).argmax(dim=1)
    names = {int(k): int(phase[found == k].mode().values) for k in found.unique()}
    assert len(set(names.values())) == 3
    assert [names[int(k)] for k in found] == phase.tolist()


def test_noise_of_the_fit_stays_on_later_batches():
    # Else an agent like the expert would be told apart: only the last step of its windows comes noised.
    x, context = windows(cycle()[1])
    model = fitted(prior=PriorConfig(), noise=0.3)
    draws = generator(9)
    for _ in range(150):
        model.update(x + 0.3 * torch.randn(x.shape, generator=draws).double(), context)
    smallest = torch.linalg.eigvalsh(model.chain.seen.cholesky @ model.chain.seen.cholesky.mT).min()
    # The points' own spread is 0.2, the noise's 0.3.
    assert smallest.item() == pytest.approx(0.2**2 + 0.3**2, rel=0.35)


def test_draws_follow_the_context():
    model, (phase, rows) = fitted(prior=PriorConfig()), cycle(seed=5)
    _, context = windows(rows)
    inside = 15  # the middle of the second phase
    drawn = model.sample(context[inside : inside + 1], 500, generator())
    assert torch.allclose(drawn.mean(dim=0)[0], torch.tensor([2.0, 0.0]).double(), atol=0.5)
    assert phase[inside] == 1


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="1 phase"):
        HMMConfig(phases=0)
    with pytest.raises(ValueError, match="memory"):
        HMMConfig(memory=16)
