"""The drawings of the chapter on likelihood and divergences: each draws one idea on given axes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy.stats import binom

from otbook_utils.teaching import PALETTE

DATA, FORWARD, REVERSE = PALETTE["blue"], PALETTE["orange"], PALETTE["green"]


def draw_outcomes(ax: Axes, theta: float, tosses: int, seen: int) -> None:
    """Draw the probabilities of 0 to `tosses` heads, and mark the number that was seen.

    theta: probability of heads.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_outcomes(ax, 0.5, tosses=2, seen=1)
    >>> [round(float(bar.get_height()), 2) for bar in ax.patches]
    [0.25, 0.5, 0.25]
    """
    heads = np.arange(tosses + 1)
    bars = ax.bar(heads, binom.pmf(heads, tosses, theta), color="white", edgecolor=DATA, width=0.7)
    bars[seen].set(facecolor=DATA)
    ax.set(xlabel="number of heads", ylabel="probability", title="θ fixed: adds up to 1")
    ax.set_xticks(heads[::2])


def draw_likelihood(ax: Axes, theta: float, tosses: int, seen: int) -> None:
    """Draw the same probability of `seen` heads over all theta, with a mark at one of them.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_likelihood(ax, 0.5, tosses=2, seen=1)
    >>> [round(float(at[0]), 2) for at in ax.lines[-1].get_data()]
    [0.5, 0.5]
    """
    grid = np.linspace(0, 1, 81)
    curve = binom.pmf(seen, tosses, grid)
    ax.fill_between(grid, curve, color=DATA, alpha=0.15, linewidth=0)
    ax.plot(grid, curve, color=DATA)
    height = binom.pmf(seen, tosses, theta)
    ax.plot([theta, theta], [0, height], color=DATA, linewidth=1)
    ax.plot(theta, height, "o", color=DATA, markersize=8)
    ax.set(xlabel="θ", ylabel="likelihood", title=f"{seen} heads fixed", xlim=(0, 1))


def draw_densities(
    ax: Axes, x: ArrayLike, p: ArrayLike, models: dict[str, ArrayLike], *, top: float
) -> None:
    """Draw the density of the data, filled, and those of at most two models as lines.

    x: (n,). p: (n,) the data's density. models: name -> (n,) density; the first line is dashed.
    top: the upper end of the y axis.

    Raises ValueError if there are more than two models.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_densities(ax, [0, 1], [1, 1], {"model": [2, 0]}, top=2)
    >>> ax.lines[0].get_ydata().tolist()
    [2, 0]
    """
    if len(models) > 2:
        raise ValueError(f"models must be two at most, got {len(models)}")
    x = np.asarray(x)
    ax.fill_between(x, p, color=DATA, alpha=0.3, linewidth=0, label="data p")
    looks = ({"color": FORWARD, "linestyle": "--"}, {"color": REVERSE})
    for (name, density), look in zip(models.items(), looks, strict=False):
        ax.plot(x, density, label=name, linewidth=2, **look)
    ax.set(xlabel="x", ylabel="density", ylim=(0, top), xlim=(x.min(), x.max()))


def draw_scale(ax: Axes, names: Sequence[str], values: ArrayLike, *, most: float) -> None:
    """Draw values as horizontal bars, each with its number; what exceeds `most` is cut there.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_scale(ax, ["near", "far"], [0.5, 40], most=4)
    >>> [text.get_text() for text in ax.texts]
    ['0.50', '40 →']
    """
    shown = np.minimum(values, most)
    ax.barh(names, shown, color=[FORWARD, REVERSE][: len(names)], height=0.5)
    for place, value in enumerate(np.asarray(values, dtype=float)):
        text, inside = (f"{value:.2f}", False) if value <= most else (f"{value:.0f} →", True)
        x = shown[place] + (-0.03 if inside else 0.03) * most
        ax.text(x, place, text, va="center", ha="right" if inside else "left")
    ax.set(xlim=(0, 1.25 * most), xlabel="nats")
    ax.invert_yaxis()


def draw_boxes(ax: Axes, shift: float) -> None:
    """Draw a box of area 1 on [0, 1], and its copy moved by `shift`, hatched.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_boxes(ax, 2)
    >>> [float(box.get_x()) for box in ax.patches]
    [0.0, 2.0]
    """
    ax.bar(0, 1, width=1, align="edge", color=DATA, alpha=0.5)
    hatched = {"facecolor": "none", "edgecolor": FORWARD, "hatch": "////"}
    ax.bar(shift, 1, width=1, align="edge", **hatched)
    ax.text(0.5, 1.04, "p", ha="center")
    ax.text(shift + 0.5, 1.14, "q", ha="center")
    ax.set(xlim=(-0.2, 4.2), ylim=(0, 1.3), xlabel="x", ylabel="density")
