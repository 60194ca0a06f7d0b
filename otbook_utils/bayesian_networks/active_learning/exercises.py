"""What the exercises of the chapter on active learning accept and refuse."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from otbook_utils.teaching import Verdict, exercise, expect_choices, expect_function, right
from otbook_utils.teaching.answers import WrongAnswer


def _predictions(*shape: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (2.5 * torch.randn(*shape, generator=generator)).softmax(-1)


@exercise("bn-05-1")
def check_vote_entropy(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """Check `vote_entropy(probabilities)`: the entropy of the members' votes, (batch,)."""
    cases = [(_predictions(*shape, seed=k),) for k, shape in enumerate([(5, 3, 4), (8, 6, 2)])]
    expect_function(
        lambda p: _defined(answer(p)), _vote_entropy, cases, _slips_of_votes, name="the entropies"
    )
    return right(
        "A vote forgets how sure its member was. Members that all say 0.51 to 0.49 agree here; "
        "the entropy of the mean prediction calls the same input doubtful."
    )


def _defined(entropies: Tensor) -> Tensor:
    if isinstance(entropies, Tensor) and entropies.isnan().any():
        raise WrongAnswer("A class without votes adds nothing: 0 · ln 0 counts as 0, not as nan.")
    return entropies


def _entropy(p: Tensor) -> Tensor:
    return torch.special.entr(p).sum(-1)


