"""The drawings of the chapter that runs the table again."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from otbook_utils.scarce_labels.figures import ALL, GROUPS
from otbook_utils.scarce_labels.reproducing_the_table.reading_tables import Gap, best_epochs
from otbook_utils.teaching import PALETTE

# Colour and marker of a verdict: colour alone would tell nothing to some readers.
VERDICTS = {
    "holds": (PALETTE["green"], "o"),
    "undecided": (PALETTE["grey"], "o"),
    "reversed": (PALETTE["vermillion"], "s"),
}


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


def draw_best_epochs(ax: Axes, history: Sequence[Mapping[str, float]]) -> None:
    """Draw the three accuracies over the epochs of one run, with a ring at each one's best epoch.

    history: a record an epoch, with "minority", "majority" and "all" in per cent.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> first = {"majority": 50, "minority": 30, "all": 44}
    >>> draw_best_epochs(ax, [first, {"majority": 60, "minority": 20, "all": 48}])
    >>> ax.get_xlabel()
    'epoch'
    """
    epochs = np.arange(1, len(history) + 1)
    for name, best in best_epochs(history).items():
        colour, marker, _ = GROUPS[name]
        values = [record[name] for record in history]
        look = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 1.2}
        ax.plot(epochs, values, label=name, **look)
        ring = {"markerfacecolor": "none", "markeredgecolor": colour, "markeredgewidth": 2}
        ax.plot(best + 1, values[best], "o", markersize=13, **ring)
    ax.set(xlabel="epoch", ylabel="test accuracy (%)")


def draw_gaps(
    ax: Axes, gaps: Mapping[str, Gap | None], printed: Mapping[str, float] | None = None
) -> None:
    """Draw a row a comparison with its mean difference and margin, and what somebody has printed.

    gaps: text -> gap in points; None leaves the row empty. Green discs: zero lies below the
    interval; red squares: above it; grey: within. printed: text -> points, as hollow diamonds.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_gaps(ax, {"helps": Gap(3.0, 1.0)}, printed={"helps": 5.0})
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['helps']
    """
    ax.axvline(0, color=ALL, linewidth=1)
    for place, (text, gap) in enumerate(gaps.items()):
        if printed is not None:
            hollow = {"markerfacecolor": "white", "markeredgecolor": ALL}
            ax.plot(printed[text], place + 0.25, "D", markersize=5, **hollow)
        if gap is None:
            continue
        colour, marker = VERDICTS[gap.verdict]
        reach = np.nan if gap.margin is None else gap.margin
        ax.plot([gap.mean - reach, gap.mean + reach], [place, place], color=colour, linewidth=2)
        ax.plot(gap.mean, place, marker, color=colour, markersize=6)
    ax.set_yticks(range(len(gaps)), list(gaps))
    ax.set_ylim(len(gaps) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0, labelsize=10)
    ax.grid(axis="x")
