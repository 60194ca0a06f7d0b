"""The drawings of the chapter on conditional generation."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from otbook_utils.generative_models.conditional_generation.bells import CENTRES
from otbook_utils.teaching import PALETTE

COLOURS = ("blue", "orange", "green")


def draw_bells(ax: Axes, samples: ArrayLike) -> None:
    """Draw what was made of each class as bars, and the class's own bell as a line.

    samples: (classes, n) numbers.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_bells(ax, np.zeros((3, 10)))
    >>> len(ax.lines)
    3
    """
    places, edges = np.linspace(-6, 6, 121), np.linspace(-6, 6, 49)
    for made, centre, colour in zip(np.asarray(samples), CENTRES, COLOURS, strict=True):
        shares = np.histogram(made, edges)[0] / len(made) / (edges[1] - edges[0])
        # What is higher than the picture is cut: a spike says by its width how narrow it is.
        ax.stairs(shares.clip(max=1.6), edges, fill=True, alpha=0.45, color=PALETTE[colour])
        bell = np.exp(-0.5 * (places - centre) ** 2) / np.sqrt(2 * np.pi)
        ax.plot(places, bell, color=PALETTE[colour], linewidth=1.8)
    ax.set(xlim=(-6, 6), ylim=(0, 1.65), xlabel="x", ylabel="density")


def draw_rows(ax: Axes, picture: ArrayLike, labels: ArrayLike, side: int) -> None:
    """Draw a mosaic of images whose columns are what was asked for.

    picture: grey values (height, width). labels: of the columns. side: pixels an image is wide.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_rows(ax, np.zeros((8, 16)), [3, 7], side=8)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['3', '7']
    """
    labels = [str(label) for label in np.asarray(labels)]
    ax.imshow(np.asarray(picture), cmap="gray", vmin=0)
    ax.set_xticks(side * (np.arange(len(labels)) + 0.5) - 0.5, labels)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set_yticks([])
    ax.set_title("asked for", fontsize=11)
