"""The bounds against a model whose likelihood and posterior are known, and closed forms."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from otbook_utils.generative_models import VAE, gaussian_kl

NOISE = 0.5


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_kl_is_that_of_torchs_distributions(latent, seed):
    generator = torch.Generator().manual_seed(seed)
    mean, log_var = torch.randn(2, 3, latent, generator=generator, dtype=torch.float64)
    wanted = kl_divergence(Normal(mean, (0.5 * log_var).exp()), Normal(0.0, 1.0)).sum(-1)
    torch.testing.assert_close(gaussian_kl(mean, log_var), wanted)


def test_kl_keeps_its_digits_near_zero():
    log_var = torch.full((1,), 1e-3)
    assert gaussian_kl(torch.zeros(1), log_var).item() == pytest.approx(0.25e-6, rel=1e-3)


@pytest.mark.parametrize(
    ("mean", "log_var"),
    [
        (torch.zeros(2, 3), torch.zeros(3)),
        (torch.zeros(2, 0), torch.zeros(2, 0)),
        (torch.tensor(1.0), torch.tensor(1.0)),
        (torch.zeros(2, dtype=torch.long), torch.zeros(2)),
        ([0.0], torch.zeros(1)),
    ],
)
def test_kl_refuses_what_does_not_fit(mean, log_var):
    with pytest.raises(ValueError, match="mean"):
        gaussian_kl(mean, log_var)


def linear_model(exact: bool):
    """Return x = W z + b + noise with its exact posterior as encoder, or one beside it, and b, W.

    W's columns are orthogonal, so that the posterior's covariance is diagonal.
    """
    torch.manual_seed(3)
    W = torch.linalg.qr(torch.randn(5, 2, dtype=torch.float64)).Q * torch.tensor([2.0, 0.7])
    b = torch.randn(5, dtype=torch.float64)
    model = VAE(5, 2, hidden=(), likelihood="gaussian", noise=NOISE).double()
    precision = 1 + W.square().sum(0) / NOISE**2
    with torch.no_grad():
        model.decoder[0].weight.copy_(W)
        model.decoder[0].bias.copy_(b)
        gain = W.T / NOISE**2 / precision[:, None]
        layer = model.encoder[0]
        layer.weight.zero_()
        layer.weight[:2] = gain
        layer.bias[:2] = -gain @ b + (0 if exact else 0.3)
        layer.bias[2:] = -precision.log() + (0 if exact else 0.4)
    return model, W, b


def true_log_likelihood(x, W, b):
    return MultivariateNormal(b, W @ W.T + NOISE**2 * torch.eye(5).double()).log_prob(x)


@pytest.mark.parametrize("samples", [1, 7])
def test_with_the_exact_posterior_the_weighted_bound_is_the_likelihood_for_every_draw(samples):
    model, W, b = linear_model(exact=True)
    x = torch.randn(6, 5, dtype=torch.float64)
    found = model.importance_weighted_bound(x, samples)
    torch.testing.assert_close(found, true_log_likelihood(x, W, b))


def test_the_gap_of_the_bound_is_the_kl_to_the_posterior():
    model, W, b = linear_model(exact=False)
    x = torch.randn(3, 5, dtype=torch.float64)
    bound = torch.stack([model.elbo(x) for _ in range(20_000)]).mean(0)
    exact, _, _ = linear_model(exact=True)
    (mean, log_var), (m, v) = model.encode(x), exact.encode(x)
    q, posterior = Normal(mean, (log_var / 2).exp()), Normal(m, (v / 2).exp())
    gap = kl_divergence(q, posterior).sum(-1)
    torch.testing.assert_close(true_log_likelihood(x, W, b) - bound, gap, atol=0.03, rtol=0)


def test_more_draws_bring_the_bound_closer_and_one_draw_is_the_evidence_bound():
    model, W, b = linear_model(exact=False)
    x = torch.randn(1, 5, dtype=torch.float64).expand(20_000, 5)
    means = [model.importance_weighted_bound(x, k).mean().item() for k in (1, 2, 8, 64)]
    assert means[0] == pytest.approx(model.elbo(x).mean().item(), abs=0.04)
    assert means == sorted(means)
    assert means[-1] == pytest.approx(true_log_likelihood(x[:1], W, b).item(), abs=0.02)


def test_gradients_reach_every_parameter_and_point_uphill():
    model = VAE((1, 4, 4), 2, (8,))
    x = torch.rand(16, 1, 4, 4).round()
    for bound in (model.elbo(x), model.importance_weighted_bound(x, 3)):
        model.zero_grad()
        bound.mean().backward()
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_the_reparameterised_gradient_is_the_true_one():
    """d/dm of E (z − 1)² for z = m + s·noise is 2 (m − 1): here through a Gaussian likelihood."""
    model, W, _ = linear_model(exact=False)
    x = torch.randn(1, 5, dtype=torch.float64)
    model.elbo(x.expand(50_000, 5)).mean().backward()
    found = model.encoder[0].bias.grad[:2]
    mean, _ = model.encode(x)
    residual = x - model.decode(mean)
    wanted = (residual @ W / NOISE**2 - mean)[0]  # the slope of ln p(x | mean) − ½ mean²
    torch.testing.assert_close(found, wanted, atol=0.05, rtol=0)


def test_samples_are_on_the_scale_of_the_data():
    assert VAE((2, 3), 2).sample(4).shape == (4, 2, 3)
    assert VAE((2, 3), 2).sample(4).min() >= 0 and VAE((2, 3), 2).sample(4).max() <= 1
    model = VAE(3, 2, likelihood="gaussian")
    z = torch.zeros(2, 2)
    torch.testing.assert_close(model.sample(2, z), model.decode(z).detach())


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"shape": (0,), "latent": 2}, "shape"),
        ({"shape": 4, "latent": 1.5}, "latent"),
        ({"shape": 4, "latent": 2, "hidden": (0,)}, "hidden"),
        ({"shape": 4, "latent": 2, "likelihood": "poisson"}, "likelihood"),
        ({"shape": 4, "latent": 2, "noise": 0}, "noise"),
    ],
)
def test_impossible_arguments_are_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        VAE(**arguments)


def test_bad_batches_are_named():
    model = VAE(4, 2)
    for x in (torch.zeros(0, 4), torch.zeros(2, 5), torch.full((2, 4), 1.5), -torch.ones(2, 4)):
        with pytest.raises(ValueError, match="x must"):
            model.elbo(x)
    for samples in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="samples must"):
            model.importance_weighted_bound(torch.zeros(1, 4), samples)
    with pytest.raises(ValueError, match="z must"):
        model.sample(2, torch.zeros(2, 3))
