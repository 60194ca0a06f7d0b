"""The drawings of the part on optimal transport: each function draws one idea on given axes.

Throughout, blue discs and upward bars are where mass starts, orange squares and hatched bars are
where it is wanted, and the width of a line is the mass that travels along it.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from numpy.typing import ArrayLike

from otbook_utils.teaching import PALETTE

START, WANTED, MOVED = PALETTE["blue"], PALETTE["orange"], PALETTE["green"]
_HATCHED = {"facecolor": "white", "edgecolor": WANTED, "hatch": "////"}
_FLOW = {"color": MOVED, "alpha": 0.55, "solid_capstyle": "butt"}

# Below this share of all the mass an entry of a plan is rounding, and no arrow is drawn.
_NEGLIGIBLE = 1e-9


def draw_bars(
    ax: Axes, positions: ArrayLike, masses: ArrayLike, *, wanted: bool = False, width: float = 0.8
) -> None:
    """Draw a histogram: a bar of height `masses[i]` at `positions[i]`.

    positions: (n,), in the unit of the axis. masses: (n,).
    wanted: draw it in the look of what is wanted (orange, hatched), not of what there is (blue).

    Taught in `book/optimal_transport/01_intuition.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_bars(ax, [0, 1], [0.25, 0.75])
    >>> [float(bar.get_height()) for bar in ax.patches]
    [0.25, 0.75]
    """
    ax.bar(positions, masses, width=width, **(_HATCHED if wanted else {"facecolor": START}))


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

    Taught in `book/optimal_transport/01_intuition.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_sand(ax, [0.0], [2.0], [1.0, 3.0], [1, 1], [[1, 1]], rows="A", columns="KL")
    >>> len(ax.lines) - 2  # the two levels of the ground are lines too
    2
    """
    x, a, y, b = (np.asarray(v, dtype=float) for v in (x, a, y, b))
    P = _plan(P, len(x), len(y))
    # All scales follow the total mass and the places, so that a slider moves only what it moves.
    tall, wide, width = 1.1 / a.sum(), 24 / a.sum(), 0.09 * np.ptp(np.concatenate([x, y]))
    for level in (0.0, 1.0):
        ax.axhline(level, color=PALETTE["grey"], linewidth=1, zorder=1)
    for i, j in _arrows(P):
        ends = [x[i], y[j]], [1, 0]
        ax.plot(*ends, linewidth=wide * P[i, j], zorder=2, **_FLOW)
        # Off the middle, because lines cross there.
        down = 0.3 if i % 2 == 0 else 0.7
        _label(ax, (x[i] + down * (y[j] - x[i]), 1 - down), f"{P[i, j]:g}")
    ax.bar(x, tall * a, bottom=1, width=width, color=START, zorder=3)
    ax.bar(y, -tall * b, width=width, zorder=3, **_HATCHED)
    for name, place, mass in zip(rows, x, a, strict=True):
        ax.text(place, 1.05 + tall * mass, f"{name}: {mass:g}", ha="center", va="bottom")
    for name, place, mass in zip(columns, y, b, strict=True):
        ax.text(place, -0.06 - tall * mass, f"{name}: {mass:g}", ha="center", va="top")
    ax.set(ylim=(-0.85, 2.4), xlabel="position (m)")
    ax.set_yticks([0, 1], ["holes", "piles"])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def draw_plan_matrix(
    ax: Axes, P: ArrayLike, rows: str, columns: str, *, number: str = "{:g}"
) -> None:
    """Draw a plan as a table, with what leaves each row on its left and what arrives on top.

    P: (n, m) masses. rows, columns: a letter for each. number: how an entry is written.
    The bars are the sums of P itself: a table that is no plan shows it.

    Raises ValueError if P is not (n, m).

    Taught in `book/optimal_transport/01_intuition.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_plan_matrix(ax, [[2, 1], [0, 3]], "AB", "KL")
    >>> [text.get_text() for text in ax.texts][:4]
    ['2', '1', '·', '3']
    """
    P = _plan(P, len(rows), len(columns))
    n, m = P.shape
    total = P.sum() or 1.0
    for i, j in np.ndindex(n, m):
        used = P[i, j] > _NEGLIGIBLE * total
        shade = min(0.8, 0.1 + 1.2 * P[i, j] / total) if used else 0
        cell = {"facecolor": (*_rgb(MOVED), shade), "edgecolor": PALETTE["grey"]}
        ax.add_patch(Rectangle((j, i), 1, 1, linewidth=0.8, **cell))
        text = number.format(P[i, j]) if used else "·"
        ax.text(j + 0.5, i + 0.5, text, ha="center", va="center")
    for i, sent in enumerate(P.sum(axis=1)):
        bar, text = 1.2 * sent / total, f"{rows[i]}: {number.format(sent)}"
        ax.add_patch(Rectangle((-0.1, i + 0.3), -bar, 0.4, facecolor=START))
        ax.text(-bar - 0.2, i + 0.5, text, ha="right", va="center")
    for j, got in enumerate(P.sum(axis=0)):
        bar, text = 1.2 * got / total, f"{columns[j]}: {number.format(got)}"
        ax.add_patch(Rectangle((j + 0.3, -0.1), 0.4, -bar, **_HATCHED))
        ax.text(j + 0.5, -bar - 0.2, text, ha="center", va="bottom")
    ax.set(xlim=(-2.3, m + 0.05), ylim=(n + 0.05, -1.6), aspect="equal")
    ax.axis("off")


def draw_map(
    ax: Axes,
    X: ArrayLike,
    Y: ArrayLike,
    P: ArrayLike,
    *,
    rows: str = "",
    columns: str = "",
    size: float = 30.0,
    line: float = 1.0,
) -> None:
    """Draw starts, wanted places and a plan in the plane; widths and areas show mass.

    X: (n, 2) and Y: (m, 2) places, in the unit of the axes. P: (n, m) masses.
    rows, columns: letters inside the markers; with them the masses are written on the lines.
    size: area, in points squared, of the marker of an average mass. line: points of width for
    the average mass of a start.

    Raises ValueError if P is not (n, m).

    Taught in `book/optimal_transport/01_intuition.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_map(ax, [[0, 0]], [[1, 0], [0, 1]], [[0.5, 0.5]])
    >>> len(ax.lines)
    2
    """
    X, Y = np.asarray(X, dtype=float), np.asarray(Y, dtype=float)
    P = _plan(P, len(X), len(Y))
    a, b, unit = P.sum(axis=1), P.sum(axis=0), P.sum() / len(X)
    for i, j in _arrows(P):
        ends = zip(X[i], Y[j], strict=True)
        ax.plot(*ends, linewidth=line * P[i, j] / unit, zorder=1, **_FLOW)
        if rows:
            _label(ax, 0.6 * X[i] + 0.4 * Y[j], f"{P[i, j]:g}")
    start = {"color": START, "edgecolor": "white"}
    wanted = {"color": WANTED, "edgecolor": "black", "marker": "s"}
    ax.scatter(*X.T, s=size * a / unit, zorder=3, linewidth=0.6, **start)
    ax.scatter(*Y.T, s=size * b / unit, zorder=3, linewidth=0.6, **wanted)
    for names, places, colour in ((rows, X, "white"), (columns, Y, "black")):
        for name, place in zip(names, places, strict=False):
            # Letters are drawn for sight, not for their bottom line, which would look too low.
            ax.text(*place, name, color=colour, ha="center", va="center_baseline", zorder=4)
    ax.set_aspect("equal")


def draw_cost_curve(ax: Axes, values: ArrayLike, costs: ArrayLike, here: float) -> None:
    """Draw the cost against what is being moved, with a dot at the place where we are.

    values: (k,) rising. costs: (k,). here: one of the values.

    Raises ValueError if `here` is none of the values.

    Taught in `book/optimal_transport/01_intuition.ipynb`.

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

    Taught in `book/optimal_transport/01_intuition.ipynb`.

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

    Taught in `book/optimal_transport/01_intuition.ipynb`.

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
        z, F, G, step="post", facecolor=(*_rgb(MOVED), 0.25), edgecolor=MOVED, hatch=".."
    )
    ax.step(z, F, where="post", color=START, label="$F$, of what there is")
    ax.step(z, G, where="post", color=WANTED, linestyle="--", label="$G$, of what is wanted")


