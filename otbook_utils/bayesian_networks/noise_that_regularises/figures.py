"""The drawings of the chapter on noise that regularises."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from torch import Tensor

from otbook_utils.teaching import PALETTE


def draw_frequencies(ax: Axes, values: Tensor, low: float, high: float, widest: float) -> None:
    """Draw a histogram of values (n,) between `low` and `high`, as shares of its highest bar.

    Bars are a third of the standard deviation wide, at most `widest`: a narrow histogram keeps its
    shape.

    >>> import matplotlib.pyplot as plt
    >>> import torch
    >>> figure, ax = plt.subplots()
    >>> draw_frequencies(ax, torch.tensor([0.1, 0.9, 0.9, 0.9]), 0, 1, widest=0.5)
    >>> ax.patches[0].get_data().values.round(2).tolist()[0]
    0.33
    """
    width = min(widest, max(values.std().item() / 3, (high - low) / 400))
    heights, edges = np.histogram(values.numpy(), round((high - low) / width), (low, high))
    filled = heights.nonzero()[0]
    part = slice(filled[0], filled[-1] + 1)  # what is empty on both sides would only weigh
    ax.stairs(
        heights[part] / heights.max(),
        edges[part.start : part.stop + 1],
        fill=True,
        color=PALETTE["sky"],
    )
    ax.set(xlim=(low, high), ylim=(0, 1.1))


def draw_pairs(pairs: Tensor, highest: int) -> Figure:
    """Draw 250 of the pairs (n, 2) of two outputs, and a histogram of the first of all n.

    highest: where the histogram's axis ends.

    >>> import torch
    >>> figure = draw_pairs(torch.tensor([[1.0, 1.0], [-1.0, 1.0]]), highest=2)
    >>> figure.axes[1].get_title()
    'variance 2.00, covariance 0.00'
    """
    figure, (ax, right) = plt.subplots(1, 2, figsize=(7.6, 3.4))
    ax.plot(*pairs[:250].T, ".", color=PALETTE["blue"], alpha=0.8, markersize=4)
    ax.set(xlim=(-3.6, 3.6), ylim=(-3.6, 3.6), aspect="equal")
    ax.set(xlabel="output 1 − mean", ylabel="output 2 − mean")
    right.hist(pairs[:, 0], bins=np.linspace(-3.6, 3.6, 46).tolist(), color=PALETTE["sky"])
    right.set(xlabel="output 1 − mean", ylabel=f"how many of {len(pairs):,} draws")
    right.set(ylim=(0, highest))
    variance, covariance = pairs.T.cov()[0].tolist()
    # Without the hyphen, and without the sign of a zero.
    written = f"{round(covariance, 2) + 0.0:.2f}".replace("-", "−")
    right.set_title(f"variance {variance:.2f}, covariance {written}", fontsize=11)
    return figure


def draw_subnetwork(ax: Axes, sizes: Sequence[int], kept: Sequence[Sequence[bool] | None]) -> None:
    """Draw layers of units from left to right; what is dropped loses its edges and gets a cross.

    sizes: units of each layer. kept: for each layer whether each unit is kept, None if all are.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_subnetwork(ax, [2, 3, 1], [None, [True, False, True], None])
    >>> len(ax.collections[0].get_segments())  # (2 + 1) edges at each of two kept units
    6
    """
    there = [
        [True] * size if keep is None else list(keep)
        for size, keep in zip(sizes, kept, strict=True)
    ]
    places = [
        [(layer, (size - 1) / 2 - k) for k in range(size)] for layer, size in enumerate(sizes)
    ]
    edges = [
        (a, b)
        for layer in range(len(sizes) - 1)
        for a, a_there in zip(places[layer], there[layer], strict=True)
        for b, b_there in zip(places[layer + 1], there[layer + 1], strict=True)
        if a_there and b_there
    ]
    ax.add_collection(LineCollection(edges, colors=PALETTE["grey"], linewidths=0.7, zorder=1))
    units = [pair for pairs in zip(places, there, strict=True) for pair in zip(*pairs, strict=True)]
    for wanted, marker, colour in ((True, "o", "blue"), (False, "x", "vermillion")):
        chosen = [place for place, is_there in units if is_there == wanted]
        x, y = zip(*chosen, strict=True) if chosen else ((), ())
        ax.scatter(x, y, s=90, marker=marker, color=PALETTE[colour], zorder=2)
    reach = (max(sizes) - 1) / 2 + 0.6
    ax.set(xlim=(-0.3, len(sizes) - 0.7), ylim=(-reach, reach))
    ax.set_axis_off()