def _votes(p: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(p.argmax(-1), p.shape[-1]).to(p.dtype)


def _vote_entropy(probabilities: Tensor) -> Tensor:
    return _entropy(_votes(probabilities).mean(0))


def _slips_of_votes(probabilities: Tensor) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the votes' entropy."""
    p = probabilities
    shares = _votes(p).mean(0)
    return {
        "That is the entropy of the mean prediction: let each member vote first.": _entropy(
            p.mean(0)
        ),
        "That is the mean of the members' entropies.": _entropy(p).mean(0),
        "In nats, please: natural logarithms.": _entropy(shares) / math.log(2),
        "That counts the votes along the batch: members come first.": (
            _entropy(_votes(p).mean(1))
            if p.shape[0] != p.shape[1]
            else torch.full((p.shape[1],), math.nan)
        ),
        "Undivided, please: a share of the largest entropy is another score.": (
            _entropy(shares) / math.log(p.shape[-1]),
            _entropy(shares) / math.log(len(p)),
        ),
        "That is the chance that two members disagree, no entropy.": 1 - shares.square().sum(-1),
        "Shares of the votes, not their numbers.": _entropy(_votes(p).sum(0)),
        "That is the share of those who disagree, no entropy.": 1 - shares.amax(-1),
        "The sign: entropies are not negative.": -_entropy(shares),
    }


@exercise("bn-05-2")
def check_reduction(answer: Callable[..., np.ndarray]) -> Verdict:
    """Check `reduction(at_candidates, at_tests, noise)`: each question's worth, by samples."""
    rng = np.random.default_rng(2)
    cases = []
    for samples, n, m, noise in ((7, 4, 6, 0.5), (5, 3, 2, 1.4)):
        weights = rng.normal(size=(samples, 3))
        at_candidates, at_tests = (weights @ rng.normal(size=(3, k)) + 1 for k in (n, m))
        cases.append((at_candidates, at_tests, noise))
    expect_function(answer, _reduction, cases, _slips_of_reduction, name="the reductions")
    return right(
        "Neither weights nor the answer itself occur: values at candidates and tests are enough, "
        "if each member keeps its mask from the one to the other."
    )


def _reduction(at_candidates: np.ndarray, at_tests: np.ndarray, noise: float) -> np.ndarray:
    shared, own = _moments(at_candidates, at_tests)
    return (shared**2).mean(0) / (noise**2 + own)


def _moments(
    at_candidates: np.ndarray, at_tests: np.ndarray, less: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return covariances (m, n) of tests and candidates, and the candidates' variances (n,)."""
    a, b = at_candidates - at_candidates.mean(0), at_tests - at_tests.mean(0)
    return b.T @ a / (len(a) - less), (a**2).sum(0) / (len(a) - less)


def _slips_of_reduction(
    at_candidates: np.ndarray, at_tests: np.ndarray, noise: float
) -> dict[str, object]:
    """Return what each known mistake gives in place of the mean reductions."""
    samples = len(at_candidates)
    shared, own = _moments(at_candidates, at_tests)
    one_less, own_less = _moments(at_candidates, at_tests, less=1)
    raw, raw_own = at_tests.T @ at_candidates / samples, (at_candidates**2).mean(0)
    tests = at_tests.var(0)
    return {
        "noise is a standard deviation: its square is added.": (shared**2).mean(0) / (noise + own),
        "Without noise one answer would tell all: add its variance below.": (
            (shared**2).mean(0) / own
        ),
        "Take the mean over the members off first: covariances are of deviations.": (
            (raw**2).mean(0) / (noise**2 + raw_own),
            (raw**2).mean(0) / (noise**2 + own),
        ),
        "Divide by T, for the variances and for the covariances.": (
            (one_less**2).mean(0) / (noise**2 + own_less),
            (one_less**2).mean(0) / (noise**2 + own),
            (shared**2).mean(0) / (noise**2 + own_less),
            ((samples * shared) ** 2).mean(0) / (noise**2 + own),
            ((samples * shared) ** 2).mean(0) / (noise**2 + samples * own),
        ),
        "Below stands a variance, not a deviation.": (
            (shared**2).mean(0) / (noise**2 + np.sqrt(own)),
            (shared**2).mean(0) / (noise + np.sqrt(own)),
        ),
        "Below stands σ² + s²: without it covariances alone are compared.": (shared**2).mean(0),
        "The covariance of a test's and a candidate's value is squared.": (
            shared.mean(0) / (noise**2 + own)
        ),
        "Square first, then take the mean over the tests.": (
            shared.mean(0) ** 2 / (noise**2 + own)
        ),
        "The mean over the tests, not the sum.": (shared**2).sum(0) / (noise**2 + own),
        "That divides by the tests' variances, too: how much they fall, not which share.": (
            ((shared**2) / tests[:, None]).mean(0) / (noise**2 + own)
        ),
        "That is what is left at the tests, and not how much it falls.": (
            tests.mean() - (shared**2).mean(0) / (noise**2 + own)
        ),
        "How much it falls is positive: before less after.": -(shared**2).mean(0)
        / (noise**2 + own),
        "That is the variance at the candidates: what helps the tests?": own,
        "That is the information gain at the candidates, not the tests' variance.": (
            0.5 * np.log(1 + own / noise**2)
        ),
        "One number for each candidate: the mean runs over the tests.": (
            (shared**2 / (noise**2 + own)).mean(1)
        ),
    }


@exercise("bn-05-3")
def check_joint(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check `joint_bald(p, q)`: what both answers together tell about the weights, in nats."""
    cases = [
        (_predictions(6, 3, seed=5).double(), _predictions(6, 4, seed=6).double()),
        (_predictions(3, 2, seed=7).double(), _predictions(3, 2, seed=8).double()),
    ]
    same = _predictions(4, 3, seed=9).double()
    expect_function(answer, _joint, [*cases, (same, same)], _slips_of_joint, name="the information")
    return right(
        "For members that are sure of themselves and of the same answer twice, the second question "
        "adds nothing: that is why the ten highest scores are not the best batch of ten."
    )


def _joint(p: Tensor, q: Tensor) -> Tensor:
    both = p[:, :, None] * q[:, None, :]
    return _entropy(both.mean(0).flatten()) - (_entropy(p) + _entropy(q)).mean()


def _slips_of_joint(p: Tensor, q: Tensor) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the joint information."""
    separate = _entropy(p.mean(0)) + _entropy(q.mean(0))
    doubt = (_entropy(p) + _entropy(q)).mean()
    both = p[:, :, None] * q[:, None, :]
    return {
        "That adds the two scores up: it counts twice what both answers tell.": separate - doubt,
        "That is the entropy of both answers: take off the mean of the members' own.": (
            _entropy(both.mean(0).flatten())
        ),
        "Given the weights the answers are independent: both entropies are taken off.": (
            _entropy(both.mean(0).flatten()) - _entropy(p).mean(),
            _entropy(both.mean(0).flatten()) - _entropy(q).mean(),
            _entropy(both.mean(0).flatten()) - doubt / 2,
        ),
        "The joint probabilities are a *mean* over the members: divide by their number.": (
            _entropy(both.sum(0).flatten()) - doubt
        ),
        "That is what the answers tell of each other: what do they tell about the weights?": (
            separate - _entropy(both.mean(0).flatten())
        ),
        "The sign: information is not negative.": -_joint(p, q),
        "In nats, please: natural logarithms.": _joint(p, q) / math.log(2),
        "The members' entropies are averaged, not summed.": (
            _entropy(both.mean(0).flatten()) - (_entropy(p) + _entropy(q)).sum()
        ),
    }


@exercise("bn-05-4")
def check_advice(answer: dict[str, str]) -> Verdict:
    """Check which advice fits which labelling project."""
    expect_choices(
        answer,
        _ADVICE,
        {
            "first twenty": "No model can disagree yet. And does what lies spread out show how "
            "common each class is?",
            "coin-flip labels": "What does a score see whose members all agree on ½, ½? Cover and "
            "lot would go on asking for a fifth of noise.",
            "error estimate": "What was chosen for its difficulty is no sample of the population.",
            "near-copies": "Ten frames that are nearly alike tell together what one tells, and by "
            "lot nine show the empty road. Which way of asking keeps the ten apart?",
            "rare crack": "A thousand random pictures show one crack, and cover by distance "
            "does not see a few pixels. Which of the three looks where the model wavers?",
        },
    )
    return right(
        "Each time the question is the same: what will the answer tell that is not known yet, and "
        "to whom will it matter?"
    )


_ADVICE = {
    "first twenty": "random",
    "coin-flip labels": "disagreement",
    "error estimate": "random",
    "near-copies": "diversity",
    "rare crack": "disagreement",
}
