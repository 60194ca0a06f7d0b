"""The drawings of the chapter on Wasserstein GANs and the Fréchet distance."""

import math

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from numpy.typing import ArrayLike
from torch import Tensor

from otbook_utils.generative_models.ring import CENTRES, SPREAD
from otbook_utils.teaching import PALETTE


def draw_lines(ax: Axes, right: Axes, theta: float) -> None:
    """Draw two upright segments `theta` apart, and beside them what three comparisons say.

    >>> import matplotlib.pyplot as plt
    >>> figure, (ax, right) = plt.subplots(1, 2)
    >>> draw_lines(ax, right, 0.5)
    >>> right.get_xlabel()
    'shift θ'
    """
    ax.plot([0, 0], [0, 1], color=PALETTE["blue"], linewidth=5, label="data", alpha=0.8)
    ax.plot([theta, theta], [0, 1], "--", color=PALETTE["vermillion"], linewidth=4, label="model")
    ax.set(xlim=(-1.2, 1.2), ylim=(-0.1, 1.5), xlabel="$x_1$", ylabel="$x_2$")
    ax.legend(loc="upper right", ncols=2)
    shifts = np.linspace(-1, 1, 101)
    right.plot(shifts, np.abs(shifts), color=PALETTE["green"], label="transport, $W_1$")
    left, beyond = shifts[shifts < 0], shifts[shifts > 0]
    for side, name in ((left, "Jensen–Shannon"), (beyond, None)):
        right.plot(side, np.full(len(side), math.log(2)), "-.", color=PALETTE["purple"], label=name)
    right.plot(0, 0, "o", color=PALETTE["purple"], markersize=5)
    right.plot(theta, abs(theta), "s", color=PALETTE["green"], markersize=8)
    right.plot(theta, math.log(2) if theta else 0, "o", color=PALETTE["purple"], markersize=8)
    right.set_title("KL = 0" if theta == 0 else "KL = ∞", fontsize=11)
    right.set(xlim=(-1.1, 1.1), ylim=(-0.08, 1.45), xlabel="shift θ", ylabel="how far apart")
    right.legend(loc="upper center", ncols=1)


def draw_critic(
    ax: Axes, places: ArrayLike, values: ArrayLike, real: ArrayLike, fake: ArrayLike, title: str
) -> None:
    """Draw a critic on the line, moved so that its mean is 0, over two sets of points.

    places, values: (m,). real, fake: (n,) points.
    """
    edges = np.linspace(-4, 4, 41)
    for points, colour, name, style in (
        (real, "blue", "real", "-"),
        (fake, "vermillion", "made", "--"),
    ):
        shares = np.histogram(np.asarray(points), edges)[0] / len(points) / np.diff(edges)
        ax.stairs(4 * shares - 4, edges, baseline=-4, fill=True, alpha=0.35, color=PALETTE[colour])
        ax.stairs(4 * shares - 4, edges, baseline=-4, color=PALETTE[colour], ls=style, label=name)
    values = np.asarray(values)
    ax.plot(np.asarray(places), values - values.mean(), color=PALETTE["black"], label="critic")
    ax.set(xlim=(-4, 4), ylim=(-4, 5), xlabel="x", ylabel="critic")
    ax.set_title(title, fontsize=11)
    ax.legend(loc="upper center", ncols=3, columnspacing=0.8, handlelength=1.2)


def draw_made(ax: Axes, samples: Tensor, title: str) -> None:
    """Draw made points (n, 2) over the ring's eight circles, in which they are good."""
    for x, y in CENTRES.tolist():
        ax.add_patch(Circle((x, y), 4 * SPREAD, fill=False, color=PALETTE["grey"]))
    ax.plot(*samples.T.numpy().round(2), ".", color=PALETTE["blue"], markersize=3)
    ax.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xlabel="$x_1$")
    ax.set_title(title, fontsize=11)


def draw_curves(ax: Axes, right: Axes, steps: ArrayLike, told: ArrayLike, exact: ArrayLike) -> None:
    """Draw what critics tell beside the exact distance, and one against the other.

    told, exact: (records, seeds), one line a seed.
    """
    told, exact = np.asarray(told), np.asarray(exact)
    ax.plot(steps, exact, color=PALETTE["blue"], linewidth=1.3)
    ax.plot(steps, told, "--", color=PALETTE["vermillion"], linewidth=1.3)
    ax.plot([], [], color=PALETTE["blue"], label="exact $W_1$")
    ax.plot([], [], "--", color=PALETTE["vermillion"], label="told by the critic")
    ax.set(xlabel="moves of the generator", ylabel="distance", yscale="log")
    ax.legend(loc="upper right")
    for seed, marker in enumerate("o^s"):
        right.plot(exact[:, seed], told[:, seed], marker, markersize=4, label=f"seed {seed}")
    right.set(xlabel="exact $W_1$", ylabel="told by the critic", yscale="log")
    right.legend(loc="lower right")


def draw_bias(ax: Axes, sizes: ArrayLike, found: dict[str, ArrayLike], expected: ArrayLike) -> None:
    """Draw Fréchet distances (sizes, tries) against sample sizes, and the expected line."""
    colours = zip(("blue", "vermillion"), "os", strict=True)
    for (name, distances), (colour, marker) in zip(found.items(), colours, strict=False):
        ax.plot(
            sizes,
            np.asarray(distances).mean(1),
            marker,
            color=PALETTE[colour],
            markersize=7,
            label=name,
        )
    ax.plot(sizes, expected, "--", color=PALETTE["grey"], label="d/n + d(d+1)/4n")
    ax.set(xscale="log", yscale="log", xlabel="number of samples", ylabel="Fréchet distance")
    ax.legend(loc="upper right")


def draw_twins(ax: Axes, points: Tensor, title: str) -> None:
    """Draw points (n, 2) over ± 5."""
    ax.plot(*points.T.numpy(), ".", color=PALETTE["blue"], markersize=2.5)
    ax.set(xlim=(-5, 5), ylim=(-5, 5), aspect="equal", xlabel="$x_1$")
    ax.set_title(title, fontsize=11)


def twin_gaussian(n: int, radius: float, spread: float) -> Tensor:
    """Return n points (n, 2) of the Gaussian with the mean and covariance of a ring of Gaussians:
    0 and radius²/2 + spread² in each direction.

    >>> twin_gaussian(10, 2.0, 0.1).shape
    torch.Size([10, 2])
    """
    return math.sqrt(radius**2 / 2 + spread**2) * torch.randn(n, 2)
