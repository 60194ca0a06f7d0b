"""The checkers of the exercises of the chapter on likelihood and divergences."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from otbook_utils.generative_models.divergences import kl_divergence
from otbook_utils.teaching import (
    Verdict,
    exercise,
    expect_choices,
    expect_function,
    expect_own_work,
    right,
    wrong,
)


@exercise("gm-01-1")
def check_rate(answer: Callable[[np.ndarray, np.ndarray], float]) -> Verdict:
    """Check `rate(hours, broken)`: maximum likelihood where some waiting times were cut off."""
    cases = [_lamps([3.0, 7, 1, 4, 9, 2, 6], "1011011"), _lamps([0.5, 2, 2.5], "110")]
    expect_function(answer, _rate, cases, _slips_of_the_rate)
    return right(
        "A lamp that still burns is no failure, yet its hours without one count. Such data are "
        "called censored (打ち切り)."
    )


def _lamps(hours: list[float], broken: str) -> tuple[np.ndarray, np.ndarray]:
    return np.array(hours), np.array([mark == "1" for mark in broken])


def _rate(hours: np.ndarray, broken: np.ndarray) -> float:
    return broken.sum() / hours.sum()


def _slips_of_the_rate(hours: np.ndarray, broken: np.ndarray) -> dict[str, float]:
    """Return what each known mistake gives in place of the rate."""
    return {
        "You counted every lamp as broken. One that still burns contributes exp(-λt), without the "
        "factor λ.": len(hours) / hours.sum(),
        "You left out the lamps that still burn. Their hours without a failure speak for a small "
        "rate.": broken.sum() / hours[broken].sum(),
        "That is a mean life, in hours; the rate is one over it.": hours.sum() / broken.sum(),
        "That is the mean of the lives that ended; a rate is wanted, from all the hours.": (
            hours[broken].mean()
        ),
        "One over a mean is not the mean of one over each.": (1 / hours[broken]).mean(),
        "Expected failures for each hour: divide by the sum of the hours, not by their mean.": (
            broken.sum() / hours.mean()
        ),
        "You counted the lamps that still burn in place of those that broke.": (
            (~broken).sum() / hours.sum()
        ),
        "You left the hours out: that is the share of lamps that broke.": broken.mean(),
    }


@exercise("gm-01-2")
def check_gaussians(answer: Callable[..., Tensor]) -> Verdict:
    """Check `kl_of_gaussians(m1, s1, m2, s2)`, entry by entry, with its gradients."""
    generator = torch.Generator().manual_seed(3)
    cases = [
        tuple(row for row in _gaussians(generator, *shape)) for shape in ((5,), (2, 3), (1, 4))
    ]
    along = ["m1", "s1", "m2", "s2"]
    expect_function(answer, _kl_of_gaussians, cases, _slips_of_the_gaussians, gradient_of=along)
    own = "The library is right. Take the expectation on paper, and write the result."
    expect_own_work(answer, "distributions", "otbook_utils", hint=own)
    if _uses_distributions(answer):
        return wrong("Imported by name it is still the library: take the expectation on paper.")
    return right(
        "With m2 = 0 and s2 = 1 this is the term that keeps a variational autoencoder's codes "
        "near a standard normal."
    )


def _uses_distributions(function: Any) -> bool:
    """Say whether a function names what was imported from `torch.distributions`."""
    function = inspect.unwrap(function)
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    values = [getattr(function, "__globals__", {}).get(name) for name in names]
    return any(str(getattr(v, "__module__", "")).startswith("torch.distributions") for v in values)


def _gaussians(generator: torch.Generator, *shape: int) -> list[Tensor]:
    means = torch.randn(2, *shape, generator=generator).double()
    deviations = 0.4 + 2 * torch.rand(2, *shape, generator=generator).double()
    return [means[0], deviations[0], means[1], deviations[1]]


def _kl_of_gaussians(m1: Tensor, s1: Tensor, m2: Tensor, s2: Tensor) -> Tensor:
    return (s2 / s1).log() + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5


def _slips_of_the_gaussians(m1: Tensor, s1: Tensor, m2: Tensor, s2: Tensor) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the divergence."""
    kl = _kl_of_gaussians(m1, s1, m2, s2)
    return {
        "That is KL in the other direction: the expectation is taken under the first.": (
            _kl_of_gaussians(m2, s2, m1, s1)
        ),
        "s1 and s2 are standard deviations; you used them as variances.": (
            _kl_of_gaussians(m1, s1.sqrt(), m2, s2.sqrt())
        ),
        "Equal Gaussians must give 0, and yours give ½: what is the mean of ((x - m1)/s1)² under "
        "the first?": kl + 0.5,
        "The mean of (x - m2)² under the first is s1² + (m1 - m2)²: spread and shift.": (
            (s2 / s1).log() + (m1 - m2) ** 2 / (2 * s2**2)
        ),
        "The logarithm has its sign turned: ln p brings -ln s1, and -ln q brings +ln s2.": (
            kl - 2 * (s2 / s1).log()
        ),
        "The logarithms of the two deviations are missing.": kl - (s2 / s1).log(),
        "½ (x - m)²/s²: a factor of one half is missing in the quadratic term.": (
            kl + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5
        ),
        "½ belongs to both squares, that of the deviation and that of the shift.": (
            kl + (m1 - m2) ** 2 / (2 * s2**2)
        ),
        "Below stands the deviation of the second: it is the mean of -ln q that is wanted.": (
            (s2 / s1).log() + (s1**2 + (m1 - m2) ** 2) / (2 * s1**2) - 0.5,
            (s2 / s1).log() + (s2**2 + (m1 - m2) ** 2) / (2 * s1**2) - 0.5,
        ),
        "That holds for equal widths.": (
            (m1 - m2) ** 2 / (2 * s2**2),
            (m1 - m2) ** 2 / (2 * s1**2),
        ),
        "In nats: take the natural logarithm.": kl + (1 / math.log(2) - 1) * (s2 / s1).log(),
        "One divergence for each entry: do not sum.": kl.sum(),
    }


