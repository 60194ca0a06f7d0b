"""What the exercises of the chapter on noise that regularises accept and refuse."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from otbook_utils.bayesian_networks.dropout import DropConnect, GaussianDropout
from otbook_utils.teaching import (
    Verdict,
    WrongAnswer,
    exercise,
    expect_choice,
    expect_function,
    right,
)


@exercise("bn-01-1")
def check_objective(answer: Callable[[Tensor, Tensor, float, int], Tensor]) -> Verdict:
    """Check `objective(errors, w, penalty, N)`: the unbiased estimate, over N."""
    generator = torch.Generator().manual_seed(1)
    cases = []
    for size, shape, decay, n in ((5, (3,), 2.0, 40), (3, (2, 4), 30.0, 17), (8, (3, 2), 0.5, 8)):
        errors = torch.rand(size, generator=generator) + 0.1
        cases.append((errors, torch.randn(shape, generator=generator), decay, n))
    expect_function(
        answer,
        _objective,
        cases,
        _slips_of_the_objective,
        gradient_of=["errors", "w"],
        name="the objective",
    )
    return right(
        "Now the minimum does not depend on the batch size. The mean with the whole penalty beside "
        "it would answer another question for every N."
    )


def _objective(errors: Tensor, w: Tensor, penalty: float, N: int) -> Tensor:
    return errors.mean() + penalty * w.square().sum() / N


def _slips_of_the_objective(
    errors: Tensor, w: Tensor, penalty: float, N: int
) -> dict[str, Tensor | tuple[Tensor, ...]]:
    """Return what each known mistake gives in place of the objective."""
    mean, size, square = errors.mean(), len(errors), w.square().sum()
    return {
        "Beside a mean the penalty is divided by N: this one is N times too strong.": (
            mean + penalty * square
        ),
        "That is the whole objective: it was to be divided by N.": (N * mean + penalty * square),
        "The penalty is shared by all N examples, not by those of the batch.": (
            mean + penalty * square / size
        ),
        "Divide by N both parts: the errors' is still that of the whole sum.": (
            N * mean + penalty * square / N
        ),
        "The penalty does not grow with the batch.": mean + penalty * size * square / N,
        "The batch's sum counts M examples as M: it needs N/M before it is divided by N.": (
            errors.sum() / N + penalty * square / N,
            errors.sum() + penalty * square,
            errors.sum() + penalty * square / N,
        ),
        "The norm is squared.": mean + penalty * square.sqrt() / N,
        "The squared norm is a sum over all weights, not a mean.": (
            mean + penalty * w.square().mean() / N
        ),
        "Each weight is squared by itself, then all are added.": (
            mean + penalty * w.sum().square() / N,
            mean + penalty * w.abs().sum() / N,
        ),
        "No factor ½ stands here, neither before the penalty nor before the errors.": (
            mean + penalty * square / (2 * N),
            mean / 2 + penalty * square / N,
            mean / 2 + penalty * square / (2 * N),
        ),
        "`errors` holds the E_n as they are: no further square.": (
            errors.square().mean() + penalty * square / N
        ),
        "The penalty is added.": mean - penalty * square / N,
        "The penalty is missing.": mean,
    }


@exercise("bn-01-2")
def check_which_noise(answer: Callable[[Callable[[Tensor], Tensor], Tensor], str]) -> Verdict:
    """Check `which_noise(layer, z)` on boxes whose covariances are negative, small, or cancel."""
    with torch.random.fork_rng(devices=[]):
        for seed, (kind, weight, z, p, hint) in enumerate(_boxes()):
            torch.manual_seed(seed)
            said = expect_choice(
                answer(_box(kind, weight, p), z), ("units", "weights"), name="which_noise"
            )
            if said != ("weights" if kind == "weights" else "units"):
                raise WrongAnswer(hint)
    return right(
        "The largest of all pairs' scores, in size. With ever more pairs the limit has to grow: "
        "the largest of k accidents is larger than one."
    )


def _boxes() -> list[tuple[str, Tensor, Tensor, float, str]]:
    """Return kind, weights (outputs, units), input (units,), rate and hint of each box."""
    generator = torch.Generator().manual_seed(2)
    plain = torch.rand(3, 16, generator=generator) + 0.1
    mixed = torch.randn(4, 12, generator=generator)
    # Outputs 1 and 2 share all units and have no covariance; the third leans on the first.
    half = torch.tensor([1.0, 1, 1, 1, -1, -1, -1, -1])
    cancelling = torch.stack([torch.ones(8), half, torch.linspace(0.2, 1, 8)])
    # A chain of outputs that share one unit each, with opposite signs: correlations of about -0.1.
    chain = 3 * torch.eye(4, 13) + 0.3 * torch.eye(4, 13).roll(1, 0)
    chain[0, 12], chain[0, 3] = 0.3, 0.3
    chain = chain * torch.tensor([[1.0], [-1], [1], [-1]])
    ones = torch.ones
    units = [
        (plain, ones(16), 0.5, "Masks on the units were called `weights`: their factors go into "
         "all outputs, which then vary together. An output need not be 0 for that."),
        (0.01 * plain, ones(16), 0.5, "A box whose outputs are measured in hundredths was called "
         "`weights`: a limit for the covariance itself depends on the scale. Compare it with its "
         "standard error."),
        (chain, ones(13), 0.5, "Covariances may be negative, and small beside the variances: "
         "compare their size, with a few thousand rows, to the standard error."),
        (cancelling, ones(8), 0.5, "The first two outputs of this box share their units, and "
         "their covariance cancels: look at all pairs."),
        (_lone(1, 3), ones(13), 0.5, "In this box two outputs only vary together, neither of them "
         "the first, and they are no neighbours: look at all pairs."),
        (_lone(0, 2), ones(13), 0.5, "In this box two outputs only vary together, neither of them "
         "the last, and they are no neighbours: look at all pairs."),
        (30 * mixed, torch.randn(12, generator=generator), 0.1, "Noise on the units was called "
         "`weights` at a low rate and with mixed signs: look at all pairs and their scores."),
    ]  # fmt: skip
    gauss = (
        "Normal factors on the units were called `weights`: what counts is whether outputs "
        "vary together, not which values they take."
    )
    none = (
        "Noise on the weights was called `units`: no covariance is exactly 0 in a finite sample. "
        "Take the means off, leave out an output with itself, and compare with the standard error: "
        "the limit has to be one that the largest of several scores hardly ever passes."
    )
    boxes = [("units", *box) for box in units]
    boxes += [("gauss", *units[0][:3], gauss)] + [("gauss", *box) for box in units[1:]]
    return boxes + [("weights", *box[:3], none) for box in units]


def _lone(k: int, other: int) -> Tensor:
    """Return weights (4, 13): three units for each output alone, and one that two outputs share."""
    shared = torch.zeros(4, 1)
    shared[[k, other]] = 1.0
    return torch.cat([torch.eye(4).repeat_interleave(3, 1), shared], 1)


def _box(kind: str, weight: Tensor, p: float) -> Callable[[Tensor], Tensor]:
    sizes = weight.shape[1], weight.shape[0]
    layer = DropConnect(*sizes, bias=False, p=p) if kind == "weights" else nn.Linear(*sizes, False)
    layer.weight = nn.Parameter(weight.clone())
    noise = {"units": nn.Dropout(p), "gauss": GaussianDropout(p), "weights": nn.Identity()}[kind]
    net = nn.Sequential(noise, layer)
    return lambda rows: net(rows)  # a box to call, not to look into


@exercise("bn-01-3")
def check_shift(answer: Callable[[float, float, float], tuple[float, float]]) -> Verdict:
    """Check `at_test_time(mean, variance, p)`: mean and deviation at test time."""
    # The mean of 0, where several mistakes agree, comes last.
    cases = [(1.5, 0.9, 0.2), (-0.6, 3.0, 0.7), (4.0, 1.0, 0.1), (0.0, 2.0, 0.4)]
    expect_function(
        lambda *case: _pair(answer(*case)),
        _shift,
        cases,
        _slips_of_the_shift,
        name="the pair",
    )
    return right(
        "Larger, the farther the mean is from 0: the noise multiplies, so it is as large as the "
        "values, while what batch normalisation keeps is the spread around their mean."
    )


def _pair(answer: tuple[float, float]) -> np.ndarray:
    try:
        mean, deviation = answer
        return np.array([float(mean), float(deviation)])
    except (TypeError, ValueError):
        raise WrongAnswer("Return a pair of numbers: the mean, then the deviation.") from None


def _shift(mean: float, variance: float, p: float) -> np.ndarray:
    noise = p / (1 - p) * (variance + mean**2)
    return np.array([0.0, math.sqrt(variance / (variance + noise))])


def _slips_of_the_shift(mean: float, variance: float, p: float) -> dict[str, np.ndarray]:
    """Return what each known mistake gives in place of the pair."""
    alpha = p / (1 - p)
    noisy = variance + alpha * (variance + mean**2)
    deviation = math.sqrt(variance / noisy)
    plain = (1 - p) * (variance + p * mean**2)  # of dropout that does not divide by 1 - p

    def pair(deviation: float, centre: float = 0.0) -> np.ndarray:
        return np.array([centre, deviation])

    return {
        "That holds for a mean of 0. The noise multiplies the value, mean included: its variance "
        "is α E z², not α Var z.": pair(math.sqrt(1 - p)),
        "The noise has variance α = p/(1 − p), not p or p (1 − p).": (
            pair(math.sqrt(variance / (variance + p * (variance + mean**2)))),
            pair(math.sqrt(variance / (variance + p * (1 - p) * (variance + mean**2)))),
        ),
        "p is the chance of being dropped: α = p/(1 − p), not its inverse.": (
            pair(math.sqrt(variance / (variance + (variance + mean**2) / alpha)))
        ),
        "1/(1 − p) is the mean of the factor's square; its variance is less by 1.": (
            pair(math.sqrt(variance / (variance + (variance + mean**2) / (1 - p))))
        ),
        "α is a variance: no root of it.": (
            pair(math.sqrt(variance / (variance + math.sqrt(alpha) * (variance + mean**2))))
        ),
        "E z² is variance + mean², and the variance of z itself adds to the noise's.": (
            pair(math.sqrt(variance / (variance + alpha * mean**2))),
            pair(math.sqrt(variance / (noisy - variance))),
        ),
        "The mean comes first, then the deviation.": np.array([deviation, 0.0]),
        "The layer gives out z, centred and *divided* by the running deviation.": (
            pair(math.sqrt(noisy)),
            pair(math.sqrt(variance * noisy)),
        ),
        "That is the variance: take the root.": pair(variance / noisy),
        "At test time the spread is smaller than in training: the quotient is upside down.": (
            pair(1 / deviation)
        ),
        "The layer subtracts the running mean, which is that of z: nothing is left of it.": (
            pair(deviation, mean),
            pair(deviation, mean / math.sqrt(noisy)),
        ),
        "The running mean is `mean`, not (1 − p) · mean: inverted dropout keeps the mean.": (
            pair(deviation, p * mean / math.sqrt(noisy)),
            pair(math.sqrt(variance / plain), p * mean / math.sqrt(plain)),
        ),
        "Divide by the running deviation: the values do not stay as wide as they are.": (
            pair(math.sqrt(variance))
        ),
        "With the batch's own statistics the deviation would be 1. At test time the running ones "
        "stand in their place, kept while the noise was on.": pair(1.0),
        "Inverted dropout divides what is kept by 1 − p, before the variance is taken.": (
            pair(math.sqrt(variance / plain))
        ),
    }


@exercise("bn-01-4")
def check_geometric(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check `geometric_mean(logits, chances)`: the renormalised weighted geometric mean."""
    generator = torch.Generator().manual_seed(3)
    cases = []
    for masks, batch, classes in ((4, 3, 5), (6, 2, 3), (3, 5, 2)):
        logits = 2 * torch.randn(masks, batch, classes, generator=generator)
        chances = torch.rand(masks, generator=generator) + 0.05
        cases.append((logits, chances / chances.sum()))
    expect_function(
        answer, _geometric, cases, _slips_of_the_geometric_mean, name="the distribution"
    )
    far = torch.tensor([[[300.0, 0.0, -300.0]], [[-290.0, 5.0, 310.0]]]), torch.tensor([0.5, 0.5])
    rounded = (
        "Right on paper, but at logits of ±300 probabilities and their products round to 0. "
        "Add logarithms, and let no probability round before its logarithm is taken."
    )
    if not bool(torch.as_tensor(answer(*(part.clone() for part in far))).isfinite().all()):
        raise WrongAnswer(rounded)
    expect_function(answer, _geometric, [far], otherwise=rounded, name="the distribution")
    return right(
        "The softmax of the mean logit. The logit is linear in the mask, so the mean logit is the "
        "scaled network's; a non-linear layer between mask and softmax breaks this step."
    )


