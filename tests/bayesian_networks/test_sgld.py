"""Both samplers settle into the laws that follow from their update; nonsense is refused."""

import numpy as np
import pytest
import torch
from scipy.linalg import solve_discrete_lyapunov

from otbook_utils.bayesian_networks import SGHMC, SGLD

CHAINS = 20_000


def run(sampler, parameters, potential, steps):
    for _ in range(steps):
        sampler.zero_grad()
        potential(*parameters).backward()
        sampler.step()


def variance_of(make, curvature, steps=150):
    torch.manual_seed(0)
    p = torch.nn.Parameter(torch.zeros(CHAINS, dtype=torch.double))
    run(make([p]), [p], lambda p: curvature * p.square().sum() / 2, steps)
    return p.detach().var().item()


@pytest.mark.parametrize(("curvature", "lr"), [(1.0, 0.2), (1.0, 2.0), (5.0, 0.1), (0.3, 4.0)])
def test_sgld_settles_into_the_variance_of_its_finite_step(curvature, lr):
    wanted = 1 / curvature / (1 - lr * curvature / 4)
    got = variance_of(lambda p: SGLD(p, lr), curvature)
    assert got == pytest.approx(wanted, rel=0.05)  # a standard error is √(2/20000) = 0.01


@pytest.mark.parametrize("lr", [0.05, 0.5])
@pytest.mark.parametrize("friction", [0.1, 0.6])
def test_sghmc_settles_into_the_variance_of_its_finite_step(lr, friction):
    """The pair (p, v) is a linear recursion: its covariance solves a discrete Lyapunov equation."""
    a, keep = 2.0, 1 - friction
    # v' = keep v − lr a p + noise, and p' = p + v'
    step = np.array([[1 - lr * a, keep], [-lr * a, keep]])
    noise = 2 * friction * lr * np.ones((2, 2))
    exact = solve_discrete_lyapunov(step, noise)[0, 0]
    assert exact == pytest.approx(1 / a / (1 - lr * a / (2 * (2 - friction))))
    got = variance_of(lambda p: SGHMC(p, lr, friction), a, steps=300)
    assert got == pytest.approx(exact, rel=0.05)


@pytest.mark.parametrize(("sampler", "lr"), [(SGLD, 1e-3), (SGHMC, 2e-4)])
def test_a_conjugate_posterior_is_drawn_from(sampler, lr):
    """Linear regression with mini-batches: mean and covariance of the closed form."""
    torch.manual_seed(1)
    n, batch = 40, 20
    x = torch.randn(n, 2, dtype=torch.double)
    y = x @ torch.tensor([1.0, -2.0], dtype=torch.double) + torch.randn(n, dtype=torch.double)
    precision = x.T @ x + torch.eye(2, dtype=torch.double)
    mean, covariance = torch.linalg.solve(precision, x.T @ y), torch.linalg.inv(precision)
    w = torch.nn.Parameter(mean.repeat(2000, 1))
    optimiser = sampler([w], lr)
    for _ in range(400):
        chosen = torch.rand(2000, n).argsort(1)[:, :batch]
        off = (x[chosen] * w[:, None]).sum(-1) - y[chosen]
        loss = n / batch * off.square().sum() / 2 + w.square().sum() / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    draws = w.detach()
    assert torch.allclose(draws.mean(0), mean, atol=0.02)
    # The gradient's own noise adds a little: some 5 % at these steps.
    assert torch.allclose(draws.T.cov(), covariance, atol=0.2 * covariance.diag().max().item())


def test_one_step_is_the_formula_to_the_last_digit():
    p = torch.nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))
    before, grad = p.detach().clone(), torch.tensor([3.0, 0.0, -1.0])
    noise = torch.randn(3, generator=torch.Generator().manual_seed(7))
    p.grad = grad.clone()
    SGLD([p], lr=0.09, generator=torch.Generator().manual_seed(7)).step()
    torch.testing.assert_close(p.detach(), before - 0.045 * grad + 0.3 * noise)


def test_a_scale_changes_the_pace_and_not_the_law():
    curvature = torch.tensor([1.0, 100.0], dtype=torch.double)
    torch.manual_seed(0)
    p = torch.nn.Parameter(torch.zeros(CHAINS, 2, dtype=torch.double))
    sampler = SGLD([p], 0.4, scale=1 / curvature)
    run(sampler, [p], lambda p: (curvature * p.square()).sum() / 2, 60)
    wanted = 1 / curvature / (1 - 0.1)
    torch.testing.assert_close(p.detach().var(0), wanted, rtol=0.05, atol=0)


def test_groups_have_their_own_steps_and_what_has_no_gradient_stays():
    still, slow, fast = (torch.nn.Parameter(torch.zeros(CHAINS)) for _ in range(3))
    torch.manual_seed(0)
    sampler = SGLD([{"params": [still, slow]}, {"params": [fast], "lr": 0.5}], lr=0.01)
    (slow.sum() * 0 + fast.sum() * 0).backward()
    sampler.step()
    assert bool((still == 0).all())
    assert slow.detach().var().item() == pytest.approx(0.01, rel=0.06)
    assert fast.detach().var().item() == pytest.approx(0.5, rel=0.06)


def test_a_closure_is_called_with_gradients_and_its_loss_returned():
    p = torch.nn.Parameter(torch.tensor([2.0]))
    sampler = SGHMC([p], lr=0.1)

    def closure():
        sampler.zero_grad()
        loss = p.square().sum()
        loss.backward()
        return loss

    assert sampler.step(closure).item() == 4.0


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda p: SGLD(p, 0.0), "lr"),
        (lambda p: SGLD(p, -1.0), "lr"),
        (lambda p: SGLD(p, float("nan")), "lr"),
        (lambda p: SGLD(p, "fast"), "lr"),
        (lambda p: SGLD([{"params": p, "lr": -1.0}], 0.1), "lr"),
        (lambda p: SGLD(p, 0.1, scale=0.0), "scale"),
        (lambda p: SGLD(p, 0.1, scale=torch.tensor([1.0, 0.0, 1.0])), "scale"),
        (lambda p: SGLD(p, 0.1, scale=torch.ones(2, 3)), "scale"),
        (lambda p: SGLD(p, 0.1, generator=3), "generator"),
        (lambda p: SGHMC(p, 0.1, friction=0.0), "friction"),
        (lambda p: SGHMC(p, 0.1, friction=1.0), "friction"),
        (lambda p: SGHMC(p, 0.1, friction=0.2, spared=0.3), "spared"),
    ],
)
def test_senseless_settings_are_refused_by_name(make, named):
    with pytest.raises((ValueError, TypeError), match=named):
        make([torch.nn.Parameter(torch.zeros(3))])
