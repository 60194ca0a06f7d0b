"""What the methods of this part ask of their arguments."""

import math

from torch import Tensor


def positive(value: float, name: str) -> float:
    """Return a finite number above 0; raises TypeError or ValueError naming the argument."""
    return _number(value, name, 0.0, math.inf, "a finite number above 0", closed=False)


def below_one(value: float, name: str) -> float:
    """Return a number from 0 up to, and without, 1; raises TypeError or ValueError."""
    return _number(value, name, 0.0, 1.0, "at least 0 and below 1", closed=True)


def floats(x: Tensor, name: str, dims: tuple[int, ...] = ()) -> Tensor:
    """Return a finite tensor of floating-point numbers, not empty, of so many dimensions.

    dims: the numbers of dimensions that are allowed; none means any. Under `torch.func.vmap` the
    values of a tensor that is mapped over cannot be read, so they are not looked at.
    Raises TypeError for what is no tensor, ValueError for all else.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(x).__name__}")
    if not x.is_floating_point():
        kind = str(x.dtype).removeprefix("torch.")
        raise ValueError(f"{name} must be floating-point numbers, got {kind}")
    if (dims and x.dim() not in dims) or x.numel() == 0:
        wanted = " or ".join(map(str, dims)) or "any number of"
        raise ValueError(
            f"{name} must have {wanted} dimensions and not be empty, got the shape {tuple(x.shape)}"
        )
    if not _readable_and_true(x.isfinite()):
        raise ValueError(f"{name} must be finite, got nan or infinite values")
    return x


def probabilities_of(x: Tensor, name: str, dims: tuple[int, ...]) -> Tensor:
    """Return `x` if its last dimension holds probabilities: not negative, with the sum 1.

    Raises TypeError or ValueError naming the argument.
    """
    floats(x, name, dims)
    if not _readable_and_true(x >= 0):
        raise ValueError(
            f"{name} must not be negative, got {x.min().item():.3g}: probabilities, not logits"
        )
    if not _readable_and_true((x.sum(-1) - 1).abs() < 1e-3):
        worst = x.sum(-1).flatten()
        worst = worst[(worst - 1).abs().argmax()].item()
        raise ValueError(
            f"{name} must add up to 1 over the last dimension, got a sum of {worst:.4g}: "
            "probabilities, not logits"
        )
    return x


def _readable_and_true(condition: Tensor) -> bool:
    try:
        return bool(condition.all())
    except RuntimeError:  # under vmap
        return True


def _number(
    value: float, name: str, low: float, high: float, wanted: str, *, closed: bool
) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    inside = low <= value < high if closed else low < value < high
    if not inside:
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return float(value)
