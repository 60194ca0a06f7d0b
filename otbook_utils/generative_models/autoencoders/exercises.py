"""The checkers of the exercises of the chapter on autoencoders."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from otbook_utils.teaching import Verdict, exercise, expect_function, right, wrong


@exercise("gm-03-1")
def check_excess(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check `excess(logits, x)`: the Kullback-Leibler divergence from pixels to outputs."""
    generator = torch.Generator().manual_seed(3)
    # Logits so large that the sigmoid rounds to 1: rightly so in the first row, wrongly in the
    # second, where a probability kept away from 0 and 1 would cost too little.
    large = torch.tensor([[60.0, -50.0, 0.5], [-45.0, 38.0, -0.5]]).double()
    cases = [(large, torch.tensor([[1, 0, 0.25], [0.5, 0, 0.75]]).double())]
    for n, pixels in ((3, 5), (4, 2)):
        x = torch.rand(n, pixels, generator=generator).double()
        x[0, 0], x[1, 1] = 0, 1
        cases.append((3 * torch.randn(n, pixels, generator=generator).double(), x))
    expect_function(answer, _excess, cases, _slips_of_the_excess, gradient_of=["logits"])
    return right(
        "It is zero exactly where sigmoid(logit) = x, so you can say how far a network is from "
        "its floor. Its gradient is the cross-entropy's: the floor does not move."
    )


def _excess(logits: Tensor, x: Tensor) -> Tensor:
    return (_cross_entropy(logits, x) - _entropy(x)).sum(1)


