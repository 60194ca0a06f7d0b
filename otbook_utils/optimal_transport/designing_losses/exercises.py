"""The checkers of the exercises of the chapter on designing losses."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch

from otbook_utils.optimal_transport.digits_experiment import (
    Task,
    judge,
    noisy_digits,
    train_classifiers,
)
from otbook_utils.optimal_transport.transport_loss import TransportLoss
from otbook_utils.teaching import (
    Verdict,
    close,
    exercise,
    expect_array,
    expect_close,
    expect_function,
    right,
    wrong,
)

# Predicted in rows, truth in columns: road, car, bus, person, as in the chapter.
_DRIVER = np.array([[0.0, 30, 30, 100], [5, 0, 1, 60], [5, 1, 0, 60], [5, 10, 10, 0]])
_SEEN = np.array([0.5, 0.1, 0.0, 0.4])


@exercise("ot-02-1")
def check_driver(answer: Any) -> Verdict:
    """Check the two expected costs of the driver's prediction, for a person and for a road."""
    got = expect_array(answer, shape=(2,), name="`losses`")
    person, road = _SEEN @ _DRIVER[:, 3], _SEEN @ _DRIVER[:, 0]
    mistakes = {
        "Both numbers are right, in the wrong order: first the person.": [road, person],
        "You went along the row of the truth. Rows are what is predicted; the truth picks a "
        "column. (A matrix that is not symmetric notices, here by a factor of 16.)": (
            [_SEEN @ _DRIVER[3], _SEEN @ _DRIVER[0]]
        ),
        "That is the cost of the likeliest class alone. All the predicted mass has to move to the "
        "truth, each part at its own cost.": [_DRIVER[0, 3], _DRIVER[0, 0]],
        "You added the costs up. Each counts with the probability that it got.": (
            [_DRIVER[:, 3].sum(), _DRIVER[:, 0].sum()]
        ),
        "You took the mean over the classes. The probabilities are the weights.": (
            [person / 4, road / 4]
        ),
    }
    missed, given = ("road", got[1]) if close(got[0], person) else ("person", got[0])
    hint = (
        f"For the {missed} {given:g} is not it. Go down the column of the truth: four "
        "probabilities, each times the cost that stands beside it."
    )
    expect_close(got, [person, road], mistakes, otherwise=hint)
    return right(
        "The same prediction is 22 times as bad on one picture as on the other. Cross-entropy says "
        "0.92 and 0.69: for it the two pictures are much the same."
    )


@exercise("ot-02-2")
def check_hard_label_loss(answer: Callable[..., torch.Tensor]) -> Verdict:
    """Check `hard_label_loss(logits, labels, C)` against transport on a matrix without symmetry."""
    generator = torch.Generator().manual_seed(2)
    logits = 2 * torch.randn(5, 3, generator=generator)
    labels = torch.tensor([0, 2, 2, 1, 0])
    C = torch.tensor([[0.0, 1.0, 7.0], [2.0, 0.0, 3.0], [9.0, 4.0, 0.0]])
    # A second size of batch, with more classes: a number that was typed for the first shows here.
    more = 2 * torch.randn(8, 4, generator=generator)
    dearer = 5 * torch.rand(4, 4, generator=generator) * (1 - torch.eye(4))
    cases = [(logits, labels, C), (more, torch.tensor([3, 1, 0, 2, 2, 3, 1, 1]), dearer)]
    expect_function(answer, _hard_label_loss, cases, _slips_of_the_loss, gradient_of=["logits"])
    return right(
        "One line, no solver, any classifier. `TransportLoss` takes this very path when its target "
        "is a label."
    )


def _hard_label_loss(logits: torch.Tensor, labels: torch.Tensor, C: torch.Tensor) -> torch.Tensor:
    return (logits.softmax(-1) * C.T[labels]).sum(-1).mean()


