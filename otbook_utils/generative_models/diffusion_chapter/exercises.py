"""What the exercises of the chapter on diffusion accept and refuse."""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from otbook_utils.teaching import (
    Verdict,
    WrongAnswer,
    exercise,
    expect_choices,
    expect_function,
    right,
)


def _normal(*sizes: int, seed: int) -> Tensor:
    return torch.randn(*sizes, generator=torch.Generator().manual_seed(seed))


@exercise("gm-09-1")
def check_velocity(answer: Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]]) -> Verdict:
    """Check `from_velocity(x, v, share)`, the data and the noise."""
    cases = [
        (_normal(5, 2, seed=1), _normal(5, 2, seed=2), 0.7),
        (_normal(3, 1, 4, 4, seed=3), _normal(3, 1, 4, 4, seed=4), 0.1),
    ]

    def both(x: Tensor, v: Tensor, share: float) -> Tensor:
        given = answer(x, v, share)
        if given is None or given is ...:
            return given
        if not isinstance(given, tuple | list | Tensor) or len(given) != 2:
            raise WrongAnswer("Return two things of x's shape, the data and the noise.")
        return torch.stack([torch.as_tensor(one).float() for one in given])

    expect_function(
        both,
        lambda x, v, share: torch.stack(_turned_back(x, v, share)),
        cases,
        _slips_of_velocity,
        name="the data and the noise",
    )
    return right(
        "A rotation by an angle whose cosine is √ᾱ. Neither estimate divides by √ᾱ, so nothing "
        "blows up where hardly any data are left."
    )


def _turned_back(x: Tensor, v: Tensor, share: float) -> tuple[Tensor, Tensor]:
    a, b = math.sqrt(share), math.sqrt(1 - share)
    return a * x - b * v, b * x + a * v


def _slips_of_velocity(x: Tensor, v: Tensor, share: float) -> dict[str, Tensor]:
    a, b = math.sqrt(share), math.sqrt(1 - share)
    return {
        "Shares belong to variances: the factors are their square roots.": torch.stack(
            [share * x - (1 - share) * v, (1 - share) * x + share * v]
        ),
        "The data first, then the noise.": torch.stack([b * x + a * v, a * x - b * v]),
        "√ᾱ belongs to the data in x, and to the noise in v.": torch.stack(
            [b * x - a * v, a * x + b * v]
        ),
        "Data and noise have different signs in v, so v's sign differs in the two answers.": (
            torch.stack([a * x - b * v, b * x - a * v])
        ),
        "The squares of the factors sum to one, so nothing is left to divide by.": torch.stack(
            [x - b / a * v, b * x + a * v]
        ),
        "The sign of v is turned: solve the two equations once more.": torch.stack(
            [a * x + b * v, b * x - a * v]
        ),
        "v is no noise: it is a mixture of the two.": torch.stack([(x - b * v) / a, v]),
    }


@exercise("gm-09-2")
def check_two_points(answer: Callable[[Tensor, float, float], Tensor]) -> Verdict:
    """Check `two_points(x, share, weight)`, the best estimate of the noise."""
    cases = [
        (2 * _normal(7, seed=1), 0.6, 0.5),
        (2 * _normal(5, seed=2), 0.8, 0.2),
        (2 * _normal(6, seed=3), 0.05, 0.9),
    ]
    expect_function(answer, _noise_of_two, cases, _slips_of_two_points, name="the noise")
    near = torch.tensor([3.0, -3.0, 0.2]), 0.9995, 0.3
    if not torch.as_tensor(answer(*near)).isfinite().all():
        raise WrongAnswer(
            "Right in the middle of the path. But near its end, at ᾱ = 0.9995, both exponentials "
            "become 0, and 0/0 is no number: subtract the exponents first, as a sigmoid does."
        )
    return right(
        "For equal weights the mean of the data is tanh(√ᾱ x / (1 − ᾱ)): near 0 where the noise "
        "drowns them, a decision for one of them at the end."
    )


def _two(x: Tensor, share: float, chance: Tensor) -> Tensor:
    """Return the noise for the chance (batch,) of the point 1."""
    return (x - math.sqrt(share) * (2 * chance - 1)) / math.sqrt(1 - share)


def _noise_of_two(x: Tensor, share: float, weight: float) -> Tensor:
    odds = math.log(weight / (1 - weight)) + 2 * math.sqrt(share) * x / (1 - share)
    return _two(x, share, odds.sigmoid())


