"""The checkers of the exercises of the chapter on lines, slices and Gaussians."""

from collections.abc import Callable
from typing import Any

import numpy as np
import ot
import torch
from torch import Tensor

from otbook_utils.optimal_transport import sliced_wasserstein
from otbook_utils.teaching import (
    Verdict,
    WrongAnswer,
    exercise,
    expect_array,
    expect_function,
    expect_own_work,
    right,
    wrong,
)


@exercise("ot-05-1")
def check_middle(answer: Callable[[np.ndarray], np.ndarray]) -> Verdict:
    """Check `middle(samples)`: the sample with the least sum of squared distances to all."""
    rng = np.random.default_rng(51)
    cases = [(rng.normal(size=(3, 5)) * 4,), (rng.exponential(size=(4, 2)) - 1,)]
    expect_function(answer, _middle, cases, _slips_of_the_middle, name="the middle sample")
    return right(
        "Averaging quantiles keeps the shape of a distribution; averaging CDFs, which is mixing, "
        "would give three humps for three hills."
    )


def _middle(samples: np.ndarray) -> np.ndarray:
    return np.sort(samples, axis=1).mean(0)


def _slips_of_the_middle(samples: np.ndarray) -> dict[str, Any]:
    """Return what each known mistake gives in place of the middle sample."""
    k = len(samples)
    return {
        "You averaged place by place down the columns, where sorting changes no mean. Who belongs "
        "to whom on a line? Sort each row.": (samples.mean(0), np.sort(samples.mean(0))),
        "That is one number for each sample: average over the samples, not over the places.": (
            samples.mean(1)
        ),
        "A sum over the samples is not in the middle of them: divide by their number.": (
            np.sort(samples, axis=1).sum(0)
        ),
        "The median of the quantiles makes a sum of distances small, not of squared ones.": (
            np.median(np.sort(samples, axis=1), axis=0)
        ),
        "That pools all places: the quantiles of the mixture, not the mean of the quantiles.": (
            np.sort(samples.ravel())[k // 2 :: k]
        ),
    }


_AUTOGRAD = ("autograd", "func", "enable_grad", "requires_grad_", "requires_grad", "jacobian")


@exercise("ot-05-2")
def check_sliced_gradient(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Verdict:
    """Check `sliced_gradient(x, y, directions)`: the gradient of SW_2² along x, written by hand."""
    generator = torch.Generator().manual_seed(52)

    def case(n: int, d: int, k: int) -> tuple[Tensor, Tensor, Tensor]:
        x, y = torch.randn(2, n, d, generator=generator).double()
        lines = torch.randn(k, d, generator=generator).double()
        return x, 2 * y + 1, lines / lines.norm(dim=1, keepdim=True)

    cases = [case(6, 3, 4), case(4, 2, 1), case(3, 5, 7)]
    own = "Write the sum out: autograd would give it to you, but not show you why it is so."

    def by_hand(*arguments: Tensor) -> Tensor:
        with torch.no_grad():
            try:
                return answer(*arguments)
            except RuntimeError as error:
                if "does not require grad" in str(error):
                    raise WrongAnswer(own) from None
                raise

    expect_function(by_hand, _sliced_gradient, cases, _slips_of_the_gradient, name="the gradient")
    expect_own_work(answer, "ot", "otbook_utils", *_AUTOGRAD, hint=own)
    return right(
        "Each direction pulls each point along itself alone, so a single step cannot bring a "
        "point home; the mean over many directions pulls it there at a d-th of the speed."
    )


def _journeys(x: Tensor, y: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """Return signed journeys (k, n) in sorted order, and which point stands where."""
    order = (directions @ x.T).argsort(1)
    along = (directions @ x.T).gather(1, order) - (directions @ y.T).sort(1).values
    return along, order


def _sliced_gradient(x: Tensor, y: Tensor, directions: Tensor) -> Tensor:
    along, order = _journeys(x, y, directions)
    own = torch.zeros_like(along).scatter(1, order, along)  # back in the order of the points
    return 2 / (len(x) * len(directions)) * own.T @ directions


def _slips_of_the_gradient(x: Tensor, y: Tensor, directions: Tensor) -> dict[str, Any]:
    """Return what each known mistake gives in place of the gradient."""
    gradient, n, k = _sliced_gradient(x, y, directions), len(x), len(directions)
    along, order = _journeys(x, y, directions)
    once = directions @ x.T - (directions @ y.T).sort(1).values.gather(1, order)
    unsorted = (directions @ x.T - directions @ y.T).T @ directions
    return {
        "The journeys are right, but they are still in sorted order: hand each one back to the "
        "point that makes it.": 2 / (n * k) * along.T @ directions,
        "You undid the sorting with the same permutation once more; it takes the inverse one.": (
            2 / (n * k) * along.gather(1, order).T @ directions
        ),
        "You paired the points by their numbers. On a line it is the ranks that belong together.": 2
        / (n * k)
        * unsorted,
        "`argsort` says which point stands at each rank. You need the rank of each point, which is "
        "`argsort` of that.": 2 / (n * k) * once.T @ directions,
        "The step in the text has a factor of d, the gradient has none.": gradient * x.shape[1],
        "A direction sees a d-th of a way already: do not divide by d.": gradient / x.shape[1],
        "The derivative of a square has a factor of 2.": gradient / 2,
        "Each point carries the mass 1/n.": gradient * n,
        "The mean over directions, not the sum.": gradient * k,
        "Two means, over points and over directions: you took sums.": gradient * n * k,
        "The sign: this is the way a point should go, which is minus the gradient.": -gradient,
        "That is the gradient of SW_2, with the root. The square was asked for.": (
            gradient / (2 * along.square().mean().sqrt())
        ),
        "You lost the directions: a journey along θ moves the point by a multiple of θ.": (
            2
            / (n * k)
            * torch.zeros_like(along).scatter(1, order, along).sum(0)[:, None].expand(x.shape)
        ),
    }


JOBS = {"a": "sorting", "b": "gaussians", "c": "solver", "d": "slices"}
_HINTS = {
    ("a", "slices"): "(a) A prediction is one number: there is one direction, and no need to draw.",
    ("a", "solver"): "(a) 120,000 places on a line: what does a solver find that sorting does not?",
    ("a", "gaussians"): "(a) Two groups with equal means and deviations can still be paid quite "
    "differently at the top, and nothing cheaper is needed here than the exact answer.",
    ("b", "slices"): "(b) Which number do the others report? Yours must be comparable.",
    ("b", "solver"): "(b) 5,000 samples in 2,048 dimensions: the exact distance is mostly what two "
    "samples of one law cost, and it is not what the others report.",
    ("c", "slices"): "(c) Each direction has a matching of its own. Which one would you hand over?",
    ("c", "gaussians"): "(c) Means and covariances name no partner for a single point.",
    ("d", "solver"): "(d) At every step, with 100,000 points? Count n³, or even n².",
    ("d", "gaussians"): "(d) A chair and a blob with the same covariance would be equally good.",
}


@exercise("ot-05-3")
def check_jobs(answer: Any) -> Verdict:
    """Check which tool is named for each of four jobs."""
    tools = sorted(set(JOBS.values()))
    if not isinstance(answer, dict) or set(answer) != set(JOBS):
        return wrong("`tools` must be a dictionary with the keys a, b, c and d.")
    for job, wanted in JOBS.items():
        if answer[job] is ...:
            return wrong(f"({job}) The dots are still there: name a tool.")
        named = str(answer[job]).strip().lower()
        if named not in tools:
            return wrong(f"({job}) {answer[job]!r} is none of {', '.join(tools)}.")
        if named != wanted:
            general = f"({job}) Not {named}: how many dimensions, and what is wanted?"
            return wrong(_HINTS.get((job, named), general))
    return right("First the dimension, then whether a plan is wanted, then the size.")


@exercise("ot-05-4")
def check_blind_pair(answer: Callable[[int], Any]) -> Verdict:
    """Check `blind_pair(k)`: two clouds that k evenly spaced directions cannot tell apart."""
    for k in (2, 3, 4, 5, 7, 9, 11):
        pair = answer(k)
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            return wrong("Return two clouds: `return x, y`.")
        x, y = (
            expect_array(cloud, shape=(None, 2), name=f"cloud {name} for k = {k}")
            for cloud, name in zip(pair, "xy", strict=True)
        )
        told = _why_not_blind(x, y, k)
        if told:
            return wrong(told)
    return right(
        "So whatever k is, these k directions are blind to something. Turn them by a hair, or "
        "draw new ones at each step, and this pair is seen."
    )


def _why_not_blind(x: np.ndarray, y: np.ndarray, k: int) -> str:
    """Return "" if the directions take two different clouds for equal, else what is amiss."""
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return f"For k = {k} a place is not a finite number."
    size = np.linalg.norm(np.concatenate([x, y]) - x.mean(0), axis=1).max()
    if size == 0 or _exact(x, y) < 0.01 * size:
        return (
            f"For k = {k} the two clouds are (nearly) one distribution: the order of the points "
            "does not count."
        )
    angles = np.arange(k) * np.pi / k
    seen = [_slice(x, y, angle) / size for angle in angles]
    worst = int(np.argmax(seen))
    if seen[worst] > 1e-4:
        degrees = 180 * worst / k
        also = "" if k == 2 or min(seen) > 1e-4 else " Some of the others are blind already."
        return (
            f"For k = {k} the direction at {degrees:.0f}° tells them apart: along it they are "
            f"{seen[worst]:.2g} of their size away from each other.{also} Which mirrors turn one "
            "cloud into the other, and along which line does a mirror leave the shadow as it is?"
        )
    return ""


def _exact(x: np.ndarray, y: np.ndarray) -> float:
    masses = [np.full(len(cloud), 1 / len(cloud)) for cloud in (x, y)]
    return float(np.sqrt(max(ot.emd2(*masses, ot.dist(x, y)), 0)))


def _slice(x: np.ndarray, y: np.ndarray, angle: float) -> float:
    line = torch.tensor([[np.cos(angle), np.sin(angle)]])
    return sliced_wasserstein(torch.tensor(x), torch.tensor(y), 2, line).item()
