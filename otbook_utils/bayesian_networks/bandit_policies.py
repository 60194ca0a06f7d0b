"""Which arm to pull next: policies that play many games side by side, and their regret."""

from collections.abc import Callable
from typing import Protocol

import numpy as np


class Policy(Protocol):
    """What plays: chooses an arm for every run, and is told the rewards."""

    def choose(self) -> np.ndarray:
        """Return an arm for each run: (runs,), integers."""

    def update(self, arms: np.ndarray, rewards: np.ndarray) -> None:
        """Learn what the chosen arms paid: (runs,) and (runs,)."""


class _Counts:
    """How often each arm of each run was pulled, and what it paid in all."""

    def __init__(self, arms: int, runs: int, rng: np.random.Generator | int | None) -> None:
        if arms < 2 or runs < 1:
            raise ValueError(
                f"arms must be at least 2 and runs at least 1, got arms={arms}, runs={runs}"
            )
        self.pulls = np.zeros((runs, arms))
        self.paid = np.zeros((runs, arms))
        self.rng = np.random.default_rng(rng)

    def update(self, arms: np.ndarray, rewards: np.ndarray) -> None:
        """Count the pulls (runs,) of arms and their rewards (runs,)."""
        arms, rewards = _told(arms, rewards, self.pulls.shape)
        run = np.arange(len(arms))
        self.pulls[run, arms] += 1
        self.paid[run, arms] += rewards

    @property
    def means(self) -> np.ndarray:
        """The mean reward of each arm so far, (runs, arms), 0 for an arm never pulled."""
        return self.paid / np.maximum(self.pulls, 1)

    @property
    def rounds(self) -> int:
        """How many rounds were played."""
        return int(self.pulls[0].sum())

    def _best(self, values: np.ndarray) -> np.ndarray:
        """Return the arm of the largest value in each run; ties are drawn by lot."""
        ties = values == values.max(1, keepdims=True)
        return (ties * self.rng.random(values.shape)).argmax(1)


