"""The checkers of the exercises of the chapter on losses for unbalanced labels."""

import numpy as np
import torch
from torch.nn import functional as F

from otbook_utils.scarce_labels.losses import FocalLoss
from otbook_utils.scarce_labels.weights import class_balanced_weights, effective_number
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
from otbook_utils.teaching.answers import described


@exercise("sl-01-1")
def check_averages(answer) -> Verdict:
    """Three averages of one pair of accuracies, in per cent."""
    a, b, c = expect_array(answer, shape=(3,), name="the averages")
    if min(a, b, c) <= 1:
        return wrong("Shares are among these. All answers are asked for in per cent.")
    all_images, proportions = 80.783, 88.816
    wanted = [all_images, all_images, proportions]
    if close([a, b, c], wanted, tol=1e-3) and not close([a, b, c], wanted, tol=2e-4):
        return wrong("Right but for the rounding: give two decimals.")
    if close(a, (89.42 + 60.63) / 2, tol=2e-4):
        return wrong(
            "(a): you took the plain mean of the two groups. Seven classes are majority, three are "
            "minority."
        )
    if close(a, 80.60, tol=5e-5):
        return wrong("(a): that is the number printed in the article. Compute it from its parts.")
    if not close(a, all_images, tol=2e-4):
        return wrong("(a): 7,000 of the 10,000 images are right with 89.42 %, 3,000 with 60.63 %.")
    if close(b, (89.42 + 60.63) / 2, tol=2e-4):
        return wrong("(b): the mean is over the ten classes, not over the two groups.")
    if not close(b, all_images, tol=2e-4):
        return wrong("(b): each of the ten classes has a recall; take their plain mean.")
    if close(c, all_images, tol=2e-4):
        return wrong("(c): the proportions are now 35,000 to 750, no longer 7,000 to 3,000.")
    if not close(c, proportions, tol=2e-4):
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
def check_balanced_weights(answer) -> Verdict:
    """Class-balanced weights, accurate near beta = 1."""
    for counts, beta in (
        ([143, 7], 0.99),
        ([5000, 250, 250], 0.999),
        ([3, 2, 1], 0.0),
        ([5000, 143, 7], 1 - 1e-10),
        ([1_000_000, 5000], 1 - 1e-12),
    ):
        wanted = class_balanced_weights(counts, beta).numpy()
        with np.errstate(all="ignore"):
            result = answer(np.array(counts), beta)
        said = f"For counts {counts} and beta = {_named(beta)}: "
        try:
            single = np.asarray(result).dtype == np.float32
            raw = np.asarray(result, dtype=float)
        except (TypeError, ValueError):
            return wrong(f"{said}expected an array of numbers, got {described(result)}.")
        if raw.shape != wanted.shape:
            return wrong(f"{said}expected one weight a class, got the shape {raw.shape}.")
        if not np.isfinite(raw).all():
            return wrong(f"{said}got {raw}. Is there a 0/0, or a logarithm of 0?")
        hint = _weights_hint(raw, wanted, effective_number(counts, beta).numpy())
        if hint and single:
            hint = "the result is in float32, which holds seven digits. Compute in float64."
        if hint:
            return wrong(said + hint)
    return right(
        "Twelve digits everywhere. Such code is also right at beta = 0, where log(beta) is minus "
        "infinity: try `np.expm1(-np.inf)`."
    )


def _weights_hint(given: np.ndarray, wanted: np.ndarray, effective: np.ndarray) -> str:
    """Return what is wrong with weights, or nothing."""
    if np.allclose(given, wanted, rtol=1e-12, atol=0):
        return ""
    if np.allclose(given, effective, rtol=1e-6):
        return "that is E itself. The weights are proportional to 1/E."
    if np.allclose(given, len(wanted) * effective / effective.sum(), rtol=1e-6):
        return "the large class gets the large weight. Divide by the effective number."
    shares = given / given.sum() * len(given)
    if np.allclose(shares, wanted, rtol=1e-12, atol=0):
        return (
            f"the ratios are right, but the weights add up to {given.sum():g}, not to {len(given)}."
        )
    if np.allclose(shares, wanted, rtol=1e-2):
        off = np.abs(given / wanted - 1).max()
        return (
            f"right but for rounding, wrong by {off:.0e}. `1 - beta**n` subtracts two nearly equal "
            "numbers; see what `np.expm1` is for."
        )
    return f"expected {np.round(wanted, 6)}, got {np.round(given, 6)}."


