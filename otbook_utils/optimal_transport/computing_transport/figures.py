"""The drawings of the chapter on computing transport."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from otbook_utils.optimal_transport.figures import FLOW, NEGLIGIBLE, START, WANTED, write_label
from otbook_utils.teaching import PALETTE

Edge = tuple[int, int]
NEW = {"color": PALETTE["vermillion"], "linestyle": "--", "linewidth": 2.2}


def draw_tree(
    ax: Axes,
    P: ArrayLike,
    tree: Sequence[Edge],
    f: ArrayLike | None = None,
    g: ArrayLike | None = None,
    *,
    entering: Edge | None = None,
    giving: Sequence[Edge] = (),
) -> None:
    """Draw one step of the network simplex method: tree, masses on it, prices at its nodes.

    P: (n, m) plan; tree: its journeys, n + m − 1 if it is a tree. f: (n,) and g: (m,) prices, both
    or neither. entering: the journey that joins, drawn dashed. giving: the journeys that lose
    mass, whose masses bear a minus.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_tree(ax, [[1.0]], [(0, 0)], [0], [3])
    >>> [text.get_text() for text in ax.texts]
    ['1', 'A', '0', '1', '3', '$f$ (€)', '$g$ (€)']
    """
    P = np.asarray(P, dtype=float)
    n, m = P.shape
    left, right = np.linspace(0, 4, n + 2)[1:-1], np.linspace(0, 4, m + 2)[1:-1]
    for i, j in tree:
        width = 0.8 + 1.4 * P[i, j]
        ax.plot([0, 3], [left[i], right[j]], zorder=1, **(FLOW | {"linewidth": width}))
    if entering is not None:
        ax.plot([0, 3], [left[entering[0]], right[entering[1]]], zorder=2, **NEW)
    # In the order of the tree, to which a step adds at the end: the other labels stay.
    journeys = [*tree, *([entering] if entering is not None else [])]
    for (i, j), spot in zip(journeys, _free_spots(journeys, left, right), strict=True):
        if (i, j) != entering or P[i, j] > NEGLIGIBLE:
            write_label(ax, spot, f"{P[i, j]:.3g}" + ("−" if (i, j) in giving else ""))
    nodes = ((left, 0, f, START, "o"), (right, 3, g, WANTED, "s"))
    hollow = {"facecolor": "white", "linewidth": 2, "zorder": 3}  # letters are seen in the dark too
    for heights, x, price, colour, marker in nodes:
        at = np.full(len(heights), x)
        ax.scatter(at, heights, s=260, marker=marker, edgecolor=colour, **hollow)
        for k, height in enumerate(heights):
            name = "ABCDEFGH"[k] if x == 0 else str(k + 1)
            ax.text(x, height, name, ha="center", va="center_baseline", zorder=4)
            if price is not None:
                side = -0.25 if x == 0 else 0.25
                beside = {"ha": "right" if x == 0 else "left", "va": "center"}
                ax.text(x + side, height, f"{price[k]:g}".replace("-", "−"), **beside)
    if f is not None:
        ax.text(-0.25, 0.1, "$f$ (€)", ha="right", va="center")
        ax.text(3.25, 0.1, "$g$ (€)", ha="left", va="center")
    ax.set(xlim=(-0.9, 3.9), ylim=(4, 0))
    ax.axis("off")


def _free_spots(journeys: Sequence[Edge], left: np.ndarray, right: np.ndarray) -> list[np.ndarray]:
    """Return for each journey a spot on its line, as far from the other labels as can be."""
    spots: list[np.ndarray] = []
    for i, j in journeys:
        shares = np.linspace(0.2, 0.8, 13)
        on_line = np.column_stack([3 * shares, (1 - shares) * left[i] + shares * right[j]])
        taken = np.array([*spots, [1.5, -9]])
        gaps = np.abs(on_line[:, None] - taken) / [0.35, 0.22]  # of a label's width and height
        spots.append(on_line[gaps.max(axis=2).min(axis=1).clip(max=2).argmax()])
    return spots


def draw_bill(
    ax: Axes, prices: ArrayLike, bills: ArrayLike, price: float, bill: float, cost: float
) -> None:
    """Draw the haulier's bill up to one price, the least cost above it, and where we stand.

    The rest of the curve stays hidden, so that the reader may guess how it goes on.

    prices, bills: (k,), in euros. price, bill: the point that is marked. cost: the least cost.
    """
    seen = np.asarray(prices) <= price
    ax.plot(np.asarray(prices)[seen], np.asarray(bills)[seen], color=PALETTE["blue"])
    ax.axhline(cost, color="black", linestyle="--", linewidth=1)
    ax.text(prices[0], cost + 0.4, "least cost of a plan", va="bottom")
    ax.plot([price, price], [bill, cost], color=PALETTE["grey"], linestyle=":")
    ax.plot(price, bill, "o", color=PALETTE["blue"], markersize=9)
    ax.set(xlabel="price $f_B$ of a crate at bakery B (€)", ylabel="bill (€)")


def draw_critic(
    left: Axes, right: Axes, places: ArrayLike, a: ArrayLike, b: ArrayLike, f: ArrayLike
) -> None:
    """Draw two histograms on a line, and beside them the 1-Lipschitz function that parts them.

    places, a, b, f: (k,). The second histogram is drawn downwards.
    """
    width = places[1] - places[0]
    left.bar(places, a, width=width, color=START, label="$a$")
    left.bar(places, -np.asarray(b), width=width, color=WANTED, label="$b$, downwards")
    left.axhline(0, color="black", linewidth=0.8)
    left.legend(loc="upper left", fontsize=10)
    right.plot(places, f, color=PALETTE["green"], linewidth=2)
    left.set(xlabel="place (km)", ylabel="mass")
    right.set(xlabel="place (km)", ylabel="$f$ (km)")
