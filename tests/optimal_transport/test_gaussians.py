"""Transport between Gaussians: closed forms, POT, and singular covariances."""

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from otbook_utils.optimal_transport import gaussian_interpolation, gaussian_wasserstein


def gaussian(d, seed, rank=None):
    generator = torch.Generator().manual_seed(seed)
    factor = torch.randn(d, rank or d, generator=generator, dtype=torch.float64)
    return torch.randn(d, generator=generator, dtype=torch.float64), factor @ factor.T


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_distance_is_pots(d, seed):
    one, two = gaussian(d, seed), gaussian(d, seed + 1)
    wanted = ot.gaussian.bures_wasserstein_distance(one[0], two[0], one[1], two[1])
    assert gaussian_wasserstein(*one, *two).item() == pytest.approx(float(wanted), rel=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 999))
def test_singular_covariances_are_the_limit_of_full_ones(d, rank1, rank2, seed):
    (m1, c1), (m2, c2) = gaussian(d, seed, min(rank1, d)), gaussian(d, seed + 1, min(rank2, d))
    found = gaussian_wasserstein(m1, c1, m2, c2)
    near = gaussian_wasserstein(
        m1, c1 + 1e-8 * torch.eye(d).double(), m2, c2 + 1e-8 * torch.eye(d).double()
    )
    assert found.item() == pytest.approx(near.item(), abs=1e-3)


def test_diagonal_covariances_differ_by_their_deviations():
    s1, s2 = torch.tensor([1.0, 2, 0]).double(), torch.tensor([4.0, 2, 3]).double()
    zero = torch.zeros(3).double()
    found = gaussian_wasserstein(zero, s1.square().diag(), zero, s2.square().diag())
    assert found.item() == pytest.approx((s1 - s2).norm().item())


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_nearly_equal_gaussians_are_told_apart_in_either_precision(scale):
    """Of cov and (1 + h)² cov the distance is h √(tr cov), however small h is."""
    mean, cov = gaussian(5, 11)
    cov = scale * cov
    found = gaussian_wasserstein(mean, cov, mean, (1 + 1e-7) ** 2 * cov)
    assert found.item() == pytest.approx(1e-7 * cov.trace().sqrt().item(), rel=1e-4)
    single = gaussian_wasserstein(mean.float(), cov.float(), mean.float(), cov.float())
    assert single.dtype == torch.float32 and single.item() < 1e-9 * scale**0.5


def test_it_is_a_distance():
    a, b, c = (gaussian(4, seed) for seed in (1, 2, 3))
    assert gaussian_wasserstein(*a, *a).item() == pytest.approx(0, abs=1e-6)
    assert gaussian_wasserstein(*a, *b) == pytest.approx(gaussian_wasserstein(*b, *a).item())
    detour = gaussian_wasserstein(*a, *b) + gaussian_wasserstein(*b, *c)
    assert gaussian_wasserstein(*a, *c) <= detour


def test_it_bounds_the_distance_of_samples_from_below():
    """Gelbrich's bound: moments alone never say more than the samples."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)), rng.exponential(size=(60, 3)) @ rng.normal(size=(3, 3))
    moments = [torch.tensor(m) for z in (x, y) for m in (z.mean(0), np.cov(z.T, bias=True))]
    assert gaussian_wasserstein(*moments).item() <= ot.emd2([], [], ot.dist(x, y)) ** 0.5 + 1e-9


@pytest.mark.parametrize("t", [0.0, 0.25, 0.5, 1.0])
def test_the_way_between_is_straight(t):
    """On a geodesic the distances to both ends are t and 1 − t of the whole."""
    one, two = gaussian(3, 4), gaussian(3, 5)
    between = gaussian_interpolation(*one, *two, t)
    whole = gaussian_wasserstein(*one, *two).item()
    assert gaussian_wasserstein(*one, *between).item() == pytest.approx(t * whole, abs=1e-6)
    assert gaussian_wasserstein(*between, *two).item() == pytest.approx((1 - t) * whole, abs=1e-6)


def test_the_way_is_that_of_the_points_themselves():
    one, two = gaussian(2, 6), gaussian(2, 7)
    root = torch.linalg.cholesky(one[1])
    x = (
        one[0]
        + torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0)).double() @ root.T
    )
    arrived = gaussian_interpolation(*one, *two, 1.0)[1]
    assert torch.allclose(arrived, two[1], atol=1e-9)
    A, b = ot.gaussian.bures_wasserstein_mapping(
        *(t.numpy() for t in (one[0], two[0], one[1], two[1]))
    )
    moved = 0.5 * x + 0.5 * (x @ torch.tensor(A) + torch.tensor(b))
    mean, cov = gaussian_interpolation(*one, *two, 0.5)
    assert torch.allclose(moved.mean(0), mean, atol=0.02)
    assert torch.allclose(torch.cov(moved.T), cov, rtol=0.03, atol=0.02)


def test_batches_are_their_problems_one_by_one():
    ones, twos = [gaussian(3, s) for s in range(4)], gaussian(3, 9)
    means, covs = (torch.stack(part) for part in zip(*ones, strict=True))
    found = gaussian_wasserstein(means, covs, *twos)
    for k, one in enumerate(ones):
        assert found[k].item() == pytest.approx(gaussian_wasserstein(*one, *twos).item())


zero, eye = torch.zeros(2), torch.eye(2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gaussian_wasserstein(zero, eye, torch.zeros(3), eye), "one dimension"),
        (lambda: gaussian_wasserstein(zero, torch.ones(2, 3), zero, eye), r"cov1 must have the sh"),
        (lambda: gaussian_wasserstein(zero, eye, zero, -eye), "cov2 must not have negative eigenv"),
        (lambda: gaussian_wasserstein(zero, torch.tensor([[1.0, 2], [0, 1]]), zero, eye), "symm"),
        (lambda: gaussian_wasserstein(zero * float("nan"), eye, zero, eye), "mean1 must be finite"),
        (lambda: gaussian_wasserstein(zero, eye.int(), zero, eye), "cov1 must be float32 or"),
        (lambda: gaussian_wasserstein(zero.expand(3, 2), eye, zero.expand(2, 2), eye), "batch sha"),
        (
            lambda: gaussian_interpolation(zero, eye, zero, eye, 1.5),
            "t must be a number from 0 to 1",
        ),
        (lambda: gaussian_interpolation(zero, eye, zero, eye, "half"), "t must be a number"),
        (lambda: gaussian_interpolation(zero, 0 * eye, zero, eye, 0.5), "positive definite"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
