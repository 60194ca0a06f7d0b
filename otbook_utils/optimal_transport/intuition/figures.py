"""The drawings of the chapter on what transport is."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch, Rectangle
from numpy.typing import ArrayLike

from otbook_utils.optimal_transport.figures import (
    FLOW,
    HATCHED,
    MOVED,
    START,
    WANTED,
    arrows,
    checked_plan,
    write_label,
)
from otbook_utils.teaching import PALETTE


def draw_sand(
    ax: Axes,
    x: ArrayLike,
    a: ArrayLike,
    y: ArrayLike,
    b: ArrayLike,
    P: ArrayLike,
    *,
    rows: str,
    columns: str,
) -> None:
    """Draw piles above, holes below, and between them lines as wide as the mass they carry.

    x: (n,) positions of the piles in metres. a: (n,) their masses.
    y: (m,) positions of the holes in metres. b: (m,) what fits into them.
    P: (n, m), the mass moved from pile i to hole j, written on its line.
    rows, columns: a letter for each pile and for each hole.

    Raises ValueError if P is not (n, m).

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_sand(ax, [0.0], [2.0], [1.0, 3.0], [1, 1], [[1, 1]], rows="A", columns="KL")
    >>> len(ax.lines) - 2  # the two levels of the ground are lines too
    2
    """
    x, a, y, b = (np.asarray(v, dtype=float) for v in (x, a, y, b))
    P = checked_plan(P, len(x), len(y))
    # All scales follow the total mass and the places, so that a slider moves only what it moves.
    tall, wide, width = 1.1 / a.sum(), 24 / a.sum(), 0.09 * np.ptp(np.concatenate([x, y]))
    for level in (0.0, 1.0):
        ax.axhline(level, color=PALETTE["grey"], linewidth=1, zorder=1)
    for i, j in arrows(P):
        ends = [x[i], y[j]], [1, 0]
        ax.plot(*ends, linewidth=wide * P[i, j], zorder=2, **FLOW)
        # Off the middle, because lines cross there.
        down = 0.3 if i % 2 == 0 else 0.7
        write_label(ax, (x[i] + down * (y[j] - x[i]), 1 - down), f"{P[i, j]:g}")
    ax.bar(x, tall * a, bottom=1, width=width, color=START, zorder=3)
    ax.bar(y, -tall * b, width=width, zorder=3, **HATCHED)
    for name, place, mass in zip(rows, x, a, strict=True):
        ax.text(place, 1.05 + tall * mass, f"{name}: {mass:g}", ha="center", va="bottom")
    for name, place, mass in zip(columns, y, b, strict=True):
        ax.text(place, -0.06 - tall * mass, f"{name}: {mass:g}", ha="center", va="top")
    ax.set(ylim=(-0.85, 2.4), xlabel="position (m)")
    ax.set_yticks([0, 1], ["holes", "piles"])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def draw_cost_curve(ax: Axes, values: ArrayLike, costs: ArrayLike, here: float) -> None:
    """Draw the cost against what is being moved, with a dot at the place where we are.

    values: (k,) rising. costs: (k,). here: one of the values.

    Raises ValueError if `here` is none of the values.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_cost_curve(ax, [0, 1, 2], [5.0, 4.0, 6.0], here=1)
    >>> ax.texts[0].get_text()
    '4'
    """
    values, costs = np.asarray(values, dtype=float), np.asarray(costs, dtype=float)
    found = np.flatnonzero(values == here)
    if not len(found):
        raise ValueError(f"here must be one of the values, got {here!r}")
    ax.plot(values, costs, color=PALETTE["grey"])
    ax.plot(here, costs[found[0]], "o", color="black", markersize=9)
    above = {"xytext": (0, 10), "textcoords": "offset points", "ha": "center"}
    above["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85}
    ax.annotate(f"{costs[found[0]]:.3g}", (here, costs[found[0]]), **above)
    ax.margins(y=0.25)


def draw_shelf(ax: Axes, books: int, moves: dict[int, int]) -> None:
    """Draw a shelf of books, the slots to be filled, and an arc for each book that moves.

    books: how many; they stand in slots 0 to books - 1, and slots 1 to books are wanted.
    moves: from slot to slot.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_shelf(ax, 3, {0: 3})
    >>> int(ax.get_xlim()[1])
    3
    """
    gap = {"fill": False, "edgecolor": WANTED, "hatch": "///", "linestyle": "--"}
    arrow = {"arrowstyle": "-|>", "mutation_scale": 14, "shrinkA": 0, "shrinkB": 0}
    for slot in range(1, books + 1):
        ax.add_patch(Rectangle((slot - 0.36, 0), 0.72, 1, **gap))
    for slot in range(books):
        ax.add_patch(Rectangle((slot - 0.24, 0), 0.48, 0.9, color=START))
    for begin, end in moves.items():
        # A long leap bends less for its length, so that all arcs fit below the same ceiling.
        bend = f"arc3,rad={-0.6 / abs(end - begin) ** 0.5:.3f}"
        ends = {"posA": (begin, 1.05), "posB": (end, 1.05)}
        ax.add_patch(
            FancyArrowPatch(**ends, color=MOVED, linewidth=2.5, connectionstyle=bend, **arrow)
        )
    ax.axhline(0, color="black", linewidth=2)
    ax.set(xlim=(-0.6, books + 0.6), ylim=(-0.05, 2.7), yticks=[], xticks=range(books + 1))
    ax.spines[["left", "bottom"]].set_visible(False)


def draw_cumulative(ax: Axes, x: ArrayLike, a: ArrayLike, y: ArrayLike, b: ArrayLike) -> None:
    """Draw two cumulative distribution functions and shade the area between them.

    x: (n,) and y: (m,) positions, in any order. a: (n,) and b: (m,) their masses.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_cumulative(ax, [0.0], [1.0], [2.0], [1.0])
    >>> len(ax.lines)
    2
    """
    x, a, y, b = (np.asarray(v, dtype=float) for v in (x, a, y, b))
    places = np.unique(np.concatenate([x, y]))
    margin = 0.08 * np.ptp(places) or 1.0
    z = np.concatenate([[places[0] - margin], places, [places[-1] + margin]])
    F = np.array([a[x <= place].sum() for place in z])
    G = np.array([b[y <= place].sum() for place in z])
    ax.fill_between(
        z, F, G, step="post", facecolor=(*to_rgb(MOVED), 0.25), edgecolor=MOVED, hatch=".."
    )
    ax.step(z, F, where="post", color=START, label="$F$, of what there is")
    ax.step(z, G, where="post", color=WANTED, linestyle="--", label="$G$, of what is wanted")
