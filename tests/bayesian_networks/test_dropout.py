"""Dropout and its kin: closed-form moments, what noise is on when, and refusals of bad input."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.distributions import Categorical, MixtureSameFamily, Normal
from torch.nn import functional as F

from otbook_utils.bayesian_networks import (
    DropConnect,
    GaussianDropout,
    dropout_precision,
    mc_predict,
    noise_on,
    predictive_log_likelihood,
    predictive_moments,
)
from otbook_utils.training import SideBySide

DRAWS = 40_000


def linear_under(noise: str, p: float, weight: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the outputs (DRAWS, out) of a linear layer whose inputs or weights are noisy."""
    if noise == "connect":
        layer = DropConnect(*reversed(weight.shape), bias=False, p=p)
        layer.weight.data = weight
        net = layer
    else:
        layer = nn.Linear(*reversed(weight.shape), bias=False)
        layer.weight.data = weight
        net = nn.Sequential({"unit": nn.Dropout, "gauss": GaussianDropout}[noise](p), layer)
    with torch.no_grad():
        return net(x.expand(DRAWS, -1))


@pytest.mark.parametrize("noise", ["unit", "gauss", "connect"])
@pytest.mark.parametrize("p", [0.2, 0.5])
def test_mean_and_covariance_of_a_linear_layer_are_the_closed_forms(noise, p):
    torch.manual_seed(0)
    weight, x = torch.randn(3, 4), torch.randn(4)
    outputs = linear_under(noise, p, weight, x)
    spread = weight * x  # (out, in)
    covariance = p / (1 - p) * spread @ spread.T
    if noise == "connect":  # no weight feeds two outputs
        covariance = covariance.diag().diag()
    size = covariance.diag().sum().item()
    assert torch.allclose(outputs.mean(0), weight @ x, atol=5 * math.sqrt(size / DRAWS))
    # A covariance of n draws is off by about its size over √n; four units make mild tails.
    assert torch.allclose(outputs.T.cov(), covariance, atol=8 * size / math.sqrt(DRAWS))


def test_dropconnect_draws_a_mask_for_each_row_of_any_leading_shape():
    torch.manual_seed(0)
    layer = DropConnect(6, 5, p=0.5)
    out = layer(torch.ones(2, 3, 6))
    assert out.shape == (2, 3, 5)
    assert len(out.reshape(6, 5).unique(dim=0)) == 6


@pytest.mark.parametrize("layer", [GaussianDropout(0.4), DropConnect(4, 4, p=0.4)])
def test_noise_is_off_in_eval_mode(layer):
    x = torch.randn(3, 4)
    layer.eval()
    wanted = F.linear(x, layer.weight, layer.bias) if isinstance(layer, nn.Linear) else x
    assert torch.equal(layer(x), wanted)


def test_gradient_reaches_the_weights_that_were_kept_and_no_others():
    torch.manual_seed(0)
    layer = DropConnect(5, 3, p=0.5)
    layer(torch.ones(1, 5)).sum().backward()
    assert set(layer.weight.grad.unique().tolist()) == {0.0, 2.0}


def two_layers(p=0.3, hidden=6):
    return nn.Sequential(
        nn.Dropout(p), nn.Linear(2, hidden), nn.Tanh(), nn.Dropout(p), nn.Linear(hidden, 1)
    )


def test_samples_come_first_and_differ_also_from_eval_mode():
    torch.manual_seed(0)
    net, x = two_layers().eval(), torch.randn(5, 2)
    answers = mc_predict(net, x, 7)
    assert answers.shape == (7, 5, 1) and not answers.requires_grad
    assert len(answers.flatten(1).unique(dim=0)) == 7


def test_mean_and_variance_agree_with_all_sub_networks():
    """The 2^6 masks of a hidden layer, each with its probability, are the exact law."""
    torch.manual_seed(1)
    hidden, p = 6, 0.3
    first, last = nn.Linear(2, hidden), nn.Linear(hidden, 1)
    x = torch.randn(3, 2)
    net = nn.Sequential(first, nn.Tanh(), nn.Dropout(p), last, nn.Sigmoid()).eval()
    masks = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * hidden)  # (64, hidden)
    chance = (masks * (1 - p) + (1 - masks) * p).prod(1)
    z = first(x).tanh()
    exact = last(masks[:, None] * z / (1 - p)).sigmoid()[..., 0]  # (64, 3)
    mean = chance @ exact
    variance = chance @ (exact - mean).square()
    answers = mc_predict(net, x, 4000)[..., 0]
    assert torch.allclose(answers.mean(0), mean, atol=5 * (variance.max() / 4000).sqrt().item())
    assert torch.allclose(answers.var(0), variance, rtol=0.15)


def test_modes_and_running_statistics_stay_as_they_were():
    net = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    net.eval()
    net[2].train()
    modes = [module.training for module in net.modules()]
    state = {name: value.clone() for name, value in net.state_dict().items()}
    mc_predict(net, torch.randn(8, 2), 3)
    assert [module.training for module in net.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())


