"""Checkers compare with what is wanted and with what known mistakes give, and say the hint."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from otbook_utils.teaching import WrongAnswer, expect_close, expect_function

finite = st.floats(-1e6, 1e6)
CASES = [(torch.tensor([[1.0, -2.0], [0.5, 3.0], [-1.0, 4.0]]), torch.tensor([2.0, -1.0]))]


def scores(x, w):
    """What is wanted: (batch, features) times (features,), squared."""
    return (x @ w) ** 2


def mistakes(x, w):
    return {
        "The square is missing.": x @ w,
        "One number a sample is wanted.": ((x @ w).pow(2).mean(), (x @ w).pow(2).sum()),
    }


def said(answer, **options):
    with pytest.raises(WrongAnswer) as caught:
        expect_function(answer, scores, CASES, mistakes, **options)
    return str(caught.value)


@given(arrays(float, array_shapes(min_dims=0, max_dims=3), elements=finite))
def test_what_is_wanted_passes_as_a_list_an_array_and_a_tensor(values):
    for got in (values, values.tolist(), torch.tensor(values)):
        expect_close(got, values)


@given(arrays(float, (2, 3), elements=finite), st.floats(1e-8, 1e-2))
def test_twice_the_tolerance_is_refused(values, tol):
    with pytest.raises(WrongAnswer, match=r"Expected .* at \[\d, \d\], got "):
        expect_close(values + 2 * tol * (1 + np.abs(values).max()), values, tol=tol)


def test_mistakes_are_tried_in_the_order_in_which_they_stand():
    for first, second in (("one", "two"), ("two", "one")):
        with pytest.raises(WrongAnswer, match=first):
            expect_close(1, 3, {first: 1, second: 1})


def test_a_mistake_may_have_several_values_and_a_list_is_one():
    for got, hint in ((1, "either"), (2, "either"), ([1, 2], "both")):
        with pytest.raises(WrongAnswer, match=hint):
            expect_close(got, [5, 5] if hint == "both" else 5, {"either": (1, 2), "both": [1, 2]})


@pytest.mark.parametrize(
    ("got", "wanted", "hint"),
    [
        ([1, 2], 3, r"Expected the sum to be a number, got `.1, 2.`"),
        ([1, 2], [3, 4, 5], r"Expected the sum to have the shape \(3,\), got \(2,\)"),
        (1, [3, 4], "Expected the sum to be an array of numbers, got `1`"),
        ("1", 3, "Expected the sum to be a number, got `'1'`"),
        (np.nan, 3, "Expected the sum to be a finite number, got nan"),
        (np.ones((3, 2)), np.zeros((2, 3)), "Is it the transpose"),
        (1.23456789, 1.23450001, "Expected 1.2345, got 1.23457"),
        (np.eye(4), 2 * np.eye(4), r"Expected 2 at \[0, 0\], got 1"),
    ],
)
def test_an_answer_of_the_wrong_kind_or_value_is_told_so(got, wanted, hint):
    with pytest.raises(WrongAnswer, match=hint):
        expect_close(got, wanted, {"unlike": 7}, name="the sum", tol=1e-5)


def test_one_number_for_many_is_not_spread_over_them():
    with pytest.raises(WrongAnswer):
        expect_close(np.ones(1), np.ones(3))


def test_a_mistake_that_gives_nan_is_nobodys_answer():
    with pytest.raises(WrongAnswer, match="Expected 1, got 2"):
        expect_close(2, 1, {"a logarithm of 0": np.nan, "text": "no number"})


def test_a_mistake_is_found_even_where_its_shape_is_another():
    assert said(lambda x, w: ((x @ w) ** 2).mean()) == "One number a sample is wanted."
    assert said(lambda x, w: x @ w) == "The square is missing."


def test_an_unknown_mistake_is_told_the_case():
    assert said(lambda x, w: 3 * scores(x, w)) == (
        "For `x` of shape (3, 2), `w = [2, -1]`: expected [16, 4, 36], got [48, 12, 108]."
    )
    assert said(lambda x, w: 3 * scores(x, w), otherwise="No.") == "No."
    assert said(lambda x, w: 3 * scores(x, w), otherwise=lambda x, w: f"{len(x)}") == "3"


def test_what_the_function_writes_into_its_arguments_stays_with_it():
    def writes(x, w):
        x *= 2
        return (0.5 * x @ w) ** 2

    expect_function(writes, scores, CASES * 2, mistakes)
    expect_function(writes, scores, CASES * 2, mistakes, gradient_of=["x", "w"])


def test_a_gradient_that_is_wanted_must_be_there_and_right():
    along = {"gradient_of": ["x", "w"]}
    expect_function(lambda x, w: (x * w).sum(1).square(), scores, CASES, mistakes, **along)
    assert "no tensor" in said(lambda x, w: scores(x, w).tolist(), **along)
    assert "detached" in said(lambda x, w: scores(x, w).detach(), **along)
    half = said(lambda x, w: (x @ w) * (x @ w).detach(), **along)
    assert half.startswith("The value is right, but not its gradient along `x`")
    assert "along `w`" in said(lambda x, w: scores(x, w.detach()), **along)
    assert said(lambda x, w: (x @ w).detach(), **along) == "The square is missing."
    # Where no gradient is asked for, none is missed.
    expect_function(lambda x, w: scores(x, w).tolist(), scores, CASES, mistakes)


def test_a_function_among_the_arguments_is_told_by_its_name():
    def _honest(x):
        return x

    with pytest.raises(WrongAnswer, match="For `rule = honest`, `x = 2`: expected 2, got 3"):
        expect_function(lambda rule, x: 3, lambda rule, x: rule(x), [(_honest, 2)])
