"""The drawings of the chapter on designing losses."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from otbook_utils.optimal_transport.figures import MOVED, START, WANTED, name_table
from otbook_utils.teaching import PALETTE

# Where the three classes stand in the triangle of all distributions: left, right, top.
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]])


def draw_mistakes(ax: Axes, confusion: ArrayLike, *, most: float) -> None:
    """Draw a confusion matrix of digits: how many images in 1,000 of each truth were misread.

    confusion: (10, 10) counts or shares, truth in rows and decision in columns. Its diagonal, what
    was read rightly, is left grey so that the mistakes can be seen. most: mistakes in 1,000 for
    the darkest shade.

    Raises ValueError if confusion is not (10, 10).

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
    name_table(ax, range(10), range(10))
    ax.set(xlabel="read as", ylabel="written (truth)")


def draw_seeds(ax: Axes, rows: Mapping[str, ArrayLike], *, number: str = "{:.2f}") -> None:
    """Draw one row of dots for each method, a dot a seed, with its mean as a bar and a number.

    rows: name -> (seeds,) values; the first stands on top.

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


def draw_paths(
    paths: Mapping[str, ArrayLike], names: list[str], *, each: int, truth: ArrayLike
) -> Figure:
    """Draw training paths in the triangle of all distributions over three classes.

    paths: name -> (times, 3) distributions. names: the three corners, left, right and top.
    each: a dot stands at every so many times, so that close dots mean slow training.
    truth: (3,), how likely each class is, drawn as a star.

    Raises ValueError if a path is not (times, 3).

    >>> figure = draw_paths({"a": np.eye(3)}, ["x", "y", "z"], each=1, truth=[1, 0, 0])
    >>> [line.get_label() for line in figure.axes[0].lines if line.get_label()[0] != "_"]
    ['a']
    >>> plt.close(figure)
    """
    figure, ax = plt.subplots(figsize=(5.2, 4.6))
    ax.fill(*CORNERS.T, facecolor="none", edgecolor=PALETTE["grey"], linewidth=1)
    looks = zip(
        paths.items(), (START, WANTED, MOVED), ("-", "--", ":"), ("o", "s", "D"), strict=False
    )
    for (name, path), colour, line, marker in looks:
        path = np.asarray(path, dtype=float)
        if path.ndim != 2 or path.shape[1] != 3:
            raise ValueError(f"a path must be (times, 3), got {path.shape} for {name!r}")
        x, y = (path @ CORNERS).T
        ax.plot(x, y, line, color=colour, marker=marker, markevery=each, markersize=4, label=name)
        ax.plot(x[-1], y[-1], marker, color=colour, markersize=10)
    ax.plot(*(np.asarray(truth, dtype=float) @ CORNERS), "*", color="black", markersize=13)
    ax.plot(x[0], y[0], "o", color="white", markeredgecolor="black", markersize=9, zorder=5)
    for name, (x, y) in zip(names, CORNERS, strict=True):
        ax.text(x, y + (0.03 if y else -0.04), name, ha="center", va="bottom" if y else "top")
    ax.legend(loc="upper left", bbox_to_anchor=(-0.12, 1))
    ax.set(xlim=(-0.12, 1.12), ylim=(-0.12, 0.98), aspect="equal")
    ax.axis("off")
    return figure


def on_the_triangle(x: float, y: float) -> np.ndarray:
    """Return the distribution (3,) at a point of the figure, or the nearest well inside.

    >>> on_the_triangle(0.5, 0.866).round(2)
    array([0.01, 0.01, 0.98])
    """
    top = y / CORNERS[2, 1]
    p = np.clip([1 - x - top / 2, x - top / 2, top], 0.01, None)
    return p / p.sum()
