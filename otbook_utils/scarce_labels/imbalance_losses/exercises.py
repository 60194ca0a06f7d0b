"""The checkers of the exercises of the chapter on losses for unbalanced labels."""

import numpy as np
import torch

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


@exercise("sl-01-1")
def check_averages(answer) -> Verdict:
    """Three averages of one pair of accuracies, in per cent."""
    a, b, c = expect_array(answer, shape=(3,), name="the averages")
    if min(a, b, c) <= 1:
        return wrong("Shares are among these. All answers are asked for in per cent.")
    all_images, proportions = 80.783, 88.816
    wanted = [all_images, all_images, proportions]
    # 7e-5 of 80 is half a unit of the second decimal, which is asked for.
    if close([a, b, c], wanted, tol=1e-3) and not close([a, b, c], wanted, tol=7e-5):
        return wrong("Right but for the rounding: give two decimals.")
    if close(a, (89.42 + 60.63) / 2, tol=7e-5):
        return wrong(
            "(a): you took the plain mean of the two groups. Seven classes are majority, three are "
            "minority."
        )
    if close(a, 80.60, tol=5e-5):
        return wrong("(a): that is the number printed in the article. Compute it from its parts.")
    if not close(a, all_images, tol=7e-5):
        return wrong("(a): 7,000 of the 10,000 images are right with 89.42 %, 3,000 with 60.63 %.")
    if close(b, (89.42 + 60.63) / 2, tol=7e-5):
        return wrong("(b): the mean is over the ten classes, not over the two groups.")
    if not close(b, all_images, tol=7e-5):
        return wrong("(b): each of the ten classes has a recall; take their plain mean.")
    if close(c, all_images, tol=7e-5):
        return wrong("(c): the proportions are now 35,000 to 750, no longer 7,000 to 3,000.")
    if not close(c, proportions, tol=7e-5):
        return wrong("(c): weigh the two accuracies by 35,000 and 750 images.")
    return right(
        "The first two agree because every class has as many test images. The third hides almost "
        "everything: that is what an accuracy on unbalanced test data tells you."
    )


@exercise("sl-01-2")
def check_weighted_answers(answer) -> Verdict:
    """What inverse-frequency weights would make of three probabilities, and the new threshold."""
    given = expect_array(answer, shape=(4,), name="the answers")
    plain = np.array([0.02, 0.1, 0.5])
    if close(given[:3], 20 * plain):
        return wrong("You multiplied by 20 and stopped: these no longer add up to 1 with the rest.")
    if close(given[:3], 20 * plain / (1 - plain), tol=1e-2):
        return wrong("These are odds, P : (1 − P), times 20. A probability is odds / (1 + odds).")
    weighted = 20 * plain / (20 * plain + 1 - plain)
    if close(given[:3], 100 * weighted, tol=1e-2):
        return wrong("Per cent? Probabilities from 0 to 1 are asked for.")
    if close(given[:3], weighted, tol=0.012) and not close(given[:3], weighted, tol=3e-3):
        return wrong("(a) to (c) are right but for the rounding: give three decimals.")
    if close(given[:3], plain, tol=1e-3):
        return wrong("These are the plain answers. Weights change what the best model says.")
    if close(given[:3], plain / (plain + 20 * (1 - plain)), tol=1e-3):
        return wrong("You gave the weight 20 to the common class. Which one is undervalued?")
    for place, letter in enumerate("abc"):
        if not close(given[place], weighted[place], tol=3e-3):
            return wrong(
                f"({letter}): use the boxed formula. Multiply {plain[place]:g} by 20 and its "
                "complement by 1, then divide by their sum."
            )
    if close(given[3], 0.05, tol=1e-3):
        return wrong("(d): nearly. Both classes must tie: 20 P = 1 − P, not 20 P = 1.")
    if close(given[3], 0.5, tol=1e-3):
        return wrong("(d): that is the weighted model's own threshold; ask for the plain model's.")
    if not close(given[3], 1 / 21, tol=1e-3):
        return wrong("(d): set the boxed formula to one half and solve for the plain probability.")
    return right(
        "Weighted training and a threshold of 1/21 are two ways to the same decisions, if the "
        "plain model's probabilities are right."
    )


@exercise("sl-01-3")
def check_unbend(answer) -> Verdict:
    """The true probabilities, from the best answers under the focal loss."""
    two = np.array([[0.8, 0.2], [0.35, 0.65], [0.55, 0.45]])
    ten = np.array([[0.19] * 5 + [0.01] * 5, [0.05] * 8 + [0.2, 0.4]])
    three = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.6, 0.39, 0.01], [0.3, 0.4, 0.3]])
    expect_function(
        answer,
        _unbent,
        [(three, 2.0), (three, 1.0), (two, 0.5), (ten, 1.0), (three, 0.0)],
        _slips_of_unbending,
        name="the probabilities",
        tol=1e-6,
    )
    return right(
        "At gamma = 0 nothing is bent, and yours gives p back. This needs no training and no "
        "validation data, but a network that really reached the best answers."
    )


def _unbent(p, gamma):
    p = np.asarray(p)
    return _rows(1 / _slope(p, gamma))


def _slope(p, gamma):
    """Return g, minus the derivative of the focal loss along the probability."""
    return (1 - p) ** gamma / p - gamma * (1 - p) ** (gamma - 1) * np.log(p)


def _rows(values):
    return values / values.sum(axis=1, keepdims=True)


