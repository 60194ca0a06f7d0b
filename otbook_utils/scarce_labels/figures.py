"""The drawings of the part on scarce labels: each function draws one idea on given axes.

Throughout, orange with hatching or squares is the scarce class or minority, blue and plain or discs
the common class or majority, and black diamonds are all classes together.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from otbook_utils.teaching import PALETTE

RARE, COMMON, ALL = PALETTE["orange"], PALETTE["blue"], PALETTE["black"]
_HATCHED = {"facecolor": "white", "edgecolor": RARE, "hatch": "////"}
# group: colour, marker, how far its row is shifted off the middle
_GROUPS = {
    "minority": (RARE, "s", -0.22),
    "majority": (COMMON, "o", 0.0),
    "all": (ALL, "D", 0.22),
}


def draw_class_bars(ax: Axes, heights: ArrayLike, scarce: Sequence[int]) -> None:
    """Draw one bar a class, those of the scarce classes hatched.

    heights: (classes,). scarce: the classes to hatch.

    Taught in `book/scarce_labels/01_imbalance_losses.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_class_bars(ax, [3, 1], scarce=[1])
    >>> [bool(bar.get_hatch()) for bar in ax.patches]
    [False, True]
    """
    for k, height in enumerate(np.asarray(heights, dtype=float)):
        ax.bar(k, height, width=0.8, **(_HATCHED if k in scarce else {"facecolor": COMMON}))
    ax.set_xticks(range(len(heights)))


def draw_joint(ax: Axes, x: ArrayLike, common: ArrayLike, rare: ArrayLike, boundary: float) -> None:
    """Draw the joint density of a number and its class, and where the more likely class changes.

    x: (n,). common, rare: (n,) densities p(x, y) of the two classes; their areas add up to 1.
    boundary: the place beyond which the scarce class is predicted.

    Taught in `book/scarce_labels/01_imbalance_losses.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_joint(ax, [0, 1, 2], [0.4, 0.3, 0.0], [0.0, 0.1, 0.2], boundary=1.5)
    >>> float(ax.lines[-1].get_xdata()[0])
    1.5
    """
    x, common, rare = (np.asarray(v, dtype=float) for v in (x, common, rare))
    ax.fill_between(x, common, color=COMMON, alpha=0.35, linewidth=0)
    ax.plot(x, common, color=COMMON, label="common class")
    ax.fill_between(x, rare, facecolor="none", edgecolor=RARE, hatch="////", linewidth=0)
    ax.plot(x, rare, "--", color=RARE, label="scarce class")
    ax.axvline(boundary, color=ALL, linewidth=1.5)


def draw_covering(ax: Axes, times: ArrayLike, columns: int) -> None:
    """Draw a class's prototypes as cells: empty, drawn once (half tone), more often (full tone).

    times: (prototypes,) how often each was drawn; written into the cell from 1 on.
    columns: cells in a row.

    Raises ValueError if the cells do not fill whole rows.

    Taught in `book/scarce_labels/01_imbalance_losses.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_covering(ax, [0, 1, 3, 0], columns=2)
    >>> [text.get_text() for text in ax.texts]
    ['1', '3']
    """
    times = np.asarray(times, dtype=int)
    rows, rest = divmod(len(times), columns)
    if rest:
        raise ValueError(f"times must fill rows of {columns} cells, got {len(times)} cells")
    size = min(10, 90 / columns)
    for cell, n in enumerate(times):
        row, column = divmod(cell, columns)
        shade = (1, 1, 1) if n == 0 else ("#fbe3b5" if n == 1 else RARE)
        ax.add_patch(
            Rectangle((column, row), 1, 1, facecolor=shade, edgecolor=PALETTE["grey"], lw=0.6)
        )
        if n:
            ax.text(column + 0.5, row + 0.5, str(n), ha="center", va="center", fontsize=size)
    ax.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.1), aspect="equal")
    ax.axis("off")


def draw_group_dots(
    ax: Axes,
    rows: Mapping[str, Mapping[str, ArrayLike]],
    *,
    printed: Mapping[str, Mapping[str, float]] | None = None,
    reference: str | None = None,
) -> None:
    """Draw a row a method with the accuracies of minority, majority and all, by seed and as mean.

    rows: method -> {"minority" | "majority" | "all": (seeds,) per cent}; a method without runs has
    an empty mapping. Filled markers are means, lines reach from the lowest to the highest seed.
    printed: method -> group -> per cent that somebody else has published, as hollow markers.
    reference: a method whose mean accuracy on all is drawn through all rows as a dotted line.

    Taught in `book/scarce_labels/01_imbalance_losses.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_group_dots(ax, {"CE": {"minority": [40, 50], "majority": [98, 98], "all": [81, 83]}})
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['CE']
    """
    for place, (method, groups) in enumerate(rows.items()):
        for name, value in (printed or {}).get(method, {}).items():
            colour, marker, shift = _GROUPS[name]
            look = {"markerfacecolor": "white", "markeredgecolor": colour, "markersize": 8}
            ax.plot(value, place + shift, marker, **look)
        for name, values in groups.items():
            colour, marker, shift = _GROUPS[name]
            values, y = np.asarray(values, dtype=float), place + shift
            ax.plot([values.min(), values.max()], [y, y], color=colour, linewidth=1.2)
            ax.plot(values.mean(), y, marker, color=colour, markersize=6)
    if reference is not None:
        line = float(np.mean(rows[reference]["all"]))
        ax.axvline(line, color=PALETTE["grey"], linestyle=":", linewidth=1.2, zorder=0)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set_ylim(len(rows) - 0.45, -0.55)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")


def add_group_legend(ax: Axes, *, printed: bool = False, ours: bool = True) -> None:
    """Put a legend above `ax` that tells the groups, and hollow from filled markers if both occur.

    printed: whether there are hollow markers, of published numbers. ours: whether there are filled
    ones. With hollow markers alone, those of the legend are hollow too.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> add_group_legend(ax, printed=True)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['minority', 'majority', 'all', 'printed', 'ours']
    """
    hollow = {} if ours else {"markerfacecolor": "white", "markersize": 8}
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="none", label=name, **hollow)
        for name, (colour, marker, _) in _GROUPS.items()
    ]
    grey = {"color": PALETTE["grey"], "marker": "o", "linestyle": "none"}
    if ours and printed:
        handles.append(Line2D([], [], markerfacecolor="white", label="printed", **grey))
        handles.append(Line2D([], [], label="ours", **grey))
    ax.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, columnspacing=1.0
    )


def draw_over_beta(
    ax: Axes, betas: Sequence[str], scores: Mapping[str, Sequence[ArrayLike]], here: int
) -> None:
    """Draw the accuracies of the groups against beta, and a band at the one chosen.

    betas: names of the places on the axis. scores: group -> for each place (seeds,) per cent, or an
    empty sequence where there are no runs. Markers are means, bars reach over the seeds.
    here: index of the place with the band.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_over_beta(ax, ["none", "0.9"], {"all": [[70, 72], [74, 76]]}, here=1)
    >>> ax.lines[-1].get_ydata().tolist()
    [71.0, 75.0]
    """
    ax.axvspan(here - 0.4, here + 0.4, color=PALETTE["grey"], alpha=0.2, linewidth=0)
    for name, values in scores.items():
        colour, marker, _ = _GROUPS[name]
        places = [i for i, v in enumerate(values) if np.size(v)]
        runs = [np.asarray(values[i], dtype=float) for i in places]
        for i, v in zip(places, runs, strict=True):
            ax.plot([i, i], [v.min(), v.max()], color=colour, linewidth=1.2)
        means = [v.mean() for v in runs]
        ax.plot(places, means, color=colour, marker=marker, linewidth=1.2, markersize=6)
    ax.set_xticks(range(len(betas)), betas)
    ax.set_xlim(-0.6, len(betas) - 0.4)
    ax.grid(axis="y")