JOBS = {"a": "forward", "b": "reverse", "c": "forward", "d": "transport", "e": "js"}
_HINTS = {
    "a": "What is paid is -ln q of the letters that *come*, so it is averaged under p; and it has "
    "no limit as q goes to 0.",
    "b": "There is no sample of p, so nothing can be averaged under p. Which one averages under q, "
    "and is only moved by ln Z?",
    "c": "Now there are samples of p, and where they lie q must not be small: which one is large "
    "if it is?",
    "d": "How far a grey value moved has to enter. The others compare each of the 256 entries with "
    "its own counterpart, whichever its neighbours are.",
    "e": "Each of the two has words that the other lacks, so either KL is infinite; and transport "
    "needs a cost between words, which nobody has given.",
}


@exercise("gm-01-3")
def check_choices(answer: Any) -> Verdict:
    """Check which divergence is named for each of five jobs."""
    expect_choices(answer, JOBS, _HINTS, name="choices")
    return right("What decides is what you have: samples, a density, or a cost between places.")


@exercise("gm-01-4")
def check_chain(answer: Callable[[Tensor, Tensor], Any]) -> Verdict:
    """Check `chain(p, q)`: the two parts of the divergence of a pair."""
    generator = torch.Generator().manual_seed(4)
    cases = [_tables(generator, n, m) for n, m in ((2, 3), (4, 2), (3, 3))]
    expect_function(answer, _chain, cases, _slips_of_the_chain)
    return right(
        "The second part is a mean of divergences, so it is not negative, and forgetting y cannot "
        "raise the divergence. Merging the bins of a histogram is such a forgetting."
    )


def _tables(generator: torch.Generator, n: int, m: int) -> tuple[Tensor, ...]:
    both = torch.rand(2, n, m, generator=generator).double() + 0.05
    return tuple(both / both.sum((1, 2), keepdim=True))


def _parts(p: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    """Return KL of the rows' marginals, and for each row KL of what is conditional on it."""
    given_x = kl_divergence(p / p.sum(1, keepdim=True), q / q.sum(1, keepdim=True))  # (n,)
    return kl_divergence(p.sum(1), q.sum(1)), given_x


def _chain(p: Tensor, q: Tensor) -> Tensor:
    first, given_x = _parts(p, q)
    return torch.stack([first, p.sum(1) @ given_x])


def _slips_of_the_chain(p: Tensor, q: Tensor) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the two parts."""
    first, given_x = _parts(p, q)
    whole = kl_divergence(p.flatten(), q.flatten())
    return {
        "You took y first. Rows are x: its distribution is the sum along each row.": _chain(
            p.T, q.T
        ),
        "The directions are exchanged: everything is averaged under p.": _chain(q, p),
        "The mean over x is taken under p(x), not under q(x).": (
            torch.stack([first, q.sum(1) @ given_x])
        ),
        "Not every x is equally frequent: weight each by p(x).": (
            torch.stack([first, given_x.mean()])
        ),
        "You added up over x without weights.": torch.stack([first, given_x.sum()]),
        "The second part is the whole divergence, not what remains of it.": (
            torch.stack([first, whole])
        ),
        "In nats: take the natural logarithm.": _chain(p, q) / math.log(2),
        "The two parts are exchanged: x first.": torch.stack([whole - first, first]),
    }
