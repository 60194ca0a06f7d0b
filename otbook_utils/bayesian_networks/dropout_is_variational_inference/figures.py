"""The drawings of the chapter on dropout as variational inference."""

import math
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.distributions import Normal

from otbook_utils.teaching import PALETTE

DROPPED = {"marker": "x", "color": PALETTE["vermillion"]}


def draw_masked_layer(weight: Tensor, mask: Sequence[int]) -> Figure:
    """Draw a layer without the inputs that a mask drops, and its weight without their columns.

    weight: (outputs, inputs). mask: 0 or 1 for each input.

    >>> import torch
    >>> figure = draw_masked_layer(torch.tensor([[1.5, -2.0]]), [0, 1])
    >>> [text.get_text() for text in figure.axes[1].texts]
    ['0', '−2.0']
    """
    figure, (ax, right) = plt.subplots(1, 2, figsize=(7.2, 2.9))
    sides = [[((n - 1) / 2 - k) for k in range(n)] for n in reversed(weight.shape)]
    for j, (height, kept) in enumerate(zip(sides[0], mask, strict=True)):
        for end in sides[1] if kept else ():
            ax.plot([0, 1], [height, end], color=PALETTE["grey"], linewidth=0.8, zorder=1)
        look = {"marker": "o", "color": PALETTE["blue"]}
        ax.scatter(0, height, s=90, **(look if kept else DROPPED))
        ax.text(-0.08, height, f"$x_{j + 1}$", ha="right", va="center")
    for k, height in enumerate(sides[1]):
        ax.scatter(1, height, s=90, color=PALETTE["blue"])
        ax.text(1.08, height, f"$a_{k + 1}$", va="center")
    ax.set(xlim=(-0.25, 1.25), ylim=(-2, 2))
    ax.set_title("on units: W (m ⊙ x)", fontsize=11)
    ax.set_axis_off()
    shown = weight * torch.tensor(mask)
    right.pcolormesh((shown != 0).float(), cmap="Blues", vmin=0, vmax=8, edgecolors=PALETTE["grey"])
    for (k, j), value in np.ndenumerate(shown.numpy()):
        text = f"{value:.1f}".replace("-", "−") if mask[j] else "0"
        right.text(j + 0.5, k + 0.5, text, ha="center", va="center")
    for axis, name, n in ((right.xaxis, "x", weight.shape[1]), (right.yaxis, "a", len(weight))):
        axis.set_ticks([k + 0.5 for k in range(n)], [f"${name}_{k + 1}$" for k in range(n)])
    right.tick_params(length=0)
    right.invert_yaxis()
    right.set_title("on weights: W diag(m)", fontsize=11)
    return figure


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
    for half, colour, alpha, label in (
        (2 * total, PALETTE["sky"], 0.3, "… with the noise of data"),
        (2 * spread, blue, 0.4, "± 2 deviations"),
    ):
        look = {"color": colour, "alpha": alpha, "linewidth": 0, "label": label}
        ax.fill_between(grid, mean - half, mean + half, **look)
    ax.plot(grid, mean, color=blue, label="mean of the answers")
    ax.plot(grid, grid.sin(), "--", color=PALETTE["black"], linewidth=1, label="sin x")
    shown = slice(None, None, max(1, len(data[0]) // 50))
    ax.plot(data[0][shown, 0], data[1][shown, 0], ".", color=PALETTE["grey"], markersize=4)
    low, high = -6, 6.5
    ax.set(xlabel="x", ylabel="y", xlim=(grid[0].item(), grid[-1].item()), ylim=(low, high))
    handles, labels = ax.get_legend_handles_labels()
    order = (2, 1, 0, 3)  # the mean, its bands from the narrow one outwards, the truth
    ax.legend([handles[k] for k in order], [labels[k] for k in order], loc="upper right")
    # No answers lie where the legend stands; the line ends below it.
    ax.plot([x, x], [low, high if x < -0.5 else 2.3], color=PALETTE["vermillion"], linewidth=1)
    here = answers[:, (grid - x).abs().argmin()]
    if few:
        right.hlines(here, 0, 1, color=PALETTE["vermillion"], linewidth=1.5)
        right.set(xlabel="one line a member", xticks=[])
    else:
        edges = [low + 0.2 * k for k in range(63)]
        right.hist(here, bins=edges, orientation="horizontal", color=PALETTE["vermillion"])
        right.set(xlabel="passes", xlim=(0, len(here)))
    right.set(ylabel="answers at the red line", ylim=(low, high))
    return figure


def draw_smeared(
    w: float, s: float, rate: float, told: Callable[[Tensor, float], Tensor]
) -> Figure:
    """Draw the density of a smeared mask on one weight, and its KL divergence to N(0, 1) over w.

    Densities are drawn relative to the peak of the mask's, which no axis would hold at any width.

    told: the mutual information of mask and weight, from distances in units of s and the rate.

    >>> figure = draw_smeared(1.0, 0.2, 0.3, told=lambda d, p: 0 * d)
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['density (peak of q = 1)', 'nats']
    """
    figure, (ax, right) = plt.subplots(1, 2, figsize=(7.6, 3.2))
    places = torch.linspace(-2.2, 2.2, 221)
    q = rate * Normal(0, s).log_prob(places).exp()
    q = q + (1 - rate) * Normal(w, s).log_prob(places).exp()
    peak = q.max()
    prior = Normal(0, 1).log_prob(places).exp() / peak
    ax.fill_between(places, q / peak, color=PALETTE["sky"], alpha=0.5)
    ax.plot(places, q / peak, color=PALETTE["blue"], label="q")
    ax.plot(places, prior, ":", color=PALETTE["black"], label="prior")
    ax.set(xlabel="weight", ylabel="density (peak of q = 1)", xlim=(-2.2, 2.2), ylim=(0, 1.3))
    ax.legend(loc="upper center", ncols=2)
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
