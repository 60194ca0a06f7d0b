"""The closest Gaussian, where it is known."""

import math

import pytest
import torch
from torch.distributions import Normal

from otbook_utils.generative_models.likelihood_and_divergences.experiment import closest_gaussian

x = torch.linspace(-20, 20, 1001).double()


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (-3.0, 0.4), (2.5, 3.0)])
def test_a_gaussian_is_found_itself(mean, deviation):
    found = closest_gaussian(x, Normal(mean, deviation).log_prob(x), start=(0.5, 1.5))
    assert found == pytest.approx((mean, deviation, 0), abs=1e-3)


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_from_a_lone_bump_of_a_mixture_its_share_is_what_is_missed(share):
    # q sits on the bump, where p = share * q: KL(q‖p) = -ln(share).
    bumps = Normal(-8, 1.0).log_prob(x) + math.log(share), Normal(8, 1.0).log_prob(x)
    log_p = torch.logaddexp(bumps[0], bumps[1] + math.log(1 - share))
    found = closest_gaussian(x, log_p, start=(-7, 1.3))
    assert found == pytest.approx((-8, 1, -math.log(share)), abs=1e-3)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"log_p must be \(1001,\) as x is, got \(2,\)"):
        closest_gaussian(x, x[:2], start=(0, 1))
    with pytest.raises(ValueError, match="positive standard deviation, got 0"):
        closest_gaussian(x, -x.square(), start=(0, 0))
