"""The checkers of the exercises of the chapter on conditional generation."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from otbook_utils.teaching import (
    Verdict,
    exercise,
    expect_array,
    expect_choices,
    expect_close,
    expect_function,
    right,
)

_A, _B = np.array([0.8, 0.2]), np.array([0.3, 0.7])
_MIXTURE = (_A + _B) / 2


def _best_loss(p: np.ndarray, q: np.ndarray) -> float:
    """Return −Σ p ln D − Σ q ln (1 − D) at its least, for D = p / (p + q)."""
    return float(-(p * np.log(p / (p + q))).sum() - (q * np.log(q / (p + q))).sum())


@exercise("gm-06-1")
def check_games(answer: Any) -> Verdict:
    """Check what the best opponents answer and pay if the generator ignores the label."""
    told, untold, untold_loss, told_loss = expect_array(answer, shape=(4,), name="`numbers`")
    exact = {"tol": 2e-3}
    expect_close(
        told,
        0.8 / (0.8 + 0.55),
        {
            "(a) Real numbers of this class stand against what is made for this class: "
            "0.8 against 0.55.": (0.8, 0.8 / 1.1),
            "(a) Three decimals, please.": (0.6, 0.59),
            "(a) That is the share of the generator's. D says how likely x is *real*.": 0.55 / 1.35,
            "(a) The halves of the classes stand on both sides and cancel.": 0.4 / (0.4 + 0.55),
        },
        otherwise="(a) D = p(x|y) / (p(x|y) + p_G(x|y)).",
        **exact,
    )
    expect_close(
        untold,
        0.5,
        {"(b) This opponent does not see the class: what is the share of x = 0 in all?": told},
        otherwise="(b) Without the class, real and made numbers have one distribution.",
        **exact,
    )
    expect_close(
        untold_loss,
        2 * math.log(2),
        {
            "(c) It pays for real and for made numbers: twice ln 2.": math.log(2),
            "(c) In nats, please.": 2.0,
            "(c) The sign: the loss is what the opponent pays.": -2 * math.log(2),
        },
        otherwise="(c) What does D = ½ cost, on real and on made numbers?",
        **exact,
    )
    by_class = [_best_loss(p, _MIXTURE) for p in (_A, _B)]
    expect_close(
        told_loss,
        sum(by_class) / 2,
        {
            "(d) 2 ln 2 − 2 JS: JS counts twice.": math.log(2) + sum(by_class) / 4,
            "(d) That is the mean JS; the least loss is 2 ln 2 − 2 JS.": (
                math.log(2) - sum(by_class) / 4
            ),
            "(d) That is for one class; take the mean over both.": tuple(by_class),
            "(d) That is the sum over the classes; half of the numbers come from each.": (
                sum(by_class)
            ),
            "(d) The opponent that is told can do better than guessing.": 2 * math.log(2),
        },
        otherwise="(d) For each class −Σ p ln D − Σ p_G ln(1 − D), then the mean.",
        **exact,
    )
    return right("The difference, 2 ln 2 minus (d), is what being told is worth to the opponent.")


def _asked_loss(fake: Tensor, classes: Tensor, labels: Tensor, weight: float) -> Tensor:
    return F.softplus(-fake).mean() + weight * F.cross_entropy(classes, labels)


def _slips_of_the_loss(
    fake: Tensor, classes: Tensor, labels: Tensor, weight: float
) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the generator's loss."""
    deceit, named = F.softplus(-fake).mean(), F.cross_entropy(classes, labels)
    return {
        "About the class both players agree: the generator wants it read off, so it pays for "
        "−ln C(y|x) too.": deceit - weight * named,
        "That is the loss of a generator of whom nobody asks the class.": deceit,
        "The weight belongs to the class alone.": weight * (deceit + named),
        "Where is the weight?": deceit + named if weight != 1 else torch.full_like(deceit, 9.0),
        "That is the opponent's loss on fakes: the generator wants to be taken for real.": (
            F.softplus(fake).mean() + weight * named
        ),
        "That one saturates: where the opponent is sure, it has no slope. Take −ln D.": (
            -F.softplus(fake).mean() + weight * named
        ),
        "Take means over the batch, or the step grows with it.": (
            F.softplus(-fake).sum() + weight * F.cross_entropy(classes, labels, reduction="sum")
        ),
        "`nll_loss` takes log-probabilities, and these are logits: take `cross_entropy`.": (
            deceit + weight * F.nll_loss(classes, labels)
        ),
        "`cross_entropy` takes logits: a softmax before it is one too many.": (
            deceit + weight * F.cross_entropy(classes.softmax(-1), labels)
        ),
        "The entropy of the answer does not look at the label: −ln C of the class *asked for*.": (
            deceit - weight * (classes.softmax(-1) * classes.log_softmax(-1)).sum(-1).mean()
        ),
    }


