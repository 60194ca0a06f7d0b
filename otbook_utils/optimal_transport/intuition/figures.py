"""The drawings of the chapter on what transport is, and the scripts of those that are live."""

from importlib import resources

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
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
    draw_bars,
    write_label,
)
from otbook_utils.teaching import PALETTE


def script(name: str) -> str:
    """Return the script of a figure for `in_page`, with the solver of small problems before it.

    name: `"sand"`, `"table"`, `"points"` or `"flight"`; each script says which data it takes.

    Raises ValueError if there is no such script.

    >>> "function bestPlan" in script("sand")
    True
    """
    names = sorted(
        p.name[:-3] for p in resources.files(__package__).iterdir() if p.name[-3:] == ".js"
    )
    if name not in names:
        raise ValueError(f"name must be one of {', '.join(names)}, got {name!r}")
    files = (resources.files(__package__).joinpath(f"{part}.js") for part in ("transport", name))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def draw_forecasts(ax: Axes, promised: float, truth: float) -> None:
    """Draw a promise and a truth, each of two hours with half of the probability.

    promised, truth: the first of the two hours, in hours of the day; the second is one later.
    The title says how far apart they are, bar by bar and sideways.

    >>> figure, ax = plt.subplots()
    >>> draw_forecasts(ax, 15.0, 16.0)
    >>> ax.get_title()
    'bar by bar: 1     sideways: 1 hours'
    """
    hours = promised + np.array([0.0, 1.0]), truth + np.array([0.0, 1.0])
    draw_bars(ax, hours[0], [0.5, 0.5], width=0.22)
    draw_bars(ax, hours[1], [0.5, 0.5], wanted=True, width=0.22)
    met = 0.5 * len(set(hours[0]) & set(hours[1]))
    ax.set_title(f"bar by bar: {2 - 2 * met:g}     sideways: {abs(promised - truth):g} hours")
    ax.set(xlim=(6, 19), ylim=(0, 0.65), xlabel="hour of the day", ylabel="probability")


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

    >>> figure, ax = plt.subplots()
    >>> draw_sand(ax, [0.0], [2.0], [1.0, 3.0], [1, 1], [[1, 1]], rows="A", columns="KL")
    >>> len(ax.lines) - 2  # the two levels of the ground are lines too
    2
    """
    x, a, y, b = (np.asarray(v, dtype=float) for v in (x, a, y, b))
    P = checked_plan(P, len(x), len(y))
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


def draw_sweep(x: ArrayLike, a: ArrayLike, y: ArrayLike, b: ArrayLike, z: float) -> Figure:
    """Draw piles and holes on a line with the two cumulative curves, swept from the left up to z.

    x: (n,) and y: (m,) positions, in any order. a: (n,) and b: (m,) their masses, of one total.
    The area between the curves is shaded up to z; the titles say how much mass must pass there
    and how large the area has become.

    >>> figure = draw_sweep([0.0], [1.0], [2.0], [1.0], z=1.5)
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['passing z: 1.00', 'area up to z: 1.50']
    >>> plt.close(figure)
    """
    x, a, y, b = (np.asarray(v, dtype=float) for v in (x, a, y, b))
    places = np.unique(np.concatenate([x, y]))
    margin = 0.08 * np.ptp(places) or 1.0
    ends = places[0] - margin, places[-1] + margin
    grid = np.unique(np.concatenate([ends, places, [np.clip(z, *ends)]]))
    F, G = (np.array([m[p <= place].sum() for place in grid]) for p, m in ((x, a), (y, b)))
    figure, (line, curves) = plt.subplots(2, 1, figsize=(5.2, 4.6), height_ratios=[1, 1.6])
    line.bar(x, a, width=0.25, color=START)
    line.bar(y, -b, width=0.25, **HATCHED)
    line.axhline(0, color=PALETTE["grey"], linewidth=1)
    line.set(yticks=[], ylim=(-1.15 * max(a.max(), b.max()), 1.15 * max(a.max(), b.max())))
    done = grid <= z
    curves.fill_between(
        grid[done],
        F[done],
        G[done],
        step="post",
        facecolor=(*to_rgb(MOVED), 0.25),
        edgecolor=MOVED,
        hatch="..",
    )
    curves.step(grid, F, where="post", color=START, label="$F$, there is")
    curves.step(grid, G, where="post", color=WANTED, linestyle="--", label="$G$, wanted")
    curves.legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2)
    curves.set(ylim=(-0.05, 1.08), xlabel="position", ylabel="mass up to here")
    area = (np.abs(F - G)[:-1] * np.diff(grid))[done[1:]].sum()
    for ax in (line, curves):
        ax.axvline(z, color="black", linewidth=1.5)
        ax.set_xlim(*ends)
    passing = abs(a[x <= z].sum() - b[y <= z].sum())
    line.set_title(f"passing z: {passing:.2f}", loc="left")
    curves.set_title(f"area up to z: {area:.2f}", loc="left")
    return figure


def draw_two_ways(books: int, p: float) -> Figure:
    """Draw a leap over a shelf and a step of every book, and their costs at each exponent.

    books: how many stand in slots 0 to books - 1; slots 1 to books are wanted, and each book
    carries the mass 1 / books. p: the exponent of the cost of a trip, between 0.5 and 2.

    >>> figure = draw_two_ways(5, p=1.0)
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['one book leaps: 1.00', '', 'every book steps: 1.00']
    >>> plt.close(figure)
    """
    ways = {"one book leaps": {0: books}, "every book steps": {i: i + 1 for i in range(books)}}
    figure = plt.figure(figsize=(7.2, 3.7))
    ax = figure.subplot_mosaic([[name, "costs"] for name in ways], width_ratios=[1.3, 1])
    exponents = np.linspace(0.5, max(p, 0.51), 31)  # as far as the reader has come
    for (name, moves), style in zip(ways.items(), ["--", "-"], strict=True):
        trips = np.array([end - begin for begin, end in moves.items()], dtype=float)
        _draw_shelf(ax[name], books, moves)
        ax[name].set_title(f"{name}: {(trips**p).sum() / books:.2f}", loc="left")
        costs = (trips ** exponents[:, None]).sum(axis=1) / books
        ax["costs"].plot(exponents, costs, style, label=name)
        ax["costs"].plot(p, (trips**p).sum() / books, "o", color="black")
    ax["costs"].set(xlabel="exponent $p$", ylabel="cost", xlim=(0.45, 2.05), ylim=(0, 1.15 * books))
    ax["costs"].legend(loc="upper left")
    return figure


def _draw_shelf(ax: Axes, books: int, moves: dict[int, int]) -> None:
    """Draw a shelf of books, the slots to be filled, and an arc for each book that moves."""
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
