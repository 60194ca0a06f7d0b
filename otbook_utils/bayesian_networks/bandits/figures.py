"""The drawings of the chapter on bandits."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import beta

from otbook_utils.teaching import PALETTE

COLOURS = [PALETTE[name] for name in ("blue", "vermillion", "green", "purple", "orange", "black")]
STYLES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1))]


def draw_cycle() -> Figure:
    """Draw agent and environment, and what passes between them.

    >>> named = ", ".join(text.get_text() for text in draw_cycle().axes[0].texts)
    >>> [what for what in ("policy", "action", "reward", "new state") if what not in named]
    []
    """
    figure, ax = plt.subplots(figsize=(5.2, 2.4))
    ax.set(xlim=(0, 10), ylim=(0, 5))
    ax.set_axis_off()
    for x, name, what in ((1.7, "agent", "policy"), (8.3, "environment", "state")):
        box = plt.Rectangle((x - 1.5, 1.6), 3, 1.8, facecolor=PALETTE["sky"], alpha=0.35)
        ax.add_patch(box)
        ax.text(x, 2.85, name, ha="center", va="center", fontsize=12)
        ax.text(x, 2.1, what, ha="center", va="center", fontsize=10)
    for y, start, end, text in ((3.2, 3.4, 6.6, "action"), (1.8, 6.6, 3.4, "reward, new state")):
        arrow = {"arrowstyle": "-|>", "color": PALETTE["black"], "linewidth": 1.6}
        ax.annotate("", (end, y), (start, y), arrowprops=arrow)
        ax.text(5, y + 0.25, text, ha="center", fontsize=10)
    return figure


def draw_beliefs(
    ax: Axes, ones: Sequence[float], zeros: Sequence[float], names: Sequence[str], height: float
) -> None:
    """Draw the density of each arm's mean after so many ones and zeros, under a flat prior.

    >>> figure, ax = plt.subplots()
    >>> draw_beliefs(ax, [3, 0], [1, 0], ["A", "B"], height=4)
    >>> [line.get_label() for line in ax.lines]
    ['A', 'B']
    """
    mean = np.linspace(0, 1, 161)
    for k, (n, m, name) in enumerate(zip(ones, zeros, names, strict=True)):
        density = beta(1 + n, 1 + m).pdf(mean)
        ax.plot(mean, density, color=COLOURS[k], linestyle=STYLES[k], label=name)
    ax.set(xlim=(0, 1), ylim=(0, height), xlabel="mean pay of a machine", ylabel="density")
    ax.legend(loc="upper left")


def draw_regrets(ax: Axes, curves: Mapping[str, np.ndarray], every: int = 1) -> None:
    """Draw the mean regret (runs, rounds) of each policy over the rounds.

    >>> figure, ax = plt.subplots()
    >>> draw_regrets(ax, {"a": np.ones((3, 10)), "b": np.zeros((3, 10))}, every=5)
    >>> [len(line.get_xdata()) for line in ax.lines]
    [2, 2]
    """
    for k, (name, regret) in enumerate(curves.items()):
        rounds = np.arange(every, regret.shape[1] + 1, every)
        shown = np.asarray(regret).mean(0)[rounds - 1]
        ax.plot(rounds, shown, color=COLOURS[k], linestyle=STYLES[k], label=name)
    ax.set(xlabel="rounds", ylabel="regret, mean over runs")
    ax.legend(loc="upper left")
