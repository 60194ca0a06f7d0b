"""Transport on a line, which needs sorting and no solver, and along many lines through a cloud."""

import torch
from torch import Tensor

from otbook_utils.optimal_transport.clouds import (
    checked_points,
    common_type,
    exponent,
    safe_root,
)
from otbook_utils.optimal_transport.problems import FLOAT_TYPES, TOTALS_AGREE_WITHIN


def wasserstein_1d(
    x: Tensor,
    y: Tensor,
    p: float = 1,
    x_weights: Tensor | None = None,
    y_weights: Tensor | None = None,
) -> Tensor:
    """Return the Wasserstein distance W_p between samples on a line, with its p-th root.

    x: (..., n) and y: (..., m), float32 or float64, in any order; batch shapes are broadcast.
    p: at least 1 (below 1 the best plan is not the sorted one).
    x_weights: (..., n) and y_weights: (..., m), non-negative masses with equal totals; by default
    1/n and 1/m. Returns (...): with F and G the quantile functions, (∫ |F(u) − G(u)|^p du)^(1/p).

    Differentiable in places and weights; where the two distributions are equal the gradient is 0.
    Along the weights it is meant for changes that keep the two totals equal.

    Raises ValueError naming the argument that is empty, not finite, of another type, negative, of
    shapes that do not fit, of totals that differ, or a p below 1.

    Source: Peyré and Cuturi 2019, https://arxiv.org/abs/1803.00567, remark 2.30.
    Taught in `book/optimal_transport/05_one_dimension_slices_gaussians.ipynb`.

    >>> wasserstein_1d(torch.tensor([0.0, 1.0]), torch.tensor([3.0]), p=1)
    tensor(2.5000)
    """
    p = exponent(p)
    x, y = checked_points("x", x, 1), checked_points("y", y, 1)
    a, b = _weights("x", x, x_weights), _weights("y", y, y_weights)
    x, y, a, b = common_type(x, y, a, b)
    _check_fit(x, y, a, b)
    return _power_mean(*_journeys(x, y, a, b), p, -1)


