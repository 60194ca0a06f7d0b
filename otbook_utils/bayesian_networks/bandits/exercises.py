"""What the exercises of the chapter on bandits accept and refuse."""

import math
from collections.abc import Callable

import numpy as np
from scipy.integrate import quad
from scipy.stats import beta as beta_law

from otbook_utils.teaching import Verdict, exercise, expect_choices, expect_function, right
from otbook_utils.teaching.answers import WrongAnswer


@exercise("bn-06-1")
def check_bounds(answer: Callable[[np.ndarray, np.ndarray, float], np.ndarray]) -> Verdict:
    """Check `upper_bounds(ones, pulls, c)`: mean plus width for every arm."""
    cases = [
        (np.array([3, 2, 9]), np.array([5, 2, 11]), 2.0),
        (np.array([1, 0, 0, 2]), np.array([1, 3, 4, 2]), 0.5),
        (np.array([4.0, 30.0]), np.array([10.0, 44.0]), 1.0),
    ]
    expect_function(answer, _bounds, cases, _slips_of_bounds, name="the bounds")
    return right(
        "A bound is large for two reasons: a good mean, or few pulls. Whatever the reason, pulling "
        "the arm removes it if it is unfounded."
    )


def _bounds(ones: np.ndarray, pulls: np.ndarray, c: float) -> np.ndarray:
    return ones / pulls + np.sqrt(c * np.log(pulls.sum()) / pulls)


def _slips_of_bounds(ones: np.ndarray, pulls: np.ndarray, c: float) -> dict[str, np.ndarray]:
    """Return what each known mistake gives in place of the bounds."""
    t, mean = pulls.sum(), ones / pulls
    width = np.sqrt(c * np.log(t) / pulls)
    return {
        "The width is a square root.": mean + c * np.log(t) / pulls,
        "c stands under the root.": mean + c * np.sqrt(np.log(t) / pulls),
        "The logarithm is that of all pulls together, not of the arm's own.": (
            mean + np.sqrt(c * np.log(pulls) / pulls)
        ),
        "Divide by the arm's own pulls, not by all.": mean + np.sqrt(c * np.log(t) / t),
        "Divide under the root: the width falls with the root of the pulls.": (
            mean + np.sqrt(c * np.log(t)) / pulls
        ),
        "Natural logarithms.": (
            mean + np.sqrt(c * np.log10(t) / pulls),
            mean + np.sqrt(c * np.log2(t) / pulls),
        ),
        "t counts the pulls, not the coins, nor the arms.": (
            mean + np.sqrt(c * np.log(ones.sum()) / pulls),
            mean + np.sqrt(c * np.log(len(pulls)) / pulls),
        ),
        "Let a bound be above 1: cut off there, arms with few pulls look alike.": (
            np.minimum(1, mean + width)
        ),
        "`//` cuts the means off: divide by `/`.": ones // pulls + width,
        "All pulls so far, without the next one.": mean + np.sqrt(c * np.log(t + 1) / pulls),
        "That is the mean alone: where is the width?": mean,
        "That is the width alone.": width,
        "That is a lower bound.": mean - width,
        "Ones over the arm's own pulls, not over all.": ones / t + width,
    }


@exercise("bn-06-2")
def check_share(answer: Callable[[float, float, float, float], float]) -> Verdict:
    """Check `share_of_first(a1, b1, a2, b2)`: how often Thompson sampling pulls the first arm."""
    cases = [(1.5, 4.0, 3.0, 2.5), (8, 2, 5, 5), (2, 3, 1, 1), (30, 20, 25, 25)]
    cases.append((0.2, 0.3, 0.5, 0.4))  # densities with poles
    expect_function(answer, _share, cases, _slips_of_the_share, tol=2e-3, name="the share")
    return right(
        "Thompson sampling pulls an arm with the probability that it is the best one, given the "
        "data: neither never, while there is doubt, nor often, once there is none."
    )


def _share(a1: float, b1: float, a2: float, b2: float) -> float:
    first, second = beta_law(a1, b1), beta_law(a2, b2)
    return quad(lambda u: second.cdf(first.ppf(u)), 0, 1, epsabs=1e-10, limit=200)[0]


