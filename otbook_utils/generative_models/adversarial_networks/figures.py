"""The drawings of the chapter on adversarial networks."""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor

from otbook_utils.generative_models.ring import CENTRES, SPREAD
from otbook_utils.teaching import PALETTE


def draw_ring(ax: Axes, samples: Tensor, title: str) -> None:
    """Draw points (n, 2), and circles within which they are good, on axes that stay as they are.

    >>> import torch
    >>> figure, ax = plt.subplots()
    >>> draw_ring(ax, torch.zeros(3, 2), "three alike")
    >>> ax.get_title()
    'three alike'
    """
    for centre in CENTRES.tolist():
        look = {"facecolor": PALETTE["sky"], "edgecolor": PALETTE["black"], "alpha": 0.35}
        ax.add_patch(plt.Circle(centre, 4 * SPREAD, **look))
    ax.scatter(*samples.T, s=9, color=PALETTE["vermillion"], alpha=0.5, linewidths=0)
    ax.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    ax.set_xticks([-2, 0, 2])
    ax.set_yticks([-2, 0, 2])
    ax.set_title(title, fontsize=11)


def draw_paths(ax: Axes, paths: dict[str, Tensor], step: int, reach: float = 3.2) -> None:
    """Draw where each path (steps, 2) has been up to a step, with a dot where it is.

    >>> import torch
    >>> figure, ax = plt.subplots()
    >>> draw_paths(ax, {"still": torch.zeros(5, 2)}, step=2)
    >>> [len(line.get_xdata()) for line in ax.lines]
    [3, 1]
    """
    colours = [PALETTE[name] for name in ("vermillion", "blue", "green", "purple")]
    styles: list[Any] = ["-", "--", "-", ":"]
    for (name, path), colour, style in zip(paths.items(), colours, styles, strict=False):
        so_far = path[: step + 1]
        ax.plot(*so_far.T, style, color=colour, linewidth=1.5, label=name)
        ax.plot(*so_far[-1:].T, "o", color=colour)
    ax.scatter([0], [0], marker="+", s=120, color=PALETTE["black"])
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel="x", ylabel="y")
