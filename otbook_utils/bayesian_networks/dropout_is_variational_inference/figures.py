"""The drawings of the chapter on dropout as variational inference."""

import math
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.distributions import Normal

from otbook_utils.teaching import PALETTE


def draw_bands(
    grid: Tensor, answers: Tensor, data: tuple[Tensor, Tensor], x: float, noise: float, few: bool
) -> Figure:
    """Draw mean and bands of answers (samples, places) over a grid, and the answers at one place.

    data: x and y, each (n, 1). x: the place that is looked at. noise: its standard deviation, which
    the wide band adds. few: mark each answer at x instead of a histogram.

    >>> import torch
    >>> pair = torch.zeros(1, 1), torch.zeros(1, 1)
    >>> figure = draw_bands(torch.arange(3.0), torch.zeros(4, 3), pair, 1.0, 0.1, few=False)
    >>> len(figure.axes)
    2
    """
    figure, (ax, right) = plt.subplots(1, 2, figsize=(7.6, 3.3), width_ratios=[2, 1])
    mean, spread = answers.mean(0), answers.std(0)
    total = (spread.square() + noise**2).sqrt()
    blue = PALETTE["blue"]
    ax.fill_between(
        grid, mean - 2 * total, mean + 2 * total, color=PALETTE["sky"], alpha=0.3, linewidth=0
    )
    ax.fill_between(grid, mean - 2 * spread, mean + 2 * spread, color=blue, alpha=0.4, linewidth=0)
    ax.plot(grid, mean, color=blue, label="mean, ± 2 deviations")
    ax.plot(grid, grid.sin(), "--", color=PALETTE["black"], linewidth=1, label="sin x")
    shown = slice(None, None, max(1, len(data[0]) // 50))
    ax.plot(data[0][shown, 0], data[1][shown, 0], ".", color=PALETTE["grey"], markersize=4)
    ax.axvline(x, color=PALETTE["vermillion"], linewidth=1)
    ax.set(xlabel="x", ylabel="y", xlim=(grid[0].item(), grid[-1].item()), ylim=(-5, 5))
    ax.legend(loc="upper left")
    here = answers[:, (grid - x).abs().argmin()]
    if few:
        right.hlines(here, 0, 1, color=PALETTE["vermillion"], linewidth=1.5)
        right.set(xlabel="one line a member", xticks=[])
    else:
        edges = [-5 + 0.2 * k for k in range(51)]
        right.hist(here, bins=edges, orientation="horizontal", color=PALETTE["vermillion"])
        right.set(xlabel="passes", xlim=(0, len(here)))
    right.set(ylabel="answers at the red line", ylim=(-5, 5))
    return figure


def draw_smeared(
    w: float, s: float, rate: float, told: Callable[[Tensor, float], Tensor]
) -> Figure:
    """Draw the density of a smeared mask on one weight, and its KL divergence to N(0, 1) over w.

    told: the mutual information of mask and weight, from distances in units of s and the rate.

    >>> figure = draw_smeared(1.0, 0.2, 0.3, told=lambda d, p: 0 * d)
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['density of q', 'nats']
    """
    figure, (ax, right) = plt.subplots(1, 2, figsize=(7.6, 3.2))
    places = torch.linspace(-2.2, 2.2, 221)
    q = rate * Normal(0, s).log_prob(places).exp()
    q = q + (1 - rate) * Normal(w, s).log_prob(places).exp()
    ax.fill_between(places, q, color=PALETTE["sky"], alpha=0.5)
    ax.plot(places, q, color=PALETTE["blue"])
    ax.plot(places, Normal(0, 1).log_prob(places).exp(), ":", color=PALETTE["black"], label="prior")
    ax.set(xlabel="weight", ylabel="density of q", xlim=(-2.2, 2.2), ylim=(0, 2.2))
    ax.legend(loc="upper left")
    entropy = -rate * math.log(rate) - (1 - rate) * math.log(1 - rate)

    def divergence(w: Tensor) -> Tensor:  # without what does not depend on w
        return (1 - rate) / 2 * w.square() + entropy - told(w.abs() / s, rate)

    decay = (1 - rate) / 2 * places.square()
    right.plot(places, divergence(places), color=PALETTE["blue"], label="KL + constant")
    right.plot(places, decay, "--", color=PALETTE["vermillion"], label="weight decay")
    right.plot(w, divergence(torch.tensor(w)), "o", color=PALETTE["blue"])
    right.set(xlabel="w", ylabel="nats", xlim=(-2.2, 2.2), ylim=(0, 2.4))
    right.legend(loc="upper center")
    return figure


def draw_two_slopes(
    n: float,
    spikes: tuple[Tensor, Tensor],
    posterior: tuple[float, float],
    many: Sequence[float],
    curves: Mapping[str, Sequence[float]],
) -> Figure:
    """Draw a normal posterior beside spikes, and the deviations of both over the number of data.

    spikes: slopes and their probabilities. posterior: mean and deviation. curves: the deviations
    of "posterior" and "dropout" at the numbers `many`.

    >>> curves = {"posterior": [1.0, 0.5], "dropout": [1.0, 1.0]}
    >>> spikes = torch.tensor([0.0, 1.0]), torch.tensor([0.3, 0.7])
    >>> figure = draw_two_slopes(1, spikes, (0.9, 1.0), [1, 4], curves)
    >>> figure.axes[1].get_ylabel()
    'deviation of the slope'
    """
    figure, (ax, right) = plt.subplots(1, 2, figsize=(7.6, 3.2))
    (slope, chance), (mean, deviation) = spikes, posterior
    a = torch.linspace(-0.2, 2.2, 481)
    shape = (-((a - mean) ** 2) / (2 * deviation**2)).exp()
    colours = {"posterior": PALETTE["black"], "dropout": PALETTE["vermillion"]}
    ax.plot(a, shape, color=colours["posterior"], label="posterior")
    seen = chance > 1e-4
    ax.vlines(slope[seen], 0, (chance / chance.max())[seen], color=colours["dropout"])
    ax.plot([], [], color=colours["dropout"], label="dropout")
    ax.set(xlabel="slope", ylabel="relative to the peak", xlim=(-0.2, 2.2), ylim=(0, 1.25))
    ax.legend(loc="upper right")
    for (name, curve), style in zip(curves.items(), ("-", "--"), strict=True):
        right.loglog(many, curve, style, color=colours[name], label=name)
        k = min(range(len(many)), key=lambda k: abs(math.log(many[k] / n)))
        right.plot(many[k], curve[k], "o", color=colours[name])
    right.set(xlabel="data N", ylabel="deviation of the slope", ylim=(5e-3, 3))
    right.legend(loc="lower left")
    return figure