def _slips_of_the_share(a1: float, b1: float, a2: float, b2: float) -> dict[str, float]:
    """Return what each known mistake gives in place of the share."""
    m1, m2 = a1 / (a1 + b1), a2 / (a2 + b2)
    v1, v2 = m1 * (1 - m1) / (a1 + b1 + 1), m2 * (1 - m2) / (a2 + b2 + 1)
    normal = 0.5 * (1 + math.erf((m1 - m2) / math.sqrt(2 * (v1 + v2))))
    return {
        "That is the share of the second arm.": 1 - _share(a1, b1, a2, b2),
        "That compares the means alone: with probability one greedy would do this.": float(m1 > m2),
        "Shares are not in proportion to the means.": m1 / (m1 + m2),
        "That takes both for normal, or draws few samples: integrate the beta densities.": normal,
        "A success of one and a failure of the other, tossed once, is not what is compared.": (
            m1 * (1 - m2)
        ),
    }


@exercise("bn-06-3")
def check_fading(
    answer: Callable[..., tuple[np.ndarray, np.ndarray]],
) -> Verdict:
    """Check `fading_posterior(x, y, noise, prior, fade)`: mean and covariance of the weights."""
    rng = np.random.default_rng(3)
    cases = [
        (rng.normal(size=(n, d)), rng.normal(size=n), noise, prior, fade)
        for n, d, noise, prior, fade in (
            (6, 2, 0.5, 2.0, 0.8),
            (2, 3, 1.5, 0.7, 0.5),
            (4, 4, 0.3, 1.2, 1.0),
        )
    ]

    def wanted(x: np.ndarray, y: np.ndarray, noise: float, prior: float, fade: float) -> np.ndarray:
        return _row(_posterior(x, y, noise, prior, fade))

    expect_function(
        lambda *case: _answered(answer(*case), wanted(*case), case[0].shape[1]),
        wanted,
        cases,
        _slips_of_the_posterior,
        name="mean and covariance, one after the other,",
    )
    return right(
        "A posterior that forgets never becomes sure: each new reward counts 1, and all old ones "
        "together at most γ/(1 − γ). What it costs is doubt where nothing has changed."
    )


def _answered(pair: object, wanted: np.ndarray, d: int) -> np.ndarray | None:
    """Return a learner's pair in a row; raises WrongAnswer for other shapes than asked for."""
    in_a_row = isinstance(pair, np.ndarray) and pair.shape == wanted.shape
    if pair is None or (in_a_row and not np.allclose(pair, wanted)):
        return pair  # nothing yet, or a known mistake
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise WrongAnswer("Return two things: the mean and the covariance.")
    for part, name, shape in zip(pair, ("mean", "covariance"), ((d,), (d, d)), strict=True):
        if np.shape(part) != shape:
            raise WrongAnswer(
                f"The {name} of {d} weights has the shape {shape}, and yours {np.shape(part)}."
            )
    return _row(pair)


