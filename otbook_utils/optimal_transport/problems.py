"""A transport problem that has been checked: what every solver here may rely on."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

FLOAT_TYPES = (torch.float32, torch.float64)

# How far two totals may lie apart, relative to each other, before they count as different masses.
# A float32 softmax over a thousand classes sums to 1 within 1e-6.
TOTALS_AGREE_WITHIN = {torch.float32: 1e-4, torch.float64: 1e-6}


@dataclass(frozen=True)
class TransportProblem:
    """Masses and cost that fit together, with each mass scaled to a total of 1.

    a: (..., n), b: (..., m) on the common batch shape; cost: (n, m) shared by the batch, or
    (..., n, m). total: (...) the mass that is moved; epsilon: a positive float.
    """

    a: Tensor
    b: Tensor
    cost: Tensor
    total: Tensor
    epsilon: float


def transport_problem(a: Tensor, b: Tensor, cost: Tensor, epsilon: float) -> TransportProblem:
    """Check the arguments of a transport problem and bring them to one batch shape.

    a: masses to move, (..., n); b: masses wanted, (..., m); cost: (n, m) or (..., n, m).

    Raises ValueError naming the argument: not float32 or float64, negative or NaN mass, no mass
    at all, totals that differ, a cost or a spread of costs that is not finite, shapes that do not
    fit, epsilon not positive.
    """
    a, b, cost = _floating("a", a), _floating("b", b), _floating("cost", cost)
    epsilon = positive_number("epsilon", epsilon)
    batch = _common_batch_shape(a, b, cost)
    _check_masses("a", a)
    _check_masses("b", b)
    _check_cost(cost)
    _check_totals(a, b)

    dtype = torch.promote_types(torch.promote_types(a.dtype, b.dtype), cost.dtype)
    a, b, cost = a.to(dtype), b.to(dtype), cost.to(dtype)
    if cost.dim() > 2:
        cost = cost.expand(*batch, *cost.shape[-2:])
    a, b = a.expand(*batch, a.shape[-1]), b.expand(*batch, b.shape[-1])
    # Detached: the gradients in a and b are meant for changes that keep the totals equal, along
    # which scaling the masses is a constant factor.
    total_a, total_b = a.sum(-1).detach(), b.sum(-1).detach()
    return TransportProblem(
        a / total_a.unsqueeze(-1), b / total_b.unsqueeze(-1), cost, total_a, epsilon
    )


def positive_number(name: str, value: float) -> float:
    """`value` as a float; raises ValueError naming it when it is no positive, finite number."""
    if isinstance(value, Tensor) and value.requires_grad:
        # The float would silently drop out of the graph.
        raise ValueError(f"{name} must be a number without gradient, got {value}")
    try:
        number = float(value)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"{name} must be a number, got {value!r}") from None
    if not 0 < number < float("inf"):
        raise ValueError(f"{name} must be positive and finite, got {number}")
    return number


def _floating(name: str, values: Tensor) -> Tensor:
    try:
        tensor = torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"{name} must be a tensor of numbers, got {values!r}") from None
    if tensor.dtype not in FLOAT_TYPES:
        kind = str(tensor.dtype).removeprefix("torch.")
        raise ValueError(f"{name} must be float32 or float64, got {kind}")
    return tensor


def _common_batch_shape(a: Tensor, b: Tensor, cost: Tensor) -> torch.Size:
    shapes = f"a {tuple(a.shape)}, b {tuple(b.shape)}, cost {tuple(cost.shape)}"
    if a.dim() < 1 or b.dim() < 1 or cost.dim() < 2:
        raise ValueError(f"a must be (..., n), b (..., m) and cost (n, m) or more, got {shapes}")
    if 0 in (*a.shape, *b.shape, *cost.shape):
        raise ValueError(f"a, b and cost must not be empty, got {shapes}")
    if cost.shape[-2:] != (a.shape[-1], b.shape[-1]):
        wanted = (a.shape[-1], b.shape[-1])
        raise ValueError(f"cost must end in {wanted} to fit a and b, got {shapes}")
    if not a.device == b.device == cost.device:
        devices = f"a on {a.device}, b on {b.device}, cost on {cost.device}"
        raise ValueError(f"a, b and cost must be on one device, got {devices}")
    try:
        return torch.broadcast_shapes(a.shape[:-1], b.shape[:-1], cost.shape[:-2])
    except RuntimeError as error:
        raise ValueError(f"the batch shapes of a, b and cost do not fit: {shapes}") from error


def _check_masses(name: str, masses: Tensor) -> None:
    if not torch.isfinite(masses).all():
        first = masses[~torch.isfinite(masses)][0].item()
        raise ValueError(f"{name} must hold finite masses, got an entry of {first}")
    if (masses < 0).any():
        raise ValueError(f"{name} must not hold negative masses, got {masses.min().item():.6g}")
    totals = masses.sum(-1)
    if (totals <= 0).any():
        raise ValueError(f"{name} must hold some mass in every problem, got a total of 0")
    if torch.isinf(totals).any():
        raise ValueError(f"{name} must have a finite total, got masses up to {masses.max():.6g}")


def _check_cost(cost: Tensor) -> None:
    if not torch.isfinite(cost).all():
        first = cost[~torch.isfinite(cost)][0].item()
        raise ValueError(f"cost must be finite everywhere, got an entry of {first}")
    lowest, highest = (extreme.item() for extreme in cost.detach().aminmax())
    if math.isinf(highest - lowest):
        raise ValueError(f"cost must have a finite spread, got {lowest:.6g} to {highest:.6g}")


def _check_totals(a: Tensor, b: Tensor) -> None:
    total_a, total_b = torch.broadcast_tensors(a.sum(-1).double(), b.sum(-1).double())
    allowed = max(TOTALS_AGREE_WITHIN[a.dtype], TOTALS_AGREE_WITHIN[b.dtype])
    apart = (total_a - total_b).abs() > allowed * torch.maximum(total_a, total_b)
    if apart.any():
        worst = total_a[apart][0].item(), total_b[apart][0].item()
        raise ValueError(
            f"a and b must have the same total mass, got {worst[0]:.6g} and {worst[1]:.6g}"
        )
