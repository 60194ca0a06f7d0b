"""The drawings of the chapter on RealNVP for images."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike
from torch import Tensor

from otbook_utils.normalizing_flows.images import squeeze, unsqueeze
from otbook_utils.teaching import PALETTE

CHANNELS = [PALETTE[name] for name in ("blue", "orange", "green", "purple")]


def spiked_density(x: ArrayLike, shades: ArrayLike, width: float) -> np.ndarray:
    """Return a mixture of bells of this width, one on each shade, as high as the shade is frequent.

    >>> spiked_density([0.0], [0, 0, 1], width=0.1).round(2)
    array([2.66])
    """
    centres, counts = np.unique(np.asarray(shades, dtype=float), return_counts=True)
    z = (np.asarray(x, dtype=float)[..., None] - centres) / width
    bells = np.exp(-0.5 * z**2) / (width * np.sqrt(2 * np.pi))
    return bells @ (counts / counts.sum())


def draw_spikes(ax: Axes, shades: ArrayLike, width: float, *, most: float) -> None:
    """Draw the density over the shades up to the height `most`.

    >>> import matplotlib.pyplot as plt
    >>> ax = plt.figure().gca()
    >>> draw_spikes(ax, [0, 1, 1], 0.2, most=4.0)
    >>> float(ax.get_ylim()[1])
    4.0
    """
    shades = np.asarray(shades)
    top = int(shades.max())
    near = np.linspace(-4, 4, 25) * width  # beyond, nothing is seen
    x = np.sort(np.concatenate([(np.arange(top + 1)[:, None] + near).ravel(), [-1, top + 1]]))
    ax.fill_between(x, spiked_density(x, shades, width), color=PALETTE["blue"], alpha=0.8)
    ax.set(xlim=(-1, top + 1), ylim=(0, most), xlabel="grey level", ylabel="density")


def draw_squeezed(ax: Axes, right: Axes, pixel: int) -> None:
    """Draw an image of 4 × 4 numbered pixels and its four channels; a frame marks one pixel.

    >>> import matplotlib.pyplot as plt
    >>> figure, (ax, right) = plt.subplots(1, 2)
    >>> draw_squeezed(ax, right, 6)
    >>> right.get_title()
    'channel 2, row 0, column 1'
    """
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    channels = squeeze(image)[0].int()
    of_pixel = {
        int(number): (channel, row, column)
        for channel, plane in enumerate(channels)
        for row, line in enumerate(plane)
        for column, number in enumerate(line)
    }
    for number, (channel, row, column) in of_pixel.items():
        left_corner = (number % 4, number // 4)
        # The channels stand in a row of two by two, each with a gap around it.
        corner = (channel % 2 * 2.5 + column, channel // 2 * 2.9 + row)
        for axes, at in ((ax, left_corner), (right, corner)):
            chosen = number == pixel
            axes.add_patch(
                Rectangle(
                    at,
                    1,
                    1,
                    facecolor=CHANNELS[channel],
                    alpha=0.85 if chosen else 0.45,
                    edgecolor=PALETTE["black"] if chosen else "white",
                    linewidth=3 if chosen else 1,
                    zorder=2 if chosen else 1,
                )
            )
            axes.text(at[0] + 0.5, at[1] + 0.5, str(number), ha="center", va="center", zorder=3)
    for channel in range(4):
        at = (channel % 2 * 2.5 + 1, channel // 2 * 2.9 - 0.12)
        right.text(*at, f"channel {channel}", ha="center", fontsize=10)
    channel, row, column = of_pixel[pixel]
    ax.set(xlim=(-0.1, 4.1), ylim=(4.1, -0.1), title=f"1 × 4 × 4: pixel {pixel}")
    right.set(xlim=(-0.1, 4.6), ylim=(5.0, -0.6))
    right.set_title(f"channel {channel}, row {row}, column {column}")
    for axes in (ax, right):
        axes.set_aspect("equal")
        axes.set_axis_off()


def draw_mask(ax: Axes, mask: Tensor, title: str) -> None:
    """Draw a mask over pixels, kept ones in blue; one of four channels is drawn unsqueezed.

    >>> import matplotlib.pyplot as plt
    >>> from otbook_utils.normalizing_flows import channel_mask
    >>> ax = plt.figure().gca()
    >>> draw_mask(ax, channel_mask(4).expand(4, 4, 4), "rows")
    >>> ax.images[0].get_array().shape
    (8, 8, 4)
    """
    if len(mask) == 4:
        mask = unsqueeze(mask[None].float())[0]
    colours = np.array([[0.93, 0.93, 0.93, 1.0], [0.0, 0.447, 0.698, 1.0]])
    ax.imshow(colours[mask[0].int().numpy()])
    ax.set(xticks=[], yticks=[], title=title)


def hears(transform: Callable, pixel: tuple[int, int], shape: tuple[int, int, int]) -> Tensor:
    """Return how much z at a pixel depends on each pixel of x, by autograd: (height, width).

    >>> hears(lambda x: (2 * x, None), (0, 1), (1, 2, 2))
    tensor([[0., 2.],
            [0., 0.]])
    """
    x = torch.rand(1, *shape, generator=torch.Generator().manual_seed(0))
    x.requires_grad_()
    z = transform(x)[0]
    (slope,) = torch.autograd.grad(z[0, 0, pixel[0], pixel[1]], x)
    return slope[0, 0].abs()


def draw_heard(ax: Axes, slopes: Tensor, pixel: tuple[int, int], title: str) -> None:
    """Draw which pixels are heard (dark), with a frame around the pixel that hears.

    >>> import matplotlib.pyplot as plt
    >>> ax = plt.figure().gca()
    >>> draw_heard(ax, torch.eye(3), (1, 2), "three")
    >>> ax.get_title()
    'three: 3 of 9'
    """
    heard = slopes > 1e-9
    ax.imshow(heard.float().numpy(), cmap="Greys", vmin=0, vmax=1.6)
    ax.add_patch(
        Rectangle(
            (pixel[1] - 0.5, pixel[0] - 0.5),
            1,
            1,
            fill=False,
            edgecolor=PALETTE["vermillion"],
            linewidth=3,
        )
    )
    ax.set(xticks=[], yticks=[], title=f"{title}: {int(heard.sum())} of {heard.numel()}")


def draw_angles(ax: Axes, phi: float, other: float, names: Sequence[str]) -> None:
    """Draw where two angles in degrees stand, and what stands at the corners of the first quarter.

    names: of z₁ to z₄, which are at (φ, φ′) = (0, 0), (0, 90), (90, 0) and (90, 90).

    >>> import matplotlib.pyplot as plt
    >>> ax = plt.figure().gca()
    >>> draw_angles(ax, 45, 90, "abcd")
    >>> [text.get_text() for text in ax.texts]
    ['a', 'b', 'c', 'd']
    """
    ax.plot([phi], [other], "o", mfc="none", mec=PALETTE["vermillion"], mew=3, markersize=22)
    for place, name in zip(((0, 0), (0, 90), (90, 0), (90, 90)), names, strict=True):
        ax.text(*place, name, ha="center", va="center", fontsize=15)
    ax.set(xlim=(-20, 200), ylim=(-20, 200), xlabel="φ in degrees", ylabel="φ′ in degrees")
    ax.set(xticks=[0, 90, 180], yticks=[0, 90, 180], aspect="equal")


def draw_bits(ax: Axes, usual: Tensor, strange: Tensor, name: str, edges: ArrayLike) -> None:
    """Draw two histograms of bits per dimension, those of test digits and those of something else.

    >>> import matplotlib.pyplot as plt
    >>> ax = plt.figure().gca()
    >>> draw_bits(ax, torch.rand(9), torch.rand(9), "other", [0, 0.5, 1])
    >>> ax.get_xlabel()
    'bits per dimension'
    """
    edges = np.asarray(edges)
    for bits, colour, label in ((usual, "blue", "test digits"), (strange, "orange", name)):
        inside = bits.clamp(edges[0], edges[-1] - 1e-6)  # what lies outside fills the last bin
        ax.hist(inside.numpy(), edges, color=PALETTE[colour], alpha=0.6, label=label)
    ax.set(xlabel="bits per dimension", ylabel="images", xlim=(edges[0], edges[-1]))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.25), ncol=2, frameon=False)
