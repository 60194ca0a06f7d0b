"""Every model of the closing table takes a step and answers in the same form."""

import math

import pytest
import torch

from otbook_utils.generative_models.diffusion_chapter.all_models import (
    MODELS,
    as_images,
    bits_of,
    dequantised,
    mixture,
)
from otbook_utils.training import seed_everything

LEVELS = torch.randint(17, (60, 1, 8, 8), generator=torch.Generator().manual_seed(0)).float()


@pytest.mark.parametrize("name", MODELS)
def test_a_model_learns_and_makes_images(name):
    seed_everything(0)
    model = MODELS[name](LEVELS)
    networks = [v for v in vars(model.state).values() if isinstance(v, torch.nn.Module)]
    before = [p.clone() for p in networks[0].parameters()]
    for step in range(6):  # a critic moves five times, then its generator
        model.state.steps_done = step
        told = model.step(model.state, LEVELS[:8])
        assert all(math.isfinite(value) for value in told.values())
    assert any(not torch.equal(a, b) for a, b in zip(before, networks[0].parameters(), strict=True))
    with torch.no_grad():
        made = model.sample(5)
        assert made.shape == (5, 1, 8, 8) and 0 <= made.min() <= made.max() <= 1
        if model.bits is not None:
            assert model.bits(LEVELS[:10]) > 2  # uniform levels have log2(17) = 4.09 bits


def test_levels_survive_their_noise():
    torch.testing.assert_close(as_images(dequantised(LEVELS)), LEVELS / 16)


def test_bits_of_the_uniform_density_are_those_of_the_levels():
    nats = torch.full((4,), 64 * math.log(2.0))  # a density of ½ from −1 to 1 in each pixel
    assert bits_of(nats) == pytest.approx(math.log2(17))


def test_a_mixture_of_uniform_noise_is_one_gaussian_beside_the_entropy():
    many = torch.randint(17, (600, 1, 8, 8), generator=torch.Generator().manual_seed(1)).float()
    fitted, told = mixture(many, seed=0)
    assert fitted.n_components == told["components"] == 1
    least = math.log2(17) + 0.5 * math.log2(math.pi * math.e / 6)  # a Gaussian for a uniform
    assert least - 0.02 < told["held_out"] < least + 0.35  # 64 x 65 / 2 covariances from 480
