"""An ensemble's members are what they would be alone, and its moments those of a mixture."""

import pytest
import torch
from torch import nn
from torch.distributions import Categorical, MixtureSameFamily, Normal

from otbook_utils.bayesian_networks import DeepEnsemble


def net():
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))


def loss(network, x, y):
    return (network(x) - y).square().mean()


def test_a_member_learns_as_it_would_alone():
    torch.manual_seed(0)
    x, y = torch.randn(30, 2), torch.randn(30, 2)
    together = DeepEnsemble(net, 3, seed=5)
    together.fit(loss, [(x, y)], optimizer=lambda p: torch.optim.Adam(p, 0.01), steps=20)
    torch.manual_seed(6)
    alone = net()
    optimiser = torch.optim.Adam(alone.parameters(), 0.01)
    for _ in range(20):
        optimiser.zero_grad()
        loss(alone, x, y).backward()
        optimiser.step()
    torch.testing.assert_close(together(x)[1], alone(x), rtol=1e-4, atol=1e-5)


def test_moments_are_those_of_the_mixture():
    ensemble = DeepEnsemble(net, 4)
    x = torch.randn(6, 2)
    mean, variance = ensemble.moments(x)
    means, log_vars = ensemble(x).detach().chunk(2, -1)
    parts = Normal(means.movedim(0, -1), (log_vars / 2).exp().movedim(0, -1))
    mixture = MixtureSameFamily(Categorical(torch.ones(4)), parts)
    torch.testing.assert_close(mean, mixture.mean)
    torch.testing.assert_close(variance.total, mixture.variance)
    torch.testing.assert_close(variance.total, variance.aleatoric + variance.epistemic)


def test_one_member_has_no_doubt():
    assert DeepEnsemble(net, 1).moments(torch.randn(3, 2))[1].epistemic.abs().max() == 0


def test_probabilities_are_each_members_softmax():
    ensemble, x = DeepEnsemble(net, 3), torch.randn(5, 2)
    torch.testing.assert_close(ensemble.probabilities(x)[2], ensemble[2](x).detach().softmax(-1))


@pytest.mark.parametrize("members", [0, -1, 2.0, True])
def test_a_senseless_number_of_members_is_refused(members):
    with pytest.raises((ValueError, TypeError), match="members"):
        DeepEnsemble(net, members)


def test_moments_want_pairs():
    with pytest.raises(ValueError, match="logarithms"):
        DeepEnsemble(lambda: nn.Linear(2, 3), 2).moments(torch.zeros(1, 2))
