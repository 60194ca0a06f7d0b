"""What a reader takes hold of in a figure: the place of a slider's value on the figure's axes."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otbook_utils.teaching.exploration import Exploration
from otbook_utils.teaching.layout import Panel
from otbook_utils.teaching.vector import PAGE_DPI


def hold(
    exploration: Exploration, figure: Figure, rows: list[list[Panel]]
) -> dict[str, Any] | None:
    """Return where on the figure which slider is dragged, or None if nothing is to be dragged.

    `panel` is the number of the panel, `box` left, top, width and height of the axes in per cent
    of it; `x` and `y` name a slider by its number and say how far along the axes, from 0 to 1
    from the left or from the top, each of its values lies.

    Raises ValueError if the figure has no such axes or a value does not lie within them.
    """
    if exploration.drag is None:
        return None
    if not 0 <= exploration.drag_on < len(figure.axes):
        raise ValueError(
            f"drag_on must be the number of one of the figure's {len(figure.axes)} axes, counted "
            f"from 0, got {exploration.drag_on}"
        )
    axes = figure.axes[exploration.drag_on]
    found = _place([panel for row in rows for panel in row], axes)
    names = [axis.name for axis in exploration.axes]
    for along, name in zip("xy", exploration.drag, strict=True):
        if name is not None:
            values = exploration.axes[names.index(name)].values
            at = [_along(axes, along, value) for value in values]
            for value, place in zip(values, at, strict=True):
                if not -0.01 <= place <= 1.01:
                    raise ValueError(
                        f"drag needs the values of {name} within the limits of the axes, "
                        f"got {value!r}"
                    )
            found[along] = {"slider": names.index(name), "at": at}
    return found


def _place(panels: list[Panel], axes: Axes) -> dict[str, Any]:
    """Return the panel that the axes stand in, and their box in per cent of it."""
    axes.apply_aspect()
    x0, y0, x1, y1 = (v * PAGE_DPI / axes.figure.dpi for v in axes.get_window_extent().extents)
    height = axes.figure.get_size_inches()[1] * PAGE_DPI
    y0, y1 = height - y1, height - y0
    middle = (x0 + x1) / 2, (y0 + y1) / 2
    number, panel = next((k, p) for k, p in enumerate(panels) if p.holds(*middle))
    shares = ((x0 - panel.x, panel.width), (y0 - panel.y, panel.height))
    shares += ((x1 - x0, panel.width), (y1 - y0, panel.height))
    return {"panel": number, "box": [round(float(100 * part / all), 3) for part, all in shares]}


def _along(axes: Axes, along: str, value: float) -> float:
    """Return how far from the left or from the top of the axes a value lies, from 0 to 1."""
    left, bottom = axes.get_xlim()[0], axes.get_ylim()[0]
    point = (value, bottom) if along == "x" else (left, value)
    x, y = axes.transAxes.inverted().transform(axes.transData.transform(point))
    return round(float(x if along == "x" else 1 - y), 4)