def test_batch_normalisation_predicts_with_running_statistics():
    """A row's answers must not depend on the rows beside it."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.0), nn.Linear(2, 1)).eval()
    x = torch.randn(6, 2)
    assert torch.allclose(mc_predict(net, x, 1)[0], net(x))


def test_modes_come_back_after_an_error():
    net = two_layers().eval()
    with pytest.raises(RuntimeError):
        mc_predict(net, torch.randn(5, 3), 2)
    assert not any(module.training for module in net.modules())


class Functional(nn.Module):
    """Dropout as a function that asks for the mode, as many networks have it."""

    def forward(self, x):
        return F.dropout(x, 0.5, self.training)


@pytest.mark.parametrize(
    "noisy",
    [Functional(), GaussianDropout(0.5), DropConnect(3, 3), nn.Dropout1d(0.5), nn.AlphaDropout()],
    ids=lambda module: type(module).__name__,
)
def test_every_kind_of_dropout_is_switched_on(noisy):
    torch.manual_seed(0)
    x = torch.ones(20, 3)
    assert mc_predict(noisy.eval(), x, 2).diff(dim=0).abs().max() > 0
    with noise_on(noisy):
        assert noisy.training
    assert not noisy.training


def test_networks_side_by_side_are_sampled_together():
    nets = SideBySide(two_layers, range(3)).eval()
    assert mc_predict(nets, torch.randn(5, 2), 4).shape == (4, 3, 5, 1)


def test_a_rate_of_zero_gives_equal_samples():
    net, x = two_layers(p=0.0).eval(), torch.randn(4, 2)
    assert torch.allclose(mc_predict(net, x, 3), net(x).expand(3, 4, 1))


def test_a_model_without_noise_is_refused():
    with pytest.raises(ValueError, match="needs dropout"):
        mc_predict(nn.Linear(2, 1), torch.zeros(3, 2), 5)


@pytest.mark.parametrize("samples, error", [(0, ValueError), (-2, ValueError), (2.5, TypeError)])
def test_impossible_numbers_of_samples_are_refused(samples, error):
    with pytest.raises(error, match="samples"):
        mc_predict(two_layers(), torch.zeros(3, 2), samples)


def test_a_function_is_no_model():
    with pytest.raises(TypeError, match="model"):
        mc_predict(lambda x: x, torch.zeros(3, 2), 2)


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, math.nan, "half", True])
def test_impossible_rates_are_refused(p):
    for make in (GaussianDropout, lambda p: DropConnect(2, 2, p=p)):
        with pytest.raises(ValueError, match=r"p must be a number in \[0, 1\)"):
            make(p)
    with pytest.raises(ValueError, match="p must be"):
        dropout_precision(p, 10, 0.1)


@given(
    p=st.floats(0, 0.95),
    n=st.integers(1, 10_000),
    decay=st.floats(1e-6, 10),
    scale=st.floats(0.01, 100),
)
def test_precision_turns_the_penalty_into_the_priors(p, n, decay, scale):
    """N λ ‖w‖² = (1/τ) · (1 − p) l²/2 ‖w‖²: the penalty is the KL's part that knows w."""
    tau = dropout_precision(p, n, decay, scale)
    assert math.isclose(n * decay, (1 - p) * scale**2 / 2 / tau)
    # Stored weights v = (1 − p) w under inverted dropout: N λ ‖v‖² = N λ (1 − p)² ‖w‖².
    tau = dropout_precision(p, n, decay, scale, inverted=True)
    assert math.isclose(n * decay * (1 - p) ** 2, (1 - p) * scale**2 / 2 / tau)


@pytest.mark.parametrize("bad", [{"n": 0}, {"weight_decay": 0.0}, {"length_scale": -1.0}])
def test_precision_refuses_what_is_not_positive(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        dropout_precision(**{"p": 0.1, "n": 5, "weight_decay": 0.1} | bad)


@given(seed=st.integers(0, 10_000), tau=st.floats(0.01, 100), samples=st.integers(1, 9))
def test_moments_and_density_are_those_of_the_mixture(seed, tau, samples):
    """Peer: torch's mixture of normal distributions."""
    generator = torch.Generator().manual_seed(seed)
    answers = torch.randn(samples, 4, 2, generator=generator, dtype=torch.double)
    target = torch.randn(4, 2, generator=generator, dtype=torch.double)
    parts = Normal(answers.movedim(0, -1), 1 / math.sqrt(tau))
    even = Categorical(torch.ones(4, 2, samples, dtype=torch.double))
    peer = MixtureSameFamily(even, parts)
    mean, variance = predictive_moments(answers, tau)
    assert torch.allclose(mean, peer.mean)
    assert torch.allclose(variance, peer.variance)
    assert torch.allclose(predictive_log_likelihood(answers, target, tau), peer.log_prob(target))


def test_precision_may_differ_between_outputs():
    answers = torch.zeros(3, 2, 2)
    _, variance = predictive_moments(answers, torch.tensor([1.0, 4.0]))
    assert torch.equal(variance, torch.tensor([[1.0, 0.25], [1.0, 0.25]]))


def test_density_does_not_underflow():
    far = predictive_log_likelihood(torch.zeros(2, 1), torch.tensor([1e4]), 1.0)
    assert torch.isfinite(far).all()


def test_bad_moments_are_refused():
    with pytest.raises(ValueError, match="answers"):
        predictive_moments(torch.zeros(3), 1.0)
    with pytest.raises(ValueError, match="precision"):
        predictive_moments(torch.zeros(3, 2), 0.0)
    with pytest.raises(ValueError, match="target"):
        predictive_log_likelihood(torch.zeros(3, 2), torch.zeros(3, 1), 1.0)
