"""GPT: its attention against torch's own, what it may see, and the likelihood of a known process."""

import pytest
import torch
import torch.nn.functional as F

from gailforce.generative.families.transformer import CausalEncoder, GPTConfig, attention, causal
from gailforce.generative.nn.networks import seeded

SMALL = GPTConfig(memory=5, features=16, heads=2, blocks=2)


def _context(count=8, steps=5):
    """Steps of 3 columns and a mark, all of which exist."""
    rows = torch.randn(count, steps, 3, generator=torch.Generator().manual_seed(0))
    return torch.cat((rows, torch.ones(count, steps, 1)), dim=-1)


def _encoder():
    return seeded(0, lambda: CausalEncoder(4, SMALL))


def test_attention_equals_torchs_own():
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(4, 2, 7, 8, generator=generator) for _ in range(3))
    mask = causal(torch.rand(4, 7, generator=generator) > 0.3)
    assert torch.allclose(attention(q, k, v, mask), F.scaled_dot_product_attention(q, k, v, mask), atol=1e-6)


def test_attention_to_one_key_is_its_value_and_to_equal_keys_their_mean():
    v = torch.tensor([1.0, 3.0]).reshape(1, 1, 2, 1)
    q, k = torch.randn(1, 1, 2, 1), torch.ones(1, 1, 2, 1)
    found = attention(q, k, v, causal(torch.ones(1, 2, dtype=torch.bool)))
    assert found.flatten().tolist() == pytest.approx([1.0, 2.0])


def test_who_sees_whom():
    seen = causal(torch.tensor([[False, True, True]]))
    assert seen[0, 0].int().tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]


def test_a_later_step_changes_nothing_earlier():
    encoder, context = _encoder(), _context()
    for changed in range(5):
        other = context.clone()
        other[:, changed, :-1] += 7
        before, after = encoder.every(context), encoder.every(other)
        # The features at place i know the start and the i steps before.
        assert torch.equal(before[:, : changed + 1], after[:, : changed + 1])
        assert (before[:, changed + 1 :] != after[:, changed + 1 :]).any(dim=-1).all()


def test_the_last_place_alone_gives_the_same_as_all_places():
    encoder, context = _encoder(), _context()
    assert torch.allclose(encoder(context), encoder.every(context)[:, -1], atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"features": 10, "heads": 4}, "split"), ({"memory": 0}, "at least 1"), ({"blocks": 0}, "at least 1")],
)
def test_settings_that_cannot_be_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        GPTConfig(**settings)