def _slips_of_the_loss(
    logits: torch.Tensor, labels: torch.Tensor, C: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Return what each known mistake gives in place of the loss."""
    p, costs = logits.softmax(-1), C.T[labels]  # (batch, classes)
    loss = (p * costs).sum(-1)
    return {
        "Right for each sample; the mean over the batch is still missing.": loss,
        "These are the costs `C[labels]`, a row of each truth. The truth picks a column: a row of "
        "the transpose.": (p * C[labels]).sum(-1).mean(),
        "You weighted the costs by logits. Mass is never negative and sums to 1: which function "
        "turns logits into probabilities?": (logits * costs).sum(-1).mean(),
        "You took the mean over the classes too. The probabilities are the weights: sum over "
        "classes, mean over samples.": (p * costs).mean(),
        "You added up the batch; the mean is wanted, so that the step does not grow with the "
        "batch.": loss.sum(),
        "You paid for the likeliest class alone. `argmax` has no gradient, so nothing could be "
        "learned from this.": C[logits.argmax(-1), labels].mean(),
        "You normalised over the batch. Each sample has its own distribution, along the last "
        "dimension.": (logits.softmax(0) * costs).sum(-1).mean(),
        "You squared the costs. Some distances are squared by convention; a cost that somebody "
        "has set by hand already is what it should be.": (p * costs**2).sum(-1).mean(),
    }


@exercise("ot-02-3")
def check_total_variation(answer: Any) -> Verdict:
    """Check where the loss 1 - p_y pulls hardest on its logit, how hard, and its rival there."""
    got = expect_array(answer, shape=(3,), name="`hardest`")
    mistakes = {
        "The derivative along p_y is 1 everywhere; asked is that along the *logit*, which has "
        "the softmax between.": ([0, 1, 1], [0.5, 1, 2]),
        "There cross-entropy pulls hardest. The pull of 1 - p_y has a factor p_y, and is 0 "
        "there.": [0, 0, 1],
        "The last number is cross-entropy's slope along p_y, not along the logit.": [0.5, 0.25, 2],
        "You gave both losses the same pull. Along the logit cross-entropy's is 1 - p_y.": (
            [0.5, 0.25, 0.25]
        ),
        "The signs: pulls are asked, so that raising the logit of the truth counts as positive.": (
            [0.5, -0.25, -0.5]
        ),
    }
    hint = "Put C = 1 - I into p_k (c_k - p·c) at k = y. It is a parabola in p_y: where is its top?"
    expect_close(got, [0.5, 0.25, 0.5], mistakes, otherwise=hint)
    return right(
        "At p_y = 0.001 it pulls with 0.001 and cross-entropy with 0.999. Does your proof use that "
        "the masses sum to 1, and where?"
    )


@exercise("ot-02-4")
def check_mixed_minimiser(answer: Callable[..., np.ndarray]) -> Verdict:
    """Check `mixed_minimiser(pi, c, lam)` against the condition that all slopes are the same."""
    cases = [
        (np.array([0.6, 0.4]), np.array([0.8, 0.6]) / 1.5, 0.5),
        (np.array([0.3, 0.2, 0.5]), np.array([0.36, 0.51, 0.96]), 0.8),
        (np.array([0.1, 0.2, 0.3, 0.4]), np.array([2.0, 1.0, 0.0, 3.0]), 0.0),
    ]
    expect_function(answer, _mixed_minimiser, cases, _slips_of_the_minimiser)
    return right(
        "At lam = 0 it is pi; as lam grows to 1 it runs to the cheapest corner. In between it is "
        "neither a probability to be trusted nor yet a decision."
    )


def _mixed_minimiser(pi: np.ndarray, c: np.ndarray, lam: float) -> np.ndarray:
    low, high = -lam * c.min(), 1.0 - lam * c.min()  # the sum is at least 1 at low, at most at high
    for _ in range(200):
        mu = (low + high) / 2
        total = ((1 - lam) * pi / np.maximum(mu + lam * c, 1e-300)).sum()
        low, high = (mu, high) if total > 1 else (low, mu)
    return (1 - lam) * pi / (mu + lam * c)


def _slips_of_the_minimiser(pi: np.ndarray, c: np.ndarray, lam: float) -> dict[str, np.ndarray]:
    """Return what each known mistake gives in place of the minimiser."""
    share = (1 - lam) * pi / (1 + lam * c)
    return {
        "That is the minimiser of cross-entropy alone; it does not know the costs.": pi,
        "That is the corner where transport alone ends. What does cross-entropy say about a p_i "
        "of 0?": np.eye(len(c))[c.argmin()],
        "You mixed the two minimisers. The minimiser of a sum is not the sum of minimisers.": (
            (1 - lam) * pi + lam * np.eye(len(c))[c.argmin()]
        ),
        "It does not sum to 1: the multiplier mu is a number that you have to find.": share,
        "You scaled the result to sum to 1. The multiplier stands in the denominator, beside the "
        "cost; scaling afterwards solves another problem.": share / share.sum(),
        "lam and 1 - lam are exchanged: lam weighs the transport cost.": (
            _mixed_minimiser(pi, c, 1 - lam) if lam else pi
        ),
    }


@exercise("ot-02-5")
def check_forbidden(answer: Any) -> Verdict:
    """Check costs that keep 9 from being read as 3 and 8 as 1, by training with them."""
    costs = expect_array(answer, shape=(10, 10), name="`my_costs`")
    if (costs < 0).any():
        return wrong("A negative cost is a reward for a mistake: one of your entries is below 0.")
    if np.diag(costs).any():
        return wrong("You charge for right answers: the diagonal must be 0.")
    if not costs.any():
        return wrong("If no mistake costs anything, nothing is learned from the costs.")
    accuracy, nines, eights = _misread(costs)
    plain_accuracy, plain_nines, plain_eights = _misread(1 - np.eye(10))
    told = (
        f"9 read as 3: {nines:.0f} in 1,000 (with all mistakes alike: {plain_nines:.0f}). "
        f"8 read as 1: {eights:.0f} ({plain_eights:.0f}). "
        f"Accuracy {accuracy:.1%} ({plain_accuracy:.1%})."
    )
    stubborn = [
        name
        for name, now, plain in (("9 as 3", nines, plain_nines), ("8 as 1", eights, plain_eights))
        if now > plain / 2
    ]
    if stubborn and (costs[9, 3] > costs[3, 9] or costs[8, 1] > costs[1, 8]):
        return wrong(f"{told} Your matrix lies on its side: `my_costs[predicted, truth]`.")
    if stubborn:
        return wrong(f"{told} Too many are left: {' and '.join(stubborn)}. Charge more for these.")
    if accuracy < plain_accuracy - 0.03:
        return wrong(
            f"{told} The two are gone, but so are more than 3 points of accuracy. Ask for less: "
            "what do you charge for the mistakes that you do not mind?"
        )
    return right(
        f"{told} Which confusions grew in their place? And what happens to the 3s and 1s, which "
        "are now named less readily?"
    )


@cache
def _training_digits() -> Task:
    return noisy_digits(6)


def _misread(costs: np.ndarray) -> tuple[float, float, float]:
    """Train as in the chapter; return the accuracy, and 9s read as 3 and 8s as 1 in 1,000."""
    C = torch.tensor(costs, dtype=torch.float32)
    # In units of the average mistake, so that only ratios of costs matter.
    transport = TransportLoss(C / (C.sum() / 90), epsilon=1.0)
    entropy, task = torch.nn.CrossEntropyLoss(), _training_digits()
    model = train_classifiers(
        task.train, lambda logits, y: 0.2 * entropy(logits, y) + 0.8 * transport(logits, y)
    )
    verdicts = judge(model(task.test.images).argmax(-1), task.test.targets, C)
    confusion = 10_000 * verdicts.confusion.mean(0)  # a tenth of the images are of each digit
    return verdicts.accuracy.mean().item(), confusion[9, 3].item(), confusion[8, 1].item()
