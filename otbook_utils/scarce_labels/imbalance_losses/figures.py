"""The drawings of the chapter on losses for unbalanced labels."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from otbook_utils.scarce_labels.figures import (
    ALL,
    COMMON,
    GROUPS,
    RARE,
    draw_class_bars,
)
from otbook_utils.scarce_labels.weights import class_balanced_weights, effective_number
from otbook_utils.teaching import PALETTE

Scores = Mapping[str, ArrayLike]  # group -> (seeds,) per cent
DASHED = {"minority": "--", "majority": "-", "all": ":"}
SIZES = np.arange(1, 201)


def draw_cut(recalls: Mapping[int, ArrayLike], groups: Mapping[int, Scores], keep: float) -> Figure:
    """Draw the recall of each digit at `keep`, and the accuracies by group against all that occur.

    recalls: keep -> (10,) per cent. groups: keep -> group -> (seeds,) per cent. keep: one of them;
    for a value between, the nearest is drawn.

    >>> recalls = {3: [50] * 10, 7: [60] * 10}
    >>> groups = {keep: {"minority": [50], "majority": [90], "all": [78]} for keep in recalls}
    >>> len(draw_cut(recalls, groups, keep=7).axes)
    2
    """
    keeps = list(recalls)
    keep = min(keeps, key=lambda k: abs(k - keep))
    figure, (bars, curve) = plt.subplots(1, 2, figsize=(7.2, 3.2))
    draw_class_bars(bars, recalls[keep], scarce=(1, 4, 6))
    bars.set(xlabel="digit", ylabel="found of those there are (%)", ylim=(0, 104))
    bars.set_title(f"{keep} kept of each of 1, 4, 6", fontsize=11)
    for name, (colour, marker, _) in GROUPS.items():
        values = [np.mean(groups[k][name]) for k in keeps]
        curve.plot(keeps, values, DASHED[name], marker=marker, color=colour, label=name, ms=4)
    curve.axvline(keep, color=PALETTE["grey"], linewidth=6, alpha=0.4)
    curve.set(xscale="log", xlabel="kept of each rare digit", ylim=(0, 104))
    curve.set_ylabel("test digits right (%)")
    ticks = (3, 7, 14, 40, 142)
    curve.set_xticks(ticks, [str(k) for k in ticks])
    curve.minorticks_off()
    curve.legend(loc="lower right")
    return figure


def draw_pull(gamma: float) -> Figure:
    """Draw how hard a sample pulls at its own logit, focal loss beside cross-entropy.

    >>> float(draw_pull(0.0).axes[0].lines[1].get_ydata()[0].round(3))
    0.998
    """
    p = np.linspace(0.002, 0.998, 200)
    figure, ax = plt.subplots()
    ax.plot(p, 1 - p, "--", color=PALETTE["grey"], label="cross-entropy")
    pull = (1 - p) ** gamma * ((1 - p) - gamma * p * np.log(p))
    ax.plot(p, pull, color=COMMON, label=f"focal, $\\gamma$ = {gamma:.3g}")
    ax.set(xlabel="probability of the true class $p_y$", ylabel="pull on its logit")
    ax.set(xlim=(0, 1), ylim=(0, 1.45))
    ax.legend(loc="upper right")
    return figure


def draw_answers(
    truths: Mapping[str, ArrayLike], answers: Mapping[str, Sequence[ArrayLike]], place: int
) -> Figure:
    """Draw, one panel a truth, how many times too large the best answer for each class is.

    truths: name -> (classes,), equal ones side by side. answers: name -> a list of (classes,), for
    which the axes are wide enough. place: which of the list is drawn.

    >>> figure = draw_answers({"two": [0.9, 0.1]}, {"two": [[0.81, 0.19]]}, place=0)
    >>> figure.axes[0].get_title()
    'two: 0.810 for 0.9'
    """
    figure, panels = plt.subplots(1, len(truths), figsize=(3.6 * len(truths), 3.2), squeeze=False)
    for ax, (name, truth) in zip(panels[0], truths.items(), strict=True):
        truth, told = np.asarray(truth), np.asarray(answers[name])  # (classes,), (places, classes)
        at, ratio = np.arange(len(truth)), told / truth
        ax.axhline(1, linestyle="--", color=PALETTE["grey"])
        ax.vlines(at, 1, ratio[place], color=RARE)
        ax.plot(at, ratio[place], "D", color=RARE)
        room = 0.1 * max(np.ptp([1, *ratio.flat]), 0.1)
        ax.set(xlim=(-0.6, len(truth) - 0.4), ylim=(ratio.min() - room, ratio.max() + room))
        ax.set(xlabel="true probability of the class", ylabel="best answer / truth")
        values = dict.fromkeys(truth.tolist())
        ax.set_xticks([at[truth == q].mean() for q in values], [f"{q:g}" for q in values])
        ax.set_title(f"{name}: {told[place, 0]:.3f} for {truth[0]:g}", fontsize=11)
    return figure


def draw_seen(drawn: ArrayLike, simulated: ArrayLike, formula: ArrayLike) -> Figure:
    """Draw which of 100 prototypes were drawn so far, beside the curve of how many.

    drawn: (n,) prototypes from 0 to 99. simulated, formula: (samples,) how many have been seen
    after 1, 2, … samples, on average.

    >>> figure = draw_seen([5, 5, 7], simulated=[1.0, 2.0], formula=[1.0, 1.99])
    >>> figure.axes[0].get_title()
    '3 samples, 2 of 100 seen'
    """
    figure, (cells, curve) = plt.subplots(1, 2, figsize=(7.2, 3.4))
    times = np.bincount(drawn, minlength=100)
    seen, steps = int((times > 0).sum()), np.arange(1, len(formula) + 1)
    draw_covering(cells, times, columns=10)
    cells.set_title(f"{len(drawn)} samples, {seen} of 100 seen", fontsize=11)
    curve.plot(steps, steps, ":", color=PALETTE["grey"], label="$n$ itself")
    curve.plot(steps, simulated, color=PALETTE["sky"], lw=5, label="simulated")
    curve.plot(steps, formula, color=ALL, label="formula $E_n$")
    curve.plot(len(drawn), seen, "o", color=RARE, label="on the left")
    curve.set(xlabel="samples $n$", ylabel="prototypes seen")
    curve.set(xlim=(0, len(formula) + 5), ylim=(0, 160))
    curve.legend(loc="lower right", bbox_to_anchor=(1.0, 0.0))
    return figure


def draw_weights(N: float) -> Figure:
    """Draw the effective number for several N, and what a class with 7 counts beside one with 143.

    N: prototypes of a class, at least 1.

    >>> draw_weights(1.0).axes[1].get_title()
    'a rare one counts 1 times'
    """
    figure, (numbers, ratios) = plt.subplots(1, 2, figsize=(7.2, 3.3))
    for other in (3, 10, 30, 100, 300, 10_000):
        curve = effective_number(SIZES, 1 - 1 / other)
        numbers.plot(SIZES, curve, color="0.75", linewidth=1)
        if other > 10:  # the lower ones lie too close together for two labels
            numbers.text(203, curve[-1], f"{other:,}", va="center", fontsize=10, color="0.4")
    numbers.plot(SIZES, SIZES, ":", color=PALETTE["grey"], label="$n$ itself")
    effective = effective_number(SIZES, 1 - 1 / N)
    numbers.plot(SIZES, effective, color=COMMON, label=f"$E_n$ at N = {N:g} (grey: other N)")
    numbers.plot(143, effective[142], "o", color=COMMON)
    numbers.plot(7, effective[6], "s", color=RARE)
    numbers.set(xlabel="samples in the class $n$", ylabel="effective number")
    numbers.set(xlim=(0, 255), ylim=(0, 255))
    numbers.set_title(f"$\\beta$ = 1 − 1/N = {1 - 1 / N:.6g}", fontsize=11)
    numbers.legend(loc="upper left")
    grid = np.geomspace(1, 10_000, 100)
    ratios.plot(grid, [_ratio(n) for n in grid], color=ALL)
    ratios.plot(N, _ratio(N), "s", color=RARE)
    ratios.axvspan(7, 143, color=PALETTE["grey"], alpha=0.2, linewidth=0)
    ratios.text(32, 21.5, "between\nthe sizes", ha="center", va="top", fontsize=10)
    ratios.set(xscale="log", xlabel="N", ylabel="weight, rare over common", ylim=(0, 22))
    ratios.set_title(f"a rare one counts {_ratio(N):.3g} times", fontsize=11)
    return figure


def _ratio(prototypes: float) -> float:
    rare, common = class_balanced_weights([7, 143], 1 - 1 / prototypes)
    return float(rare / common)


def draw_run(epochs: Sequence[int], curves: Mapping[str, Mapping[str, ArrayLike]]) -> Figure:
    """Draw the rare digits right against epochs, those trained on beside those held out.

    epochs: (times,). curves: method -> {"train" | "test": (times,) per cent}.

    >>> figure = draw_run([1, 2], {"CE": {"train": [50, 90], "test": [40, 60]}})
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['rare training digits right (%)', 'rare test digits right (%)']
    """
    figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.2))
    looks = ("o-", "s--", "D:", "^-.")
    for ax, part, what in zip(panels, ("train", "test"), ("training", "test"), strict=True):
        for (name, values), look, colour in zip(
            curves.items(), looks, (ALL, RARE, COMMON, PALETTE["green"]), strict=False
        ):
            ax.plot(epochs, values[part], look, color=colour, label=name, ms=4)
        ax.set(xscale="log", xlabel="epochs", ylim=(0, 104))
        ax.set_ylabel(f"rare {what} digits right (%)")
        ticks = [e for e in (5, 10, 25, 50, 100) if min(epochs) <= e <= max(epochs)]
        ax.set_xticks(ticks, [str(e) for e in ticks])
        ax.minorticks_off()
        ax.legend(loc="lower right", fontsize=10)
    return figure


def draw_joint(ax: Axes, x: ArrayLike, common: ArrayLike, rare: ArrayLike, boundary: float) -> None:
    """Draw the joint density of a number and its class, and where the more likely class changes.

    x: (n,). common, rare: (n,) densities p(x, y) of the two classes; their areas add up to 1.
    boundary: the place beyond which the scarce class is predicted.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_joint(ax, [0, 1, 2], [0.4, 0.3, 0.0], [0.0, 0.1, 0.2], boundary=1.5)
    >>> float(ax.lines[-1].get_xdata()[0])
    1.5
    """
    x, common, rare = (np.asarray(v, dtype=float) for v in (x, common, rare))
    ax.fill_between(x, common, color=COMMON, alpha=0.35, linewidth=0)
    ax.plot(x, common, color=COMMON, label="common class")
    ax.fill_between(x, rare, facecolor="none", edgecolor=RARE, hatch="////", linewidth=0)
    ax.plot(x, rare, "--", color=RARE, label="scarce class")
    ax.axvline(boundary, color=ALL, linewidth=1.5)


def draw_covering(ax: Axes, times: ArrayLike, columns: int) -> None:
    """Draw a class's prototypes as cells: empty, drawn once (half tone), more often (full tone).

    times: (prototypes,) how often each was drawn; written into the cell from 1 on.
    columns: cells in a row.

    Raises ValueError if the cells do not fill whole rows.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_covering(ax, [0, 1, 3, 0], columns=2)
    >>> [text.get_text() for text in ax.texts]
    ['1', '3']
    """
    times = np.asarray(times, dtype=int)
    rows, rest = divmod(len(times), columns)
    if rest:
        raise ValueError(f"times must fill rows of {columns} cells, got {len(times)} cells")
    size = min(10, 90 / columns)
    for cell, n in enumerate(times):
        row, column = divmod(cell, columns)
        shade = (1, 1, 1) if n == 0 else ("#fbe3b5" if n == 1 else RARE)
        ax.add_patch(
            Rectangle((column, row), 1, 1, facecolor=shade, edgecolor=PALETTE["grey"], lw=0.6)
        )
        if n:
            ax.text(column + 0.5, row + 0.5, str(n), ha="center", va="center", fontsize=size)
    ax.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.1), aspect="equal")
    ax.axis("off")
