"""The Sinkhorn divergence: entropic transport without its bias, for point clouds."""

import torch
from torch import Tensor

from otbook_utils.optimal_transport.clouds import (
    checked_points,
    common_type,
    exponent,
    power_cost,
)
from otbook_utils.optimal_transport.sinkhorn import sinkhorn

# Values agree to about the share of mass that is misplaced, and a divergence is their difference.
TOL = {torch.float32: 1e-6, torch.float64: 1e-9}


def sinkhorn_divergence(
    x: Tensor,
    y: Tensor,
    epsilon: float,
    *,
    p: float = 2,
    a: Tensor | None = None,
    b: Tensor | None = None,
) -> Tensor:
    """Return S_ε = OT_ε(x, y) − ½ OT_ε(x, x) − ½ OT_ε(y, y) of two clouds with masses.

    x: (..., n, d) and y: (..., m, d), float32 or float64; batch shapes are broadcast.
    epsilon: the weight of the entropy, in units of the cost ‖x_i − y_j‖^p. p: at least 1.
    a: (..., n) and b: (..., m), masses with equal totals; by default 1/n and 1/m.
    Returns (...), differentiable in both clouds and in the masses.

    Each OT_ε is the value with its KL term, min ⟨P, C⟩ + ε KL(P | a⊗b): with it (and for p from 1
    to 2) S_ε is never negative and 0 only for equal distributions, up to the accuracy of the
    solver. For p above 2 it can be negative and is then no measure of distance.
    For ε → 0 it tends to OT, for ε → ∞ to half an energy distance.

    Raises ValueError naming the argument that does not fit.

    Source: Genevay, Peyré and Cuturi 2018; Feydy et al. 2019, https://arxiv.org/abs/1810.08278,
    equation 3 and theorem 1.

    >>> x = torch.tensor([[0.0], [1.0]])
    >>> sinkhorn_divergence(x, x, epsilon=0.5), sinkhorn_divergence(x, x + 2.0, epsilon=0.5)
    (tensor(0.), tensor(4.))
    """
    p = exponent(p)
    x, y = common_type(checked_points("x", x, 2), checked_points("y", y, 2))
    if x.shape[-1] != y.shape[-1]:
        shapes = f"{tuple(x.shape)} and {tuple(y.shape)}"
        raise ValueError(f"x and y must have points of one dimension, got the shapes {shapes}")
    a, b = _masses("a", a, x), _masses("b", b, y)
    try:
        torch.broadcast_shapes(x.shape[:-2], y.shape[:-2], a.shape[:-1], b.shape[:-1])
    except RuntimeError:
        shapes = f"x {tuple(x.shape)} and y {tuple(y.shape)}"
        raise ValueError(f"the batch shapes of x and y do not fit: {shapes}") from None

    def value(a: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return sinkhorn(a, b, power_cost(x, y, p), epsilon, tol=TOL[x.dtype]).value

    return value(a, b, x, y) - value(a, a, x, x) / 2 - value(b, b, y, y) / 2


def _masses(name: str, masses: Tensor | None, points: Tensor) -> Tensor:
    n = points.shape[-2]
    if masses is None:
        return torch.full((n,), 1 / n, dtype=points.dtype, device=points.device)
    masses = checked_points(name, masses, 1)
    if masses.shape[-1] != n:
        raise ValueError(
            f"{name} must have one mass for each of {n} points, got {masses.shape[-1]}"
        )
    return masses.to(points.dtype)
