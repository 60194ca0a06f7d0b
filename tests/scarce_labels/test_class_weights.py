"""Laws of the effective number of samples and of the class weights made from it."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from otbook_utils.scarce_labels import (
    class_balanced_weights,
    count_covered,
    effective_number,
    inverse_frequency_weights,
)

counts_lists = st.lists(st.integers(1, 10**6), min_size=1, max_size=20)
betas = st.floats(0.0, 1.0, exclude_max=True)


def exact_effective_number(n: int, beta: float) -> mpmath.mpf:
    with mpmath.workdps(400):
        b = mpmath.mpf(beta)  # the very float that was given
        return (1 - b**n) / (1 - b)


@pytest.mark.parametrize("beta", [0.0, 1e-9, 0.3, 0.5, 0.9, 0.9999, 1 - 1e-9, 1 - 1e-12])
@pytest.mark.parametrize("n", [1, 2, 250, 5_000, 10**6])
def test_effective_number_agrees_with_400_digits(n, beta):
    assert effective_number(n, beta).item() == pytest.approx(
        float(exact_effective_number(n, beta)), rel=1e-14
    )


@given(counts_lists, betas)
def test_effective_number_agrees_with_400_digits_everywhere(counts, beta):
    expected = [float(exact_effective_number(n, beta)) for n in counts]
    np.testing.assert_allclose(effective_number(counts, beta), expected, rtol=1e-13)


def test_effective_number_is_the_geometric_sum():
    beta = Fraction(7, 8)
    expected = [float(sum(beta**k for k in range(n))) for n in range(1, 30)]
    np.testing.assert_allclose(effective_number(range(1, 30), 0.875), expected, rtol=1e-14)


@given(counts_lists, betas)
def test_effective_number_lies_between_one_and_the_count(counts, beta):
    numbers = effective_number(counts, beta)
    assert (numbers >= 1 - 1e-14).all()
    assert (numbers <= torch.tensor(counts, dtype=torch.float64) * (1 + 1e-14)).all()
    assert (numbers <= 1 / (1 - beta) * (1 + 1e-14)).all()


@given(counts_lists, betas)
def test_class_balanced_weights_sum_to_the_number_of_classes(counts, beta):
    weights = class_balanced_weights(counts, beta)
    assert weights.sum().item() == pytest.approx(len(counts), rel=1e-12)
    assert (weights > 0).all()


@given(counts_lists, betas)
def test_a_rarer_class_never_weighs_less(counts, beta):
    order = np.argsort(counts)
    weights = class_balanced_weights(counts, beta).numpy()[order]
    assert (np.diff(weights) <= 1e-12 * weights[:-1]).all()


@given(counts_lists)
def test_beta_zero_weighs_all_classes_the_same(counts):
    assert class_balanced_weights(counts, 0.0).tolist() == pytest.approx([1.0] * len(counts))


@given(counts_lists)
def test_beta_towards_one_is_inverse_frequency(counts):
    np.testing.assert_allclose(
        class_balanced_weights(counts, 1 - 1e-12), inverse_frequency_weights(counts), rtol=1e-6
    )
    np.testing.assert_allclose(
        class_balanced_weights(counts, np.nextafter(1.0, 0.0)),
        inverse_frequency_weights(counts),
        rtol=1e-9,
    )


def test_class_balanced_weights_are_accurate_for_a_million_samples_and_beta_next_to_one():
    counts, beta = [10**6, 1_000, 1], 1 - 1e-12
    with mpmath.workdps(400):
        inverse = [1 / exact_effective_number(n, beta) for n in counts]
        expected = [float(len(counts) * w / sum(inverse)) for w in inverse]
    np.testing.assert_allclose(class_balanced_weights(counts, beta), expected, rtol=1e-13)


@given(counts_lists)
def test_inverse_frequency_weights_are_exact(counts):
    total = sum(Fraction(1, n) for n in counts)
    expected = [float(len(counts) / (n * total)) for n in counts]
    np.testing.assert_allclose(inverse_frequency_weights(counts), expected, rtol=1e-13)


@pytest.mark.parametrize(
    "counts",
    [[3, 4], (3, 4), np.array([3, 4], np.uint8), torch.tensor([3, 4]), torch.tensor([3.0, 4.0])],
)
def test_every_kind_of_counts_gives_the_same_weights(counts):
    weights = class_balanced_weights(counts, 0.9)
    assert weights.dtype == torch.float64
    assert torch.equal(weights, class_balanced_weights([3, 4], 0.9))


def test_effective_number_keeps_the_shape_of_counts():
    assert effective_number(7, 0.5).shape == ()
    assert effective_number(np.ones((2, 3), int), 0.5).shape == (2, 3)


@pytest.mark.parametrize("prototypes", [1, 2, 10, 50])
def test_expected_number_of_covered_prototypes_is_the_effective_number(prototypes):
    n, repeats = 40, 4_000
    covered = count_covered(n, prototypes, repeats=repeats, seed=prototypes)
    expected = effective_number(range(1, n + 1), (prototypes - 1) / prototypes).numpy()
    # Five standard errors; a history that has covered k prototypes has a spread below sqrt(k).
    assert (np.abs(covered.mean(axis=0) - expected) <= 5 * np.sqrt(expected / repeats)).all()


def test_covering_starts_with_one_prototype_and_never_uncovers():
    covered = count_covered(30, 8, repeats=20, seed=0)
    assert (covered[:, 0] == 1).all()
    assert set(np.diff(covered, axis=1).ravel()) <= {0, 1}
    assert covered.max() <= 8
    assert np.array_equal(covered, count_covered(30, 8, repeats=20, seed=0))


@pytest.mark.parametrize(
    "beta", [1.0, 1.5, -0.1, 10**400, float("nan"), float("inf"), None, "much", "0.5"]
)
@pytest.mark.parametrize("function", [effective_number, class_balanced_weights])
def test_an_impossible_beta_is_named(function, beta):
    with pytest.raises(ValueError, match=r"^beta must be a number from 0 to below 1, got") as info:
        function([5, 3], beta)
    assert str(info.value).endswith(repr(beta))


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([5, 0], "got 0 for class 1"),
        ([-2, 3], "got -2 for class 0"),
        ([1, 2, float("nan")], "got nan for class 2"),
        ([1, float("inf")], "got inf for class 1"),
        ([0.5, 0.5], "got 0.5 for class 0"),
        (torch.tensor([4, 0]), "got 0 for class 1"),
        (["many"], "many"),
        (["5", "3"], "['5', '3']"),
        ([5, 10**400], "1000"),
        (torch.tensor([5 + 1j, 3]), "5.+1.j"),
        (np.array(["2020", "2021"], "M8[Y]"), "2020"),
        (None, "nan"),
        ([], "at least one class"),
    ],
)
@pytest.mark.parametrize(
    "function",
    [
        inverse_frequency_weights,
        lambda counts: effective_number(counts, 0.9),
        lambda counts: class_balanced_weights(counts, 0.9),
    ],
)
def test_impossible_counts_are_named(function, counts, said):
    with pytest.raises(ValueError, match=r"^counts must") as info:
        function(counts)
    assert said in str(info.value)


@pytest.mark.parametrize("function", [inverse_frequency_weights])
def test_weights_want_one_count_a_class(function):
    with pytest.raises(ValueError, match=r"one number a class.*\(1, 2\)"):
        function([[1, 2]])
    with pytest.raises(ValueError, match="one number a class"):
        class_balanced_weights(3, 0.5)


@pytest.mark.parametrize(
    ("name", "value"), [("n", 0), ("prototypes", 0), ("repeats", -1), ("n", 2.5)]
)
def test_impossible_coverings_are_named(name, value):
    arguments = {"n": 3, "prototypes": 3, "repeats": 3, name: value}
    with pytest.raises(ValueError, match=f"^{name} must be a whole number of at least 1"):
        count_covered(**arguments, seed=0)
