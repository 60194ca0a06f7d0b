"""How labels and values of a slider are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otbook_utils.teaching.wording import name_label, plain_label, value_texts

numbers = st.lists(st.floats(-1e300, 1e300), min_size=2, unique=True)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0.05, 1.0, 12.0), ("0.05", "1", "12")),
        ((1, 2, 12345), ("1", "2", "12345")),
        ((0.001, 0.0316, 31.6), ("0.001", "0.0316", "31.6")),
        ((1234.5, 0.25), ("1234.5", "0.25")),
        ((1.0001, 1.0002), ("1.0001", "1.0002")),
        ((0.9, 0.99, 0.999, 0.9999), ("0.9", "0.99", "0.999", "0.9999")),
        ((0.1 + 0.2, 1 / 3), ("0.3", "0.333")),
        ((1e-7, 2.5e-5, 1e9), ("1e-7", "2.5e-5", "1e9")),
        ((-0.5, 0.0, 0.5), ("-0.5", "0", "0.5")),
        (("exact", "entropic"), ("exact", "entropic")),
    ],
)
def test_values_are_written_as_a_reader_says_them(values, texts):
    assert value_texts("x", values) == texts


@given(numbers)
def test_texts_tell_values_apart_and_are_near_them(values):
    texts = value_texts("x", tuple(values))
    assert len(set(texts)) == len(values)
    for value, text in zip(values, texts, strict=True):
        assert abs(float(text) - value) <= 5e-3 * abs(value) + 1e-300


@given(st.floats(-1e5, 1e5))
def test_what_looks_exact_is_exact(value):
    """A text of one or two digits, or without a point, promises that no others follow."""
    text = value_texts("x", (value, 1e300))[0]
    digits = text.split("e")[0].replace("-", "").replace(".", "").lstrip("0")
    if len(digits) < 3 or text.lstrip("-").isdigit():
        assert math.isclose(float(text), value, rel_tol=1e-9)


def test_values_that_are_equal_are_refused():
    with pytest.raises(ValueError, match="x must hold values that differ"):
        value_texts("x", (1.0, 1.0))


@pytest.mark.parametrize(
    ("label", "plain"),
    [
        (r"$\lambda$", "λ"),
        (r"$\varepsilon$", "ε"),
        (r"$\Sigma_{12}$", "Σ₁₂"),
        (r"cost $x^2$", "cost x²"),
        (r"$\mathrm{FPR}$ in per cent", "FPR in per cent"),
        ("β", "β"),
        ("costs 5 $", "costs 5 $"),
    ],
)
def test_simple_mathematics_becomes_plain_text(label, plain):
    assert plain_label(label) == plain


@pytest.mark.parametrize(
    ("name", "label"),
    [("beta", "β"), ("Lambda", "Λ"), ("eta", "η"), ("noise_level", "noise level")],
)
def test_greek_arguments_are_called_by_their_letter(name, label):
    assert name_label(name) == label
