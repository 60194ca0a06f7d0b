"""The drawings that chapters on optimal transport share: each draws one idea on given axes.

Throughout, blue discs and upward bars are where mass starts, orange squares and hatched bars are
where it is wanted, and the width of a line is the mass that travels along it.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from otbook_utils.teaching import PALETTE

START, WANTED, MOVED = PALETTE["blue"], PALETTE["orange"], PALETTE["green"]
HATCHED = {"facecolor": "white", "edgecolor": WANTED, "hatch": "////"}
FLOW = {"color": MOVED, "alpha": 0.55, "solid_capstyle": "butt"}

# Below this share of all the mass an entry of a plan is rounding, and no arrow is drawn.
NEGLIGIBLE = 1e-9


def draw_bars(
    ax: Axes, positions: ArrayLike, masses: ArrayLike, *, wanted: bool = False, width: float = 0.8
) -> None:
    """Draw a histogram: a bar of height `masses[i]` at `positions[i]`.

    positions: (n,), in the unit of the axis. masses: (n,).
    wanted: draw it in the look of what is wanted (orange, hatched), not of what there is (blue).

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_bars(ax, [0, 1], [0.25, 0.75])
    >>> [float(bar.get_height()) for bar in ax.patches]
    [0.25, 0.75]
    """
    ax.bar(positions, masses, width=width, **(HATCHED if wanted else {"facecolor": START}))


def draw_plan_matrix(
    ax: Axes, P: ArrayLike, rows: str, columns: str, *, number: str = "{:g}"
) -> None:
    """Draw a plan as a table, with what leaves each row on its left and what arrives on top.

    P: (n, m) masses. rows, columns: a letter for each. number: how an entry is written.
    The bars are the sums of P itself: a table that is no plan shows it.

    Raises ValueError if P is not (n, m).

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_plan_matrix(ax, [[2, 1], [0, 3]], "AB", "KL")
    >>> [text.get_text() for text in ax.texts][:4]
    ['2', '1', '·', '3']
    """
    P = checked_plan(P, len(rows), len(columns))
    n, m = P.shape
    total = P.sum() or 1.0
    for i, j in np.ndindex(n, m):
        used = P[i, j] > NEGLIGIBLE * total
        shade = min(0.8, 0.1 + 1.2 * P[i, j] / total) if used else 0
        cell = {"facecolor": (*to_rgb(MOVED), shade), "edgecolor": PALETTE["grey"]}
        ax.add_patch(Rectangle((j, i), 1, 1, linewidth=0.8, **cell))
        text = number.format(P[i, j]) if used else "·"
        ax.text(j + 0.5, i + 0.5, text, ha="center", va="center")
    for i, sent in enumerate(P.sum(axis=1)):
        bar, text = 1.2 * sent / total, f"{rows[i]}: {number.format(sent)}"
        ax.add_patch(Rectangle((-0.1, i + 0.3), -bar, 0.4, facecolor=START))
        ax.text(-bar - 0.2, i + 0.5, text, ha="right", va="center")
    for j, got in enumerate(P.sum(axis=0)):
        bar, text = 1.2 * got / total, f"{columns[j]}: {number.format(got)}"
        ax.add_patch(Rectangle((j + 0.3, -0.1), 0.4, -bar, **HATCHED))
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

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_map(ax, [[0, 0]], [[1, 0], [0, 1]], [[0.5, 0.5]])
    >>> len(ax.lines)
    2
    """
    X, Y = np.asarray(X, dtype=float), np.asarray(Y, dtype=float)
    P = checked_plan(P, len(X), len(Y))
    a, b, unit = P.sum(axis=1), P.sum(axis=0), P.sum() / len(X)
    for i, j in arrows(P):
        ends = zip(X[i], Y[j], strict=True)
        ax.plot(*ends, linewidth=line * P[i, j] / unit, zorder=1, **FLOW)
        if rows:
            write_label(ax, 0.6 * X[i] + 0.4 * Y[j], f"{P[i, j]:g}")
    start = {"color": START, "edgecolor": "white"}
    wanted = {"color": WANTED, "edgecolor": "black", "marker": "s"}
    ax.scatter(*X.T, s=size * a / unit, zorder=3, linewidth=0.6, **start)
    ax.scatter(*Y.T, s=size * b / unit, zorder=3, linewidth=0.6, **wanted)
    for names, places, colour in ((rows, X, "white"), (columns, Y, "black")):
        for name, place in zip(names, places, strict=False):
            # Letters are drawn for sight, not for their bottom line, which would look too low.
            ax.text(*place, name, color=colour, ha="center", va="center_baseline", zorder=4)
    ax.set_aspect("equal")


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
        text = number.format(cost) if zero is None or cost > NEGLIGIBLE else zero
        ax.text(j, i, text, ha="center", va="center")
    name_table(ax, predicted, truth)
    ax.set(xlabel="truth", ylabel="predicted")


def checked_plan(P: ArrayLike, n: int, m: int) -> np.ndarray:
    """Return P as an array of floats, having checked that it is (n, m)."""
    plan = np.asarray(P, dtype=float)
    if plan.shape != (n, m):
        raise ValueError(f"P must have the shape ({n}, {m}), got {plan.shape}")
    return plan


def arrows(P: np.ndarray) -> list[tuple[int, int]]:
    """Return where the plan moves anything, the heaviest first, so that thin lines lie on top."""
    used = np.argwhere(NEGLIGIBLE * P.sum() < P)
    return sorted(((int(i), int(j)) for i, j in used), key=lambda place: -P[place])


def write_label(ax: Axes, spot: ArrayLike, text: str) -> None:
    ax.text(
        *spot,
        text,
        ha="center",
        va="center",
        zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.9},
    )


def name_table(ax: Axes, rows: Iterable[object], columns: Iterable[object]) -> None:
    """Name the rows and columns of a matrix, and hide the frame around it."""
    rows, columns = [str(name) for name in rows], [str(name) for name in columns]
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
