"""The drawings of the chapter on diffusion."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from torch import Tensor

from otbook_utils.generative_models.diffusion_chapter.toy import CENTRES
from otbook_utils.teaching import PALETTE


def draw_cloud(ax: Axes, points: Tensor, title: str, colour: str = "vermillion") -> None:
    """Draw points (n, 2) and the ring's eight centres on axes that stay as they are.

    >>> import matplotlib.pyplot as plt, torch
    >>> figure, ax = plt.subplots()
    >>> draw_cloud(ax, torch.zeros(3, 2), "three alike")
    >>> ax.get_title()
    'three alike'
    """
    ax.scatter(*points.T, s=8, color=PALETTE[colour], alpha=0.6, linewidths=0)
    ax.scatter(*CENTRES.T, marker="+", s=50, color=PALETTE["black"], linewidths=1)
    set_plane(ax, title)


def set_plane(ax: Axes, title: str) -> None:
    """Give the axes the plane from −3 to 3 and a title."""
    ax.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    ax.set_xticks([-2, 0, 2])
    ax.set_yticks([-2, 0, 2])
    ax.set_title(title, fontsize=11)


def draw_fields(ax: Axes, places: Tensor, exact: Tensor, learnt: Tensor, title: str) -> None:
    """Draw two fields of arrows (n, 2) at places (n, 2): where they agree, one covers the other.

    >>> import matplotlib.pyplot as plt, torch
    >>> figure, ax = plt.subplots()
    >>> draw_fields(ax, torch.zeros(4, 2), torch.ones(4, 2), torch.ones(4, 2), "equal")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['exact', 'learnt']
    """
    how = {"angles": "xy", "scale_units": "xy", "scale": 1}
    ax.quiver(*places.T, *exact.T, color=PALETTE["black"], width=0.009, label="exact", **how)
    ax.quiver(*places.T, *learnt.T, color=PALETTE["orange"], width=0.004, label="learnt", **how)
    set_plane(ax, title)
    _legend_above(ax)


def draw_ways(ax: Axes, path: Tensor, ends: Tensor, title: str) -> None:
    """Draw one way (steps, 2) from its start (a square) to its end (a dot), and other ends (n, 2).

    >>> import matplotlib.pyplot as plt, torch
    >>> figure, ax = plt.subplots()
    >>> draw_ways(ax, torch.zeros(5, 2), torch.ones(3, 2), "a way")
    >>> len(ax.lines)
    3
    """
    ax.scatter(*CENTRES.T, marker="+", s=50, color=PALETTE["grey"], linewidths=1)
    ax.scatter(*ends.T, s=18, color=PALETTE["vermillion"], alpha=0.7, label="ends, η = 1")
    ax.plot(*path.T, color=PALETTE["blue"], linewidth=1.5, label="way, η = 0")
    ax.plot(*path[0], "s", color=PALETTE["black"], label="noise")
    ax.plot(*path[-1], "o", color=PALETTE["blue"])
    set_plane(ax, title)
    _legend_above(ax)


def _legend_above(ax: Axes) -> None:
    """Write the legend in one row above what is drawn, for which the axes grow."""
    ax.set_ylim(-3, 3.7)
    ax.legend(loc="upper center", ncols=3, fontsize=10, columnspacing=0.8, handlelength=1.4)


def told(values: Sequence[float], form: str) -> str:
    """Return the least and the largest of some values as text, and a dash for none.

    >>> told([2.04, 1.0], ".1f"), told([3.0], ".0f"), told([], ".1f")
    ('1.0 to 2.0', '3', '–')
    """
    if not values:
        return "–"
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"
