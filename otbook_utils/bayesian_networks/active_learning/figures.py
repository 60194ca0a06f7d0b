"""The drawings of the chapter on active learning."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otbook_utils.teaching import PALETTE

COLOURS = [PALETTE[name] for name in ("black", "vermillion", "blue", "green", "purple", "orange")]
STYLES = ["--", "-", "-.", ":", (0, (5, 1)), (0, (1, 1))]


def draw_cycle() -> Figure:
    """Draw the loop: labelled data train a model, which asks an oracle about the pool.

    >>> len(draw_cycle().axes[0].patches) >= 4
    True
    """
    figure, ax = plt.subplots(figsize=(5.2, 2.9))
    ax.set(xlim=(0, 10), ylim=(0, 6))
    ax.set_axis_off()
    places = {"labelled\ndata": (2, 4.6), "model": (8, 4.6), "pool, without\nlabels": (8, 1.2)}
    places["oracle"] = (2, 1.2)
    for name, (x, y) in places.items():
        box = plt.Rectangle((x - 1.5, y - 0.7), 3, 1.4, facecolor=PALETTE["sky"], alpha=0.35)
        ax.add_patch(box)
        ax.text(x, y, name, ha="center", va="center", fontsize=11)
    arrow = {"arrowstyle": "-|>", "color": PALETTE["black"], "linewidth": 1.6}
    for start, end, (x, y), text in (
        ((3.6, 4.6), (6.4, 4.6), (5, 4.8), "train"),
        ((8, 3.8), (8, 2.0), (7.8, 2.8), "score"),
        ((6.4, 1.2), (3.6, 1.2), (5, 1.4), "ask"),
        ((2, 2.0), (2, 3.8), (2.2, 2.8), "answer"),
    ):
        ax.annotate("", end, start, arrowprops=arrow)
        side = {"score": "right", "answer": "left"}.get(text, "center")
        ax.text(x, y, text, ha=side, fontsize=10)
    return figure


def draw_intervals(
    ax: Axes, rows: Mapping[str, Sequence[float]], threshold: float, asked: int
) -> None:
    """Draw, for each way to ask, the first places asked and the interval that is left.

    >>> figure, ax = plt.subplots()
    >>> draw_intervals(ax, {"halving": [0.5, 0.25]}, threshold=0.3, asked=2)
    >>> [round(float(x), 2) for x in ax.lines[0].get_xdata()]
    [0.25, 0.5]
    """
    for k, (name, places) in enumerate(rows.items()):
        places = np.asarray(places[:asked])
        low = max([0.0, *places[places < threshold]])
        high = min([1.0, *places[places >= threshold]])
        y = len(rows) - 1 - k
        ax.plot([low, high], [y, y], color=PALETTE["vermillion"], linewidth=6, alpha=0.6)
        for side, marker in ((places < threshold, "o"), (places >= threshold, "s")):
            ax.plot(places[side], 0 * places[side] + y, marker, color=PALETTE["black"], ms=5)
        left = np.format_float_positional(high - low, precision=2, fractional=False, trim="-")
        ax.text(0, y + 0.22, f"{name}: an interval of {left} is left", fontsize=10)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.5, len(rows) - 0.3), yticks=[])
    ax.set_xlabel("x (asked: ● of class 0, ■ of class 1)")


def draw_committee(ax: Axes, p: float, q: float) -> None:
    """Draw two members' probabilities as a point among lines of equal disagreement.

    >>> figure, ax = plt.subplots()
    >>> draw_committee(ax, 0.2, 0.8)
    >>> [float(x) for x in ax.lines[-1].get_xdata()]
    [0.2]
    """
    grid = np.linspace(1e-6, 1 - 1e-6, 61)
    a, b = np.meshgrid(grid, grid)

    def entropy(x: np.ndarray) -> np.ndarray:
        return -x * np.log(x) - (1 - x) * np.log(1 - x)

    disagreement = entropy((a + b) / 2) - (entropy(a) + entropy(b)) / 2
    told = {0.02: "BALD 0.02", 0.1: "0.10", 0.2: "0.20", 0.4: "0.40"}
    lines = ax.contour(a, b, disagreement, list(told))
    ax.clabel(lines, fontsize=10, fmt=told, colors=PALETTE["black"])
    lines.set_array(None)  # lines and no data: dark pages turn their colours
    lines.set_edgecolor(PALETTE["blue"])
    ax.plot([1, 0], [0, 1], "--", color=PALETTE["grey"], linewidth=1)
    ax.plot([p], [q], "o", color=PALETTE["vermillion"], markersize=11)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.set(xlabel="p(cat) by the first", ylabel="p(cat) by the second")


def draw_differences(
    ax: Axes, labels: Sequence[int], accuracy: Mapping[str, np.ndarray], t: float
) -> None:
    """Draw each strategy's accuracy (rounds, seeds) less that of the first, with bands.

    t: the quantile of Student's law that the band's half-width is made of.

    >>> figure, ax = plt.subplots()
    >>> draw_differences(ax, [1, 2], {"a": np.zeros((2, 3)), "b": np.ones((2, 3))}, t=4.3)
    >>> [float(y) for y in ax.lines[-1].get_ydata()]
    [100.0, 100.0]
    """
    first, *others = accuracy
    ax.axhline(0, color=COLOURS[0], linestyle=STYLES[0], label=first)
    for k, name in enumerate(others, start=1):
        points = 100 * (accuracy[name] - accuracy[first])
        mean = points.mean(1)
        half = t * points.std(1, ddof=1) / points.shape[1] ** 0.5
        ax.fill_between(labels, mean - half, mean + half, color=COLOURS[k], alpha=0.15)
        ax.plot(labels, mean, color=COLOURS[k], linestyle=STYLES[k], label=name)
    ax.set(xlabel="labels", ylabel=f"accuracy less {first}'s (points)")
    ax.legend(loc="lower right", ncols=2)


def draw_errors(ax: Axes, labels: Sequence[int], errors: Mapping[str, np.ndarray]) -> None:
    """Draw each strategy's mean error in per cent over the labels, with a band over its seeds.

    errors: (seeds, rounds) for each name; the band goes from the least to the largest of a round.

    >>> figure, ax = plt.subplots()
    >>> draw_errors(ax, [20, 40], {"a": np.array([[40.0, 10.0], [60.0, 20.0]])})
    >>> [float(y) for y in ax.lines[-1].get_ydata()]
    [50.0, 15.0]
    """
    for level in (10, 5):
        ax.axhline(level, color=PALETTE["grey"], linewidth=1)
    for k, (name, of_seeds) in enumerate(errors.items()):
        band = of_seeds.min(0), of_seeds.max(0)
        ax.fill_between(labels, *band, color=COLOURS[k], alpha=0.2, linewidth=0)
        ax.plot(labels, of_seeds.mean(0), color=COLOURS[k], linestyle=STYLES[k], label=name)
    ax.set(yscale="log", xlabel="labels", ylabel="test error (%)")
    ax.set_yticks([2, 5, 10, 20, 40], labels=["2", "5", "10", "20", "40"])
    ax.minorticks_off()
    ax.legend(loc="upper right")


def draw_images(rows: Mapping[str, np.ndarray]) -> Figure:
    """Draw a row of grey images (n, h, w) for each name.

    >>> len(draw_images({"a": np.zeros((3, 8, 8)), "b": np.zeros((3, 8, 8))}).axes)
    6
    """
    count = max(map(len, rows.values()))
    figure, axes = plt.subplots(len(rows), count, figsize=(5.2, 0.95 * len(rows)), squeeze=False)
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(line, images, strict=True):
            ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(True)
        line[0].set_title(name, fontsize=11, loc="left")
    return figure