@exercise("gm-06-2")
def check_asked_loss(answer: Callable[..., Tensor]) -> Verdict:
    """Check `asked_loss(fake, classes, labels, weight)`, its gradients included."""
    draw = torch.Generator().manual_seed(0)
    cases = []
    for batch, k, weight in ((5, 3, 0.5), (3, 4, 2.0), (8, 2, 1.0)):
        fake, classes = (2 * torch.randn(*size, generator=draw) for size in ((batch,), (batch, k)))
        cases.append((fake, classes, torch.randint(k, (batch,), generator=draw), weight))
    far = torch.tensor([200.0, -200.0, 0.5])
    cases.append((far, 2 * torch.randn(3, 4, generator=draw), torch.tensor([3, 0, 1]), 0.7))
    expect_function(answer, _asked_loss, cases, _slips_of_the_loss, gradient_of=["fake", "classes"])
    return right("With weight 0 it is the plain game again, and the labels go unheard.")


_CAUSES = {
    "a": "unheard",
    "b": "squeezed",
    "c": "flattered",
    "d": "rare",
    "e": "flattered",
    "f": "blind",
}
_WHY = {
    "a": "Every digit looks real. Who in this game would notice a wrong one?",
    "b": "Right class, good looks, little variety: which term likes the surest examples?",
    "c": "Who taught whom? The head of the opponent has seen generated digits from the start.",
    "d": "Nine digits are fine. What is different about the tenth in the training data?",
    "e": "From what did this judge learn, and who gave the samples their names?",
    "f": "Could this number change if all wishes were shuffled?",
}


@exercise("gm-06-3")
def check_causes(answer: Mapping[str, str]) -> Verdict:
    """Check what went wrong in six reports."""
    expect_choices(answer, _CAUSES, _WHY, name="causes")
    return right("Ask of every number: who was told what, and who judges.")


def _surest(P: np.ndarray, priors: np.ndarray) -> np.ndarray:
    return (priors[:, None] * P / (priors @ P)).argmax(1)


def _slips_of_the_surest(P: np.ndarray, priors: np.ndarray) -> dict[str, Any]:
    """Return what each known mistake gives in place of the surest values."""
    joint = priors[:, None] * P
    return {
        "That is each class's commonest value. The class term asks where the class is *surest*: "
        "at the largest C(y|x).": P.argmax(1),
        "The classes are not equally frequent: C(y|x) is π_y p(x|y) over the sum of all.": (
            P / P.sum(0)
        ).argmax(1),
        "You named for each value its likeliest class. Asked is, for each class, a value.": (
            joint.argmax(0)
        ),
        "That is where the class is least sure.": (joint / joint.sum(0)).argmin(1),
        "Values are counted from 0.": _surest(P, priors) + 1,
        "Return the places of the largest C, not the values of C.": (joint / joint.sum(0)).max(1),
    }


def _world(classes: int, values: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(values), classes), rng.dirichlet(3 * np.ones(classes))


@exercise("gm-06-4")
def check_surest(answer: Callable[..., np.ndarray]) -> Verdict:
    """Check `surest(P, priors)` on worlds with more values than classes, and fewer."""
    cases = [_world(4, 9, 19), _world(4, 3, 1), _world(2, 5, 5), _world(5, 5, 3)]
    expect_function(answer, _surest, cases, _slips_of_the_surest)
    return right(
        "All mass of a class on one value: linear terms end in corners, as in chapter I.2."
    )