def _plan(P: ArrayLike, n: int, m: int) -> np.ndarray:
    """Return P as an array of floats, having checked that it is (n, m)."""
    plan = np.asarray(P, dtype=float)
    if plan.shape != (n, m):
        raise ValueError(f"P must have the shape ({n}, {m}), got {plan.shape}")
    return plan


def _arrows(P: np.ndarray) -> list[tuple[int, int]]:
    """Return where the plan moves anything, the heaviest first, so that thin lines lie on top."""
    used = np.argwhere(_NEGLIGIBLE * P.sum() < P)
    return sorted(((int(i), int(j)) for i, j in used), key=lambda place: -P[place])


def _label(ax: Axes, spot: ArrayLike, text: str) -> None:
    ax.text(
        *spot,
        text,
        ha="center",
        va="center",
        zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.9},
    )


def _rgb(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))


# --- chapter 2: designing losses ----------------------------------------------------------------


def draw_costs(
    ax: Axes,
    C: ArrayLike,
    predicted: Sequence[str],
    truth: Sequence[str],
    *,
    number: str = "{:g}",
    zero: str | None = None,
    most: float | None = None,
) -> None:
    """Draw a cost matrix (or a plan) as a table of numbers, shaded by how large they are.

    C: (n, m). predicted: n names of rows. truth: m names of columns.
    number: how an entry is written. zero: what is written for 0, if it is to stand back.
    most: the value of the darkest shade, the largest entry unless it is given.

    Raises ValueError if C does not fit the names.

    Taught in `book/optimal_transport/02_designing_losses.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_costs(ax, [[0, 1], [4, 0]], ["cat", "dog"], ["cat", "dog"])
    >>> [text.get_text() for text in ax.texts]
    ['0', '1', '4', '0']
    """
    costs = np.asarray(C, dtype=float)
    if costs.shape != (len(predicted), len(truth)):
        raise ValueError(f"C must be ({len(predicted)}, {len(truth)}), got {costs.shape}")
    most = most or costs.max() or 1.0
    ax.imshow(costs, cmap="Oranges", vmin=0, vmax=1.6 * most, aspect="auto")
    for (i, j), cost in np.ndenumerate(costs):
        text = number.format(cost) if zero is None or cost > _NEGLIGIBLE else zero
        ax.text(j, i, text, ha="center", va="center")
    _table(ax, predicted, truth)
    ax.set(xlabel="truth", ylabel="predicted")