def sliced_wasserstein(
    x: Tensor,
    y: Tensor,
    p: float = 2,
    directions: int | Tensor = 100,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return the sliced distance between two clouds: (mean over directions of W_p^p)^(1/p).

    x: (..., n, d) and y: (..., m, d), each point with the mass 1/n or 1/m; batch shapes broadcast.
    p: at least 1. directions: how many are drawn, or the directions themselves, (k, d), which are
    scaled to length 1; all problems of the batch share them. generator: what draws them; by default
    torch's own, which `seed_everything` seeds. Returns (...), differentiable in both clouds.

    Raises ValueError naming the argument that does not fit.

    Source: Bonneel et al. 2015, "Sliced and Radon Wasserstein barycenters of measures", section 3.
    Taught in `book/optimal_transport/05_one_dimension_slices_gaussians.ipynb`.

    >>> x = torch.zeros(5, 2)
    >>> axes = torch.eye(2)
    >>> sliced_wasserstein(x, x + torch.tensor([3.0, 4.0]), p=2, directions=axes)  # (9 + 16) / 2
    tensor(3.5355)
    """
    p = exponent(p)
    x, y = common_type(checked_points("x", x, 2), checked_points("y", y, 2))
    if x.shape[-1] != y.shape[-1]:
        shapes = f"{tuple(x.shape)} and {tuple(y.shape)}"
        raise ValueError(f"x and y must have points of one dimension, got the shapes {shapes}")
    lines = _directions(directions, x, generator)  # (k, d)
    # (..., n, d) to (..., k, n): each direction sees its own sample on a line.
    along_x, along_y = (lines @ cloud.transpose(-1, -2) for cloud in (x, y))
    a, b = _weights("x", along_x, None), _weights("y", along_y, None)
    _check_fit(along_x, along_y, a, b)
    width, carried = _journeys(along_x, along_y, a, b)
    return _power_mean(width / len(lines), carried, p, (-2, -1))


def random_directions(
    count: int,
    dimension: int,
    generator: torch.Generator | None = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return (count, dimension) unit vectors, uniform on the sphere.

    Raises ValueError for a count or a dimension that is no whole number of at least 1, and for a
    type other than float32 or float64.

    >>> random_directions(3, 2, torch.Generator().manual_seed(0)).norm(dim=1)
    tensor([1.0000, 1.0000, 1.0000])
    """
    for name, number in (("directions", count), ("dimension", dimension)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {number!r}")
    if dtype not in FLOAT_TYPES:
        raise ValueError(f"dtype must be float32 or float64, got {dtype}")
    device = generator.device if generator is not None else "cpu"
    # A normal vector points in every direction alike.
    drawn = torch.randn(count, dimension, generator=generator, dtype=dtype, device=device)
    return torch.nn.functional.normalize(drawn, dim=1)


def _journeys(x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return masses and signed lengths (..., n + m) of the journeys between two checked samples."""
    batch = torch.broadcast_shapes(x.shape[:-1], y.shape[:-1], a.shape[:-1], b.shape[:-1])
    x, a = x.expand(*batch, x.shape[-1]), a.expand(*batch, a.shape[-1])
    y, b = y.expand(*batch, y.shape[-1]), b.expand(*batch, b.shape[-1])
    x, places = x.sort(-1)
    y, targets = y.sort(-1)
    up_to_x, up_to_y = a.gather(-1, places).cumsum(-1), b.gather(-1, targets).cumsum(-1)
    # Between two neighbouring levels of both cumulative masses one place is carried to one place.
    levels = torch.cat([up_to_x, up_to_y], -1).sort(-1).values
    width = torch.diff(levels, dim=-1, prepend=torch.zeros_like(levels[..., :1]))
    carried = _at(x, up_to_x, levels) - _at(y, up_to_y, levels)
    if not torch.isfinite(carried).all():
        raise ValueError(f"x and y must not lie so far apart that {x.dtype} overflows")
    return width, carried


def _power_mean(width: Tensor, carried: Tensor, p: float, over: int | tuple[int, ...]) -> Tensor:
    """Return (Σ width |carried|^p)^(1/p)."""
    # In units of the longest journey, so that no power over- or underflows.
    longest = (carried.detach().abs() * (width > 0)).amax(over, keepdim=True)
    longest = torch.where(longest > 0, longest, 1.0)
    power = (width * (carried / longest).abs().pow(p)).sum(over)
    return longest.reshape(power.shape) * safe_root(power, p)


def _at(places: Tensor, up_to: Tensor, levels: Tensor) -> Tensor:
    """Return the quantiles at the levels: the first place up to which so much mass lies."""
    index = torch.searchsorted(up_to.detach().contiguous(), levels.detach().contiguous())
    return places.gather(-1, index.clamp(max=places.shape[-1] - 1))


def _weights(name: str, places: Tensor, weights: Tensor | None) -> Tensor:
    n = places.shape[-1]
    if weights is None:
        return torch.full((n,), 1 / n, dtype=places.dtype, device=places.device)
    weights = checked_points(f"{name}_weights", weights, 1)
    if weights.shape[-1] != n:
        raise ValueError(
            f"{name}_weights must have one mass for each of {n} places, got {weights.shape[-1]}"
        )
    if (weights < 0).any():
        raise ValueError(
            f"{name}_weights must not hold negative masses, got {weights.min().item():.6g}"
        )
    if (weights.sum(-1) <= 0).any():
        raise ValueError(f"{name}_weights must hold some mass, got a total of 0")
    return weights


def _check_fit(x: Tensor, y: Tensor, a: Tensor, b: Tensor) -> None:
    try:
        torch.broadcast_shapes(x.shape[:-1], y.shape[:-1], a.shape[:-1], b.shape[:-1])
    except RuntimeError:
        shapes = f"x {tuple(x.shape)} and y {tuple(y.shape)}"
        raise ValueError(f"the batch shapes of x and y do not fit: {shapes}") from None
    totals = torch.broadcast_tensors(a.sum(-1).double(), b.sum(-1).double())
    apart = (totals[0] - totals[1]).abs() > TOTALS_AGREE_WITHIN[a.dtype] * totals[0]
    if apart.any():
        one, two = (total[apart][0].item() for total in totals)
        raise ValueError(
            f"x_weights and y_weights must have one total, got {one:.6g} and {two:.6g}"
        )


def _directions(directions: int | Tensor, x: Tensor, generator: torch.Generator | None) -> Tensor:
    dimension = x.shape[-1]
    if not isinstance(directions, Tensor):
        return random_directions(directions, dimension, generator, x.dtype).to(x.device)
    lines = checked_points("directions", directions, 2).to(x)
    if lines.dim() != 2 or lines.shape[-1] != dimension:
        raise ValueError(
            f"directions must have the shape (k, {dimension}), got {tuple(lines.shape)}"
        )
    if (lines.norm(dim=1) == 0).any():
        raise ValueError("directions must not hold a vector of length 0, got one")
    return torch.nn.functional.normalize(lines, dim=1)