def _geometric(logits: Tensor, chances: Tensor) -> Tensor:
    return torch.einsum("m,mbc->bc", chances, logits).softmax(-1)


def _slips_of_the_geometric_mean(logits: Tensor, chances: Tensor) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the mean."""
    weights = chances[:, None, None]
    each = logits.softmax(-1)
    loose = (weights * logits.log_softmax(-1)).sum(0).exp()  # not renormalised
    return {
        "That is the arithmetic mean, the ensemble's own.": (weights * each).sum(0),
        "The masks are not equally likely: weigh them by their probabilities.": (
            logits.mean(0).softmax(-1)
        ),
        "Renormalise: a geometric mean of distributions sums to less than 1.": (loose),
        "Renormalise each example by itself, over its classes.": loose / loose.sum(),
        "That is the logarithm of the distribution.": (weights * logits).sum(0).log_softmax(-1),
        "The chances sum to 1 already: do not divide by the number of masks as well.": (
            (weights * logits).mean(0).softmax(-1)
        ),
        "Those are mean logits: take the softmax over the classes.": (weights * logits).sum(0),
        "The logarithms are weighed by the probabilities and added, not added alone.": (
            logits.sum(0).softmax(-1)
        ),
        "The softmax goes over the classes, the last dimension.": (
            (weights * logits).sum(0).softmax(0)
        ),
    }