def _slips_of_unbending(p, gamma) -> dict[str, np.ndarray]:
    """Return what each known mistake gives in place of the true probabilities."""
    g, q = _slope(p, gamma), 1 / _slope(p, gamma)
    loss = -((1 - p) ** gamma) * np.log(p)
    other = _slope(1 - p, gamma)
    return {
        "q_k g(p_k) is the same for all classes, so q is proportional to 1/g, not to g.": _rows(g),
        "Normalise: the q of a sample add up to 1.": q,
        "The sum runs over the classes of a sample, along each row.": (
            q / q.sum(axis=0, keepdims=True),
            q / q.sum(),
        ),
        "The condition speaks of the *slope* of the loss, g = -l'(p), not of the loss.": (
            _rows(1 / loss),
            _rows(loss),
        ),
        "The product rule: g has a second part, from the factor (1 - p)^gamma.": (
            _rows(p / (1 - p) ** gamma),
            p / (1 - p) ** gamma,
        ),
        "The sign of the second part of g: both parts pull p up.": _rows(
            1 / ((1 - p) ** gamma / p + gamma * (1 - p) ** (gamma - 1) * np.log(p))
        ),
        "That is the answer for a class against all others together, class by class. Here all "
        "classes share one total.": (other / (g + other), _rows(other / (g + other))),
        "You took the pull on the *logit*, which has a factor p (1 - p) more. The condition is on "
        "the slope along p.": _rows(1 / (g * p * (1 - p))),
    }


@exercise("sl-01-4")
def check_expected_seen(answer) -> Verdict:
    """The mean number of different prototypes seen, if they are not equally likely."""
    chances = np.array([0.5, 0.25, 0.15, 0.1])
    expect_function(
        answer,
        lambda n, chances: (1 - (1 - chances) ** n).sum(),
        [(3, chances), (1, chances), (7, np.array([0.7, 0.2, 0.1])), (5, np.full(4, 0.25))],
        _slips_of_seeing,
        name="the mean number",
        tol=1e-6,
    )
    return right(
        "With equal chances it is E. Now (a) and (c) on paper, before you open the solution: for "
        "which function of K does the article's shortcut hold, and which inequality says the rest?"
    )


def _slips_of_seeing(n, chances) -> dict[str, float]:
    """Return what each known mistake gives in place of the mean number of prototypes seen."""
    prototypes = len(chances)
    missed = (1 - chances) ** n
    return {
        "These chances are not equal, and you used only how many prototypes there are.": (
            prototypes * (1 - (1 - 1 / prototypes) ** n)
        ),
        "That is the mean number of prototypes *missed*.": missed.sum(),
        "You took the mean over the prototypes; add their probabilities up.": (1 - missed).mean(),
        "n times its chance is how often a prototype is *drawn*. Seen is seen, however often.": (
            (n * chances).sum()
        ),
        "chance^n is the probability that *all* samples are this prototype.": (
            (chances**n).sum(),
            (1 - chances**n).sum(),
        ),
        "You weighted each prototype by its chance. Each one counts 1, if it is seen.": (
            (chances * (1 - missed)).sum()
        ),
        "You have one sample too few: all n must miss it.": (1 - (1 - chances) ** (n - 1)).sum(),
        "That is the chance to see all of them, if they did not hinder one another.": (
            (1 - missed).prod()
        ),
    }


@exercise("sl-01-5")
def check_readjust(answer) -> Verdict:
    """Logits for another label distribution."""
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    counts = torch.tensor([900.0, 90.0, 10.0], dtype=torch.float64)
    wanted = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)
    given = expect_array(
        answer(logits.clone(), counts.clone(), wanted.clone()), shape=(6, 3), name="the logits"
    )
    ratio, log_counts = wanted / (counts / counts.sum()), counts.log()
    as_probabilities = torch.softmax(logits, dim=1) * ratio
    if np.allclose(given / given.sum(axis=1, keepdims=True), _normalised(as_probabilities)):
        return wrong("These are probabilities, and right ones. Logits are asked for.")
    mistakes = {
        "You took out the old shares, which prepares for equal ones. Now put the wanted in.": (
            logits - log_counts
        ),
        "You put the wanted shares in, but the old ones are still there too.": (
            logits + wanted.log()
        ),
        "The sign of the shift: classes that become more frequent need larger logits.": (
            logits - ratio.log()
        ),
        "Nothing has changed.": logits,
        "Old and new shares are both added. Which ones does the network contain already?": (
            logits + wanted.log() + log_counts
        ),
        "Shares multiply probabilities, so logits shift by their *logarithm*.": (
            logits + wanted - counts / counts.sum()
        ),
        "You multiplied the logits. Multiply the probabilities: add to the logits.": logits * ratio,
    }
    # A constant added to all logits of a sample changes nothing: compare their log-softmax.
    expect_close(
        _log_softmax(given),
        _log_softmax(logits + ratio.log()),
        {hint: _log_softmax(slip) for hint, slip in mistakes.items()},
        otherwise="Compare with the box: which joint distribution is there in use, and which w_y?",
        tol=1e-8,
    )
    return right(
        "A label shift costs one addition. It needs calibrated probabilities, and classes that "
        "look as they did."
    )


def _log_softmax(values) -> np.ndarray:
    return torch.log_softmax(torch.as_tensor(values), dim=1).numpy()


def _normalised(values: torch.Tensor) -> np.ndarray:
    return (values / values.sum(dim=1, keepdim=True)).numpy()
