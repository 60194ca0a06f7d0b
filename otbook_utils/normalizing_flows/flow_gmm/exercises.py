"""The checkers of the exercises of the chapter on FlowGMM."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from otbook_utils.teaching import (
    Verdict,
    exercise,
    expect_array,
    expect_choices,
    expect_close,
    expect_function,
    right,
)


def _bell(z: float) -> float:
    return math.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)


@exercise("nf-03-1")
def check_by_hand(answer: Any) -> Verdict:
    """Check a posterior, a log-density, a boundary and a separation, worked out by hand."""
    posterior, log_p, boundary, separation = expect_array(answer, shape=(4,), name="`numbers`")
    exact = {"tol": 2e-3}
    sure = 1 / (1 + math.exp(-2))
    expect_close(
        posterior,
        sure,
        {
            "(a) That is the other class. z = 0.5 lies nearer to +2.": 1 - sure,
            "(a) The slope 3 multiplies both classes alike, so it cancels.": (
                3 * sure,
                3 * _bell(1.5) / (3 * _bell(1.5) + _bell(2.5)),
                _bell(1.5) / (_bell(1.5) + 3 * _bell(2.5)),
            ),
            "(a) The bell is exp(−½ distance²): the ½ is missing.": 1 / (1 + math.exp(-4)),
            "(a) A ratio of distances; Bayes' rule wants the ratio of densities.": (
                2.5 / 4,
                1.5 / 4,
            ),
            "(a) That is ln of the ratio of the two; solve it for the posterior.": 2.0,
            "(a) A share, not a percentage: between 0 and 1.": 100 * sure,
            "(a) That is the density of one class. Divide by the sum over both.": (
                _bell(1.5),
                0.5 * _bell(1.5),
            ),
        },
        otherwise="(a) The logarithm of the ratio of the two bells at z is ½(2.5² − 1.5²).",
        **exact,
    )
    mixture = 0.5 * (_bell(1.5) + _bell(2.5))
    expect_close(
        log_p,
        math.log(3 * mixture),
        {
            "(b) Here the slope counts: ln 3 is missing.": math.log(mixture),
            "(b) The slope multiplies the density of z, it does not divide it.": (
                math.log(mixture / 3)
            ),
            "(b) That is ln p(x, class at +2). The other class counts, too.": (
                math.log(1.5 * _bell(1.5))
            ),
            "(b) The weights 1/2 are missing.": math.log(6 * mixture),
            "(b) That is the density; its logarithm is asked for.": 3 * mixture,
            "(b) The logarithm of a sum, not the mean of the logarithms.": math.log(3)
            + 0.5 * (math.log(_bell(1.5)) + math.log(_bell(2.5))),
        },
        otherwise="(b) ln of [½ N(1.5) + ½ N(2.5)] times the slope.",
        **exact,
    )
    shift = math.log(9) / 4
    expect_close(
        boundary,
        shift,
        {
            "(c) In the middle the two bells are alike, but the weights are not.": 0.0,
            "(c) The wrong way: the frequent class takes more of the line.": -shift,
            "(c) ln(0.9) alone: the ratio of both weights is wanted.": -math.log(0.9) / 4,
            "(c) The logit falls by 4 for each unit of z (the means are 4 apart).": (
                math.log(9),
                math.log(9) / 2,
                -math.log(9),
            ),
        },
        otherwise="(c) Set 0.9 N(z; −2, 1) = 0.1 N(z; 2, 1) and take logarithms.",
        **exact,
    )
    expect_close(
        separation,
        4.65270,
        {
            "(d) That is how far each mean is from the middle: twice as much.": 2.32635,
            "(d) A bell beyond the middle on one side only: no need to halve the 1 %.": (
                5.15166,
                2.57583,
            ),
            "(d) That is the distance for 5 %.": (3.28971, 1.64485),
        },
        otherwise="(d) A point of one bell is on the wrong side with probability Φ(−r/2).",
        **exact,
    )
    return right("In (a) the determinant cancels, in (b) it does not: that is the whole chapter.")


def _loss(z: Tensor, log_det: Tensor, labels: Tensor, means: Tensor, log_weights: Tensor) -> Tensor:
    joint = _joint(z, log_det, means, log_weights)
    return -_chosen(joint, labels, joint.logsumexp(1)).mean()


def _joint(z: Tensor, log_det: Tensor, means: Tensor, log_weights: Tensor) -> Tensor:
    bells = -0.5 * (z[:, None] - means).square().sum(-1)
    return bells - 0.5 * z.shape[1] * math.log(2 * math.pi) + log_det[:, None] + log_weights


def _chosen(joint: Tensor, labels: Tensor, free: Tensor) -> Tensor:
    given = joint.gather(1, labels.clamp(min=0)[:, None])[:, 0]
    return torch.where(labels < 0, free, given)


def _slips(
    z: Tensor, log_det: Tensor, labels: Tensor, means: Tensor, log_weights: Tensor
) -> dict[str, Tensor]:
    joint = _joint(z, log_det, means, log_weights)
    free, known = joint.logsumexp(1), labels >= 0
    each = _chosen(joint, labels, free)
    bare = joint - log_weights
    double = joint - 0.5 * (z[:, None] - means).square().sum(-1)
    distance = (z[:, None] - means).norm(dim=-1)
    plain = joint + 0.5 * distance.square() - 0.5 * distance
    normaliser = 0.5 * z.shape[1] * math.log(2 * math.pi)
    conditional = joint.log_softmax(1).gather(1, labels.clamp(min=0)[:, None])[:, 0]
    return {
        "A loss is to be made small: minus the log-likelihood.": each.mean(),
        "The mean over all points, not the sum.": -each.sum(),
        "ln|det| is missing. Bayes' rule can do without it, the likelihood cannot.": (
            -(each - log_det).mean()
        ),
        "ln|det| is added: it stretches what f stretches.": -(each - 2 * log_det).mean(),
        "The weights of the classes are missing.": -_chosen(bare, labels, bare.logsumexp(1)).mean(),
        "The bells' own constant, −(D/2) ln 2π, is missing.": -(each + normaliser).mean(),
        "The constant −½ ln 2π stands for each of the D numbers, not once.": (
            -(each + normaliser - 0.5 * math.log(2 * math.pi)).mean()
        ),
        "The distance of the bell's exponent is squared: −½ ‖z − μ‖².": (
            -_chosen(plain, labels, plain.logsumexp(1)).mean()
        ),
        "A label of −1 means *no label*: Python takes it for the last class.": (
            -joint.gather(1, (labels % joint.shape[1])[:, None]).mean()
        ),
        "You threw the labels away: where one is known, its own class alone counts.": -free.mean(),
        "Without a label the classes' *densities* are added, not their logarithms.": (
            -_chosen(joint, labels, joint.sum(1)).mean()
        ),
        "Points without a label count as well, with ln p(x).": -each[known].mean(),
        "The bell is exp(−½ distance²): the ½ is missing.": (
            -_chosen(double, labels, double.logsumexp(1)).mean()
        ),
        "The mean of logarithms is not the logarithm of the sum.": (
            -_chosen(joint, labels, joint.mean(1)).mean()
        ),
        "Without a label, all classes count, each with its share, and not the likeliest alone.": (
            -_chosen(joint, labels, joint.amax(1)).mean()
        ),
        "With a label you took p(class given x); the likelihood is of x *and* the class.": (
            -torch.where(known, conditional, free).mean()
        ),
        "One mean over all points: two means give each label another weight.": (
            -each[known].mean() - each[~known].mean()
        ),
    }


def _cases() -> list[tuple[Tensor, ...]]:
    draw = torch.Generator().manual_seed(0)
    cases = []
    for labels, features, classes in (
        ([0, -1, 2, -1, -1, 1, -1], 2, 3),
        ([-1, 1, -1, 0], 5, 2),
        ([3, -1, -1], 1, 4),
    ):
        n = len(labels)
        weights = torch.rand(classes, generator=draw) + 0.2
        cases.append(
            (
                torch.randn(n, features, generator=draw),
                torch.randn(n, generator=draw),
                torch.tensor(labels),
                2 * torch.randn(classes, features, generator=draw),
                (weights / weights.sum()).log(),
            )
        )
    return cases


@exercise("nf-03-2")
def check_loss(answer: Callable[..., Tensor]) -> Verdict:
    """Check `loss(z, log_det, labels, means, log_weights)`: one likelihood for all points."""
    expect_function(
        answer,
        _loss,
        _cases(),
        _slips,
        gradient_of=["z", "log_det", "means", "log_weights"],
        otherwise="Write ln p(x, k) for all classes first; then choose a column, or add them up.",
        name="the loss",
    )
    return right("One line decides between a column and the sum: that is semi-supervision.")


def _decision(log_joint: Tensor, floor: float, sure: float) -> Tensor:
    known = log_joint.logsumexp(1) >= floor
    clear = log_joint.softmax(1).amax(1) >= sure
    best = log_joint.argmax(1)
    return torch.where(known, torch.where(clear, best, -1), -2)


def _bad_decisions(log_joint: Tensor, floor: float, sure: float) -> dict[str, Tensor]:
    total, best = log_joint.logsumexp(1), log_joint.argmax(1)
    clear = log_joint.softmax(1).amax(1) >= sure
    return {
        "You never say −2 (`floor` is a logarithm). A posterior can be sure of the unseen.": (
            torch.where(clear, best, -1)
        ),
        "You never say −1: two classes may be equally likely.": (
            torch.where(total >= floor, best, -2)
        ),
        "ln p(x) adds the classes' densities, not their logarithms (logsumexp).": torch.where(
            log_joint.sum(1) >= floor, torch.where(clear, best, -1), -2
        ),
        "−2 goes before −1: what is unlike all data is not worth a guess.": torch.where(
            clear, torch.where(total >= floor, best, -2), -1
        ),
        "The floor is for ln p(x), the classes added up, and not for the best class.": torch.where(
            log_joint.amax(1) >= floor, torch.where(clear, best, -1), -2
        ),
        "`sure` is a probability: normalise over the classes (softmax) first.": torch.where(
            total >= floor, torch.where(log_joint.exp().amax(1) >= sure, best, -1), -2
        ),
        "−1 and −2 are exchanged.": torch.where(total >= floor, torch.where(clear, best, -2), -1),
        "The likeliest class, not the unlikeliest.": torch.where(
            total >= floor, torch.where(clear, log_joint.argmin(1), -1), -2
        ),
    }


@exercise("nf-03-3")
def check_decide(answer: Callable[..., Tensor]) -> Verdict:
    """Check `decide(log_joint, floor, sure)`: a class, −1 for unsure, −2 for unlike the data."""
    joint = torch.tensor(
        [
            [-2.0, -9.0, -7.0],  # clear
            [-9.5, -2.5, -9.0],
            [-3.0, -3.1, -9.0],  # unsure
            [-40.0, -80.0, -60.0],  # far away, and sure of itself
            [-50.0, -50.2, -50.1],  # far away, and unsure
            [-5.4, -5.3, -5.5],  # above the floor, but none of its classes is
        ]
    )
    two = torch.tensor([[1.5, -3.0], [0.4, 0.5], [-30.0, -20.0]])  # densities above 1
    expect_function(
        lambda *case: torch.as_tensor(answer(*case)).double(),
        lambda *case: _decision(*case).double(),
        [(joint, -5.0, 0.9), (two, -6.0, 0.8), (joint[[4, 2, 0]], -60.0, 0.95)],
        lambda *case: {hint: it.double() for hint, it in _bad_decisions(*case).items()},
        otherwise="First ln p(x) against the floor, then the best posterior against `sure`.",
        name="the decisions",
    )
    return right("Unsure and unknown are two things; a classifier alone can say only the first.")


_CLAIMS = {"a": False, "b": True, "c": True, "d": False, "e": False}
_HINTS = {
    "a": "One map's determinant cancels against itself. What does the doubling do to the distances "
    "from the means, which stay?",
    "b": "With bells of one shape, where is class k the likeliest? Is that set convex? And what "
    "does a continuous map do to a set in one piece?",
    "c": "ln p(x) adds over the classes. What changes if their names are exchanged?",
    "d": "Look at the table of starts: compare starts 0 and 3 of set 1.",
    "e": "With means 8 apart two classes overlap by Φ(−4), whatever the data are like.",
}


@exercise("nf-03-4")
def check_claims(answer: Any) -> Verdict:
    """Check five claims about FlowGMM, each to be called True or False."""
    expect_choices(answer, _CLAIMS, _HINTS, name="`claims`")
    return right("For (b) and (c) an exam would want the proof in three lines each.")
