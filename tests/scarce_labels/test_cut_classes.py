"""Laws of cutting classes to a long tail."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from otbook_utils.scarce_labels import cut_classes

LABELS = np.tile(np.arange(10), 50)


@st.composite
def cuts(draw):
    labels = np.array(draw(st.lists(st.integers(0, 4), min_size=1, max_size=60)))
    present, sizes = np.unique(labels, return_counts=True)
    keep = {
        int(k): draw(st.integers(0, int(n)))
        for k, n in zip(present, sizes, strict=True)
        if draw(st.booleans())
    }
    return labels, keep, draw(st.integers(0, 2**32 - 1))


@given(cuts())
def test_each_named_class_has_its_number_and_the_others_are_whole(case):
    labels, keep, seed = case
    indices = cut_classes(labels, keep, seed)
    assert (np.diff(indices) > 0).all()
    for k in np.unique(labels):
        wanted = keep.get(int(k), int((labels == k).sum()))
        assert (labels[indices] == k).sum() == wanted


@given(cuts())
def test_the_same_seed_keeps_the_same(case):
    assert np.array_equal(cut_classes(*case), cut_classes(*case))


def test_the_choice_for_a_seed_is_fixed_for_good():
    # RandomState's stream never changes: its permutation of 50, seeded with [0, 1], begins so.
    first = np.random.RandomState([0, 1]).permutation(50)[:3]
    kept = cut_classes(LABELS, {1: 3}, seed=0)
    assert set(kept[LABELS[kept] == 1]) == set(np.flatnonzero(LABELS == 1)[first])


def test_another_seed_keeps_others():
    assert not np.array_equal(cut_classes(LABELS, {1: 5}, 0), cut_classes(LABELS, {1: 5}, 1))


def test_two_classes_do_not_keep_the_same_places():
    kept = cut_classes(LABELS, {1: 5, 2: 5}, 0)
    assert set(kept[LABELS[kept] == 1] // 10) != set(kept[LABELS[kept] == 2] // 10)


def test_what_is_kept_of_a_class_does_not_depend_on_the_other_cuts():
    alone, together = cut_classes(LABELS, {4: 5}, 0), cut_classes(LABELS, {4: 5, 6: 5}, 0)
    assert np.array_equal(alone[LABELS[alone] == 4], together[LABELS[together] == 4])


def test_a_smaller_number_keeps_a_part_of_a_larger():
    few, more = cut_classes(LABELS, {4: 5}, 0), cut_classes(LABELS, {4: 20}, 0)
    assert set(few) < set(more)


def test_every_example_is_kept_equally_often():
    times = np.zeros(len(LABELS))
    for seed in range(400):
        times[cut_classes(LABELS, {3: 10}, seed)] += 1
    shares = times[LABELS == 3] / 400
    # Expected 10 / 50, with a standard error of 0.02.
    assert abs(shares.mean() - 0.2) < 1e-12
    assert (np.abs(shares - 0.2) < 0.1).all()


def test_labels_of_every_kind_keep_the_same():
    expected = cut_classes(LABELS, {1: 5}, 0)
    assert expected.dtype == np.int64
    assert np.array_equal(cut_classes(LABELS.tolist(), {1: 5}, 0), expected)
    assert np.array_equal(
        cut_classes(LABELS.astype(np.uint8), {np.int64(1): np.int64(5)}, 0), expected
    )
    as_tensor = cut_classes(torch.from_numpy(LABELS), {1: 5}, 0)
    assert isinstance(as_tensor, torch.Tensor)
    assert as_tensor.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("labels", "keep", "seed", "said"),
    [
        (LABELS, {1: 51}, 0, r"keep\[1\] must be a whole number from 0 to 50, got 51"),
        (LABELS, {1: -1}, 0, r"keep\[1\] must be a whole number from 0 to 50, got -1"),
        (LABELS, {1: 2.5}, 0, r"keep\[1\] must be a whole number from 0 to 50, got 2.5"),
        (LABELS, {10: 1}, 0, "keep names class 10, which does not occur"),
        (LABELS, {"cat": 1}, 0, "keep names class 'cat', which does not occur"),
        (LABELS, [1, 5], 0, r"keep must map classes to numbers of examples, got \[1, 5\]"),
        (LABELS, {1: 5}, -1, "seed must be a whole number"),
        (LABELS, {1: 5}, None, "seed must be a whole number"),
        (LABELS.reshape(2, -1), {1: 5}, 0, "labels must be a vector of integers"),
        (LABELS / 2, {1: 5}, 0, "labels must be a vector of integers.*float64"),
        (np.array([-1, 0]), {0: 1}, 0, "labels must not be negative, got -1"),
    ],
)
def test_impossible_cuts_are_named(labels, keep, seed, said):
    with pytest.raises(ValueError, match=said):
        cut_classes(labels, keep, seed)
