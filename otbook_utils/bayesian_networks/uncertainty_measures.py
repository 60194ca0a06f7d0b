"""How unsure a prediction is, what that is made of, and whether it may be believed."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from otbook_utils.bayesian_networks.checks import floats, probabilities_of


class Uncertainty(NamedTuple):
    """The whole uncertainty of a prediction, the data's part, and the model's own."""

    total: Tensor
    aleatoric: Tensor
    epistemic: Tensor


class Reliability(NamedTuple):
    """What is in each of the bins of confidence: how many, their mean confidence and accuracy."""

    count: Tensor
    confidence: Tensor
    accuracy: Tensor


def gaussian_nll(mean: Tensor, log_var: Tensor, target: Tensor) -> Tensor:
    """Return −ln N(target; mean, exp(log_var)), in nats, with the constant ½ ln 2π: one value an
    element.

    The three must have shapes that broadcast without a surprise: `mean` and `target` the same
    shape, `log_var` one that broadcasts to it.
    Raises TypeError for what is no tensor, ValueError for shapes that do not fit.
    Taught in `book/bayesian_networks/04_two_uncertainties.ipynb`.

    >>> gaussian_nll(torch.zeros(2), torch.zeros(2), torch.tensor([0.0, 2.0]))
    tensor([0.9189, 2.9189])
    """
    for value, name in ((mean, "mean"), (log_var, "log_var"), (target, "target")):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} must be a tensor, got {type(value).__name__}")
    if mean.shape != target.shape:
        # (n, 1) against (n,) would become (n, n), all pairs, without a word.
        raise ValueError(
            f"mean and target must have the same shape, got {tuple(mean.shape)} and "
            f"{tuple(target.shape)}"
        )
    try:
        fits = torch.broadcast_shapes(mean.shape, log_var.shape) == mean.shape
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(
            f"log_var must broadcast to the shape of mean, {tuple(mean.shape)}, got "
            f"{tuple(log_var.shape)}"
        )
    return (log_var + (target - mean).square() * (-log_var).exp() + math.log(2 * math.pi)) / 2


def decompose_uncertainty(probabilities: Tensor) -> Uncertainty:
    """Return the entropy of the mean prediction, the mean entropy, and their difference, in nats.

    probabilities: (samples, batch, classes), each sampled model's predictions. Every part of the
    answer is (batch,). The epistemic part is the mutual information between the label and the
    model, which is never negative; the total is the sum of both.
    Raises TypeError or ValueError for what are no such probabilities.

    N. Houlsby and others, Bayesian active learning for classification and preference learning,
    2011, eq. 2.
    Taught in `book/bayesian_networks/04_two_uncertainties.ipynb`.

    >>> sure_and_at_odds = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
    >>> [round(part.item(), 4) for part in decompose_uncertainty(sure_and_at_odds)]
    [0.6931, 0.0, 0.6931]
    """
    probabilities_of(probabilities, "probabilities", (3,))
    mean = probabilities.mean(0)
    total = _entropy(mean)
    aleatoric = _entropy(probabilities).mean(0)
    # As a mean of KL(each ‖ mean) nothing is lost where both entropies are large and nearly equal.
    inside = torch.where(probabilities > 0, probabilities / mean.clamp(min=1e-45), 1.0)
    epistemic = (probabilities * inside.log()).sum(-1).mean(0).clamp(min=0)
    return Uncertainty(total, aleatoric, epistemic)


def decompose_variance(means: Tensor, variances: Tensor) -> Uncertainty:
    """Return the variance of a mixture of predictions: mean variance plus variance of the means.

    means, variances: (samples, ...), each sampled model's mean and variance. Every part of the
    answer has the shape (...). The variance of the means divides by the number of samples: it is
    that of the mixture.
    Raises TypeError or ValueError for unequal shapes or negative variances.

    B. Lakshminarayanan, A. Pritzel, C. Blundell, Simple and scalable predictive uncertainty
    estimation using deep ensembles, 2017, section 2.4.
    Taught in `book/bayesian_networks/04_two_uncertainties.ipynb`.

    >>> parts = decompose_variance(torch.tensor([[1.0], [3.0]]), torch.tensor([[0.5], [1.5]]))
    >>> [part.item() for part in parts]
    [2.0, 1.0, 1.0]
    """
    floats(means, "means")
    floats(variances, "variances")
    if means.dim() == 0 or means.shape != variances.shape:
        raise ValueError(
            "means and variances must have the same shape (samples, ...), got "
            f"{tuple(means.shape)} and {tuple(variances.shape)}"
        )
    if bool((variances < 0).any()):
        raise ValueError(f"variances must not be negative, got {variances.min().item():.3g}")
    aleatoric = variances.mean(0)
    epistemic = means.var(0, unbiased=False)
    return Uncertainty(aleatoric + epistemic, aleatoric, epistemic)


def reliability(probabilities: Tensor, labels: Tensor, bins: int = 15) -> Reliability:
    """Return for `bins` equal bins of confidence the count, mean confidence and accuracy.

    probabilities: (batch, classes); labels: (batch,) whole numbers. The confidence is the largest
    probability; bin b holds those in (b/bins, (b + 1)/bins]. Where a bin is empty, its confidence
    and accuracy are nan.
    Raises TypeError or ValueError for what are no probabilities, labels or bins.

    >>> reliability(torch.tensor([[0.9, 0.1], [0.8, 0.2]]), torch.tensor([0, 1]), bins=2).accuracy
    tensor([   nan, 0.5000])
    """
    probabilities_of(probabilities, "probabilities", (2,))
    if isinstance(bins, bool) or not isinstance(bins, int):
        raise TypeError(f"bins must be a whole number, got {type(bins).__name__}")
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    _checked_labels(labels, probabilities)
    confidence, guess = probabilities.max(-1)
    edges = torch.linspace(0, 1, bins + 1, dtype=confidence.dtype, device=confidence.device)
    place = torch.bucketize(confidence, edges[1:-1])  # right ends belong to their bin

    def summed(values: Tensor) -> Tensor:
        return values.new_zeros(bins).index_add_(0, place, values)

    count = summed(torch.ones_like(confidence))
    hits = summed((guess == labels).to(confidence.dtype))
    return Reliability(count, summed(confidence) / count, hits / count)


def expected_calibration_error(probabilities: Tensor, labels: Tensor, bins: int = 15) -> Tensor:
    """Return the mean gap between confidence and accuracy over `bins` equal bins: a scalar, 0 to 1.

    Arguments and errors as for `reliability`; bins are weighted by how many samples they hold.

    M. P. Naeini and others, Obtaining well calibrated probabilities using Bayesian binning, 2015;
    as in C. Guo and others, On calibration of modern neural networks, 2017, eq. 5.
    Taught in `book/bayesian_networks/04_two_uncertainties.ipynb`.

    >>> sure = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    >>> expected_calibration_error(sure, torch.tensor([0, 1]))
    tensor(0.5000)
    """
    count, confidence, accuracy = reliability(probabilities, labels, bins)
    gap = torch.where(count > 0, (accuracy - confidence).abs(), 0.0)
    return (count * gap).sum() / count.sum()


def _entropy(probabilities: Tensor) -> Tensor:
    return torch.special.entr(probabilities).sum(-1)


def _checked_labels(labels: Tensor, probabilities: Tensor) -> None:
    if not isinstance(labels, Tensor):
        raise TypeError(f"labels must be a tensor, got {type(labels).__name__}")
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        kind = str(labels.dtype).removeprefix("torch.")
        raise ValueError(f"labels must be whole numbers, got {kind}")
    n, classes = probabilities.shape
    if labels.shape != (n,):
        raise ValueError(f"labels must have the shape ({n},), got {tuple(labels.shape)}")
    if bool((labels < 0).any() or (labels >= classes).any()):
        raise ValueError(
            f"labels must lie from 0 to {classes - 1}, got {labels.min().item()} to "
            f"{labels.max().item()}"
        )
