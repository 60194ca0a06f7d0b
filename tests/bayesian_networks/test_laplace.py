"""The last layer's posterior against the conjugate one, and against Hessians by autograd."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from otbook_utils.bayesian_networks import LastLayerLaplace


def linear(inputs, outputs, weight, bias=True):
    head = nn.Linear(inputs, outputs, bias=bias).double()
    with torch.no_grad():
        head.weight.copy_(weight)
    return head


@pytest.mark.parametrize("noise", [0.3, 2.0])
@pytest.mark.parametrize("prior_precision", [1.0, 7.0])
def test_regression_is_the_conjugate_posterior(noise, prior_precision):
    """By the function's prior covariance, as a Gaussian process: another way than by weights."""
    torch.manual_seed(0)
    x, new = torch.randn(9, 3).double(), torch.randn(4, 3).double()
    head = linear(3, 2, torch.randn(2, 3), bias=False)
    posterior = LastLayerLaplace(
        nn.Identity(), head, prior_precision=prior_precision, noise=noise
    ).fit(x)

    def prior(a, b):
        return a @ b.T / prior_precision

    seen = prior(x, x) + noise**2 * torch.eye(9).double()
    wanted = prior(new, new) - prior(new, x) @ torch.linalg.solve(seen, prior(x, new))
    mean, variance = posterior.predict(new)
    torch.testing.assert_close(mean, head(new).detach())
    torch.testing.assert_close(variance, wanted.diag()[:, None].expand(4, 2))


def test_classification_is_the_hessian_of_the_negative_log_posterior():
    torch.manual_seed(1)
    body = nn.Sequential(nn.Linear(2, 4), nn.Tanh()).double()
    head = nn.Linear(4, 3).double()
    x, y = torch.randn(20, 2).double(), torch.randint(3, (20,))
    posterior = LastLayerLaplace(body, head, prior_precision=0.5).fit(x)
    phi = torch.cat([body(x).detach(), torch.ones(20, 1).double()], 1)

    def negative_log_posterior(flat):
        weights = flat.reshape(3, 5)
        return F.cross_entropy(phi @ weights.T, y, reduction="sum") + flat.square().sum() / 4

    at = torch.cat([head.weight, head.bias[:, None]], 1).detach().flatten()
    hessian = torch.func.hessian(negative_log_posterior)(at)
    torch.testing.assert_close(posterior.covariance, torch.linalg.inv(hessian))


@pytest.mark.parametrize("noise", [0.5, None])
def test_samples_have_the_moments_that_are_predicted(noise):
    torch.manual_seed(2)
    body, head = nn.Sequential(nn.Linear(2, 5), nn.Tanh()).double(), nn.Linear(5, 3).double()
    posterior = LastLayerLaplace(body, head, noise=noise).fit(torch.randn(30, 2).double())
    new = 2 * torch.randn(6, 2).double()
    mean, variance = posterior.predict(new)
    samples = posterior.sample(new, 20_000)
    assert samples.shape == (20_000, 6, 3)
    scale = variance.sqrt().max().item()
    torch.testing.assert_close(samples.mean(0), mean, atol=0.04 * scale, rtol=0)
    torch.testing.assert_close(samples.var(0), variance, rtol=0.06, atol=0)


def test_data_narrow_it_and_far_inputs_widen_it():
    torch.manual_seed(3)
    head = nn.Linear(1, 1).double()
    few, many = (
        LastLayerLaplace(nn.Identity(), head, noise=1.0).fit(
            torch.linspace(-1, 1, n)[:, None].double()
        )
        for n in (5, 500)
    )
    here, far = torch.zeros(1, 1).double(), torch.full((1, 1), 10.0).double()
    assert many.predict(here)[1] < few.predict(here)[1] / 10
    assert few.predict(far)[1] > 10 * few.predict(here)[1]


def test_what_is_senseless_is_refused():
    head = nn.Linear(2, 1)
    for bad in ({"prior_precision": 0.0}, {"noise": -1.0}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            LastLayerLaplace(nn.Identity(), head, **bad)
    with pytest.raises(TypeError, match="head"):
        LastLayerLaplace(nn.Identity(), nn.Identity())
    with pytest.raises(RuntimeError, match="fit"):
        LastLayerLaplace(nn.Identity(), head).predict(torch.zeros(1, 2))
    with pytest.raises(ValueError, match="body"):
        LastLayerLaplace(nn.Flatten(0), head).fit(torch.zeros(3, 2))
