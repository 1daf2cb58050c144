"""Linear critics: scikit-learn's logistic regression, gradients and kernels of known value."""

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.svm import OneClassSVM as OneClassSVM_

from gailforce.generative.families.linear import (
    LogisticConfig,
    OneClassSVM,
    OneClassSVMConfig,
    SVMConfig,
    logistic,
    newton_step,
    svm,
)
from gailforce.generative.interfaces.adversarial import AdversarialConfig
from gailforce.generative.interfaces.model import FitOptions
from gailforce.generative.interfaces.reward_inputs import Widths
from gailforce.generative.nn.features import FourierFeatures, median_distance


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def two_clouds(count=200):
    """Rows around (1, 1) labelled 1, around (-1, -1) labelled 0; they overlap."""
    labels = (torch.arange(count) % 2).double()
    return (2 * labels - 1)[:, None] + torch.randn(count, 2, generator=generator()).double(), labels


def test_newtons_minimum_is_scikit_learns():
    x, y = two_clouds()
    features = torch.cat((torch.ones(len(x), 1).double(), x), dim=1)
    w = torch.zeros(3).double()
    for _ in range(20):
        w = newton_step(w, features, y, 0.01, torch.zeros(3).double())
    # scikit-learn sums the losses where we take their mean.
    oracle = LogisticRegression(C=1 / (0.01 * len(x)), fit_intercept=False, tol=1e-12, max_iter=10_000)
    oracle.fit(features.numpy(), y.numpy())
    assert torch.allclose(w, torch.from_numpy(oracle.coef_[0]), atol=1e-6)


def test_at_a_minimum_newton_stands_still():
    x, y = two_clouds()
    w, zero = torch.zeros(2).double(), torch.zeros(2).double()
    for _ in range(20):
        w = newton_step(w, x, y, 0.1, zero)
    assert torch.allclose(newton_step(w, x, y, 0.1, zero), w, atol=1e-12)
    p = torch.sigmoid(x @ w)
    assert (x.T @ (p - y) / len(y) + 0.1 * w).abs().max() < 1e-12


def test_a_critic_fed_one_batch_again_and_again_reaches_its_minimum():
    x, y = two_clouds()
    critic = logistic(Widths(2, 2, 0), 0, LogisticConfig(features=0, decay=0.01, inertia=0.1))
    for _ in range(200):
        critic.update(x[y == 1].float(), x[y == 0].float())
    features = torch.cat((torch.ones(len(x), 1).double(), x), dim=1)
    w = torch.zeros(3).double()
    for _ in range(20):
        w = newton_step(w, features, y, 0.01, torch.zeros(3).double())
    assert torch.allclose(critic.w, w, atol=1e-4)


def test_features_bend_what_raw_columns_cannot():
    inside = 0.5 * torch.randn(400, 2, generator=generator())
    ring = torch.nn.functional.normalize(torch.randn(400, 2, generator=generator(1)))
    accuracy = {}
    for count in (0, 128):
        critic = logistic(Widths(2, 2, 0), 0, LogisticConfig(features=count))
        critic.fit(inside)
        for _ in range(30):
            critic.update(inside, 3 * ring)
        accuracy[count] = (critic.logit(inside) > 0).float().mean() + (
            critic.logit(3 * ring) < 0
        ).float().mean()
    assert accuracy[0] < 1.3
    assert accuracy[128] > 1.9


def test_the_hinge_critic_reaches_the_loss_of_scikit_learns_machine():
    x, y = two_clouds()
    decay = 0.05
    quick = AdversarialConfig(learning_rate=1e-2)
    critic = svm(Widths(2, 2, 0), 0, SVMConfig(features=0, decay=decay, optimizer=quick))
    for _ in range(1500):
        critic.update(x[y == 1].float(), x[y == 0].float())
    features = torch.cat((torch.ones(len(x), 1).double(), x), dim=1)

    def loss(w):
        # The mean over each side, as the critic's loss has it.
        short = torch.relu(1 - (2 * y - 1) * (features @ w))
        return (short[y == 1].mean() + short[y == 0].mean() + 0.5 * decay * w.square().sum()).item()

    oracle = LinearSVC(C=2 / (decay * len(x)), loss="hinge", fit_intercept=False, tol=1e-8, max_iter=200_000)
    oracle.fit(features.numpy(), y.numpy())
    best = loss(torch.from_numpy(oracle.coef_[0]))
    assert loss(critic.score.w.detach().double()) == pytest.approx(best, rel=0.01)


def test_inner_products_of_waves_are_the_gaussian_kernel():
    features = FourierFeatures(3, 20_000, 1.0, 0)
    features.bandwidth = torch.tensor(1.5)
    x = torch.randn(6, 3, generator=generator())
    waves = features(x)[:, 4:]
    kernel = torch.exp(-torch.cdist(x, x).square() / (2 * 1.5**2))
    assert torch.allclose(waves @ waves.T, kernel, atol=0.04)


def test_the_bandwidth_is_the_median_distance():
    # Of pairs of rows a third are 0 apart, four ninths 2, two ninths 4.
    x = torch.tensor([[0.0], [2.0], [4.0]]).repeat(50, 1)
    assert median_distance(x, generator()).item() == 2.0
    features = FourierFeatures(1, 4, 0.5, 0)
    features.fit(x)
    assert features.bandwidth.item() == 1.0


def test_the_one_class_machine_reaches_the_loss_of_scikit_learns():
    x = torch.randn(600, 3, generator=generator())
    model = OneClassSVM(3, OneClassSVMConfig(features=64, outside=0.2, spread=1.0), 0)
    model.fit(x, x[:, :0], FitOptions(3000, 512))
    waves = model._waves(x)

    def loss(w, rho):
        return 0.5 * w.square().sum() - rho + torch.relu(rho - waves @ w).mean() / 0.2

    oracle = OneClassSVM_(kernel="linear", nu=0.2, tol=1e-6).fit(waves.numpy())
    # scikit-learn's multipliers sum to ν N where ours sum to 1.
    scale = 0.2 * len(x)
    best = loss(
        torch.from_numpy(oracle.coef_[0] / scale).float(), torch.tensor(-oracle.intercept_[0] / scale)
    )
    assert loss(model.w, model.rho).item() == pytest.approx(best.item(), rel=0.01)


def test_the_share_that_lies_outside_is_as_asked():
    x = torch.randn(1000, 2, generator=generator())
    model = OneClassSVM(2, OneClassSVMConfig(features=256, outside=0.2), 0)
    model.fit(x, x[:, :0], FitOptions(3000))
    assert (model.score(x, x[:, :0]) < 0).float().mean().item() == pytest.approx(0.2, abs=0.06)
    far = torch.full((1, 2), 6.0)
    assert model.score(far, far[:, :0]) < model.score(x, x[:, :0]).quantile(0.05)
