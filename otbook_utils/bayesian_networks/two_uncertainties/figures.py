"""The drawings of the chapter on two uncertainties."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, to_rgba
from matplotlib.image import AxesImage
from torch import Tensor

from otbook_utils.bayesian_networks import Reliability
from otbook_utils.teaching import PALETTE

FEW = 20  # cases in a bin, below which its bar is hollow


def draw_deviations(
    ax: Axes, grid: Tensor, aleatoric: Tensor, epistemic: Tensor, truth: Tensor
) -> None:
    """Draw standard deviations over inputs (n,): of the noise, learnt and true, and of the doubt.

    aleatoric, epistemic: variances; truth: the noise's true deviation. The data's range, from -2
    to 2, is shaded.

    >>> import matplotlib.pyplot as plt
    >>> import torch
    >>> figure, ax = plt.subplots()
    >>> draw_deviations(ax, torch.arange(3.0), torch.ones(3), torch.full((3,), 0.04), torch.ones(3))
    >>> round(float(ax.lines[2].get_ydata()[0]), 3)
    0.2
    """
    ax.axvspan(-2, 2, color=PALETTE["sky"], alpha=0.25)
    ax.plot(grid, truth, ":", color=PALETTE["black"], label="true noise")
    ax.plot(grid, aleatoric.sqrt(), "--", color=PALETTE["blue"], label="noise, learnt")
    ax.plot(grid, epistemic.sqrt(), color=PALETTE["vermillion"], label="doubt")
    ax.set(xlim=(-4, 4), yscale="log", ylim=(0.006, 6), xlabel="x", ylabel="standard deviation")
    ax.legend(loc="upper left", ncols=1)


def draw_growth(
    ax: Axes, sizes: list[int], aleatoric: Tensor, epistemic: Tensor, chosen: int
) -> None:
    """Draw two mean variances (n,) over numbers of data, and a line at the chosen number.

    >>> import matplotlib.pyplot as plt
    >>> import torch
    >>> figure, ax = plt.subplots()
    >>> draw_growth(ax, [15, 60], torch.ones(2), torch.tensor([0.1, 0.01]), 60)
    >>> [line.get_label() for line in ax.lines[:2]]
    ['noise', 'doubt']
    """
    for values, look, colour, label in (
        (aleatoric, "--s", "blue", "noise"),
        (epistemic, "-o", "vermillion", "doubt"),
    ):
        ax.plot(sizes, values, look, color=PALETTE[colour], label=label, markersize=4)
    ax.axvline(chosen, color=PALETTE["grey"])
    ax.set(xscale="log", yscale="log", xlabel="data", ylabel="mean variance, |x| ≤ 2")
    ax.set(ylim=(3e-5, 1), xticks=[15, 60, 240], xticklabels=["15", "60", "240"])
    ax.minorticks_off()
    ax.legend(loc="center right", ncols=1)


def draw_map(ax: Axes, side: Tensor, values: Tensor, levels: list[float], title: str) -> AxesImage:
    """Draw values (n, n) in steps over a square with these coordinates (n,) on a side.

    Values beyond the last level look like the last. Pixels and not filled contours: dark pages
    turn their colours in order.

    >>> import matplotlib.pyplot as plt
    >>> import torch
    >>> figure, ax = plt.subplots()
    >>> image = draw_map(ax, torch.arange(3.0), torch.eye(3), [0.0, 0.5, 1.0], "one")
    >>> ax.get_title()
    'one'
    """
    first, last = float(side[0]), float(side[-1])
    half = (last - first) / (len(side) - 1) / 2  # of a pixel: its value belongs to its middle
    image = ax.imshow(
        values.numpy(),
        cmap="Blues",
        norm=BoundaryNorm(levels, 256),
        extent=2 * (first - half, last + half),
        origin="lower",
        interpolation="bilinear",
        interpolation_stage="data",
    )
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(first, last), ylim=(first, last))
    ax.set(aspect="equal", xticks=[-4, 0, 4], yticks=[-4, 0, 4])
    ax.set_title(title, fontsize=11)
    return image


def draw_reliability(ax: Axes, binned: Reliability, label: str, colour: str) -> None:
    """Draw accuracy over confidence, a bar for each bin that holds anything, and how much.

    A bar is hollow where fewer than 20 cases stand behind it.

    >>> import matplotlib.pyplot as plt
    >>> import torch
    >>> figure, ax = plt.subplots()
    >>> half = torch.tensor([0.0, 3.0]), torch.tensor([0.0, 0.8]), torch.tensor([0.0, 0.5])
    >>> draw_reliability(ax, Reliability(*half), "two bins", "blue")
    >>> [float(number) for number in [bar.get_height() for bar in ax.patches]]
    [0.5]
    """
    bins = len(binned.count)
    width = 1 / bins
    left = np.arange(bins) * width
    filled = (binned.count > 0).numpy()
    many = (binned.count >= FEW).numpy()[filled]
    ax.bar(
        left[filled],
        binned.accuracy.numpy()[filled],
        width,
        align="edge",
        color=[to_rgba(PALETTE[colour], 0.7 if full else 0) for full in many],
        edgecolor=PALETTE["black"],
        label=label,
    )
    ax.plot([0, 1], [0, 1], "--", color=PALETTE["black"], linewidth=1)
    for x, count in zip(left[filled] + width / 2, binned.count[filled], strict=True):
        ax.text(x, 0.02, f"{int(count)}", ha="center", fontsize=10)
    ax.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy")
    ax.set_xlabel("confidence (in the bars: how many answers)")