def draw_mistakes(ax: Axes, confusion: ArrayLike, *, most: float) -> None:
    """Draw a confusion matrix of digits: how many images in 1,000 of each truth were misread.

    confusion: (10, 10) counts or shares, truth in rows and decision in columns. Its diagonal, what
    was read rightly, is left grey so that the mistakes can be seen. most: mistakes in 1,000 for
    the darkest shade.

    Raises ValueError if confusion is not (10, 10).

    Taught in `book/optimal_transport/02_designing_losses.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> confusion = np.eye(10)
    >>> confusion[3, 8] = 1
    >>> draw_mistakes(ax, confusion, most=500)
    >>> [text.get_text() for text in ax.texts]
    ['500']
    """
    shares = np.array(confusion, dtype=float)
    if shares.shape != (10, 10):
        raise ValueError(f"confusion must be (10, 10), got {shares.shape}")
    shares *= 1000 / shares.sum(axis=1, keepdims=True)
    ax.imshow(np.ma.masked_array(shares, np.eye(10)), cmap="Blues", vmin=0, vmax=1.4 * most)
    for i, j in np.ndindex(10, 10):
        if i == j:
            patch = {"facecolor": "#d9d9d9", "edgecolor": "white"}
            ax.add_patch(Rectangle((i - 0.5, i - 0.5), 1, 1, **patch))
        elif shares[i, j] >= 5:  # smaller shares come and go with the seeds
            colour = "white" if shares[i, j] > 0.9 * most else "black"
            spot = {"ha": "center", "va": "center", "fontsize": 8, "color": colour}
            ax.text(j, i, f"{shares[i, j]:.0f}", **spot)
    _table(ax, range(10), range(10))
    ax.set(xlabel="read as", ylabel="written (truth)")


def draw_seeds(ax: Axes, rows: Mapping[str, ArrayLike], *, number: str = "{:.2f}") -> None:
    """Draw one row of dots for each method, a dot a seed, with its mean as a bar and a number.

    rows: name -> (seeds,) values; the first stands on top.

    Taught in `book/optimal_transport/02_designing_losses.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_seeds(ax, {"before": [2.0, 4.0], "after": [1.0, 2.0]})
    >>> [text.get_text() for text in ax.texts]
    ['3.00', '1.50']
    """
    for place, values in enumerate(rows.values()):
        values = np.asarray(values, dtype=float)
        ax.plot(values, np.full(len(values), place), "o", color=START, alpha=0.45, markersize=6)
        mean = values.mean()
        ax.plot([mean, mean], [place - 0.25, place + 0.25], color="black", linewidth=2.5)
        ax.text(mean, place - 0.3, number.format(mean), ha="center", va="bottom", fontsize=10)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set_ylim(len(rows) - 0.5, -0.75)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def draw_digits(ax: Axes, rows: Mapping[str, ArrayLike]) -> None:
    """Draw rows of small images of digits, with a gap between any two.

    rows: name -> (n, 64) images of 8 x 8 pixels, ink from 0 to 1; the first stands on top.

    Taught in `book/optimal_transport/02_designing_losses.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_digits(ax, {"blank": np.zeros((3, 64))})
    >>> ax.images[0].get_array().shape
    (9, 27)
    """
    strips = []
    for images in rows.values():
        tiles = np.asarray(images, dtype=float).reshape(-1, 8, 8)
        padded = np.pad(tiles, ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)  # (n, 9, 9)
        strips.append(np.concatenate(padded, axis=1))
    ax.imshow(np.concatenate(strips), cmap="gray_r", vmin=-0.3, vmax=1.3)
    ax.set_xticks([])
    ax.set_yticks(9 * np.arange(len(rows)) + 3.5, list(rows))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _table(ax: Axes, rows: Iterable[object], columns: Iterable[object]) -> None:
    """Name the rows and columns of a matrix, and hide the frame around it."""
    rows, columns = [str(name) for name in rows], [str(name) for name in columns]
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
