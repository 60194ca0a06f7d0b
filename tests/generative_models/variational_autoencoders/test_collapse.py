"""The digits' trainer: what is charged, and what is measured, against closed forms."""

import pytest
import torch

from otbook_utils.generative_models import VAE, gaussian_kl
from otbook_utils.generative_models.variational_autoencoders.collapse import (
    Terms,
    measured,
    train_digits,
    unit_kl,
)


def test_units_add_up_to_the_whole_divergence():
    mean, log_var = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(unit_kl(mean, log_var).sum(-1), gaussian_kl(mean, log_var))


def test_terms_are_those_of_the_model_for_the_same_draw():
    terms = Terms((1, 4, 4), 2, (8,))
    x = torch.rand(6, 1, 4, 4).round()
    torch.manual_seed(0)
    reconstruction, kl = terms(x)
    torch.manual_seed(0)
    torch.testing.assert_close((reconstruction, kl.sum(-1)), terms.vae.elbo_terms(x))


def test_a_price_of_nearly_nothing_makes_units_speak_and_a_high_one_silences_them():
    x = (torch.rand(100, 1, 1, 1, generator=torch.Generator().manual_seed(0)) > 0.5).float()
    images = x.expand(100, 1, 4, 4)  # all black or all white: one bit
    cheap, dear = (
        train_digits(images, (16,), beta=lambda epoch, b=b: b, latent=1, seeds=[1], epochs=120)[0]
        for b in (0.1, 100.0)
    )
    assert measured(cheap, images, draws=5)["kl"] > 0.5
    assert measured(dear, images, draws=5)["kl"] < 0.05


def test_a_model_that_says_nothing_has_no_unit_and_one_value_for_all_bounds():
    model = VAE((2, 2), 3, ())
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    found = measured(model, torch.ones(4, 2, 2), draws=3)
    wanted = -4 * torch.log(torch.tensor(2.0)).item()
    assert found["kl"] == 0 and found["units"] == 0
    assert found["bound"] == pytest.approx(wanted)
    assert found["weighted"] == pytest.approx(wanted, rel=1e-4)
