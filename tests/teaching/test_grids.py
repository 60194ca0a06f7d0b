"""Values for sliders."""

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from otbook_utils.teaching import lin_grid, log_grid

sizes = st.integers(2, 20)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), sizes)
def test_linear_grid_has_even_steps_up_to_rounding(low, span, n):
    high = low + span
    assume(span > 0.05 * n * max(abs(low), abs(high)))  # else three digits cannot tell them apart
    grid = lin_grid(low, high, n)
    step = (high - low) / (n - 1)
    for i, value in enumerate(grid):
        exact = low + i * step
        assert math.isclose(value, exact, rel_tol=6e-3, abs_tol=1e-9 * span)


@given(st.floats(1e-6, 1e3), st.floats(2, 1e6), sizes)
def test_logarithmic_grid_has_a_constant_ratio_up_to_rounding(low, ratio, n):
    assume(ratio > 1.05 ** (n - 1))
    grid = log_grid(low, low * ratio, n)
    for a, b in pairwise(grid):
        assert math.isclose(b / a, ratio ** (1 / (n - 1)), rel_tol=1.1e-2)


@given(st.floats(1e-6, 1e3), st.floats(2, 1e6), sizes)
def test_values_have_three_significant_digits_and_rise(low, ratio, n):
    assume(ratio > 1.05 ** (n - 1))
    grid = log_grid(low, low * ratio, n)
    assert len(grid) == n
    assert list(grid) == sorted(set(grid))
    assert all(float(f"{value:.3g}") == value for value in grid)


def test_a_grid_through_zero_holds_zero_itself():
    assert lin_grid(-0.3, 0.3, 7)[3] == 0.0
    assert str(lin_grid(-0.3, 0.3, 7)[3]) == "0.0"


@given(st.sampled_from([lin_grid, log_grid]), st.floats(0.01, 10), st.floats(2, 100), sizes)
def test_a_finer_grid_holds_the_grid_and_rises_between(make, low, ratio, n):
    assume(ratio > 1.05 ** (n - 1))
    grid = make(low, low * ratio, n)
    finer = grid.finer(5)
    assert set(grid) <= set(finer)
    assert list(finer) == sorted(set(finer))
    assert len(finer) == 5 * (n - 1) + 1


def test_between_two_values_of_a_logarithmic_grid_the_ratio_is_constant():
    assert log_grid(0.01, 1, 3).finer(2) == pytest.approx((0.01, 0.03162, 0.1, 0.3162, 1.0))


@pytest.mark.parametrize(
    ("grid", "arguments", "named"),
    [
        (log_grid, (0, 1, 5), "low must be positive"),
        (log_grid, (-1, 1, 5), "low must be positive"),
        (lin_grid, (1, 1, 5), "low must be below high"),
        (lin_grid, (2, 1, 5), "low must be below high"),
        (lin_grid, (0, 1, 1), "n must be at least 2, got 1"),
        (lin_grid, (0, math.inf, 3), "high must be finite"),
        (log_grid, (math.nan, 1, 3), "low must be finite"),
        (lin_grid, (1000, 1001, 9), "not distinct"),
    ],
)
def test_bad_ends_are_named(grid, arguments, named):
    with pytest.raises(ValueError, match=named):
        grid(*arguments)


@pytest.mark.parametrize("n", [5.0, "5", True])
def test_a_count_that_is_no_integer_is_refused(n):
    with pytest.raises(TypeError, match="n must be an integer"):
        lin_grid(0, 1, n)
