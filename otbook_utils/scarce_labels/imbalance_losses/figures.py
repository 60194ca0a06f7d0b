"""The drawings of the chapter on losses for unbalanced labels."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from otbook_utils.scarce_labels.figures import ALL, COMMON, RARE
from otbook_utils.teaching import PALETTE


def draw_joint(ax: Axes, x: ArrayLike, common: ArrayLike, rare: ArrayLike, boundary: float) -> None:
    """Draw the joint density of a number and its class, and where the more likely class changes.

    x: (n,). common, rare: (n,) densities p(x, y) of the two classes; their areas add up to 1.
    boundary: the place beyond which the scarce class is predicted.

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
