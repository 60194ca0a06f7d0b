"""How much each class counts, from how many examples it has."""

import math
from collections.abc import Sequence

import numpy as np
import torch

Counts = Sequence[int] | np.ndarray | torch.Tensor


def effective_number(counts: Counts | int, beta: float) -> torch.Tensor:
    r"""Return the effective number of samples $E_n = (1 - \beta^n) / (1 - \beta)$ of each class.

    It is the expected number of different prototypes seen when `n` samples are drawn, each from
    `N` equally likely prototypes, with `beta = (N - 1) / N`: 1 for `beta = 0`, towards `n` as
    `beta` goes to 1.

    counts: examples per class, whole numbers of at least 1, any shape (a number, a list, an array
    or a tensor). beta: from 0 to below 1.
    Returns float64 in the shape of `counts`, on its device (float32 where that is Apple's GPU,
    which has no float64).

    Raises ValueError for a count that is not a whole number of at least 1 and for any other beta.

    Source: Cui et al. 2019, equation 2 (proposition 1).
    Taught in `book/scarce_labels/01_imbalance_losses.ipynb`.

    >>> effective_number([1, 2, 3], beta=0.5).tolist()
    [1.0, 1.5, 1.75]
    """
    whole = _whole_counts(counts)
    log_beta = _log_of(beta)
    # 1 - beta**n and 1 - beta would cancel near beta = 1; expm1 does not, and a subtraction of two
    # floats within a factor of two of each other (1 and beta) is exact.
    numbers = -torch.expm1(whole * log_beta) / (1.0 - float(beta))
    return _beside(counts, numbers)


def inverse_frequency_weights(counts: Counts) -> torch.Tensor:
    """Return class weights proportional to one over the count, scaled to sum to the classes.

    counts: (classes,) examples per class, whole numbers of at least 1.
    Returns (classes,) float64 on the device of `counts`, of sum `classes`, so that a loss keeps
    the size it has without weights when every class is equally frequent.

    Raises ValueError for a count that is not a whole number of at least 1.

    Source: the usual practice that Cui et al. 2019, section 1, start from.
    Taught in `book/scarce_labels/01_imbalance_losses.ipynb`.

    >>> inverse_frequency_weights([1, 3]).tolist()
    [1.5, 0.5]
    """
    return _beside(counts, _sum_to_classes(1.0 / _per_class(counts)))


def class_balanced_weights(counts: Counts, beta: float) -> torch.Tensor:
    """Return class weights proportional to one over the effective number, of sum `classes`.

    counts: (classes,) examples per class, whole numbers of at least 1. beta: from 0 (all weights
    one) to below 1 (towards `inverse_frequency_weights`).
    Returns (classes,) float64 on the device of `counts`.

    Raises ValueError for a count that is not a whole number of at least 1 and for any other beta.

    Source: Cui et al. 2019, equation 3 and the normalisation of its section 4.
    Taught in `book/scarce_labels/01_imbalance_losses.ipynb`.

    >>> class_balanced_weights([1, 2], beta=0.5)
    tensor([1.2000, 0.8000], dtype=torch.float64)
    """
    effective = effective_number(_per_class(counts), beta)
    return _beside(counts, _sum_to_classes(1.0 / effective))


def _sum_to_classes(weights: torch.Tensor) -> torch.Tensor:
    return weights * (len(weights) / weights.sum())


def _log_of(beta: float) -> float:
    try:
        value = math.nan if isinstance(beta, str) else float(beta)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not 0.0 <= value < 1.0:
        raise ValueError(f"beta must be a number from 0 to below 1, got {beta!r}")
    return math.log(value) if value > 0.0 else -math.inf


def _per_class(counts: Counts) -> torch.Tensor:
    whole = _whole_counts(counts)
    if whole.ndim != 1:
        raise ValueError(
            f"counts must hold one number a class, got an array of shape {tuple(whole.shape)}"
        )
    return whole


def _whole_counts(counts: Counts | int) -> torch.Tensor:
    """Return `counts` as float64 on the CPU, after checking that each is a whole number >= 1."""
    try:
        if isinstance(counts, torch.Tensor):
            counts = counts.detach().cpu()
            if counts.is_complex():  # torch would drop the imaginary part
                raise TypeError(f"complex numbers: {counts.dtype}")
            values = counts.double()
        else:
            array = np.asarray(counts)
            if array.dtype.kind not in "biufO":  # numpy would read texts and dates as numbers
                raise TypeError(f"no numbers: {array.dtype}")
            values = torch.from_numpy(array.astype(np.float64))
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise ValueError(f"counts must be whole numbers of at least 1, got {counts!r}") from error
    if values.numel() == 0:
        raise ValueError("counts must hold at least one class, got none")
    wrong = ~(torch.isfinite(values) & (values >= 1) & (values == values.floor()))
    if wrong.any():
        place = int(wrong.flatten().nonzero()[0])
        value = values.flatten()[place].item()
        raise ValueError(
            f"counts must be whole numbers of at least 1, got {value:g} for class {place}"
        )
    return values


def _beside(counts: Counts | int, result: torch.Tensor) -> torch.Tensor:
    """Return `result` on the device that `counts` came from."""
    device = counts.device if isinstance(counts, torch.Tensor) else torch.device("cpu")
    return result.to(device, torch.float32) if device.type == "mps" else result.to(device)
