"""The drawings of the chapter on sampling the posterior."""

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from otbook_utils.teaching import PALETTE


def draw_ellipse(ax: Axes, covariance: Tensor, look: str, colour: str, label: str) -> None:
    """Draw where a Gaussian with mean 0 and covariance (2, 2) has its contour of two deviations.

    >>> import matplotlib.pyplot as plt
    >>> import torch
    >>> figure, ax = plt.subplots()
    >>> draw_ellipse(ax, torch.eye(2), "-", "blue", "round")
    >>> round(float(ax.lines[0].get_xdata().max()), 3)
    2.0
    """
    turn = np.linspace(0, 2 * np.pi, 73)
    root = np.linalg.cholesky(covariance.double().numpy())
    x, y = 2 * root @ np.stack([np.cos(turn), np.sin(turn)])
    ax.plot(x, y, look, color=PALETTE[colour], linewidth=2, label=label)


def draw_histogram(ax: Axes, samples: Tensor, edges: np.ndarray, label: str) -> None:
    """Draw the density of samples (n,) as one outline of steps over bins with these edges.

    >>> import matplotlib.pyplot as plt
    >>> import torch
    >>> figure, ax = plt.subplots()
    >>> draw_histogram(ax, torch.tensor([0.1, 0.2, 0.9]), np.array([0, 0.5, 1]), "three")
    >>> ax.patches[0].get_data().values.round(2).tolist()
    [1.33, 0.67]
    """
    heights, _ = np.histogram(samples.numpy(), edges)
    heights = heights / (len(samples) * np.diff(edges))
    ax.stairs(heights, edges, fill=True, color=PALETTE["sky"], alpha=0.6, label=label)


def draw_variances(
    ax: Axes,
    steps: Tensor,
    wanted: dict[float, Tensor],
    measured: dict[float, Tensor],
    chosen: float,
) -> None:
    """Draw variances by formula (lines) and as measured (marks) over step sizes (n,), the first
    without and the second with the noise of batches, and a line at the chosen step size.
    """
    looks = ("blue", "--s", "all data"), ("vermillion", "-o", "batches")
    for noise, (colour, look, label) in zip(wanted, looks, strict=True):
        line = {"color": PALETTE[colour], "markersize": 4, "linewidth": 1}
        ax.plot(steps, wanted[noise], look[:-1], **line)
        ax.plot(steps[::3], measured[noise][::3], look[-1], **line)
        ax.plot([], [], look, **line, label=label)
    ax.axhline(1, color=PALETTE["black"], linewidth=1, label="posterior")
    # Up to the legend, where the line would run through it.
    ax.plot([chosen, chosen], [0.8, 17 if chosen < 2 else 80], color=PALETTE["grey"])
    ax.set(xlabel="step size ε (a = 1)", ylabel="variance", yscale="log", ylim=(0.8, 80))
    ax.legend(loc="upper left", reverse=True)


def draw_bands(
    ax: Axes, grid: Tensor, values: Tensor, truth: Tensor, seen: tuple[Tensor, Tensor], name: str
) -> None:
    """Draw means and central 90 % of a method's functions (k, n) over those of the truth (k', n).

    seen: inputs and targets of the training data, (m,) each.
    """
    low, high = truth.double().quantile(truth.new_tensor([0.05, 0.95]).double(), 0)
    ax.fill_between(grid, low, high, color=PALETTE["grey"], alpha=0.35, label="truth, 90 %")
    ax.plot(grid, truth.mean(0), "--", color=PALETTE["black"], linewidth=1.3)
    low, high = values.double().quantile(values.new_tensor([0.05, 0.95]).double(), 0)
    for edge, label in ((low, f"{name}, 90 %"), (high, None)):
        ax.plot(grid, edge, color=PALETTE["vermillion"], linewidth=1.8, label=label)
    ax.plot(grid, values.mean(0), "--", color=PALETTE["vermillion"], linewidth=1.3)
    ax.plot([], [], "--", color=PALETTE["black"], linewidth=1.3, label="means")
    ax.plot(*seen, "o", color=PALETTE["blue"], markersize=4, label="data")
    ax.set(xlabel="x", ylabel="f(x)", xlim=(-4, 3.5), ylim=(-2.6, 3.2))
    ax.legend(loc="upper center", ncols=2)
