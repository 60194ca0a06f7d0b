"""Losses on logits that turn down what is easy (focal) or what is frequent (class-balanced)."""

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from otbook_utils.scarce_labels.weights import Counts, class_balanced_weights

REDUCTIONS = ("mean", "sum", "none")


class FocalLoss(nn.Module):
    r"""The focal loss of the softmax, $-w_y (1 - p_y)^\gamma \log p_y$ for a target `y`.

    gamma: at least 0; 0 is cross-entropy, more turns down what the model already gets right.
    weight: (classes,) finite, not negative, or None for ones; a buffer, so it moves with `.to`.
    reduction: as in `torch.nn.CrossEntropyLoss`: "mean" divides the sum of the losses by the sum
    of the batch's weights, "sum" adds, "none" keeps one loss an example.

    Call it with logits (batch, classes) or (batch, classes, ...) and integer labels (batch,) or
    (batch, ...). The loss and its gradient are finite for all logits whose differences are. The
    loss is computed and returned in float32 for float16 and bfloat16 logits (a sum over a batch
    would overflow float16), in the logits' own dtype otherwise; the gradient has the latter.

    Raises ValueError for an impossible gamma, weight or reduction; when called, for shapes that do
    not fit, logits that are not floating point, labels that are not integers, and labels out of
    range. The range is looked at on the CPU only: on a GPU that would wait for the device at every
    step, and torch's own device assertion stops the run.

    Source: Lin et al. 2017, equation 4, with the softmax in place of the sigmoid.
    Taught in `book/scarce_labels/01_imbalance_losses.ipynb`.

    >>> logits, target = torch.tensor([[0.0, 0.0]]), torch.tensor([1])
    >>> round(FocalLoss(gamma=2.0)(logits, target).item(), 4)  # (1/2)^2 log 2
    0.1733
    """

    weight: torch.Tensor | None

    def __init__(
        self,
        gamma: float,
        weight: torch.Tensor | Sequence[float] | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be one of {', '.join(REDUCTIONS)}, got {reduction!r}")
        self.gamma = _checked_gamma(gamma)
        self.reduction = reduction
        self.register_buffer("weight", None if weight is None else _checked_weight(weight))

    def forward(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the loss of `logits` (batch, classes, ...) for the labels (batch, ...)."""
        target = _checked_target(logits, target)
        losses = focal_terms(logits, target, self.gamma)  # (batch, ...)
        if self.weight is None:
            return losses if self.reduction == "none" else getattr(losses, self.reduction)()
        if len(self.weight) != logits.shape[1]:
            raise ValueError(
                f"logits must have one column for each of the {len(self.weight)} weights, "
                f"got shape {tuple(logits.shape)}"
            )
        weights = self.weight.to(losses.dtype)[target]  # (batch, ...)
        losses = weights * losses
        if self.reduction == "none":
            return losses
        return losses.sum() / weights.sum() if self.reduction == "mean" else losses.sum()

    def extra_repr(self) -> str:
        """Describe the settings for `repr`."""
        weighted = "" if self.weight is None else f", weight={len(self.weight)} classes"
        return f"gamma={self.gamma:g}{weighted}, reduction={self.reduction!r}"


class ClassBalancedLoss(FocalLoss):
    r"""Cross-entropy (`gamma = 0`) or focal loss, weighted by one over the effective number.

    counts: (classes,) training examples per class, whole numbers of at least 1.
    beta: from 0 (no weighting) to below 1 (towards inverse frequency).
    gamma, reduction, shapes, dtypes and errors: as in `FocalLoss`; the weights are
    `class_balanced_weights(counts, beta)`, and "mean" divides by the sum of the batch's weights.

    Source: Cui et al. 2019, equations 7 and 9 (with the softmax's focal loss).

    >>> loss = ClassBalancedLoss(counts=[900, 100], beta=0.99)
    >>> loss.weight.tolist() == class_balanced_weights([900, 100], 0.99).tolist()
    True
    """

    def __init__(
        self, counts: Counts, beta: float, gamma: float = 0.0, reduction: str = "mean"
    ) -> None:
        super().__init__(gamma, class_balanced_weights(counts, beta), reduction)
        self.beta = float(beta)

    def extra_repr(self) -> str:
        """Describe the settings for `repr`."""
        return f"beta={self.beta:.12g}, {super().extra_repr()}"


def focal_terms(logits: torch.Tensor, target: torch.Tensor, gamma: float) -> torch.Tensor:
    r"""Return $-(1 - p_y)^\gamma \log p_y$ for each example, without weights or reduction.

    logits: (batch, classes, ...) of floats. target: (batch, ...) int64. gamma: at least 0.
    Returns (batch, ...) in float32 or better.

    Source: Lin et al. 2017, equation 4.

    >>> focal_terms(torch.tensor([[1000.0, -1000.0]]), torch.tensor([1]), gamma=2.0).tolist()
    [2000.0]
    """
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    column = target.unsqueeze(1)  # (batch, 1, ...)
    others = logits.scatter(1, column, -math.inf).logsumexp(dim=1)
    # The log-odds of being wrong. With it p = sigmoid(-odds) and 1 - p = sigmoid(odds), so neither
    # is ever formed by subtraction, and (1 - p)^gamma = exp(gamma log(1 - p)) has a finite slope
    # for every gamma, where pow(1 - p, gamma) has an infinite one at p = 1 for gamma below 1.
    odds = others - logits.gather(1, column).squeeze(1)
    return -torch.exp(gamma * F.logsigmoid(odds)) * F.logsigmoid(-odds)


def _checked_gamma(gamma: float) -> float:
    try:
        value = math.nan if isinstance(gamma, str) else float(gamma)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not 0.0 <= value < math.inf:
        raise ValueError(f"gamma must be a number of at least 0, got {gamma!r}")
    return value


def _checked_weight(weight: torch.Tensor | Sequence[float]) -> torch.Tensor:
    # float64, so that a double-precision check of the loss sees the weights unrounded; Apple's
    # GPU has no float64, and a module that holds any cannot be moved there.
    dtype = torch.float32 if torch.backends.mps.is_available() else torch.float64
    try:
        values = torch.as_tensor(weight).detach()
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"weight must hold one number a class, got {weight!r}") from error
    if values.is_complex():
        raise ValueError(f"weight must hold real numbers, got {values.dtype}")
    values = values.to(dtype).clone()
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(
            f"weight must hold one number a class, got an array of shape {tuple(values.shape)}"
        )
    wrong = ~(torch.isfinite(values) & (values >= 0))
    if wrong.any():
        place = int(wrong.nonzero()[0])
        raise ValueError(
            f"weight must hold finite numbers of at least 0, "
            f"got {values[place].item():g} for class {place}"
        )
    return values


def _checked_target(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return `target` as int64 after checking it against `logits`."""
    for name, value in (("logits", logits), ("target", target)):
        if not isinstance(value, torch.Tensor):
            raise ValueError(f"{name} must be a tensor, got {type(value).__name__}")
    if not logits.is_floating_point():
        raise ValueError(f"logits must be floating point, got {logits.dtype}")
    if logits.ndim < 2 or logits.shape[1] < 2:
        raise ValueError(
            "logits must have the shape (batch, classes, ...) with at least 2 classes, "
            f"got {tuple(logits.shape)}"
        )
    wanted = (logits.shape[0], *logits.shape[2:])
    if tuple(target.shape) != wanted:
        raise ValueError(f"target must have the shape {wanted}, got {tuple(target.shape)}")
    if target.is_floating_point() or target.is_complex() or target.dtype == torch.bool:
        raise ValueError(f"target must hold integer class labels, got {target.dtype}")
    target = target.long()
    if target.device.type == "cpu" and target.numel() and not torch.compiler.is_compiling():
        low, high = int(target.min()), int(target.max())
        if low < 0 or high >= logits.shape[1]:
            raise ValueError(
                f"target must hold class labels from 0 to {logits.shape[1] - 1}, "
                f"got {low if low < 0 else high}"
            )
    return target
