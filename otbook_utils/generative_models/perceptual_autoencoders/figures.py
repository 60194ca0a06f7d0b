"""The drawings of the chapter on perceptual autoencoders."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from otbook_utils.generative_models.perceptual import PerceptualAutoEncoder
from otbook_utils.teaching import PALETTE

REACH = 4.0  # of the latent line as it is drawn
LATENT_GRID = torch.linspace(-REACH, REACH, 161)
QUANTILES = torch.special.ndtri((torch.arange(40) + 0.5) / 40)  # noise, evenly over its mass
_BINS = np.linspace(-REACH, REACH, 49)


@torch.no_grad()
def seen_on_the_line(model: PerceptualAutoEncoder, points: Tensor) -> dict[str, np.ndarray]:
    """Return what is drawn of a model with one latent number: its curve, noise, codes, h(noise).

    points: data (n, 2).

    >>> seen = seen_on_the_line(PerceptualAutoEncoder(2, 1, (4,)), torch.zeros(3, 2))
    >>> seen["curve"].shape, seen["codes"].shape
    ((161, 2), (3,))
    """
    return {
        "curve": model.decode(LATENT_GRID[:, None]).numpy(),
        "noise": model.decode(QUANTILES[:, None]).numpy(),
        "codes": model.encode(points)[0][:, 0].numpy(),
        "back": model.there_and_back(LATENT_GRID[:, None])[:, 0].numpy(),
    }


def draw_plane(ax: Axes, points: Tensor, seen: dict[str, np.ndarray]) -> None:
    """Draw data (n, 2), the decoder's curve, and where it puts forty quantiles of noise.

    >>> model = PerceptualAutoEncoder(2, 1, (4,))
    >>> figure, ax = plt.subplots()
    >>> draw_plane(ax, torch.zeros(3, 2), seen_on_the_line(model, torch.zeros(3, 2)))
    >>> len(ax.collections)
    2
    """
    ax.scatter(*points.T, s=7, color=PALETTE["sky"], linewidths=0, label="data")
    ax.plot(*seen["curve"].T, color=PALETTE["grey"], linewidth=1.2, label="decoder g")
    ax.scatter(
        *seen["noise"].T, s=22, marker="x", color=PALETTE["vermillion"], label="decoded noise"
    )
    ax.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.35), xlabel="$x_1$", ylabel="$x_2$")
    ax.set_xticks([-1, 0, 1])
    ax.set_yticks([-1, 0, 1])
    ax.legend(loc="upper left", ncols=2, columnspacing=0.8, handletextpad=0.4)


def draw_codes(ax: Axes, seen: dict[str, np.ndarray]) -> None:
    """Draw a histogram of the codes, and the normal density that noise is drawn from.

    >>> figure, ax = plt.subplots()
    >>> draw_codes(ax, {"codes": np.zeros(5)})
    >>> len(ax.lines)
    1
    """
    ax.hist(seen["codes"], bins=_BINS, density=True, color=PALETTE["sky"], label="codes f(x)")
    normal = torch.exp(-0.5 * LATENT_GRID.square()) / (2 * torch.pi) ** 0.5
    ax.plot(LATENT_GRID, normal, "--", color=PALETTE["vermillion"], label="noise z")
    ax.set(xlim=(-REACH, REACH), ylim=(0, 2.7), xlabel="latent number z", ylabel="density")
    ax.legend(loc="upper right")


def draw_pair(points: Tensor, seen: dict[str, np.ndarray], title: str = "") -> Figure:
    """Draw the plane, and beside it the latent line.

    >>> model = PerceptualAutoEncoder(2, 1, (4,))
    >>> seen = seen_on_the_line(model, torch.zeros(3, 2))
    >>> len(draw_pair(torch.zeros(3, 2), seen).axes)
    2
    """
    figure, (ax, right) = plt.subplots(1, 2, figsize=(7.6, 3.4))
    draw_plane(ax, points, seen)
    draw_codes(right, seen)
    if title:
        ax.set_title(title, fontsize=11)
    return figure


def draw_game(ax: Axes, paths: dict[str, Tensor]) -> None:
    """Draw where pairs (a, b) of a linear model go, each path (steps, 2), and the line ab = 1.

    >>> figure, ax = plt.subplots()
    >>> draw_game(ax, {"rule": torch.ones(5, 2)})
    >>> ax.get_xlabel()
    'encoder a'
    """
    a = np.linspace(0.05, 4, 200)
    ax.plot(a, 1 / a, color=PALETTE["grey"], linewidth=1, label="ab = 1")
    styles = (("black", ":", "o"), ("blue", "-", "D"), ("vermillion", "--", "s"))
    for (name, path), (colour, style, mark) in zip(paths.items(), styles, strict=False):
        ax.plot(*path.T, style, color=PALETTE[colour], linewidth=1.8, label=name)
        ax.plot(*path[-1:].T, mark, color=PALETTE[colour])
    ax.plot(1, 1, "*", color=PALETTE["green"], markersize=14, label="wanted")
    ax.set(xlim=(0, 3), ylim=(0, 3), aspect="equal", xlabel="encoder a", ylabel="decoder b")
    ax.legend(loc="upper right")


def draw_stretch(ax: Axes, matrix: Tensor, directions: Tensor) -> None:
    """Draw unit vectors (n, 2) and what a 2 × 2 matrix makes of them.

    >>> figure, ax = plt.subplots()
    >>> draw_stretch(ax, torch.eye(2), torch.eye(2))
    >>> len(ax.lines)
    2
    """
    turn = torch.linspace(0, 2 * torch.pi, 121)
    circle = torch.stack([turn.cos(), turn.sin()], dim=1)
    ax.plot(*circle.T, "--", color=PALETTE["grey"], label="moves δ, of length 1")
    ax.plot(*(circle @ matrix.T).T, color=PALETTE["blue"], label="their images Aδ")
    ax.scatter(*directions.T, s=16, color=PALETTE["grey"])
    ax.scatter(*(directions @ matrix.T).T, s=22, marker="x", color=PALETTE["blue"])
    ax.set(xlim=(-4.7, 4.7), ylim=(-3.2, 4.6), aspect="equal")
    ax.legend(loc="upper center")