class EpsilonGreedy(_Counts):
    """With probability epsilon any arm, else the one with the best mean so far.

    arms, runs: how many. epsilon: a probability, or a function of the round 1, 2, … that returns
    one; 0 is the greedy policy. Each arm is pulled once to begin with. rng: a generator or a seed.

    Raises ValueError for an impossible number.

    Source: Auer, Cesa-Bianchi and Fischer 2002, figure 3.
    Taught in `book/bayesian_networks/06_bandits.ipynb`.

    >>> policy = EpsilonGreedy(arms=3, runs=2, epsilon=0, rng=0)
    >>> for arm in range(3):
    ...     policy.update(policy.choose() * 0 + arm, np.array([arm == 2, arm == 0]))
    >>> policy.choose()
    array([2, 0])
    """

    def __init__(
        self,
        arms: int,
        runs: int = 1,
        epsilon: float | Callable[[int], float] = 0.1,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        super().__init__(arms, runs, rng)
        if not callable(epsilon) and not 0 <= epsilon <= 1:
            raise ValueError(f"epsilon must be in 0..1, got {epsilon}")
        self.epsilon = epsilon

    def choose(self) -> np.ndarray:
        """Return an arm for each run."""
        best = self._best(np.where(self.pulls, self.means, np.inf))
        epsilon = self.epsilon(self.rounds + 1) if callable(self.epsilon) else self.epsilon
        runs, arms = self.pulls.shape
        anyhow = self.rng.integers(arms, size=runs)
        return np.where((self.rng.random(runs) < epsilon) & self.pulls.all(1), anyhow, best)


class UCB(_Counts):
    """The arm with the largest upper confidence bound, mean + √(c ln t / pulls).

    c: width of the bound; 2, the default, is UCB1, for rewards from 0 to 1. Each arm is pulled
    once to begin with; t counts the rounds played so far.

    Raises ValueError for an impossible number.

    Source: Auer, Cesa-Bianchi and Fischer 2002, figure 1.
    Taught in `book/bayesian_networks/06_bandits.ipynb`.

    >>> policy = UCB(arms=2, rng=0)
    >>> for _ in range(100):
    ...     arm = policy.choose()
    ...     policy.update(arm, 1.0 * (arm == 1))
    >>> bool(0 < policy.pulls[0, 0] < 25)
    True
    """

    def __init__(
        self,
        arms: int,
        runs: int = 1,
        c: float = 2.0,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        super().__init__(arms, runs, rng)
        if not c >= 0:
            raise ValueError(f"c must be at least 0, got {c}")
        self.c = c

    def choose(self) -> np.ndarray:
        """Return an arm for each run."""
        width = np.sqrt(self.c * np.log(max(self.rounds, 1)) / np.maximum(self.pulls, 1))
        return self._best(np.where(self.pulls, self.means + width, np.inf))


class ThompsonSampling:
    """Sample every arm's mean from its posterior, and pull the arm whose sample is largest.

    Rewards lie in 0..1; the mean of arm k has the prior Beta(α, β), the same for all arms. For
    rewards 0 and 1 the posterior is Beta(α + ones, β + zeros), in `alpha` and `beta`, (runs, arms).
    A reward between counts as a 1 with this probability, and is tossed for.

    Raises ValueError for an impossible number, and for rewards outside 0..1.

    Source: Thompson 1933; Agrawal and Goyal 2012, algorithms 1 and 2.
    Taught in `book/bayesian_networks/06_bandits.ipynb`.

    >>> policy = ThompsonSampling(arms=2, runs=1, rng=0)
    >>> for reward in (1, 1, 0):
    ...     policy.update(np.array([1]), np.array([reward]))
    >>> policy.alpha, policy.beta
    (array([[1., 3.]]), array([[1., 2.]]))
    """

    def __init__(
        self,
        arms: int,
        runs: int = 1,
        prior: tuple[float, float] = (1.0, 1.0),
        rng: np.random.Generator | int | None = None,
    ) -> None:
        if arms < 2 or runs < 1:
            raise ValueError(
                f"arms must be at least 2 and runs at least 1, got arms={arms}, runs={runs}"
            )
        if len(prior) != 2 or not min(prior) > 0:
            raise ValueError(f"prior must be two numbers above 0, got {prior}")
        self.alpha = np.full((runs, arms), float(prior[0]))
        self.beta = np.full((runs, arms), float(prior[1]))
        self.rng = np.random.default_rng(rng)

    def choose(self) -> np.ndarray:
        """Return an arm for each run."""
        return self.rng.beta(self.alpha, self.beta).argmax(1)

    def update(self, arms: np.ndarray, rewards: np.ndarray) -> None:
        """Learn what the chosen arms (runs,) paid (runs,)."""
        arms, rewards = _told(arms, rewards, self.alpha.shape)
        if rewards.min() < 0 or rewards.max() > 1:
            raise ValueError(f"rewards must be in 0..1, got {rewards.min()} to {rewards.max()}")
        ones = np.where(rewards % 1 > 0, self.rng.random(len(rewards)) < rewards, rewards)
        run = np.arange(len(arms))
        self.alpha[run, arms] += ones
        self.beta[run, arms] += 1 - ones


class LinearThompsonSampling:
    """Thompson sampling where arm k pays x·w_k plus noise, for a context x that is seen first.

    dimension: of the contexts. noise: its standard deviation, known. prior: standard deviation of
    every weight, whose mean is 0. Then the posterior of w_k is normal, with `precision`
    (runs, arms, d, d) and mean precision⁻¹ · `weighted` (runs, arms, d). scale: multiplies the
    posterior's deviation before a sample is drawn: 1 is Thompson sampling, 0 is greedy.

    Raises ValueError for an impossible number, and for contexts that are not (runs, d).

    Source: Agrawal and Goyal 2013; Russo et al. 2018, section 4.
    Taught in `book/bayesian_networks/06_bandits.ipynb`.

    >>> policy = LinearThompsonSampling(dimension=1, arms=2, runs=1, scale=0)
    >>> policy.update(np.array([[2.0]]), np.array([1]), np.array([3.0]))
    >>> policy.means()[0, :, 0], policy.choose(np.array([[1.0]]))
    (array([0. , 1.2]), array([1]))
    """

    def __init__(
        self,
        dimension: int,
        arms: int,
        runs: int = 1,
        noise: float = 1.0,
        prior: float = 1.0,
        scale: float = 1.0,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        if dimension < 1 or arms < 2 or runs < 1:
            raise ValueError(
                "dimension and runs must be at least 1 and arms at least 2, got "
                f"dimension={dimension}, arms={arms}, runs={runs}"
            )
        if not (noise > 0 and prior > 0 and scale >= 0):
            raise ValueError(
                "noise and prior must be above 0 and scale at least 0, got "
                f"noise={noise}, prior={prior}, scale={scale}"
            )
        self.precision = np.tile(np.eye(dimension) / prior**2, (runs, arms, 1, 1))
        self.weighted = np.zeros((runs, arms, dimension))
        self.noise, self.scale = noise, scale
        self.rng = np.random.default_rng(rng)

    def means(self) -> np.ndarray:
        """Return the posterior means of all weights: (runs, arms, d)."""
        return np.linalg.solve(self.precision, self.weighted[..., None])[..., 0]

    def sampled(self) -> np.ndarray:
        """Return weights drawn from the posterior, its deviation scaled: (runs, arms, d)."""
        normal = self.rng.standard_normal(self.weighted.shape)
        # precision = L Lᵀ, so L⁻ᵀ times standard normals has the covariance precision⁻¹.
        upper = np.linalg.cholesky(self.precision).swapaxes(-1, -2)
        return self.means() + self.scale * np.linalg.solve(upper, normal[..., None])[..., 0]

    def choose(self, contexts: np.ndarray) -> np.ndarray:
        """Return an arm for each run and its context (runs, d)."""
        weights = self.sampled() if self.scale else self.means()
        return np.einsum("rkd,rd->rk", weights, self._fitting(contexts)).argmax(1)

    def update(self, contexts: np.ndarray, arms: np.ndarray, rewards: np.ndarray) -> None:
        """Learn what the chosen arms (runs,) paid (runs,) in the contexts (runs, d)."""
        arms, rewards = _told(arms, rewards, self.weighted.shape[:2])
        x, run = self._fitting(contexts), np.arange(len(arms))
        self.precision[run, arms] += x[:, :, None] * x[:, None, :] / self.noise**2
        self.weighted[run, arms] += x * rewards[:, None] / self.noise**2

    def _fitting(self, contexts: np.ndarray) -> np.ndarray:
        runs, _, d = self.weighted.shape
        contexts = np.asarray(contexts, dtype=float)
        if contexts.shape != (runs, d):
            raise ValueError(f"contexts must have the shape {(runs, d)}, got {contexts.shape}")
        return contexts


def regret_of(
    policy: Policy, means: np.ndarray, rounds: int, rng: np.random.Generator | int | None = None
) -> np.ndarray:
    """Let a policy play arms that pay 1 or 0; return its regret so far, (runs, rounds).

    means: the probability that each arm pays 1, (arms,), or (runs, arms) for a game of its own in
    each run. The regret adds up, pull by pull, how far the mean of the pulled arm lies below the
    best one's; the luck of the rewards is left out of it (pseudo-regret).

    Raises ValueError for probabilities outside 0..1, and for fewer than one round.

    >>> regret_of(ThompsonSampling(arms=2, runs=3, rng=0), np.array([0.5, 0.5]), 4, rng=1).sum()
    np.float64(0.0)
    """
    means, rng = np.atleast_2d(np.asarray(means, dtype=float)), np.random.default_rng(rng)
    if means.min() < 0 or means.max() > 1:
        raise ValueError(f"means must be in 0..1, got {means.min()} to {means.max()}")
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, got {rounds}")
    lost = []
    for _ in range(rounds):
        arms = policy.choose()
        table = np.broadcast_to(means, (len(arms), means.shape[1]))
        mean = table[np.arange(len(arms)), arms]
        policy.update(arms, (rng.random(len(arms)) < mean).astype(float))
        lost.append(table.max(1) - mean)
    return np.cumsum(lost, axis=0).T


def lai_robbins(means: np.ndarray) -> float:
    """Return the constant c such that no consistent policy's regret grows slower than c · ln t.

    means: (arms,), the probability that each arm pays 1, strictly between 0 and 1. c is the sum,
    over the arms below the best, of their gap over the KL divergence from their coin to the best
    one's; 0 if all arms are equally good. A policy is consistent if its regret grows slower than
    every power of t in every game.

    Raises ValueError for other probabilities.

    Source: Lai and Robbins 1985, theorem 1.
    Taught in `book/bayesian_networks/06_bandits.ipynb`.

    >>> round(lai_robbins(np.array([0.5, 0.6])), 2)
    4.9
    """
    p = np.asarray(means, dtype=float)
    if p.ndim != 1 or not (p > 0).all() or not (p < 1).all():
        raise ValueError(f"means must be (arms,) with numbers between 0 and 1, got {means}")
    best, p = p.max(), p[p < p.max()]
    kl = p * np.log(p / best) + (1 - p) * np.log((1 - p) / (1 - best))
    return float(((best - p) / kl).sum())


def _told(
    arms: np.ndarray, rewards: np.ndarray, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return arms and rewards as arrays (runs,), if they are such."""
    arms, rewards = np.atleast_1d(arms), np.atleast_1d(np.asarray(rewards, dtype=float))
    if arms.shape != shape[:1] or rewards.shape != shape[:1]:
        raise ValueError(
            f"arms and rewards must have the shape {shape[:1]}, got {arms.shape} and "
            f"{rewards.shape}"
        )
    if arms.dtype.kind not in "iu" or arms.min() < 0 or arms.max() >= shape[1]:
        raise ValueError(f"arms must be integers from 0 to {shape[1] - 1}, got {arms}")
    return arms, rewards
