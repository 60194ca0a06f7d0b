"""Uncertainties against closed forms and peers, and refusals of bad input."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy
from torch.distributions import Normal

from otbook_utils.bayesian_networks import (
    bald,
    decompose_uncertainty,
    decompose_variance,
    expected_calibration_error,
    gaussian_nll,
    reliability,
)


@st.composite
def predictions(draw):
    """Return probabilities (samples, batch, classes), some of them sure."""
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(2, 5)))
    seed = draw(st.integers(0, 10_000))
    concentration = draw(st.sampled_from([0.05, 1.0, 50.0]))
    draws = np.random.default_rng(seed).dirichlet([concentration] * shape[2], shape[:2])
    return torch.tensor(draws)


def test_nll_is_the_normal_density_with_its_constant():
    torch.manual_seed(0)
    mean, log_var, target = torch.randn(3, 5, 2).double()
    wanted = -Normal(mean, (log_var / 2).exp()).log_prob(target)
    torch.testing.assert_close(gaussian_nll(mean, log_var, target), wanted)
    one = gaussian_nll(mean, log_var[:1, :1], target)
    assert one.shape == (5, 2)


def test_nll_is_least_at_the_squared_error():
    log_var = torch.tensor([math.log(4.0)], dtype=torch.double, requires_grad=True)
    gaussian_nll(torch.zeros(1).double(), log_var, torch.full((1,), 2.0).double()).backward()
    assert log_var.grad.abs().max() < 1e-12


@pytest.mark.parametrize(
    "shapes",
    [((3, 1), (3, 1), (3,)), ((3,), (3, 1), (3,)), ((2, 3), (3, 2), (2, 3))],
)
def test_nll_refuses_shapes_that_would_pair_all_with_all(shapes):
    with pytest.raises(ValueError, match="shape"):
        gaussian_nll(*(torch.zeros(shape) for shape in shapes))


@given(predictions())
def test_entropies_add_up_and_are_a_peers(probabilities):
    total, aleatoric, epistemic = decompose_uncertainty(probabilities)
    assert total.shape == aleatoric.shape == epistemic.shape == probabilities.shape[1:2]
    np.testing.assert_allclose(total, entropy(probabilities.mean(0), axis=-1), atol=1e-9)
    np.testing.assert_allclose(aleatoric, entropy(probabilities, axis=-1).mean(0), atol=1e-9)
    np.testing.assert_allclose(total, aleatoric + epistemic, atol=1e-9)
    np.testing.assert_allclose(epistemic, bald(probabilities), atol=1e-9)
    assert bool((epistemic >= 0).all())
    assert bool((total <= math.log(probabilities.shape[-1]) + 1e-9).all())


def test_entropies_of_agreement_and_of_discord():
    agreed = torch.tensor([0.25, 0.75]).expand(5, 1, 2)
    assert decompose_uncertainty(agreed).epistemic.item() == pytest.approx(0, abs=1e-7)
    discord = torch.eye(3)[:, None]
    total, aleatoric, epistemic = decompose_uncertainty(discord)
    assert (total.item(), aleatoric.item()) == (pytest.approx(math.log(3)), 0)
    assert epistemic.item() == pytest.approx(math.log(3))


@pytest.mark.parametrize(
    ("probabilities", "named"),
    [
        (torch.randn(4, 3, 2), "logits"),
        (torch.full((4, 3, 2), 1.0), "add up"),
        (torch.full((3, 2), 0.5), "dimensions"),
        (torch.ones(2, 2, 1, dtype=torch.long), "floating"),
        (torch.full((2, 2, 2), math.nan), "finite"),
        (torch.zeros(0, 2, 2), "empty"),
    ],
)
def test_what_are_no_probabilities_is_refused(probabilities, named):
    with pytest.raises(ValueError, match=named):
        decompose_uncertainty(probabilities)


def test_variances_follow_the_law_of_total_variance():
    torch.manual_seed(0)
    means, variances = torch.randn(4, 3).double(), torch.rand(4, 3).double()
    draws = means + variances.sqrt() * torch.randn(200_000, 4, 3).double()
    total = decompose_variance(means, variances).total
    torch.testing.assert_close(total, draws.flatten(0, 1).var(0), rtol=0.01, atol=0)
    with pytest.raises(ValueError, match="negative"):
        decompose_variance(means, -variances)
    with pytest.raises(ValueError, match="shape"):
        decompose_variance(means, variances[:3])


def test_calibration_error_by_hand():
    confidence = torch.tensor([0.95, 0.95, 0.65, 0.65, 0.65])
    probabilities = torch.stack([confidence, 1 - confidence], 1)
    labels = torch.tensor([0, 1, 0, 0, 1])
    wanted = 2 / 5 * abs(0.5 - 0.95) + 3 / 5 * abs(2 / 3 - 0.65)
    assert expected_calibration_error(probabilities, labels, bins=10).item() == pytest.approx(
        wanted
    )
    one_bin = abs(3 / 5 - confidence.mean().item())
    assert expected_calibration_error(probabilities, labels, 1).item() == pytest.approx(one_bin)


def test_a_bin_holds_its_right_end():
    probabilities = torch.tensor([[0.5, 0.5], [0.75, 0.25], [1.0, 0.0]])
    assert reliability(probabilities, torch.zeros(3, dtype=torch.long), 4).count.tolist() == [
        0,
        1,
        1,
        1,
    ]


def test_labels_drawn_from_the_predictions_are_calibrated():
    torch.manual_seed(0)
    probabilities = torch.distributions.Dirichlet(torch.ones(4)).sample((100_000,))
    labels = torch.distributions.Categorical(probabilities).sample()
    assert expected_calibration_error(probabilities, labels) < 0.008
    overconfident = probabilities.pow(4) / probabilities.pow(4).sum(-1, keepdim=True)
    assert expected_calibration_error(overconfident, labels) > 0.1


@pytest.mark.parametrize(
    ("labels", "bins", "named"),
    [
        (torch.tensor([0, 1, 2]), 15, "labels"),
        (torch.tensor([0, 2]), 15, "labels"),
        (torch.tensor([0.0, 1.0]), 15, "labels"),
        ([0, 1], 15, "labels"),
        (torch.tensor([0, 1]), 0, "bins"),
        (torch.tensor([0, 1]), 2.5, "bins"),
    ],
)
def test_senseless_labels_and_bins_are_refused(labels, bins, named):
    with pytest.raises((ValueError, TypeError), match=named):
        expected_calibration_error(torch.full((2, 2), 0.5), labels, bins)
