"""From what a learner hands in to what a checker compares."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otbook_utils.teaching import (
    WrongAnswer,
    close,
    expect_array,
    expect_choice,
    expect_choices,
    expect_number,
)

finite = st.floats(-1e6, 1e6)


@given(finite)
def test_a_number_is_itself_in_whatever_it_is_wrapped(x):
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(x, dtype=float)
    for wrapped in (x, np.float64(x), np.array(x), np.array([x]), tensor, Fraction(x)):
        assert expect_number(wrapped) == x


def test_fractions_are_numbers_wherever_they_stand():
    half = Fraction(1, 2)
    for answer in ([half, 1], np.array([half, 1]), (half, np.float64(1))):
        assert (expect_array(answer, (2,)) == [0.5, 1]).all()
    assert close(half, 0.5) and close([half], [0.5])
    with pytest.raises(WrongAnswer, match="array of numbers"):
        expect_array(np.array([half, "a half"], dtype=object))


@pytest.mark.parametrize(
    "answer",
    ["1", True, None, [1], np.ones(2), float("nan"), float("inf"), 1j, print, b"1", np.array("1")],
)
def test_what_is_no_finite_number_is_a_wrong_answer(answer):
    with pytest.raises(WrongAnswer, match="Expected the cost to be"):
        expect_number(answer, "the cost")


@given(st.lists(finite, min_size=1))
def test_an_array_keeps_its_numbers(numbers):
    assert (expect_array(numbers) == np.array(numbers)).all()
    assert expect_array(numbers, (None,)).dtype == np.float64


@pytest.mark.parametrize("answer", [[1, ...], [[1, 2], [..., 3]], ([0, 1], ...)])
def test_an_answer_that_is_half_filled_in_is_told_so(answer):
    with pytest.raises(WrongAnswer, match="Some dots are left in `my_plan`"):
        expect_array(answer, name="`my_plan`")


@pytest.mark.parametrize("answer", [" Sinkhorn", "SINKHORN ", "sinkhorn"])
def test_a_choice_is_found_whatever_its_case(answer):
    assert expect_choice(answer, ["exact", "sinkhorn"]) == "sinkhorn"


@pytest.mark.parametrize("answer", ["c", "", 1, None, ["a"]])
def test_a_choice_that_is_none_of_them_is_told_the_choices(answer):
    with pytest.raises(WrongAnswer, match="one of `'a'`, `'b'`"):
        expect_choice(answer, ["a", "b"])


@given(finite, st.floats(1e-8, 1e-2))
def test_closeness_is_symmetric_and_scales(x, tol):
    near = x + 0.5 * tol * max(1, abs(x))
    far = x + 3 * tol * max(1, abs(x))
    assert close(x, near, tol) and close(near, x, tol)
    assert not close(x, far, tol) and not close(far, x, tol)


def test_nothing_is_close_to_nan_and_shapes_must_agree():
    assert not close(float("nan"), float("nan"))
    assert not close([1, 1], [1, 1, 1])
    assert close(np.ones((2, 2)), 1)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (("up", "down"), "a dict that has the keys a, b"),
        ({"a": "up"}, "Nothing is named yet for b"),
        ({"a": "up", "b": ...}, "Nothing is named yet for b"),
        ({"a": "up", "b": "left"}, r"your answer\['b'\] to be one of"),
        ({"a": "down", "b": "down"}, "a: think of balloons"),
    ],
)
def test_choices_are_asked_for_key_by_key(answer, told):
    wanted, hints = {"a": "up", "b": "down"}, {"a": "think of balloons", "b": "think of stones"}
    expect_choices({"a": " UP ", "b": "down"}, wanted, hints)
    with pytest.raises(WrongAnswer, match=told):
        expect_choices(answer, wanted, hints)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"a": False, "b": False}, "a: not so"),
        ({"a": True, "b": ...}, "Nothing is named yet for b"),
        ({"a": True, "b": 0}, "one of `'False'`, `'True'`"),
    ],
)
def test_true_and_false_may_be_the_choices(answer, told):
    wanted, hints = {"a": True, "b": False}, {"a": "not so", "b": "nor so"}
    for right in ({"a": True, "b": False}, {"a": np.True_, "b": "false"}):
        expect_choices(right, wanted, hints)
    expect_choices({"a": True}, {"a": True}, hints)
    with pytest.raises(WrongAnswer, match=told):
        expect_choices(answer, wanted, hints)
    with pytest.raises(WrongAnswer, match="a: not so"):
        expect_choices({"a": False}, {"a": True}, hints)
