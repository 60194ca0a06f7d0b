"""Laws of the Sinkhorn divergence, its two limits, and agreement with POT and geomloss."""

import geomloss
import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from otbook_utils.optimal_transport import sinkhorn, sinkhorn_divergence


def cloud(*shape, seed=0, shift=0.0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=dtype) + shift


def weights(n, seed=0):
    drawn = torch.rand(n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.1
    return drawn / drawn.sum()


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 8),
    st.integers(1, 8),
    st.integers(0, 999),
    st.sampled_from([0.05, 0.5, 5.0]),
    st.sampled_from([1, 1.5, 2]),
)
def test_zero_for_equal_clouds_symmetric_and_never_negative(n, m, seed, epsilon, p):
    x, y = cloud(n, 2, seed=seed), cloud(m, 2, seed=seed + 1, shift=0.3)
    a, b = weights(n, seed), weights(m, seed + 1)
    there = sinkhorn_divergence(x, y, epsilon, p=p, a=a, b=b)
    back = sinkhorn_divergence(y, x, epsilon, p=p, a=b, b=a)
    assert there.item() == pytest.approx(back.item(), abs=1e-6)
    assert there.item() > -1e-6
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    shuffled = sinkhorn_divergence(x, x[order], epsilon, p=p, a=a, b=a[order])
    assert shuffled.item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("p", [1, 2])
def test_values_are_pots_with_the_kl_term(p):
    x, y, epsilon = cloud(9, 3), cloud(12, 3, seed=1, shift=0.5), 0.7
    a, b = weights(9), weights(12)

    def value(u, v, s, t):
        cost = ot.dist(u.numpy(), v.numpy(), metric="euclidean") ** p
        return ot.solve(
            cost, s.numpy(), t.numpy(), reg=epsilon, reg_type="KL", tol=1e-12, max_iter=100_000
        ).value

    wanted = value(x, y, a, b) - value(x, x, a, a) / 2 - value(y, y, b, b) / 2
    found = sinkhorn_divergence(x, y, epsilon, p=p, a=a, b=b)
    assert found.item() == pytest.approx(wanted, abs=1e-6)


def test_it_is_twice_geomlosss_at_its_blur():
    """geomloss halves the squared distance and calls the root of its epsilon the blur."""
    x, y, blur = cloud(15, 2), cloud(11, 2, seed=1, shift=1.0), 0.5
    half = geomloss.SamplesLoss("sinkhorn", p=2, blur=blur, scaling=0.99, debias=True)(x, y)
    found = sinkhorn_divergence(x, y, 2 * blur**2)
    assert found.item() / 2 == pytest.approx(half.item(), rel=1e-3)


def test_small_epsilon_gives_transport_and_large_epsilon_half_an_energy_distance():
    x, y = cloud(10, 2), cloud(10, 2, seed=1, shift=1.0)
    exact = ot.emd2([], [], ot.dist(x.numpy(), y.numpy()))
    assert sinkhorn_divergence(x, y, 1e-3).item() == pytest.approx(exact, rel=1e-2)
    means = (x.mean(0) - y.mean(0)).square().sum()  # for squared distances: the means alone
    assert sinkhorn_divergence(x, y, 1e6).item() == pytest.approx(means.item(), rel=1e-4)


def test_without_the_debiasing_terms_a_cloud_is_far_from_itself():
    x = cloud(20, 2)
    mass = torch.full((20,), 1 / 20).double()
    cost = (x[:, None] - x).square().sum(-1)
    assert sinkhorn(mass, mass, cost, 0.5).value > 0.3
    assert sinkhorn_divergence(x, x, 0.5) == 0


@pytest.mark.parametrize("p", [1, 2])
def test_gradient_is_that_of_finite_differences(p):
    x, y = cloud(4, 2), cloud(5, 2, seed=1, shift=0.5)
    x, y = x.requires_grad_(), y.requires_grad_()

    def value(x, y):
        return sinkhorn_divergence(x, y, 0.5, p=p)

    assert torch.autograd.gradcheck(value, [x, y], eps=1e-5, atol=1e-4)


def test_gradient_vanishes_where_the_clouds_are_equal():
    for p in (1, 2):
        x = cloud(6, 2).requires_grad_()
        sinkhorn_divergence(x, x.detach().clone(), 0.3, p=p).backward()
        assert x.grad.abs().max() < 1e-6


def test_batches_are_their_problems_one_by_one():
    x, y = cloud(3, 1, 6, 2), cloud(4, 8, 2, seed=1)
    found = sinkhorn_divergence(x, y, 0.4)
    assert found.shape == (3, 4)
    alone = sinkhorn_divergence(x[2, 0], y[1], 0.4)
    assert found[2, 1].item() == pytest.approx(alone.item(), abs=1e-6)


def test_a_constant_shift_of_both_clouds_changes_nothing():
    x, y = cloud(7, 2), cloud(7, 2, seed=1)
    near, far = (sinkhorn_divergence(x + s, y + s, 0.3).item() for s in (0.0, 1000.0))
    assert near == pytest.approx(far, abs=1e-6)


def test_float32_is_kept():
    x, y = cloud(5, 2, dtype=torch.float32), cloud(6, 2, seed=1, dtype=torch.float32)
    found = sinkhorn_divergence(x, y, 0.5)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(
        sinkhorn_divergence(x.double(), y.double(), 0.5).item(), abs=1e-4
    )


points = torch.ones(3, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sinkhorn_divergence(torch.ones(3), points, 1.0), r"x must have the shape"),
        (lambda: sinkhorn_divergence(points, torch.ones(3, 4), 1.0), "points of one dimension"),
        (lambda: sinkhorn_divergence(points, points[:0], 1.0), "y must not be empty"),
        (lambda: sinkhorn_divergence(points * np.inf, points, 1.0), "x must be finite"),
        (lambda: sinkhorn_divergence(points, points, 0.0), "epsilon must be positive"),
        (lambda: sinkhorn_divergence(points, points, 1.0, p=0.5), "p must be at least 1"),
        (lambda: sinkhorn_divergence(points, points, 1.0, a=torch.ones(2)), "a must have one mass"),
        (lambda: sinkhorn_divergence(points, points, 1.0, a=-torch.ones(3)), "a must not hold neg"),
        (lambda: sinkhorn_divergence(points, points, 1.0, b=torch.ones(3)), "total"),
        (lambda: sinkhorn_divergence(torch.ones(2, 3, 2), torch.ones(4, 3, 2), 1.0), "batch shap"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_above_p_2_it_can_be_negative_as_the_docstring_warns():
    """For p up to 2, exp(−r^p / ε) is a positive definite kernel; for p = 3 it is not."""
    found = {p: [] for p in (1.5, 2.0, 3.0)}
    for seed in range(20):
        draw = torch.Generator().manual_seed(seed)
        x, y = torch.randn(2, 4, 1, generator=draw, dtype=torch.float64)
        for p in found:
            found[p].append(sinkhorn_divergence(x, y, 1.0, p=p).item())
    assert min(found[1.5]) > -1e-8 and min(found[2.0]) > -1e-8
    assert min(found[3.0]) < 0
