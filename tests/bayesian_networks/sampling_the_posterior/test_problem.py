"""The small problem against autograd and against laws that are known."""

import torch

from otbook_utils.bayesian_networks.sampling_the_posterior import problem


def test_the_potential_is_the_negative_log_posterior_up_to_a_constant():
    torch.manual_seed(0)
    x, y = problem.data_sets()
    w = torch.randn(5, 3, problem.WEIGHTS)
    outputs = problem.function(w, x[:, None])
    likelihood = torch.distributions.Normal(outputs, problem.NOISE).log_prob(y[:, None]).sum(-1)
    prior = torch.distributions.Normal(0, 1).log_prob(w).sum(-1)
    constant = problem.potential(w, x[:, None], y[:, None]) + likelihood + prior
    torch.testing.assert_close(constant, constant[:1, :1].expand(5, 3), rtol=1e-4, atol=1e-2)


def test_a_batch_is_weighted_up_to_all_data():
    x, y = problem.data_sets()
    w = torch.randn(5, 1, problem.WEIGHTS)
    full = problem.potential(w, x[:, None], y[:, None])
    parts = (slice(10), slice(10, 20))
    halves = [problem.potential(w, x[:, None, s], y[:, None, s], 2.0) for s in parts]
    torch.testing.assert_close(sum(halves) / 2, full)


def test_hamiltonian_draws_have_the_priors_moments_where_nothing_is_seen():
    """Without data the posterior is the prior, N(0, 1) in all 61 weights."""
    empty = torch.zeros(2, 0)
    draws, accepted = problem.hamiltonian(empty, empty, chains=64, kept=20, burn_in=40, leaps=10)
    assert draws.shape == (2, 64, 20, 61)
    assert bool((accepted > 0.6).all())
    assert abs(draws.mean().item()) < 0.03
    assert abs(draws.var().item() - 1) < 0.05


def test_r_hat_tells_chains_apart_that_have_not_met():
    torch.manual_seed(0)
    values = torch.randn(1, 4, 500, 1)
    assert problem.r_hat(values).item() < 1.02
    values[:, 0] += 3
    assert problem.r_hat(values).item() > 1.3


def test_quantiles_and_distances_of_normal_laws():
    """The 1-Wasserstein distance of two normals of equal spread is the gap of their means."""
    mean, one = torch.zeros(1, 3), torch.ones(1, 3)
    shifted = problem.quantiles_of(mean + 0.7, one)
    got = problem.distance(shifted, problem.quantiles_of(mean, one))
    torch.testing.assert_close(got, 0.7 * one)


def test_chains_keep_what_they_are_told_to():
    def adam(weights):
        return torch.optim.Adam(weights, lr=0.1)

    w = torch.ones(5, 2, problem.WEIGHTS)
    kept = problem.run_chains(adam, lambda w: w.square().sum(-1), w, 20, every=5)
    assert kept.shape == (5, 4, problem.WEIGHTS)
    last = problem.run_chains(adam, lambda w: w.square().sum(-1), w, 20)
    assert bool((last < w).all())
    assert bool((w == 1).all())
