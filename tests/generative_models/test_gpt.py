"""A GPT sees no later token, and its sampling gives what closed forms say."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from otbook_utils.generative_models import GPT, next_probabilities

SIZES = {"vocabulary_size": 11, "context": 8, "layers": 2, "heads": 3, "width": 12}


def model(seed=0):
    torch.manual_seed(seed)
    gpt = GPT(**SIZES).double()
    for parameter in gpt.parameters():  # as after training: nothing is nearly 0
        parameter.data += 0.3 * torch.randn_like(parameter)
    return gpt


@given(st.integers(0, 10_000), st.integers(1, 7))
@settings(max_examples=20)
def test_outputs_follow_from_no_later_token_and_from_every_earlier_one(seed, place):
    gpt, generator = model(), torch.Generator().manual_seed(seed)
    tokens = torch.randint(11, (2, 8), generator=generator)
    changed = tokens.clone()
    changed[:, place] = (changed[:, place] + 1) % 11
    with torch.no_grad():
        moved = (gpt(tokens) - gpt(changed)).abs().amax(-1)
        alone = gpt(tokens[:, :place])
    assert (moved[:, :place] == 0).all() and (moved[:, place:] > 0).all()
    torch.testing.assert_close(gpt(tokens)[:, :place], alone)


def test_attention_maps_are_what_the_fast_attention_uses():
    gpt, tokens = model(), torch.arange(6)[None]
    maps = gpt.attention_maps(tokens)
    assert maps.shape == (2, 1, 3, 6, 6) and (maps.triu(1) == 0).all()
    torch.testing.assert_close(maps.sum(-1), torch.ones_like(maps[..., 0]))
    x = gpt.embed(tokens)
    for block, weights in zip(gpt.blocks, maps, strict=True):
        *_, values = block.attention.split(block.before_attention(x))
        x = x + block.attention.out((weights @ values).transpose(1, 2).flatten(-2))
        x = x + block.network(block.before_network(x))
    torch.testing.assert_close(gpt.last_norm(x) @ gpt.tokens.weight.T, gpt(tokens))


def test_the_published_small_configuration_has_its_size():
    gpt = GPT(65, context=64, layers=4, heads=4, width=128)
    parameters = sum(p.numel() for p in gpt.parameters())
    # By hand: 12 width² a block, two norms a block and one last, embeddings of 65 + 64 rows.
    assert parameters == 4 * 12 * 128**2 + 9 * 128 + (65 + 64) * 128


@given(st.integers(0, 10_000), st.floats(0.2, 3))
def test_temperature_raises_probabilities_to_a_power(seed, temperature):
    logits = torch.randn(3, 7, generator=torch.Generator().manual_seed(seed)).double()
    powers = logits.softmax(-1) ** (1 / temperature)
    got = next_probabilities(logits, temperature=temperature)
    torch.testing.assert_close(got, powers / powers.sum(-1, keepdim=True))


@given(st.integers(0, 10_000), st.integers(1, 7), st.floats(0.05, 1))
def test_what_top_k_and_top_p_keep(seed, k, threshold):
    p = np.random.default_rng(seed).dirichlet(np.ones(7))
    ranked = sorted(range(7), key=lambda i: -p[i])
    few = next_probabilities(torch.tensor(p).log(), top_k=k).numpy()
    assert set(np.flatnonzero(few)) == set(ranked[:k])
    np.testing.assert_allclose(few[ranked[:k]], p[ranked[:k]] / p[ranked[:k]].sum())
    stays = next(n for n in range(1, 8) if p[ranked[:n]].sum() >= threshold - 1e-12)
    nucleus = next_probabilities(torch.tensor(p).log(), top_p=threshold).numpy()
    assert set(np.flatnonzero(nucleus)) == set(ranked[:stays])
    assert abs(nucleus.sum() - 1) < 1e-12


def test_cold_sampling_repeats_the_likeliest_and_a_generator_repeats_itself():
    gpt, start = model(), torch.tensor([[1, 2], [3, 4]])
    cold = gpt.generate(start, 12, temperature=0)
    assert torch.equal(cold[:, :2], start) and cold.shape == (2, 14)
    for t in range(2, 14):
        wanted = gpt(cold[:, max(0, t - 8) : t])[:, -1].argmax(-1)
        assert torch.equal(cold[:, t], wanted)
    draws = [gpt.generate(start, 9, generator=torch.Generator().manual_seed(5)) for _ in range(2)]
    assert torch.equal(*draws)


def test_draws_come_as_often_as_the_model_says():
    gpt = model()
    start = torch.full((4000, 1), 3)
    drawn = gpt.generate(start, 1, generator=torch.Generator().manual_seed(0))[:, 1]
    wanted = gpt(start[:1])[0, -1].softmax(-1).detach()
    shares = torch.bincount(drawn, minlength=11) / 4000
    assert ((shares - wanted).abs() < 4.5 * (wanted * (1 - wanted) / 4000).sqrt() + 1e-9).all()


@pytest.mark.parametrize(
    ("tokens", "error", "said"),
    [
        (torch.rand(2, 3), TypeError, "integers .* got torch.float32"),
        ([[1, 2]], TypeError, "got list"),
        (torch.zeros(3, dtype=torch.long), ValueError, r"\(batch, time\).* got \(3,\)"),
        (torch.zeros(2, 0, dtype=torch.long), ValueError, r"not be empty, got \(2, 0\)"),
        (torch.zeros(1, 9, dtype=torch.long), ValueError, "context of 8, got 9"),
        (torch.tensor([[0, 11]]), ValueError, "from 0 to 10, got 0 to 11"),
        (torch.tensor([[-1, 1]]), ValueError, "from 0 to 10, got -1 to 1"),
    ],
)
def test_what_is_no_batch_of_tokens_is_refused(tokens, error, said):
    with pytest.raises(error, match=said):
        model()(tokens)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"heads": 5}, "divisible by heads, got 12 for 5"), ({"layers": 0}, "layers .* got 0")],
)
def test_impossible_sizes_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        GPT(**(SIZES | change))


@pytest.mark.parametrize("how", [{"temperature": -1}, {"top_k": 0}, {"top_p": 0}, {"top_p": 1.5}])
def test_impossible_knobs_are_refused(how):
    with pytest.raises(ValueError, match=f"{next(iter(how))} must be"):
        next_probabilities(torch.zeros(3), **how)