def _cross_entropy(logits: Tensor, x: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none")


def _entropy(x: Tensor) -> Tensor:
    return -torch.special.xlogy(x, x) - torch.special.xlogy(1 - x, 1 - x)


def _slips_of_the_excess(logits: Tensor, x: Tensor) -> dict[str, Any]:
    """Return what each known mistake gives in place of the excess."""
    each = _cross_entropy(logits, x) - _entropy(x)
    return _kept_away(logits, x) | {
        "That is the whole cross-entropy. Its floor, the entropy of the pixels, is still in it.": (
            _cross_entropy(logits, x).sum(1)
        ),
        "That is a mean over pixels. An error of a sample is a sum.": each.mean(1),
        "One number a sample is wanted, not one for the batch.": (each.sum(), each.sum(1).mean()),
        "One number a sample: you added up over the batch.": each.sum(0),
        "Both halves of the entropy: a pixel x is white with x *and* black with 1 - x.": (
            (_cross_entropy(logits, x) + torch.special.xlogy(x, x)).sum(1)
        ),
        "The sign of the entropy: what cannot be avoided is taken away.": (
            (_cross_entropy(logits, x) + _entropy(x)).sum(1)
        ),
        "The other direction: the mean of the logarithms is taken under the pixel's coin, x, and "
        "not under the network's.": _turned(logits, x),
        "`logits` have not yet passed through the sigmoid.": (
            F.binary_cross_entropy_with_logits(logits.sigmoid(), x, reduction="none") - _entropy(x)
        ).sum(1),
    }


def _turned(logits: Tensor, x: Tensor) -> Tensor:
    p, x = logits.sigmoid(), x.clamp(1e-6, 1 - 1e-6)
    return (torch.special.xlogy(p, p / x) + torch.special.xlogy(1 - p, (1 - p) / (1 - x))).sum(1)


def _kept_away(logits: Tensor, x: Tensor) -> dict[str, Any]:
    """Return what a probability gives that is kept away from 0 and 1, where that matters."""
    p = logits.sigmoid()
    usual = (1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
    pairs = [(p.clamp(e, 1 - e), 1 - p.clamp(e, 1 - e)) for e in usual]
    pairs += [(p + e, 1 - p + e) for e in usual]
    each = [-(x * a.log() + (1 - x) * b.log()) - _entropy(x) for a, b in pairs]
    return {
        "Where a logit is large and wrong, your sigmoid is held away from 0 and 1, and the error "
        "is too small. Work with the logit itself.": tuple(e.sum(1) for e in each)
    }


@exercise("gm-03-2")
def check_axes(answer: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Verdict:
    """Check `principal_axes(A, X)`: the components inside the span of a decoder's matrix."""
    cases = [_decoder_and_data(*sizes) for sizes in ((40, 5, 2, 0), (25, 4, 3, 1), (60, 7, 3, 2))]
    expect_function(answer, _axes, cases, _slips_of_the_axes, name="the axes")
    return right(
        "A trained linear autoencoder knows the subspace; a small eigenproblem of size k, in place "
        "of one of size d, puts its axes in order."
    )


def _decoder_and_data(n: int, d: int, k: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 2 * rng.normal(size=d)
    return rng.normal(size=(d, k)), X


def _signed(axes: np.ndarray) -> np.ndarray:
    """Return the rows with signs that make the entry largest in absolute value positive."""
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], axis=1)
    return axes * np.sign(largest)


def _axes(A: np.ndarray, X: np.ndarray) -> np.ndarray:
    return _axes_within(np.linalg.qr(A)[0], X - X.mean(0))


def _axes_within(basis: np.ndarray, X: np.ndarray) -> np.ndarray:
    return _signed(np.linalg.svd(X @ basis, full_matrices=False)[2] @ basis.T)


def _slips_of_the_axes(A: np.ndarray, X: np.ndarray) -> dict[str, np.ndarray]:
    """Return what each known mistake gives in place of the axes."""
    basis, wanted = np.linalg.qr(A)[0], _axes(A, X)
    columns = A / np.linalg.norm(A, axis=0)
    return {
        "These are A's own columns with length 1. They span the right space, and are neither "
        "at right angles nor in order.": _signed(columns.T),
        "At right angles, and the right space. But any rotation inside it would do: let the "
        "data's variances choose.": _signed(basis.T),
        "The axis with the *largest* variance comes first.": wanted[::-1],
        "Axes of variance need centred data: subtract the mean of X.": _axes_within(basis, X),
        "A row is an axis: the shape is (k, d).": wanted.T,
        "Right axes, wrong signs: the entry of largest absolute value is the positive one.": (
            -wanted,
            wanted * np.sign(wanted[:, :1]),
            wanted * np.sign(wanted.sum(1, keepdims=True)),
            np.abs(wanted),
        ),
        "These are components of X alone. The axes have to lie in the span of A.": (
            _signed(np.linalg.svd(X - X.mean(0))[2][: A.shape[1]])
        ),
        "You worked with A's columns as if they were orthonormal; make them so first.": (
            _signed(np.linalg.svd((X - X.mean(0)) @ A, full_matrices=False)[2] @ A.T)
        ),
    }


VERDICTS = {"a": False, "b": False, "c": True, "d": False, "e": True}
_HINTS = {
    "a": "(a) Would a network that has never seen an empty image fail to rebuild it?",
    "b": "(b) How low can the cross-entropy of a grey pixel come, and how low that of a 0 or 1?",
    "c": "(c) What does the theorem say of A, and what of A's single columns?",
    "d": "(d) The sign was learnt from known anomalies of one kind. What would it do to a digit "
    "that is hard to reconstruct?",
    "e": "(e) What is the mean of x given y, when y says nothing about x?",
}


@exercise("gm-03-3")
def check_verdicts(answer: Any) -> Verdict:
    """Check which of a colleague's five conclusions hold."""
    if not isinstance(answer, dict) or set(answer) != set(VERDICTS):
        return wrong("`holds` must be a dictionary with the keys a, b, c, d and e.")
    for claim, wanted in VERDICTS.items():
        if not isinstance(answer[claim], bool | np.bool_):
            return wrong(f"({claim}) True or False is wanted, got {answer[claim]!r}.")
        if answer[claim] != wanted:
            return wrong(_HINTS[claim])
    return right("Each wrong one takes a small reconstruction error for something that it is not.")


@exercise("gm-03-4")
def check_least_error(answer: Callable[[np.ndarray, float, int], float]) -> Verdict:
    """Check `least_error(variances, noise, k)`: of the best linear denoiser of rank k."""
    cases = [
        (np.array([2.0, 0.3, 5.0]), 1.7, 1),
        (np.array([0.5, 3.0, 1.2, 0.1]), 0.8, 2),
        (np.array([0.2, 0.7, 0.4, 4.0, 1.0]), 0.3, 3),
    ]
    expect_function(answer, _least_error, cases, _slips_of_the_least_error)
    return right(
        "Without noise it is the sum of the variances left out, PCA; with k = d it is the error "
        "of the unrestricted linear denoiser. You proved both theorems at once."
    )


def _least_error(variances: np.ndarray, noise: float, k: int) -> float:
    kept = np.sort(variances)[::-1][:k]
    return variances.sum() - (kept**2 / (kept + noise**2)).sum()


def _slips_of_the_least_error(variances: np.ndarray, noise: float, k: int) -> dict[str, float]:
    """Return what each known mistake gives in place of the least error."""
    falling = np.sort(variances)[::-1]
    kept, left, var = falling[:k], falling[k:].sum(), noise**2
    first = variances[:k]
    return {
        "You kept k components and did not shrink them: that lets all of their noise through.": (
            k * var + left
        ),
        "That is the best of *all* linear denoisers. Only k numbers pass through here.": (
            (variances * var / (variances + var)).sum()
        ),
        "That is what is explained. The error is what of the whole variance is left.": (
            (kept**2 / (kept + var)).sum()
        ),
        "What is cut off carries no noise any more.": (
            _least_error(variances, noise, k) + (len(variances) - k) * var
        ),
        "Keep the k *largest*: they rise furthest above the noise.": (
            variances.sum() - (falling[-k:] ** 2 / (falling[-k:] + var)).sum()
        ),
        "What is left out costs its whole variance, too.": (kept * var / (kept + var)).sum(),
        "`noise` is a standard deviation: square it.": (
            variances.sum() - (kept**2 / (kept + noise)).sum()
        ),
        "The variances come in any order: keep the k largest.": (
            variances.sum() - (first**2 / (first + var)).sum()
        ),
        "That is the error without noise.": left,
        "The error is a sum over the d numbers of a sample, not a mean.": (
            _least_error(variances, noise, k) / len(variances)
        ),
    }
