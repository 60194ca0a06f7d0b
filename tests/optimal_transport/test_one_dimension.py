"""Laws of transport on a line and along slices, and agreement with POT and scipy."""

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from otbook_utils.optimal_transport import random_directions, sliced_wasserstein, wasserstein_1d

places = st.floats(-50, 50, width=32)
weights = st.integers(0, 5)


@st.composite
def samples(draw):
    """Places and masses (some zero) with a total of 1, ties included."""
    x = draw(st.lists(st.one_of(places, st.integers(-3, 3).map(float)), min_size=1, max_size=7))
    a = draw(st.lists(weights, min_size=len(x), max_size=len(x)).filter(any))
    return torch.tensor(x, dtype=torch.float64), torch.tensor(a, dtype=torch.float64) / sum(a)


@settings(deadline=None, max_examples=200)
@given(samples(), samples(), st.sampled_from([1, 1.5, 2, 3]))
def test_distance_is_the_root_of_the_least_cost(one, two, p):
    (x, a), (y, b) = one, two
    cost = (x[:, None] - y[None, :]).abs().pow(p).numpy()
    exact = ot.emd2(a.numpy(), b.numpy(), cost)
    found = wasserstein_1d(x, y, p, a, b)
    assert found.pow(p).item() == pytest.approx(max(exact, 0), rel=1e-6, abs=1e-6)


@settings(deadline=None, max_examples=100)
@given(samples(), samples())
def test_first_distance_is_scipys(one, two):
    (x, a), (y, b) = one, two
    wanted = stats.wasserstein_distance(x.numpy(), y.numpy(), a.numpy(), b.numpy())
    assert wasserstein_1d(x, y, 1, a, b).item() == pytest.approx(wanted, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(samples(), samples(), samples(), st.sampled_from([1, 2, 4]))
def test_it_is_a_distance(one, two, three, p):
    (x, a), (y, b), (z, c) = one, two, three

    def d(u, v):
        return wasserstein_1d(u[0], v[0], p, u[1], v[1]).item()

    assert d((x, a), (x, a)) == 0
    assert d((x, a), (y, b)) == pytest.approx(d((y, b), (x, a)), abs=1e-9)
    assert d((x, a), (z, c)) <= d((x, a), (y, b)) + d((y, b), (z, c)) + 1e-6


def test_samples_of_different_sizes_without_weights_have_equal_masses():
    generator = torch.Generator().manual_seed(8)
    x, y = (torch.randn(n, dtype=torch.float64, generator=generator) for n in (12, 30))
    given_masses = wasserstein_1d(x, y, 2, torch.full((12,), 1 / 12).double(), None)
    assert wasserstein_1d(x, y, 2).item() == pytest.approx(given_masses.item(), abs=1e-6)
    doubled = wasserstein_1d(x.repeat(5), y.repeat(2), 2)  # 60 points each
    by_sorting = (x.repeat(5).sort()[0] - y.repeat(2).sort()[0]).square().mean().sqrt()
    assert doubled.item() == pytest.approx(by_sorting.item(), abs=1e-9)


def test_a_batch_is_its_problems_one_by_one():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 1, 6, generator=generator)
    y = torch.randn(4, 9, generator=generator)
    a = torch.rand(3, 1, 6, generator=generator)
    a = a / a.sum(-1, keepdim=True)
    found = wasserstein_1d(x, y, 2, x_weights=a)
    assert found.shape == (3, 4)
    for i in range(3):
        for j in range(4):
            alone = wasserstein_1d(x[i, 0], y[j], 2, x_weights=a[i, 0])
            torch.testing.assert_close(found[i, j], alone)


