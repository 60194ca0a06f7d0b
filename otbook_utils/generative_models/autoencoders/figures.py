"""The drawings of the chapter on autoencoders."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from otbook_utils.teaching import PALETTE

_COLOURS = [PALETTE["blue"], PALETTE["orange"], PALETTE["green"]]


def draw_digit(
    ax: Axes,
    pixels: ArrayLike,
    *,
    signed: bool = False,
    corner: tuple[float, float] = (-0.5, -0.5),
    size: float = 8,
) -> None:
    """Draw 64 numbers as an 8 x 8 picture, ink dark; of signed ones the zero is white.

    corner, size: where in the axes, the lower left corner and the length of a side.

    >>> figure, ax = plt.subplots()
    >>> draw_digit(ax, np.zeros(64))
    >>> ax.images[0].get_array().shape
    (8, 8)
    """
    picture = np.asarray(pixels, dtype=float).reshape(8, 8)
    most = np.abs(picture).max() if signed else 1
    (left, low), least = corner, -most if signed else 0
    ax.imshow(
        picture,
        cmap="RdBu" if signed else "Greys",
        vmin=least,
        vmax=most,
        extent=(left, left + size, low, low + size),
    )
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.spines[:].set(linewidth=0.5, color="lightgrey")


def draw_rows(rows: dict[str, ArrayLike], *, signed: bool = False) -> Figure:
    """Draw rows of pictures, each (n, 64), with its name on the left.

    One axes for all of them: dozens of small ones take seconds to lay out.

    >>> figure = draw_rows({"shown": np.zeros((3, 64)), "found": np.ones((3, 64))})
    >>> len(figure.axes[0].images), [t.get_text() for t in figure.axes[0].get_yticklabels()]
    (6, ['shown', 'found'])
    """
    columns = len(next(iter(rows.values())))
    size = (5.2, len(rows) * min(0.9, 4.4 / columns) + 0.1)
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.15)  # or the aspect pushes long names off the figure
    for line, pictures in enumerate(rows.values()):
        for column, picture in enumerate(pictures):
            corner = (column, -line - 0.9)
            draw_digit(ax, picture, signed=signed, corner=corner, size=0.9)
            ax.add_patch(plt.Rectangle(corner, 0.9, 0.9, fill=False, color="lightgrey", lw=0.5))
    ax.set(xlim=(-0.02, columns - 0.08), ylim=(-len(rows) + 0.08, 0.02), aspect="equal")
    ax.set_yticks([-line - 0.45 for line in range(len(rows))], list(rows))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure


def draw_codes(ax: Axes, codes: ArrayLike, labels: Sequence[int]) -> None:
    """Draw each code (n, 2) as the numeral of its class.

    >>> figure, ax = plt.subplots()
    >>> draw_codes(ax, [[0, 0], [1, 2], [3, 1]], [7, 7, 4])
    >>> [len(line.get_xdata()) for line in ax.lines]
    [1, 2]
    """
    codes, labels = np.asarray(codes, dtype=float), np.asarray(labels)
    for label in np.unique(labels):
        places = codes[labels == label].T
        colour = _COLOURS[label % len(_COLOURS)]
        ax.plot(*places, linestyle="none", marker=f"${label}$", markersize=6, color=colour)


def draw_line(cloud: ArrayLike, angle: float, errors: ArrayLike) -> Figure:
    """Draw a cloud's distances from a line through 0, and the mean squared ones over the angle.

    cloud: (n, 2). angle: of the line, in degrees. errors: at 0, 1, … 180 degrees.

    >>> figure = draw_line([[1, 0], [0, 2]], 90, np.zeros(181))
    >>> [float(d) for d in figure.axes[0].collections[0].get_segments()[0].round(9)[:, 0]]
    [1.0, 0.0]
    """
    cloud, turn = np.asarray(cloud, dtype=float), np.radians(angle)
    along = np.array([np.cos(turn), np.sin(turn)])
    nearest = np.outer(cloud @ along, along)
    figure, (ax, right) = plt.subplots(1, 2, figsize=(7.2, 3.2))
    ax.plot(*np.outer([-5, 5], along).T, color="black", linewidth=1)
    joints = np.stack([cloud, nearest], axis=1)
    ax.add_collection(LineCollection(joints, colors=PALETTE["orange"], linewidths=1))
    ax.plot(*cloud.T, "o", markersize=4, color=PALETTE["blue"])
    ax.set(xlim=(-4, 4), ylim=(-3.4, 3.4), xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    right.plot(errors)
    right.plot(angle, np.square(cloud - nearest).sum(1).mean(), "o", color="black")
    right.set(xlabel="angle of the line (degrees)", ylabel="error", ylim=(0, 3.5))
    return figure


def draw_width(k: int, errors: ArrayLike, shown: ArrayLike, rebuilt: ArrayLike) -> Figure:
    """Draw the errors of digits and of shuffled ones over the width, and one of each rebuilt.

    k: the width that is marked. errors: (widths, 2). shown, rebuilt: (2, 64).

    >>> figure = draw_width(1, np.ones((3, 2)), np.zeros((2, 64)), np.zeros((2, 64)))
    >>> [ax.get_title() for ax in figure.axes[1:]]
    ['shown', 'k = 1', '', '']
    """
    figure = plt.figure(figsize=(7.2, 3.2))
    grid = figure.add_gridspec(2, 3, width_ratios=[2.6, 1, 1])
    ax = figure.add_subplot(grid[:, 0])
    names = ("digits", "shuffled pixels")
    for line, name, style in zip(np.transpose(errors), names, ("-", "--"), strict=True):
        ax.plot(line, style, label=name)
        ax.plot(k, line[k], "o", color="black")
    ax.set(xlabel="width k", ylabel="error", ylim=(-0.3, 14))
    ax.legend(loc="upper right")
    for row in range(2):
        for column, pictures in enumerate((shown, rebuilt)):
            small = figure.add_subplot(grid[row, column + 1])
            draw_digit(small, pictures[row])
            if row == 0:
                small.set_title(("shown", f"k = {k}")[column])
    return figure
