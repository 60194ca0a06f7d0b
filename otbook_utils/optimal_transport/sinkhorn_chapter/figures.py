"""The drawings of the chapter on Sinkhorn's algorithm."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from otbook_utils.optimal_transport.figures import MOVED, START, WANTED
from otbook_utils.teaching import PALETTE

GROUPS = (("blue", "o"), ("orange", "s"), ("green", "^"))


def draw_plan_image(
    ax: Axes, plan: ArrayLike, x: ArrayLike, y: ArrayLike, a: ArrayLike, b: ArrayLike
) -> None:
    """Draw a plan between places on two lines as a picture, dark where much travels.

    plan: (n, m). x, y: (n,) and (m,), evenly spaced places of the rows and of the columns, from 0
    to 1. a, b: their masses, whose outlines stand along the axes.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> places, masses = np.linspace(0, 1, 3), np.full(3, 1 / 3)
    >>> draw_plan_image(ax, np.eye(3) / 3, places, places, masses, masses)
    >>> ax.get_xlabel()
    'from place x'
    """
    x, y, plan, a, b = (np.asarray(values, dtype=float) for values in (x, y, plan, a, b))
    ax.fill_between(x, -0.25, -0.25 + 0.2 * a / a.max(), color=START, alpha=0.6)
    ax.fill_betweenx(y, -0.25, -0.25 + 0.2 * b / b.max(), color=WANTED, alpha=0.6)
    # Dark at the plan's own largest entry: a blurred plan would be all but white otherwise.
    ax.pcolormesh(x, y, plan.T, cmap="Blues", vmin=0, vmax=plan.max(), rasterized=True)
    ticks = np.linspace(0, 1, 6)
    ax.set(xlabel="from place x", ylabel="to place y", aspect="equal", xticks=ticks, yticks=ticks)
    ax.set(xlim=(-0.25, 1.01), ylim=(-0.25, 1.01))


def draw_marginals(
    axes: Sequence[Axes],
    plan: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
) -> None:
    """Draw what a plan takes and brings as bars, and what it should as lines, in two axes.

    plan: (n, m). a, x: (n,) masses and places that there are. b, y: (m,) those that are wanted.

    >>> import matplotlib.pyplot as plt
    >>> figure, axes = plt.subplots(1, 2)
    >>> masses, places = np.array([0.5, 0.5]), np.arange(2)
    >>> draw_marginals(axes, np.eye(2) / 2, masses, masses, places, places)
    >>> [float(bar.get_height()) for bar in axes[0].patches]
    [0.5, 0.5]
    """
    plan = np.asarray(plan, dtype=float)
    for ax, sums, masses, places, colour, name in (
        (axes[0], plan.sum(1), a, x, START, "taken from x (rows)"),
        (axes[1], plan.sum(0), b, y, WANTED, "brought to y (columns)"),
    ):
        masses, places = np.asarray(masses, dtype=float), np.asarray(places, dtype=float)
        width = 0.9 * np.diff(places).mean()
        ax.bar(places, sums, width, color=colour, alpha=0.6, label="by the plan")
        ax.plot(places, masses, color="black", linewidth=1.4, label="as it should be")
        off = np.abs(sums - masses).sum()
        ax.set(xlabel="place", ylabel="mass", ylim=(0, 2.1 * masses.max()))
        ax.set_title(f"{name}\noff by {off:.2f} of the mass", fontsize=11)
        ax.legend(loc="upper right", fontsize=10)


def draw_flow(ax: Axes, points: ArrayLike, target: ArrayLike) -> None:
    """Draw a moving cloud as dots over the cloud that it shall become, as crosses.

    points: (n, 2). target: (m, 2), which decides what is in view.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_flow(ax, np.zeros((3, 2)), np.ones((2, 2)))
    >>> len(ax.collections[1].get_offsets())
    3
    """
    points, target = np.asarray(points, dtype=float), np.asarray(target, dtype=float)
    ax.scatter(*target.T, marker="x", s=26, linewidths=1.2, color=WANTED, label="target")
    ax.scatter(*points.T, s=22, color=MOVED, edgecolor="white", linewidth=0.4, label="trained")
    middle, reach = target.mean(0), 1.25 * np.abs(target - target.mean(0)).max(0)
    ax.set(xlim=(middle[0] - reach[0], middle[0] + reach[0]))
    ax.set(ylim=(middle[1] - 1.35 * reach[1], middle[1] + 1.35 * reach[1]))
    ax.set(xlabel="first coordinate", ylabel="second coordinate")


def draw_groups(ax: Axes, points: ArrayLike, groups: ArrayLike, centres: ArrayLike) -> None:
    """Draw points in the colour and shape of their group, and each group's centre as a star.

    points: (n, 2). groups: (n,) whole numbers below 3. centres: (3, 2).

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_groups(ax, np.zeros((4, 2)), [0, 0, 1, 2], np.zeros((3, 2)))
    >>> len(ax.collections)
    6
    """
    points, groups = np.asarray(points, dtype=float), np.asarray(groups)
    for group, (colour, marker) in enumerate(GROUPS):
        ax.scatter(*points[groups == group].T, s=24, marker=marker, color=PALETTE[colour])
    for (colour, _), centre in zip(GROUPS, np.asarray(centres, dtype=float), strict=True):
        ax.scatter(*centre, s=220, marker="*", color=PALETTE[colour], edgecolor="black", zorder=3)
    ax.set(xlabel="kilometres east", ylabel="kilometres north")
