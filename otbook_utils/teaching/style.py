"""The book's look in matplotlib: legible, opaque, safe for colour-blind readers."""

from types import MappingProxyType

import matplotlib as mpl
from cycler import cycler

#: Okabe and Ito's palette (2008, "Color universal design"), whose colours stay apart for readers
#: with any common form of colour blindness, and a grey for what stands in the background.
PALETTE = MappingProxyType(
    {
        "blue": "#0072B2",
        "orange": "#E69F00",
        "green": "#009E73",
        "vermillion": "#D55E00",
        "purple": "#CC79A7",
        "sky": "#56B4E9",
        "yellow": "#F0E442",
        "black": "#000000",
        "grey": "#737373",
    }
)

# Yellow is left out: on white it is all but invisible as a line.
_CYCLE = ("blue", "vermillion", "green", "purple", "orange", "sky", "black", "grey")

#: 7.2 in are 691 px on a page, as wide as the text; 11 pt are then 15 px, about as large as it. A
#: figure of one panel is narrower: on a phone, where it is 350 px wide, 10 pt are still 9 px.
_STYLE = {
    "figure.figsize": (5.2, 3.2),
    "figure.dpi": 96,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.1,
    "figure.constrained_layout.h_pad": 0.1,
    "savefig.facecolor": "white",
    "savefig.transparent": False,
    "axes.facecolor": "white",
    "axes.edgecolor": "#4d4d4d",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": 12,
    "axes.labelsize": 11,
    "axes.prop_cycle": cycler(color=[PALETTE[name] for name in _CYCLE]),
    "font.size": 11,
    "font.family": "DejaVu Sans",
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.8,
    "image.cmap": "viridis",
    "image.interpolation": "nearest",
}


def use_book_style() -> None:
    """Set matplotlib's defaults to the book's style.

    Letters are nearly as large as the text's, and stay legible on a phone; figures are opaque white
    (a transparent one is unreadable on a notebook's dark page), in the colours of `PALETTE`; images
    are drawn in viridis, whose lightness rises evenly. Figures of several panels, up to 7.2 inches
    wide, stack their panels on a phone.

    >>> use_book_style()
    >>> import matplotlib as mpl
    >>> mpl.rcParams["axes.prop_cycle"].by_key()["color"][0] == PALETTE["blue"]
    True
    """
    mpl.rcParams.update(_STYLE)
