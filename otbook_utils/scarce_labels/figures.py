"""The drawings that chapters on scarce labels share: each draws one idea on given axes.

Throughout, orange with hatching or squares is the scarce class or minority, blue and plain or discs
the common class or majority, and black diamonds are all classes together.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from otbook_utils.teaching import PALETTE

RARE, COMMON, ALL = PALETTE["orange"], PALETTE["blue"], PALETTE["black"]
HATCHED = {"facecolor": "white", "edgecolor": RARE, "hatch": "////"}
# group: colour, marker, how far its row is shifted off the middle
GROUPS = {
    "minority": (RARE, "s", -0.22),
    "majority": (COMMON, "o", 0.0),
    "all": (ALL, "D", 0.22),
}


def draw_class_bars(ax: Axes, heights: ArrayLike, scarce: Sequence[int]) -> None:
    """Draw one bar a class, those of the scarce classes hatched.

    heights: (classes,). scarce: the classes to hatch.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_class_bars(ax, [3, 1], scarce=[1])
    >>> [bool(bar.get_hatch()) for bar in ax.patches]
    [False, True]
    """
    for k, height in enumerate(np.asarray(heights, dtype=float)):
        ax.bar(k, height, width=0.8, **(HATCHED if k in scarce else {"facecolor": COMMON}))
    ax.set_xticks(range(len(heights)))


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

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_group_dots(ax, {"CE": {"minority": [40, 50], "majority": [98, 98], "all": [81, 83]}})
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['CE']
    """
    for place, (method, groups) in enumerate(rows.items()):
        for name, value in (printed or {}).get(method, {}).items():
            colour, marker, shift = GROUPS[name]
            look = {"markerfacecolor": "white", "markeredgecolor": colour, "markersize": 8}
            ax.plot(value, place + shift, marker, **look)
        for name, values in groups.items():
            colour, marker, shift = GROUPS[name]
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

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> add_group_legend(ax, printed=True)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['minority', 'majority', 'all', 'printed', 'ours']
    """
    hollow = {} if ours else {"markerfacecolor": "white", "markersize": 8}
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="none", label=name, **hollow)
        for name, (colour, marker, _) in GROUPS.items()
    ]
    grey = {"color": PALETTE["grey"], "marker": "o", "linestyle": "none"}
    if ours and printed:
        handles.append(Line2D([], [], markerfacecolor="white", label="printed", **grey))
        handles.append(Line2D([], [], label="ours", **grey))
    ax.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, columnspacing=1.0
    )
