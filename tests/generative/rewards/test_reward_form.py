"""Reward forms: hand-worked values, identities, and signs as declared."""

import math

import pytest
import torch

from gailforce.generative.rewards.reward_form import (
    FORMS,
    SIGNED_FORMS,
    fairl,
    negative,
    plain_logit,
    positive,
)

LOGITS = torch.linspace(-8, 8, 101)


def test_hand_worked_values():
    # D = sigmoid(ln 3) = 3/4.
    logit = torch.tensor(math.log(3.0))
    assert positive(logit).item() == pytest.approx(-math.log(1 / 4))
    assert negative(logit).item() == pytest.approx(math.log(3 / 4))
    assert fairl(logit).item() == pytest.approx(-3 * math.log(3))


def test_log_d_minus_log_one_minus_d_is_the_logit():
    assert torch.allclose(negative(LOGITS) + positive(LOGITS), plain_logit(LOGITS), atol=1e-6)


@pytest.mark.parametrize("form", [positive, negative, plain_logit])
def test_a_higher_logit_pays_more(form):
    assert (form(LOGITS).diff() > 0).all()


@pytest.mark.parametrize("name", FORMS)
def test_the_declared_sign_is_the_observed_sign(name):
    goes_below_zero = bool((FORMS[name](LOGITS) < 0).any())
    assert goes_below_zero == (name in SIGNED_FORMS)


@pytest.mark.parametrize("name", FORMS)
def test_extreme_logits_stay_finite(name):
    assert torch.isfinite(FORMS[name](torch.tensor([-1e4, 0.0, 1e4]))).all()
