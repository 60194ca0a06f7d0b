"""The drawings of the chapter on FlowGMM."""

from collections.abc import Sequence

import numpy as np
from contourpy import contour_generator
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from torch import Tensor
from torch.nn.functional import pad

from otbook_utils.teaching import PALETTE

KINDS = (("blue", "o"), ("vermillion", "^"))  # colour and marker of class 0 and class 1


def wave(x: ArrayLike) -> np.ndarray:
    """Return f(x) = 2x + 0.8 sin 2x, a flow of one number: flat and steep in turns."""
    x = np.asarray(x, dtype=float)
    return 2 * x + 0.8 * np.sin(2 * x)


def slope_of_wave(x: ArrayLike) -> np.ndarray:
    """Return f'(x) = 2 + 1.6 cos 2x, which is never 0."""
    return 2 + 1.6 * np.cos(2 * np.asarray(x, dtype=float))


def two_bells(z: ArrayLike, separation: float) -> np.ndarray:
    """Return p(z, class) for two bells of weight 1/2 around ± separation / 2: (2, …).

    >>> two_bells(0.0, separation=2.0).round(3)  # in the middle, both alike
    array([0.121, 0.121])
    """
    z = np.asarray(z, dtype=float)
    means = np.array([-0.5, 0.5]) * separation
    apart = z - means.reshape(2, *(1,) * z.ndim)
    return 0.5 * np.exp(-0.5 * apart**2) / np.sqrt(2 * np.pi)


def draw_two_bells(ax: Axes, right: Axes, x: float, separation: float) -> None:
    """Draw p(x, class) and p(z, class) of both classes, and their heights at one x and its z."""
    places = np.linspace(-2.2, 2.2, 161)
    heights = two_bells(wave(x), separation)
    for axes, here, stretch, at, slope in (
        (ax, places, slope_of_wave(places), x, float(slope_of_wave(x))),
        (right, wave(places), 1.0, float(wave(x)), 1.0),
    ):
        curves = two_bells(wave(places), separation) * stretch
        axes.axvline(at, color=PALETTE["grey"], linewidth=1)
        for k, (colour, marker) in enumerate(KINDS):
            axes.plot(here, curves[k], color=PALETTE[colour], linestyle=("-", "--")[k])
            axes.plot(at, heights[k] * slope, marker, color=PALETTE[colour], markersize=8)
        share = heights[1] / heights.sum()
        first, second = heights * slope
        axes.set_title(f"{second:.3f} of {first + second:.3f}: {100 * share:.0f} %", fontsize=11)
        axes.set(ylabel="density with class", ylim=(0, 0.86 if axes is ax else 0.24))
    ax.set(xlim=(-2.2, 2.2), xlabel="x")
    right.set(xlim=(-3.7, 3.7), xlabel="z = f(x)")


def draw_points(ax: Axes, x: Tensor, kinds: Tensor, known: ArrayLike | None = None) -> None:
    """Draw points (n, 2) by their class, or in grey with a few known ones (indices) by theirs."""
    if known is None:
        _draw_kinds(ax, x, kinds, markersize=2.5)
    else:
        ax.plot(*x.numpy().T.round(2), ".", color=PALETTE["grey"], markersize=2)
        _draw_kinds(ax, x[known], kinds[known], markersize=8, markeredgecolor="black")


def _draw_kinds(ax: Axes, x: Tensor, kinds: Tensor, **how: object) -> None:
    for k, (colour, marker) in enumerate(KINDS):
        points = x[kinds == k].numpy().T.round(2)
        ax.plot(*points, marker, color=PALETTE[colour], **how)


def draw_boundary(ax: Axes, margin: Tensor, reach: float) -> None:
    """Draw where a margin, given on a square grid (n, n) over ± reach, changes its sign."""
    line = np.linspace(-reach, reach, len(margin))
    for piece in contour_generator(line, line, margin.numpy()).lines(0.0):
        ax.plot(*piece.T.round(3), color="black", linewidth=1.6)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="$x_1$", ylabel="$x_2$")


def draw_latent(ax: Axes, z: Tensor, kinds: Tensor, means: Tensor, reach: float = 5.5) -> None:
    """Draw codes (n, 2) by class, a ring of two deviations round each mean, and the line midway
    between the two means."""
    _draw_kinds(ax, z, kinds, markersize=2.5)
    turn = np.linspace(0, 2 * np.pi, 49)
    for mean in means.numpy():
        ax.plot(mean[0] + 2 * np.cos(turn), mean[1] + 2 * np.sin(turn), color="black", linewidth=1)
    ax.axvline(float(means[:, 0].mean()), color="black", linewidth=1.6)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="$z_1$", ylabel="$z_2$")


def draw_both_sides(
    axes: Sequence[Axes],
    x: Tensor,
    kinds: Tensor,
    margin: Tensor,
    z: Tensor,
    means: Tensor,
    reach: float,
    known: int = 10,
) -> None:
    """Draw the points (n, 2) and their codes, left and right; the last `known` have labels."""
    ax, right = axes
    draw_points(ax, x, kinds, np.arange(len(x) - known, len(x)))
    draw_boundary(ax, margin, reach)
    draw_latent(right, z, kinds, means)
    ax.set_title("boundary in x", fontsize=11)
    right.set_title("the same in z", fontsize=11)


def draw_digits(ax: Axes, images: Tensor, rows: Sequence[str]) -> None:
    """Draw images (rows, columns, 8, 8) as one sheet, white paper and black ink, rows named."""
    paper = pad(images, (1, 1, 1, 1))
    height, width = paper.shape[2:]
    sheet = paper.permute(0, 2, 1, 3).flatten(2, 3).flatten(0, 1)
    ax.imshow(sheet.numpy(), cmap="Greys", vmin=0, vmax=1)
    ax.set_xticks(np.arange(paper.shape[1]) * width + width / 2 - 0.5, range(paper.shape[1]))
    ax.set_yticks(np.arange(len(paper)) * height + height / 2 - 0.5, rows)
    ax.set(xlabel="class", ylabel="noise")
