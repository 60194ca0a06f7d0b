"""The drawings of the chapter on noise that regularises."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from otbook_utils.teaching import PALETTE


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