def _named(beta: float) -> str:
    return f"{beta:g}" if beta < 0.99999 else f"1 - {1 - beta:.0e}"


@exercise("sl-01-4")
def check_weighted_focal(answer) -> Verdict:
    """The weighted focal loss of the softmax with its weighted mean."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(40, 3, generator=generator, dtype=torch.float64)
    target = torch.randint(3, (40,), generator=generator)
    weight = torch.tensor([0.3, 0.7, 2.0], dtype=torch.float64)
    cases = [(logits, target, weight, gamma) for gamma in (0.0, 1.0, 2.0)]
    expect_function(
        answer,
        lambda logits, target, weight, gamma: FocalLoss(gamma, weight)(logits, target),
        cases,
        _slips_of_the_focal_loss,
        gradient_of=["logits"],
        name="the loss",
        tol=1e-6,
    )
    return right(
        "With gamma = 0 this is `F.cross_entropy(…, weight=weight)`. Now try logits of ±200 in "
        "float32 and look at the gradient: that is what the packaged loss is careful about."
    )


def _slips_of_the_focal_loss(logits, target, weight, gamma) -> dict[str, torch.Tensor]:
    """Return what each known mistake gives in place of the loss."""
    log_p = F.log_softmax(logits, dim=1)
    p, own = log_p.exp(), log_p.gather(1, target[:, None]).squeeze(1)
    w, true = weight[target], own.exp()
    one_hot = F.one_hot(target, 3).double()
    agreed = torch.where(one_hot > 0, logits.sigmoid(), 1 - logits.sigmoid())
    per_class = -((1 - agreed) ** gamma) * agreed.log()  # (batch, classes)
    focal = -((1 - true) ** gamma) * own
    best = p.max(dim=1).values
    weighted_ce = -w * own
    from_weighted = (1 - (-weighted_ce).exp()) ** gamma * weighted_ce
    mean_ce = weighted_ce.sum() / w.sum()
    return {
        "You formed p as exp(−loss) of a loss that has its weight already. p is the softmax's, "
        "without the weight.": from_weighted.sum() / w.sum(),
        "gamma acts on each sample, before the mean is taken.": (
            (1 - (-mean_ce).exp()) ** gamma * mean_ce
        ),
        "That is the plain sum over the samples. Did the shapes (batch, 1) and (batch,) spread to "
        "(batch, batch)? Then `squeeze` what you gathered.": focal.sum(),
        "You divided by the number of samples. Divide by the sum of their weights, as "
        "`cross_entropy(weight=…)` does.": (w * focal).mean(),
        "You added up without dividing: divide by the sum of the batch's weights.": (
            (w * focal).sum()
        ),
        "The weights are missing, or their effect cancels: each sample counts by the weight of its "
        "class.": focal.mean(),
        "You divided by the sum of all class weights; divide by those of this batch's samples.": (
            (w * focal).sum() / weight.sum()
        ),
        "The sign: a loss of probabilities below 1 is not negative.": -(w * focal).sum() / w.sum(),
        "You raised p to the power gamma. What is turned down are samples with a *large* p.": (
            (w * -(true**gamma) * own).sum() / w.sum()
        ),
        "gamma acts on the probability of the true class, not on the largest one.": (
            (w * -((1 - best) ** gamma) * own).sum() / w.sum()
        ),
        "That is the focal loss of one sigmoid a class. Here the classes exclude one another: use "
        "the softmax.": (w * per_class.sum(dim=1)).sum() / w.sum(),
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