def _slips_of_two_points(x: Tensor, share: float, weight: float) -> dict[str, Tensor]:
    log_odds, slope = math.log(weight / (1 - weight)), 2 * math.sqrt(share) * x / (1 - share)
    chance = (log_odds + slope).sigmoid()
    slips = {
        "Take the mean of the data, weighted by what is likely, and no nearest point.": _two(
            x, share, (log_odds + slope > 0).float()
        ),
        "The noise has the variance 1 − ᾱ, so its distances are divided by that.": _two(
            x, share, (log_odds + 2 * math.sqrt(share) * x).sigmoid()
        ),
        "The difference of the two parabolas is 2 √ᾱ x / (1 − ᾱ): a 2 is missing.": _two(
            x, share, (log_odds + slope / 2).sigmoid()
        ),
        "Distances are squared: divide by the variance 1 − ᾱ and not by its root.": _two(
            x, share, (log_odds + slope * math.sqrt(1 - share)).sigmoid()
        ),
        "The data are 1 and −1, not 1 and 0: their mean is 2P − 1.": (
            (x - math.sqrt(share) * chance) / math.sqrt(1 - share)
        ),
        "x_t tells which of the two it was: Bayes' rule, not the weight alone.": _two(
            x, share, torch.full_like(x, weight)
        ),
        "The sign is turned: the noise is x_t less √ᾱ times the data.": -_two(x, share, chance),
        "The noise has the variance 1 − ᾱ in x_t: divide by its root.": (
            (x - math.sqrt(share) * (2 * chance - 1)) / (1 - share)
        ),
        "That is the mean of the data. Turn it into the noise.": 2 * chance - 1,
        "That is the score. The noise is −√(1 − ᾱ) times it.": (
            -_two(x, share, chance) / math.sqrt(1 - share)
        ),
        "x_t holds √ᾱ of the data, not all of them.": (
            (x - (2 * chance - 1)) / math.sqrt(1 - share)
        ),
    }
    if weight != 0.5:
        unweighted = _two(x, share, slope.sigmoid())
        slips["The two points are not equally likely: use the weight."] = unweighted
        slips["The weight is the probability of 1, not of −1."] = _two(
            x, share, (slope - log_odds).sigmoid()
        )
    return slips


@exercise("gm-09-4")
def check_guided(answer: Callable[[Tensor, Tensor, float, float], Tensor]) -> Verdict:
    """Check `guided(noise, slope, share, scale)`, the noise of a conditional model."""
    cases = [
        (_normal(4, 3, seed=1), _normal(4, 3, seed=2), 0.4, 1.0),
        (_normal(2, 1, 4, 4, seed=3), _normal(2, 1, 4, 4, seed=4), 0.9, 2.5),
    ]
    expect_function(
        answer,
        lambda noise, slope, share, scale: noise - scale * math.sqrt(1 - share) * slope,
        cases,
        _slips_of_guidance,
        name="the noise",
    )
    return right("Scores add where densities multiply; the noise is −√(1 − ᾱ) times the score.")


def _slips_of_guidance(
    noise: Tensor, slope: Tensor, share: float, scale: float
) -> dict[str, Tensor]:
    b = math.sqrt(1 - share)
    slips = {
        "The noise points away from high density: the sign is turned.": noise + scale * b * slope,
        "The noise is √(1 − ᾱ) times a score: a square root is missing.": (
            noise - scale * (1 - share) * slope
        ),
        "A score is no noise: it wants the factor √(1 − ᾱ).": noise - scale * slope,
        "That is the score. The noise is asked for.": scale * slope - noise / b,
        "The noise without a condition stays in the sum.": -scale * b * slope,
        "The factor is that of the noise, not that of the data.": (
            noise - scale * math.sqrt(share) * slope
        ),
        "From noise to score one divides, from score to noise one multiplies.": (
            noise - scale * slope / b
        ),
    }
    if scale != 1:
        slips["Multiply the slope by `scale`."] = noise - b * slope
        slips["Multiply the slope alone by `scale`."] = scale * (noise - b * slope)
    return slips


_MODELS = {
    "a": "diffusion",
    "b": "mixture",
    "c": "GAN",
    "d": "VAE",
    "e": "mixture",
}
_WHY = {
    "a": "no adversary and no bottleneck: which one may ask its network as often as it likes?",
    "b": "which of the four has a density in closed form?",
    "c": "one pass makes a sample, and nothing is to be encoded or scored.",
    "d": "which one encodes into few numbers, with a distribution known to decode from?",
    "e": "of which density is the conditional one known in closed form?",
}


@exercise("gm-09-3")
def check_choice(answer: Mapping[str, str]) -> Verdict:
    """Check which model is named for each of five jobs."""
    expect_choices(answer, _MODELS, _WHY, name="choice")
    return right(
        "Each answer follows from how a model is built; a table of scores alone says less."
    )
