"""The drawings of the chapter on change of variables, and what they carry through a flow."""

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from torch import Tensor

from otbook_utils.normalizing_flows.flow import Flow
from otbook_utils.teaching import PALETTE


def bend(x: ArrayLike) -> np.ndarray:
    """Return f(x) = x/3 + x³/3: it climbs slowly in the middle and fast outside."""
    x = np.asarray(x, dtype=float)
    return x / 3 + x**3 / 3


def slope_of_bend(x: ArrayLike) -> np.ndarray:
    """Return f'(x) = 1/3 + x²."""
    return 1 / 3 + np.asarray(x, dtype=float) ** 2


def bell(z: ArrayLike) -> np.ndarray:
    """Return the standard normal density."""
    return np.exp(-0.5 * np.asarray(z, dtype=float) ** 2) / np.sqrt(2 * np.pi)


def draw_bin(ax: Axes, right: Axes, x: float, width: float = 0.25) -> None:
    """Draw a bin of x under its density, and beside it the bin of z that it becomes.

    >>> import matplotlib.pyplot as plt
    >>> figure, (ax, right) = plt.subplots(1, 2)
    >>> draw_bin(ax, right, 0.5)
    >>> right.get_xlabel()
    'z = f(x)'
    """
    places = np.linspace(-2.2, 2.2, 221)
    inside = np.linspace(x, x + width, 30)
    ax.plot(places, bell(bend(places)) * slope_of_bend(places), color=PALETTE["blue"])
    ax.fill_between(
        inside, bell(bend(inside)) * slope_of_bend(inside), color=PALETTE["orange"], alpha=0.7
    )
    places = np.linspace(-3.5, 3.5, 221)
    right.plot(places, bell(places), color=PALETTE["blue"])
    right.fill_between(bend(inside), bell(bend(inside)), color=PALETTE["orange"], alpha=0.7)
    middle = x + width / 2
    stretch = float(np.ptp(bend(inside)) / width)
    heights = bell(bend(middle)) * slope_of_bend(middle), bell(bend(middle))
    for axes, wide, high in zip((ax, right), (width, stretch * width), heights, strict=True):
        axes.set_title(f"{wide:.2f} wide, {high:.2f} high", fontsize=11)
        axes.set(ylim=(0, 0.68), ylabel="density")
    ax.set(xlim=(-2.2, 2.2), xlabel="x")
    right.set(xlim=(-3.5, 3.5), xlabel="z = f(x)")


def grid_lines(reach: float = 3.0, lines: int = 13, points: int = 49) -> Tensor:
    """Return straight lines across and along a square: (2 lines, points, 2).

    >>> grid_lines(lines=5, points=7).shape
    torch.Size([10, 7, 2])
    """
    along, at = torch.linspace(-reach, reach, points), torch.linspace(-reach, reach, lines)
    level = torch.stack(torch.broadcast_tensors(along, at[:, None]), dim=-1)
    return torch.cat([level, level.flip(-1)])


def bent_by_one_coupling(x: Tensor, strength: float) -> Tensor:
    """Return points (…, 2) after one affine coupling: z₁ = x₁, z₂ = x₂ e^s + t, with s and t waves
    of x₁ whose height is `strength`."""
    s = strength * (1.3 * x[..., 0]).sin()
    t = strength * 0.8 * (1.1 * x[..., 0]).cos()
    return torch.stack([x[..., 0], x[..., 1] * s.exp() + t], dim=-1)


def draw_bent_grid(ax: Axes, strength: float, cell: float, side: float = 0.5) -> None:
    """Draw a grid after one coupling, with one of its cells marked, and by how much it grew.

    cell: left edge of the marked cell along x₁.
    """
    for line in grid_lines(reach=2.0, lines=9):
        ax.plot(*bent_by_one_coupling(line, strength).T.numpy(), color=PALETTE["grey"], lw=0.9)
    t = torch.linspace(0, side, 15)
    edge = torch.cat(
        [
            torch.stack([cell + t, 0 * t], 1),
            torch.stack([cell + side + 0 * t, t], 1),
            torch.stack([cell + t.flip(0), side + 0 * t], 1),
            torch.stack([cell + 0 * t, t.flip(0)], 1),
        ]
    )
    x, y = bent_by_one_coupling(edge, strength).T.numpy()
    area = 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))
    ax.fill(x, y, color=PALETTE["orange"], alpha=0.8)
    s = strength * np.sin(1.3 * (cell + side / 2))
    ax.set_title(f"area × {area / side**2:.2f};  $e^s$ in the middle: {np.exp(s):.2f}", fontsize=11)
    ax.set(xlim=(-2.2, 2.2), ylim=(-3.6, 3.6), xlabel="$z_1$", ylabel="$z_2$")


def carried(flow: Flow, x: Tensor, progress: float) -> Tensor:
    """Return points (n, 2) on their way through the couplings: `progress` 0 is before the first,
    1 after it; between, a share of s and t is applied."""
    for index, coupling in enumerate(flow.transform.transforms):
        share = min(max(progress - index, 0), 1)
        s, t = coupling.scale_and_shift(x)
        x = x * (share * s).exp() + share * t
    return x


def carried_back(flow: Flow, z: Tensor, progress: float) -> Tensor:
    """Return points (n, 2) on their way back, the last coupling undone first; as `carried`."""
    for index, coupling in enumerate(reversed(flow.transform.transforms)):
        share = min(max(progress - index, 0), 1)
        s, t = coupling.scale_and_shift(z)  # z keeps what s and t are made from
        z = (z - share * t) * (-share * s).exp()
    return z


def draw_carried(ax: Axes, lines: Tensor, points: Tensor, labels: ArrayLike | None = None) -> None:
    """Draw lines (k, m, 2) and points (n, 2) on them, of two kinds if labels are given."""
    for line in lines.numpy():
        ax.plot(*line.T.round(2), color=PALETTE["grey"], linewidth=0.6)
    x = points.numpy().round(2)
    if labels is None:
        ax.plot(*x.T, "o", color=PALETTE["green"], markersize=2.5)
    else:
        for kind, (colour, marker) in enumerate([("blue", "o"), ("vermillion", "^")]):
            ax.plot(*x[np.asarray(labels) == kind].T, marker, color=PALETTE[colour], markersize=2.5)
    ax.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal")


def draw_density(ax: Axes, log_prob: Tensor, points: Tensor | None, reach: float) -> None:
    """Draw a density, given on a square grid (n, n) over ± reach, and some points over it."""
    density = log_prob.exp().numpy()
    ax.imshow(
        density,
        origin="lower",
        extent=(-reach, reach, -reach, reach),
        cmap="Blues",
        vmax=float(np.quantile(density, 0.99)),
        interpolation="bilinear",
    )
    if points is not None:
        ax.plot(*points.numpy().T, ".", color=PALETTE["vermillion"], markersize=2)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="$x_1$", ylabel="$x_2$")
