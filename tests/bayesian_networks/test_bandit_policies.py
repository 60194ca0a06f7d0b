"""Policies against conjugate posteriors, exact choice probabilities and regret's bounds."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta, kstest, multivariate_normal

from otbook_utils.bayesian_networks import (
    UCB,
    EpsilonGreedy,
    LinearThompsonSampling,
    ThompsonSampling,
    lai_robbins,
    regret_of,
)

ARMS = np.array([0.1, 0.3, 0.5, 0.55, 0.7])


def filled(policy, ones, zeros):
    """Let every run see so many ones and zeros of each arm."""
    runs = len(policy.choose())
    for arm, (n, m) in enumerate(zip(ones, zeros, strict=True)):
        for reward in [1] * n + [0] * m:
            policy.update(np.full(runs, arm), np.full(runs, reward))
    return policy


def test_the_posterior_counts_ones_and_zeros():
    policy = filled(ThompsonSampling(3, runs=2, prior=(2.0, 0.5)), [0, 4, 1], [1, 0, 3])
    assert policy.alpha.tolist() == [[2, 6, 3]] * 2
    assert policy.beta.tolist() == [[1.5, 0.5, 3.5]] * 2


def test_thompson_pulls_an_arm_as_often_as_it_is_probably_the_best():
    policy = filled(ThompsonSampling(2, runs=40_000, rng=1), [3, 1], [2, 1])
    first, second = beta(4, 3), beta(2, 2)
    wanted = quad(lambda x: first.pdf(x) * second.cdf(x), 0, 1)[0]
    found = (policy.choose() == 0).mean()
    assert abs(found - wanted) < 4 * math.sqrt(wanted * (1 - wanted) / 40_000)


def test_a_reward_between_is_tossed_for():
    policy = ThompsonSampling(2, runs=20_000, rng=2)
    policy.update(np.zeros(20_000, int), np.full(20_000, 0.3))
    assert set(np.unique(policy.alpha[:, 0])) == {1, 2}
    assert abs(policy.alpha[:, 0].mean() - 1.3) < 4 * math.sqrt(0.21 / 20_000)
    assert (policy.alpha[:, 0] + policy.beta[:, 0] == 3).all()


def test_greedy_takes_the_best_mean_and_epsilon_spreads_the_rest():
    greedy = filled(EpsilonGreedy(3, runs=5, epsilon=0), [1, 2, 0], [1, 1, 2])
    assert greedy.choose().tolist() == [1] * 5
    some = filled(EpsilonGreedy(3, runs=30_000, epsilon=0.3, rng=3), [1, 2, 0], [1, 1, 2])
    share = np.bincount(some.choose(), minlength=3) / 30_000
    assert share == pytest.approx([0.1, 0.8, 0.1], abs=0.01)
    told = []
    fading = EpsilonGreedy(2, epsilon=lambda t: told.append(t) or 1 / t)
    for _ in range(4):
        fading.update(fading.choose(), np.ones(1))
    assert told == [1, 2, 3, 4]


@pytest.mark.parametrize("make", [EpsilonGreedy, UCB])
def test_each_arm_is_pulled_once_to_begin_with_in_an_order_drawn_by_lot(make):
    policy = make(4, runs=50, rng=4)
    orders = []
    for _ in range(4):
        orders.append(policy.choose())
        policy.update(orders[-1], np.zeros(50))
    assert (policy.pulls == 1).all()
    assert len(set(orders[0].tolist())) == 4


def test_ucb_adds_the_width_of_auer():
    policy = filled(UCB(2, c=2.0), [3, 1], [1, 0])
    bounds = [3 / 4 + math.sqrt(2 * math.log(5) / 4), 1 + math.sqrt(2 * math.log(5) / 1)]
    assert policy.choose().tolist() == [int(np.argmax(bounds))]
    # The bounds cross where the second arm has paid too little for its width.
    poor = filled(UCB(2, c=0.1), [3, 0], [1, 2])
    assert 3 / 4 + math.sqrt(0.1 * math.log(6) / 4) > 0 + math.sqrt(0.1 * math.log(6) / 2)
    assert poor.choose().tolist() == [0]


def test_regret_is_counted_by_hand():
    class Always:
        def choose(self):
            return np.array([0, 2])

        def update(self, arms, rewards):
            assert set(rewards) <= {0.0, 1.0}

    regret = regret_of(Always(), np.array([0.2, 0.5, 1.0]), 3)
    assert regret == pytest.approx(np.array([[0.8, 1.6, 2.4], [0, 0, 0]]))
    own = regret_of(Always(), np.array([[0.2, 0.5, 1.0], [0.9, 0.5, 0.4]]), 2)
    assert own == pytest.approx(np.array([[0.8, 1.6], [0.5, 1.0]]))


def test_thompson_beats_epsilon_greedy_and_greedy_on_the_mean_but_not_greedy_on_the_median():
    runs, rounds = 60, 2000
    ends = {
        name: regret_of(policy, ARMS, rounds, rng=9)[:, -1]
        for name, policy in {
            "thompson": ThompsonSampling(5, runs, rng=5),
            "epsilon": EpsilonGreedy(5, runs, 0.1, rng=6),
            "greedy": EpsilonGreedy(5, runs, 0, rng=7),
        }.items()
    }
    assert ends["thompson"].mean() < 0.5 * ends["epsilon"].mean()
    assert ends["thompson"].mean() < 0.5 * ends["greedy"].mean()
    assert np.median(ends["greedy"]) < np.median(ends["epsilon"])


def test_lai_robbins_for_two_coins():
    kl = 0.5 * math.log(0.5 / 0.6) + 0.5 * math.log(0.5 / 0.4)
    assert lai_robbins(np.array([0.6, 0.5])) == pytest.approx(0.1 / kl)
    assert lai_robbins(np.array([0.4, 0.4])) == 0
    # Thompson sampling's growth from round to round comes near it.
    regret = regret_of(ThompsonSampling(5, 200, rng=8), ARMS, 4000, rng=10).mean(0)
    slope = (regret[3999] - regret[999]) / math.log(4)
    assert 0.7 * lai_robbins(ARMS) < slope < 1.5 * lai_robbins(ARMS)


def test_the_linear_posterior_is_that_of_bayesian_regression():
    rng = np.random.default_rng(11)
    x, y = rng.normal(size=(7, 3)), rng.normal(size=7)
    policy = LinearThompsonSampling(3, arms=2, runs=1, noise=0.5, prior=2.0)
    for context, reward in zip(x, y, strict=True):
        policy.update(context[None], np.array([1]), np.array([reward]))
    # Joint normal of weights and rewards, conditioned on the rewards.
    cross = 4 * x.T
    gain = cross @ np.linalg.inv(4 * x @ x.T + 0.25 * np.eye(7))
    assert policy.means()[0, 1] == pytest.approx(gain @ y)
    assert policy.means()[0, 0] == pytest.approx(np.zeros(3))
    covariance = 4 * np.eye(3) - gain @ cross.T
    assert np.linalg.inv(policy.precision[0, 1]) == pytest.approx(covariance)


def test_linear_samples_have_the_posteriors_law():
    runs = 20_000
    policy = LinearThompsonSampling(2, arms=2, runs=runs, noise=0.7, rng=12)
    for context, reward in (([1.0, 0.5], 1.0), ([1.0, -1.0], -0.3)):
        policy.update(np.tile(context, (runs, 1)), np.zeros(runs, int), np.full(runs, reward))
    drawn = policy.sampled()[:, 0]
    law = multivariate_normal(policy.means()[0, 0], np.linalg.inv(policy.precision[0, 0]))
    direction = np.array([0.6, -0.8])
    scaled = (drawn - law.mean) @ direction / math.sqrt(direction @ law.cov @ direction)
    assert kstest(scaled, "norm").pvalue > 1e-3
    assert np.cov(drawn.T) == pytest.approx(law.cov, abs=0.02)


def test_without_scale_it_is_greedy_and_noiseless():
    policy = LinearThompsonSampling(2, arms=3, runs=4, scale=0)
    policy.update(np.eye(2)[[0, 0, 1, 1]], np.array([0, 1, 2, 0]), np.array([1.0, 2, 3, -1]))
    assert policy.choose(np.eye(2)[[0, 0, 1, 1]]).tolist() == [0, 1, 2, 1]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ThompsonSampling(1), "arms"),
        (lambda: ThompsonSampling(2, prior=(0.0, 1.0)), "prior"),
        (lambda: ThompsonSampling(2).update(np.array([0]), np.array([2.0])), "rewards"),
        (lambda: ThompsonSampling(2).update(np.array([2]), np.array([1.0])), "arms"),
        (lambda: ThompsonSampling(2).update(np.array([0.0]), np.array([1.0])), "integers"),
        (lambda: ThompsonSampling(2, 3).update(np.array([0]), np.array([1.0])), "shape"),
        (lambda: EpsilonGreedy(2, epsilon=1.5), "epsilon"),
        (lambda: EpsilonGreedy(2, 0), "runs"),
        (lambda: UCB(2, c=-1), "c must"),
        (lambda: LinearThompsonSampling(0, 2), "dimension"),
        (lambda: LinearThompsonSampling(2, 2, noise=0), "noise"),
        (lambda: LinearThompsonSampling(2, 2).choose(np.zeros((1, 3))), "contexts"),
        (lambda: regret_of(ThompsonSampling(2), np.array([0.2, 1.2]), 3), "means"),
        (lambda: regret_of(ThompsonSampling(2), np.array([0.2, 0.4]), 0), "rounds"),
        (lambda: lai_robbins(np.array([0.0, 0.4])), "means"),
    ],
)
def test_the_impossible_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
