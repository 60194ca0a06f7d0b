"""The drawings of the chapter on lines, slices and Gaussians."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from otbook_utils.optimal_transport.figures import MOVED, START, WANTED


def draw_stairs(ax: Axes, places: ArrayLike, masses: ArrayLike, **look: object) -> None:
    """Draw how much mass lies at or below each place, as one line of stairs.

    places, masses: (n,), in any order. look: passed on to `ax.plot`.

    Raises ValueError if the two differ in shape.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_stairs(ax, [3, 1], [0.25, 0.75])
    >>> ax.lines[0].get_xydata().tolist()
    [[1.0, 0.0], [1.0, 0.75], [3.0, 0.75], [3.0, 1.0]]
    """
    x, a = np.asarray(places, dtype=float), np.asarray(masses, dtype=float)
    if x.shape != a.shape or x.ndim != 1:
        raise ValueError(f"masses must be {x.shape} as places is, got {a.shape}")
    order = x.argsort()
    levels = np.concatenate([[0], a[order].cumsum()])
    ax.plot(x[order].repeat(2), levels.repeat(2)[1:-1], **look)


def draw_ellipse(ax: Axes, mean: ArrayLike, cov: ArrayLike, **look: object) -> None:
    """Draw the ellipse of a Gaussian in the plane: one standard deviation from the mean.

    mean: (2,). cov: (2, 2), symmetric, without negative eigenvalues. look: passed on to `ax.plot`.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_ellipse(ax, [1, 0], [[4, 0], [0, 9]])
    >>> x, y = ax.lines[0].get_data()
    >>> [round(float(v), 2) for v in (x.min(), x.max(), y.min(), y.max())]
    [-1.0, 3.0, -3.0, 3.0]
    """
    values, vectors = np.linalg.eigh(np.asarray(cov, dtype=float))
    turn = np.linspace(0, 2 * np.pi, 81)
    circle = np.stack([np.cos(turn), np.sin(turn)])  # (2, 81)
    x, y = np.asarray(mean, dtype=float)[:, None] + vectors * np.sqrt(values.clip(0)) @ circle
    ax.plot(x, y, **look)


def draw_journeys(
    ax: Axes, source: tuple[np.ndarray, np.ndarray], target: tuple[np.ndarray, np.ndarray], u: float
) -> float:
    """Draw the stairs of two distributions on a line and the journey of the grain at level u.

    source, target: places and masses, each (n,), with the total 1. u: above 0 and at most 1.
    The area between the stairs is shaded up to u. Returns the length of the journey.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> one, two = (np.array([0.0, 1.0]), np.array([0.5, 0.5])), (np.array([5.0]), np.array([1.0]))
    >>> draw_journeys(ax, one, two, 0.25), draw_journeys(ax, one, two, 0.75)
    (5.0, 4.0)
    """
    draw_stairs(ax, *source, color=START, label="parcels, $F$")
    draw_stairs(ax, *target, color=WANTED, linestyle="--", label="customers, $G$")
    levels = np.append(np.arange(0.0025, u, 0.005), u)
    ends = [_quantiles(*sample, levels) for sample in (source, target)]
    ax.fill_betweenx(levels, *ends, color=MOVED, alpha=0.25, linewidth=0)
    tail, head = (float(places[-1]) for places in ends)
    ax.annotate("", (head, u), (tail, u), arrowprops={"arrowstyle": "->", "lw": 2})
    ax.legend(loc="lower right")
    return abs(head - tail)


def _quantiles(places: np.ndarray, masses: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the first place up to which each level of mass lies."""
    order = places.argsort()
    index = np.searchsorted(masses[order].cumsum(), levels - 1e-9)
    return places[order][index.clip(max=len(places) - 1)]


def draw_shadows(ax: Axes, first: np.ndarray, second: np.ndarray, angle: float) -> None:
    """Draw two clouds, (n, 2) each, a line at an angle (degrees), and their shadows beside it.

    >>> import matplotlib.pyplot as plt
    >>> figure, ax = plt.subplots()
    >>> draw_shadows(ax, np.array([[2.0, 1.0]]), np.array([[-3.0, 1.0]]), 0)
    >>> [round(float(line.get_xdata()[0])) for line in ax.lines]  # cloud, shadow, twice; the line
    [2, 2, -3, -3, -4]
    """
    turn = np.radians(angle)
    line, across = (
        np.array(v) for v in ((np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn)))
    )
    for cloud, color, marker, side in ((first, START, "o", 0.15), (second, WANTED, "x", -0.15)):
        ax.plot(*cloud.T, marker, color=color, markersize=4, alpha=0.5)
        ax.plot(
            *(np.outer(cloud @ line, line) + side * across).T, marker, color=color, markersize=3
        )
    ax.plot(*np.outer([-4, 4], line).T, color="black", linewidth=0.8)
