"""The drawings of the chapter on losses between distributions."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import ArrayLike

from otbook_utils.teaching import PALETTE


def draw_clouds(ax: Axes, moving: ArrayLike, target: ArrayLike, *, journeys: bool = False) -> None:
    """Draw a cloud of dots and the cloud of crosses that it is to become.

    moving, target: (n, 2) points, in the order in which they are matched.
    journeys: whether a line joins each dot to its cross.

    Raises ValueError if the two differ in shape.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_clouds(ax, [[0, 0]], [[1, 2]], journeys=True)
    >>> ax.collections[0].get_segments()[0].tolist()
    [[0.0, 0.0], [1.0, 2.0]]
    """
    x, y = np.asarray(moving, dtype=float), np.asarray(target, dtype=float)
    if x.shape != y.shape:
        raise ValueError(f"moving must be {y.shape} as target is, got {x.shape}")
    if journeys:
        lines = LineCollection(np.stack([x, y], axis=1), colors="dimgrey", linewidths=0.6)
        ax.add_collection(lines)
    ax.plot(*x.T, "o", color=PALETTE["blue"], markersize=4, label="moved")
    ax.plot(*y.T, "x", color=PALETTE["orange"], markersize=5, label="wanted")
    ax.set_aspect("equal")


def draw_shares(ax: Axes, places: ArrayLike, said: ArrayLike, wanted: ArrayLike) -> None:
    """Draw what is said as broad bars and what is wanted as narrow hatched ones in front.

    places, said, wanted: (n,) where the bars stand and the shares that they show.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_shares(ax, [1, 2], [0.25, 0.75], [1, 0])
    >>> [float(bar.get_height()) for bar in ax.patches]
    [0.25, 0.75, 1.0, 0.0]
    """
    ax.bar(places, said, width=0.7, color=PALETTE["blue"], label="said")
    hatched = {"facecolor": "white", "edgecolor": PALETTE["orange"], "hatch": "////"}
    ax.bar(places, wanted, width=0.3, label="raters", **hatched)
    ax.set_ylabel("share")