def _row(pair: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    mean, covariance = pair
    return np.concatenate([np.ravel(np.asarray(mean)), np.ravel(np.asarray(covariance))])


def _posterior(
    x: np.ndarray, y: np.ndarray, noise: float, prior: float, fade: float
) -> tuple[np.ndarray, np.ndarray]:
    return _weighted(x, y, noise, prior, fade ** np.arange(len(y))[::-1])


def _weighted(
    x: np.ndarray, y: np.ndarray, noise: float, prior: float, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    gram, sums = (x.T * weight) @ x, (x.T * weight) @ y
    covariance = np.linalg.inv(gram / noise**2 + np.eye(x.shape[1]) / prior**2)
    return covariance @ sums / noise**2, covariance


def _slips_of_the_posterior(
    x: np.ndarray, y: np.ndarray, noise: float, prior: float, fade: float
) -> dict[str, np.ndarray]:
    """Return what each known mistake gives in place of mean and covariance."""
    n, unit = len(y), np.eye(x.shape[1])
    weight = fade ** np.arange(n)[::-1]
    gram, sums = (x.T * weight) @ x, (x.T * weight) @ y
    mean, covariance = _posterior(x, y, noise, prior, fade)
    ridge = np.linalg.inv(gram + noise**2 / prior**2 * unit)
    times_prior = np.linalg.inv(gram / noise**2 + unit * prior**2)
    bare = np.linalg.inv(gram + unit / prior**2)
    old_prior = _weighted(x, y, noise, prior * fade ** (-n / 2), weight)
    wide = noise / np.sqrt(weight.sum() / n)
    return {
        "Nothing fades there: a reward j rewards old counts γ^j times.": _row(
            _posterior(x, y, noise, prior, 1.0)
        ),
        "There the oldest reward counts most: the newest is the last row.": _row(
            _weighted(x, y, noise, prior, weight[::-1])
        ),
        "The newest reward counts in full: its j is 0.": _row(
            _weighted(x, y, noise, prior, fade * weight)
        ),
        "The squares count γ^j times: with x and y both multiplied by γ^j it is γ^2j.": _row(
            _weighted(x, y, noise, prior, weight**2)
        ),
        "The precision fades like the rewards do: the weights belong into XᵀX, too.": _row(
            (
                _posterior(x, y, noise, prior, 1.0)[1] @ sums / noise**2,
                _posterior(x, y, noise, prior, 1.0)[1],
            )
        ),
        "The rewards fade as well as the precision: Xᵀ times the weighted y.": _row(
            (covariance @ x.T @ y / noise**2, covariance)
        ),
        "The prior does not fade.": _row(old_prior),
        "Each reward has its own weight: their mean will not do.": _row(
            _posterior(x, y, wide, prior, 1.0)
        ),
        "noise is a standard deviation: its square divides.": _row(
            _weighted(x, y, np.sqrt(noise), prior, weight)
        ),
        "prior is a standard deviation: its square divides.": _row(
            _weighted(x, y, noise, np.sqrt(prior), weight)
        ),
        "Both are standard deviations: their squares divide.": _row(
            _weighted(x, y, np.sqrt(noise), np.sqrt(prior), weight)
        ),
        "noise and prior have changed places.": _row(_weighted(x, y, prior, noise, weight)),
        "A wide prior says little: its precision is 1/prior², not prior².": _row(
            (times_prior @ sums / noise**2, times_prior)
        ),
        "The data's part of the precision is divided by the noise's variance.": _row(
            (bare @ sums, bare)
        ),
        "The mean is that of ridge regression; its inverse times noise² is the covariance.": _row(
            (mean, ridge)
        ),
        "The mean lacks the division by the noise's variance.": _row(
            (covariance @ sums, covariance)
        ),
        "That is the precision: the covariance is its inverse.": _row(
            (mean, np.linalg.inv(covariance))
        ),
        "The law needs the whole covariance, not its diagonal alone.": (
            _row((mean, np.diag(np.sqrt(np.diag(covariance))))),
            _row((mean, np.diag(np.diag(covariance)))),
        ),
        "That is a root of the covariance.": _row((mean, np.linalg.cholesky(covariance))),
    }


@exercise("bn-06-4")
def check_need(answer: dict[str, str]) -> Verdict:
    """Check which situations need exploration."""
    expect_choices(
        answer,
        _NEED,
        {
            "ads": "What is never shown is never learnt about: no context moves you to other ads.",
            "corners": "Of x and −x, equally likely, each arm gets one. What is the mean of x xᵀ "
            "over the contexts that an arm gets?",
            "blood groups": "Within a group nothing varies: what does greedy learn there of a drug "
            "that failed at first?",
            "all shown": "If every arm's pay is told whichever you pull, what could exploring add?",
            "last": "Exploration is an investment. When would it pay back?",
            "drift": "An arm that has become better is noticed only by pulling it.",
        },
    )
    return right(
        "Exploration pays where what you learn depends on what you do, and there is time left to "
        "use it."
    )


_NEED = {
    "ads": "explore",
    "corners": "no need",
    "blood groups": "explore",
    "all shown": "no need",
    "last": "no need",
    "drift": "explore",
}
