"""The drawings of the chapter that runs the table again."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from otbook_utils.scarce_labels.figures import GROUPS
from otbook_utils.teaching import PALETTE


def draw_over_beta(
    ax: Axes, betas: Sequence[str], scores: Mapping[str, Sequence[ArrayLike]], here: int
) -> None:
    """Draw the accuracies of the groups against beta, and a band at the one chosen.

    betas: names of the places on the axis. scores: group -> for each place (seeds,) per cent, or an
    empty sequence where there are no runs. Markers are means, bars reach over the seeds.
    here: index of the place with the band.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_over_beta(ax, ["none", "0.9"], {"all": [[70, 72], [74, 76]]}, here=1)
    >>> ax.lines[-1].get_ydata().tolist()
    [71.0, 75.0]
    """
    ax.axvspan(here - 0.4, here + 0.4, color=PALETTE["grey"], alpha=0.2, linewidth=0)
    for name, values in scores.items():
        colour, marker, _ = GROUPS[name]
        places = [i for i, v in enumerate(values) if np.size(v)]
        runs = [np.asarray(values[i], dtype=float) for i in places]
        for i, v in zip(places, runs, strict=True):
            ax.plot([i, i], [v.min(), v.max()], color=colour, linewidth=1.2)
        means = [v.mean() for v in runs]
        ax.plot(places, means, color=colour, marker=marker, linewidth=1.2, markersize=6)
    ax.set_xticks(range(len(betas)), betas)
    ax.set_xlim(-0.6, len(betas) - 0.4)
    ax.grid(axis="y")
