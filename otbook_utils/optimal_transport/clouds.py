"""Checks and costs that the distances between point clouds share."""

import torch
from torch import Tensor

from otbook_utils.optimal_transport.problems import FLOAT_TYPES


def checked_points(name: str, points: Tensor, trailing: int) -> Tensor:
    """Return `points` as a finite floating-point tensor with at least `trailing` dimensions.

    trailing: 1 for places on a line (..., n), 2 for clouds (..., n, d).

    Raises ValueError naming the argument.
    """
    try:
        tensor = torch.as_tensor(points)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"{name} must be a tensor of numbers, got {points!r}") from None
    if tensor.dtype not in FLOAT_TYPES:
        kind = str(tensor.dtype).removeprefix("torch.")
        raise ValueError(f"{name} must be float32 or float64, got {kind}")
    wanted = "(..., n)" if trailing == 1 else "(..., n, d)"
    if tensor.dim() < trailing:
        raise ValueError(f"{name} must have the shape {wanted}, got {tuple(tensor.shape)}")
    if 0 in tensor.shape:
        raise ValueError(f"{name} must not be empty, got the shape {tuple(tensor.shape)}")
    if not torch.isfinite(tensor).all():
        first = tensor[~torch.isfinite(tensor)][0].item()
        raise ValueError(f"{name} must be finite, got an entry of {first}")
    return tensor


def exponent(p: float) -> float:
    """Return p as a float; raises ValueError unless 1 <= p < infinity."""
    try:
        number = float(p)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"p must be a number, got {p!r}") from None
    if not 1 <= number < float("inf"):
        raise ValueError(f"p must be at least 1 and finite, got {number}")
    return number


def power_cost(x: Tensor, y: Tensor, p: float) -> Tensor:
    """Return ‖x_i − y_j‖^p as (..., n, m) for clouds (..., n, d) and (..., m, d), p at least 1.

    Where two points coincide the gradient is 0, also for p = 1, whose cost has a kink there.

    >>> power_cost(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]), p=1)
    tensor([[5.]])
    """
    # From differences, not from norms and products, which cancel where points lie close.
    squares = (x.unsqueeze(-2) - y.unsqueeze(-3)).square().sum(-1)
    if p == 2:
        return squares
    return safe_root(squares, 2 / p)


def safe_root(values: Tensor, degree: float) -> Tensor:
    """Return values^(1/degree) for values of at least 0, with the gradient 0 where they are 0.

    >>> x = torch.tensor([0.0, 4.0], requires_grad=True)
    >>> safe_root(x, 2).sum().backward()
    >>> x.grad
    tensor([0.0000, 0.2500])
    """
    positive = values > 0
    # 1 in the place of 0: the root's infinite slope there would make NaN of the zeros beside it.
    return torch.where(positive, values, 1.0).pow(1 / degree) * positive


def common_type(*tensors: Tensor) -> list[Tensor]:
    """Return the tensors in the widest of their types."""
    dtype = tensors[0].dtype
    for tensor in tensors[1:]:
        dtype = torch.promote_types(dtype, tensor.dtype)
    return [tensor.to(dtype) for tensor in tensors]