@pytest.mark.parametrize("p", [1, 2, 3])
def test_gradient_is_that_of_finite_differences(p):
    generator = torch.Generator().manual_seed(1)
    x, y = (torch.randn(n, generator=generator, dtype=torch.float64) for n in (5, 8))
    logits = torch.randn(5, generator=generator, dtype=torch.float64)

    def value(x, y, logits):
        return wasserstein_1d(x, y, p, x_weights=logits.softmax(-1))

    inputs = [t.requires_grad_() for t in (x, y, logits)]
    assert torch.autograd.gradcheck(value, inputs, eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("p", [1, 2, 2.5])
def test_gradient_at_equal_samples_is_zero_and_no_nan(p):
    x = torch.tensor([0.0, 1.0, 1.0, 4.0], requires_grad=True)
    wasserstein_1d(x, x.detach().flip(0), p).backward()
    assert x.grad.tolist() == [0, 0, 0, 0]
    cloud = torch.randn(5, 3, requires_grad=True)
    sliced_wasserstein(cloud, cloud.detach(), p, 7).backward()
    assert (cloud.grad == 0).all()


@pytest.mark.parametrize("unit", [1e-30, 1e30])
@pytest.mark.parametrize("p", [1, 2, 40])
def test_far_and_near_places_neither_overflow_nor_vanish(unit, p):
    x = (unit * torch.tensor([0.0, 1.0])).requires_grad_()
    found = wasserstein_1d(x, unit * torch.tensor([3.0, 4.0]), p)
    found.backward()
    assert found.item() == pytest.approx(3 * unit)
    torch.testing.assert_close(x.grad, torch.tensor([-0.5, -0.5]))


def test_a_place_without_mass_changes_nothing():
    x, masses = torch.tensor([0.0, 1.0, 1e30]), torch.tensor([0.5, 0.5, 0.0])
    found = wasserstein_1d(x, torch.tensor([2.0, 3.0]), 2, masses)
    assert found.item() == pytest.approx(2)


def test_slices_agree_with_pot_on_the_same_directions():
    generator = torch.Generator().manual_seed(2)
    x, y = (torch.randn(n, 4, generator=generator, dtype=torch.float64) for n in (20, 31))
    lines = random_directions(50, 4, generator, torch.float64)
    for p in (1, 2):
        wanted = ot.sliced_wasserstein_distance(
            x.numpy(), y.numpy(), p=p, projections=lines.T.numpy()
        )
        assert sliced_wasserstein(x, y, p, lines).item() == pytest.approx(wanted, rel=1e-9)


def test_slices_of_a_shift_measure_its_length_over_the_root_of_the_dimension():
    """For p = 2 the mean of (θ·v)² over the sphere is ‖v‖²/d."""
    d, v = 5, torch.tensor([3.0, 0, 0, 4.0, 0], dtype=torch.float64)
    x = torch.randn(40, d, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    found = sliced_wasserstein(x, x + v, 2, 200_000, torch.Generator().manual_seed(4))
    assert found.item() == pytest.approx(5 / d**0.5, rel=0.01)


def test_slices_never_exceed_the_distance_itself():
    rng = np.random.default_rng(5)
    for _ in range(10):
        x, y = rng.normal(size=(2, 15, 3)) * rng.uniform(0.5, 2, size=(2, 1, 3))
        exact = ot.emd2([], [], ot.dist(x, y)) ** 0.5
        found = sliced_wasserstein(
            torch.tensor(x), torch.tensor(y), 2, 64, torch.Generator().manual_seed(6)
        )
        assert found.item() <= exact + 1e-9


def test_directions_are_the_generators_and_are_shared_by_the_batch():
    x, y = torch.randn(2, 6, 3), torch.randn(1, 8, 3)
    first = sliced_wasserstein(x, y, 2, 10, torch.Generator().manual_seed(7))
    again = sliced_wasserstein(x, y, 2, 10, torch.Generator().manual_seed(7))
    assert first.shape == (2,) and torch.equal(first, again)
    alone = sliced_wasserstein(x[1], y[0], 2, 10, torch.Generator().manual_seed(7))
    torch.testing.assert_close(first[1], alone)
    lines = random_directions(10, 3, torch.Generator().manual_seed(7))
    torch.testing.assert_close(first, sliced_wasserstein(x, y, 2, 5 * lines))


ones, cloud = torch.ones(3), torch.ones(3, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wasserstein_1d(torch.ones(0), ones), "x must not be empty"),
        (lambda: wasserstein_1d(ones, torch.tensor([1.0, float("nan")])), "y must be finite"),
        (lambda: wasserstein_1d(ones, ones.long()), "y must be float32 or float64, got int64"),
        (lambda: wasserstein_1d(torch.tensor(1.0), ones), r"x must have the shape \(..., n\)"),
        (lambda: wasserstein_1d(ones, ones, 0.5), "p must be at least 1 and finite, got 0.5"),
        (lambda: wasserstein_1d(ones, ones, float("inf")), "p must be at least 1 and finite"),
        (lambda: wasserstein_1d(ones, ones, "two"), "p must be a number, got 'two'"),
        (lambda: wasserstein_1d(ones, ones, 1, torch.ones(2)), "one mass for each of 3 places"),
        (lambda: wasserstein_1d(ones, ones, 1, -ones), "must not hold negative masses, got -1"),
        (lambda: wasserstein_1d(ones, ones, 1, 0 * ones), "some mass, got a total of 0"),
        (lambda: wasserstein_1d(ones, ones, 1, ones), "one total, got 3 and 1"),
        (lambda: wasserstein_1d(torch.ones(2, 3), torch.ones(4, 3)), "batch shapes of x and y"),
        (lambda: sliced_wasserstein(ones, cloud), r"x must have the shape \(..., n, d\)"),
        (lambda: sliced_wasserstein(cloud, torch.ones(3, 4)), "points of one dimension"),
        (lambda: sliced_wasserstein(cloud, cloud, 2, 0), "whole number of at least 1, got 0"),
        (lambda: sliced_wasserstein(cloud, cloud, 2, 2.5), "whole number of at least 1, got 2.5"),
        (lambda: wasserstein_1d(3e38 * ones, -3e38 * ones), "float32 overflows"),
        (lambda: random_directions(3, 0), "dimension must be a whole number of at least 1, got 0"),
        (lambda: random_directions(3, 2, dtype=torch.int64), "dtype must be float32 or float64"),
        (lambda: sliced_wasserstein(cloud, cloud, 2, torch.ones(4, 3)), r"shape \(k, 2\)"),
        (lambda: sliced_wasserstein(cloud, cloud, 2, torch.zeros(1, 2)), "length 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
