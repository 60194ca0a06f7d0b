"""The drawings of the chapter on autoregressive text."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from otbook_utils.teaching import PALETTE

VISIBLE = str.maketrans({" ": "␣", "\n": "⏎", "$": r"\$"})


def visible(text: str) -> str:
    """Return a text with its spaces and line breaks as signs.

    >>> visible("a b")
    'a␣b'
    """
    return text.translate(VISIBLE)


def draw_ranking(
    ax: Axes, heights: ArrayLike, characters: Sequence[str], *, kept: int | None = None
) -> None:
    """Draw a bar for each character; those from `kept` on are hatched and pale.

    Raises ValueError if there are not as many heights as characters.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_ranking(ax, [0.7, 0.3], ["a", "b"], kept=1)
    >>> [bar.get_hatch() for bar in ax.patches]
    [None, '////']
    """
    heights = np.asarray(heights, dtype=float)
    if heights.shape != (len(characters),):
        raise ValueError(
            f"heights must be one for each of {len(characters)} characters, got {heights.shape}"
        )
    ax.bar(range(len(heights)), heights, color=PALETTE["blue"])
    for bar in ax.patches[len(heights) if kept is None else kept :]:
        bar.set(facecolor="white", edgecolor=PALETTE["orange"], hatch="////")
    ax.set_xticks(range(len(heights)), [visible(character) for character in characters])
    ax.set(xlabel="next character", ylabel="probability")


def draw_attention(ax: Axes, weights: ArrayLike, characters: Sequence[str]) -> None:
    """Draw a head's weights: a row for each place that looks, a column for what it looks at.

    Raises ValueError if the weights are not square in the number of characters.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_attention(ax, [[1, 0], [0.25, 0.75]], ["a", "b"])
    >>> ax.images[0].get_array().tolist()
    [[1.0, 0.0], [0.25, 0.75]]
    """
    weights, n = np.asarray(weights, dtype=float), len(characters)
    if weights.shape != (n, n):
        raise ValueError(f"weights must be ({n}, {n}) for {n} characters, got {weights.shape}")
    ax.imshow(weights, cmap="Blues", vmin=0, vmax=1)
    names = [visible(character) for character in characters]
    ax.set_xticks(range(n), names, fontsize=10)
    ax.set_yticks(range(n), names, fontsize=10)
    ax.set(xlabel="looked at", ylabel="place that looks")
