"""Scores by closed forms, by laws of mutual information, and by exhaustive search."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.special import digamma
from scipy.stats import beta, entropy

from otbook_utils.bayesian_networks import (
    bald,
    core_set,
    margin,
    mean_standard_deviation,
    predictive_entropy,
    variation_ratios,
)

SCORES = [bald, predictive_entropy, variation_ratios, margin, mean_standard_deviation]
sizes = st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(2, 7), st.integers(0, 9999))


def predictions(samples, batch, classes, seed, sharp=0.5):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.dirichlet(np.full(classes, sharp), (samples, batch)))


@settings(deadline=None, max_examples=60)
@given(sizes)
def test_bald_is_the_mean_divergence_from_the_mean_prediction(size):
    p = predictions(*size)
    mean = p.mean(0)
    wanted = np.mean([[entropy(a, b) for a, b in zip(q, mean, strict=True)] for q in p], axis=0)
    assert bald(p).numpy() == pytest.approx(wanted, abs=1e-9)
    bound = min(math.log(p.shape[0]), math.log(p.shape[2]))
    assert (bald(p) >= 0).all() and (bald(p) <= bound + 1e-9).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 7), st.integers(0, 9999))
def test_bald_of_two_networks_is_their_jensen_shannon_divergence(classes, seed):
    p = predictions(2, 1, classes, seed)
    wanted = jensenshannon(*p[:, 0].numpy()) ** 2
    assert bald(p).item() == pytest.approx(wanted, abs=1e-9)


def test_bald_is_the_information_about_a_coin_that_the_next_toss_gives():
    # Weights ~ Beta(a, b): I(y; w) from the digamma function, against many sampled "networks".
    a, b = 2.0, 5.0
    theta = beta(a, b).ppf((np.arange(200_000) + 0.5) / 200_000)
    mean = a / (a + b)
    expected = -(
        mean * (digamma(a + 1) - digamma(a + b + 1))
        + (1 - mean) * (digamma(b + 1) - digamma(a + b + 1))
    )
    wanted = entropy([mean, 1 - mean]) - expected
    p = torch.from_numpy(np.stack([theta, 1 - theta], -1))[:, None]
    assert bald(p).item() == pytest.approx(wanted, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(sizes)
def test_entropy_and_the_mean_of_one_prediction(size):
    p = predictions(*size)
    mean = p.mean(0).numpy()
    assert predictive_entropy(p).numpy() == pytest.approx(entropy(mean, axis=1), abs=1e-9)
    ordered = np.sort(mean, axis=1)
    assert variation_ratios(p).numpy() == pytest.approx(1 - ordered[:, -1])
    assert margin(p).numpy() == pytest.approx(ordered[:, -2] - ordered[:, -1])
    assert mean_standard_deviation(p).numpy() == pytest.approx(p.numpy().std(0).mean(1))


@pytest.mark.parametrize("score", SCORES)
def test_the_order_of_networks_and_classes_is_no_matter(score):
    p = predictions(5, 4, 3, seed=1)
    shuffled = p[torch.tensor([3, 0, 4, 1, 2])][:, :, torch.tensor([2, 0, 1])]
    assert torch.allclose(score(p), score(shuffled))


def test_sure_networks_that_agree_score_lowest_everywhere_and_no_nan_is_made():
    p = torch.tensor([[[0.0, 1.0, 0.0]], [[0.0, 1.0, 0.0]]])
    assert [score(p).item() for score in SCORES] == [0, 0, 0, -1, 0]


def test_with_two_classes_the_scores_of_the_mean_rank_alike():
    p = predictions(4, 50, 2, seed=3)
    orders = [score(p).argsort().tolist() for score in (predictive_entropy, variation_ratios)]
    assert orders[0] == orders[1] == margin(p).argsort().tolist()


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (torch.ones(3, 2) / 2, "shape"),
        (torch.ones(2, 3, 1), "two classes"),
        (torch.randn(2, 3, 4), "sum to 1"),
        (torch.tensor([[[1.5, -0.5]]]), "at least 0"),
        (torch.full((1, 1, 2), math.nan), "sum to 1"),
    ],
)
def test_what_is_no_prediction_is_refused(score, wrong, said):
    with pytest.raises(ValueError, match=said):
        score(wrong)


@settings(deadline=None, max_examples=30)
@given(st.integers(5, 9), st.integers(1, 3), st.integers(0, 9999))
def test_the_core_set_covers_within_twice_the_best(n, count, seed):
    x = torch.from_numpy(np.random.default_rng(seed).normal(size=(n, 2)))
    between = torch.cdist(x, x)

    def radius(centres):
        return between[:, [0, *centres]].amin(1).amax().item()

    best = min(radius(some) for some in itertools.combinations(range(1, n), count))
    chosen = core_set(x, [0], count).tolist()
    assert len({0, *chosen}) == count + 1
    assert radius(chosen) <= 2 * best + 1e-9


def test_the_core_set_takes_the_furthest_each_time():
    x = torch.tensor([[0.0], [4.0], [9.0], [10.0], [5.0]])
    assert core_set(x, [0], 3).tolist() == [3, 4, 1]
    assert core_set(torch.zeros(3, 2), torch.tensor([1]), 2).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((torch.zeros(3), [0], 1), "features"),
        ((torch.zeros(3, 2), [], 1), "labelled"),
        ((torch.zeros(3, 2), [3], 1), "labelled"),
        ((torch.zeros(3, 2), [0, 0], 3), "count"),
        ((torch.zeros(3, 2), [0], 0), "count"),
    ],
)
def test_impossible_covers_are_refused(args, said):
    with pytest.raises(ValueError, match=said):
        core_set(*args)
