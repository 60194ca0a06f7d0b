"""Where things stand in a figure: the same in all its frames, and in panels that can be stacked."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from otbook_utils.teaching.vector import PAGE_DPI

#: Inches. A wider figure is cut into panels; 9 px are left of 10 points where a phone shows it.
WIDE = 5.4
_MARGIN = 0.05


@dataclass(frozen=True)
class Panel:
    """A rectangle of a figure, in pixels of the page from its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def holds(self, x: float, y: float) -> bool:
        """Say whether a point lies in the panel."""
        return 0 <= x - self.x <= self.width and 0 <= y - self.y <= self.height


def solved(figure: Figure) -> list[Bbox]:
    """Lay the figure out, and return where its axes stand."""
    figure.draw_without_rendering()
    return [axes.get_position(original=True).frozen() for axes in figure.axes]


def common(layouts: Sequence[list[Bbox]]) -> list[Bbox] | None:
    """Return a layout in which there is room for what each of the figures has around its axes.

    None if they have not the same number of axes.
    """
    if len({len(layout) for layout in layouts}) > 1:
        return None
    return [_intersection(boxes) for boxes in zip(*layouts, strict=True)]


def freeze(figure: Figure, layout: list[Bbox] | None) -> None:
    """Put the figure's axes where the layout says, if it is one for so many axes."""
    if layout is not None and len(layout) == len(figure.axes):
        figure.set_layout_engine("none")
        for axes, box in zip(figure.axes, layout, strict=True):
            axes.set_position(box)


def cut(figures: Sequence[Figure]) -> list[list[Panel]]:
    """Return rows of panels that can be stacked on a phone; most figures are one panel.

    figures: frames of one figure, laid out. A figure is cut where nothing stands in any of them:
    first into rows from top to bottom, then each row from left to right.
    """
    width, height = figures[0].get_size_inches()
    whole = [[Panel(0, 0, round(PAGE_DPI * width, 1), round(PAGE_DPI * height, 1))]]
    things = [box for figure in figures for box in _things(figure)]
    if width <= WIDE or sum(is_axes for _, is_axes in things) < 2:
        return whole
    rows = []
    for y0, y1, row in _strips(things, height, axis=1):
        columns = _strips(row, width, axis=0)
        if not any(is_axes for _, is_axes in row):  # a legend: no wider than it is
            columns = [
                (min(b.x0 for b, _ in row) - _MARGIN, max(b.x1 for b, _ in row) + _MARGIN, row)
            ]
        rows.append([_panel(max(x0, 0), min(x1, width), y0, y1) for x0, x1, _ in columns])
    return rows if max(map(len, rows)) > 1 else whole


def smallest_letters(figure: Figure) -> float:
    """Return the height of the figure's smallest letters in pixels of the page."""
    texts = figure.findobj(Text)
    sizes = [t.get_fontsize() for t in texts if t.get_visible() and t.get_text().strip()]
    return round(min(sizes, default=10) * PAGE_DPI / 72, 1)


Thing = tuple[Bbox, bool]  # in inches from the upper left corner, and whether it is an axes


def _things(figure: Figure) -> list[Thing]:
    boxes: dict[Axes, Bbox] = {}
    for axes in figure.axes:
        box = axes.get_tightbbox()
        if axes.get_visible() and box is not None:
            boxes[axes] = _from_above(box, figure)
    for axes in list(boxes):
        # A colour bar goes with the axes beside it.
        parents = [p for p in getattr(axes, "_colorbar_info", {}).get("parents", ()) if p in boxes]
        if parents:
            boxes[parents[-1]] = Bbox.union([boxes[parents[-1]], boxes.pop(axes)])
    others = (*figure.texts, *figure.legends)
    found = [_from_above(a.get_window_extent(), figure) for a in others if a.get_visible()]
    return [(box, True) for box in boxes.values()] + [(box, False) for box in found]


def _from_above(box: Bbox, figure: Figure) -> Bbox:
    height = figure.get_size_inches()[1]
    x0, y0, x1, y1 = (v / figure.dpi for v in box.extents)
    return Bbox([[x0, height - y1], [x1, height - y0]])


def _strips(
    things: Sequence[Thing], size: float, axis: int
) -> list[tuple[float, float, list[Thing]]]:
    """Cut between things along an axis: begin, end and content of each strip from 0 to `size`.

    A text that stands alone goes with the strip before it, or after it if it is the first; from
    top to bottom it is a strip of its own.
    """
    groups: list[tuple[float, float, list[Thing]]] = []
    for box, is_axes in sorted(things, key=lambda thing: thing[0].min[axis]):
        low, high = box.min[axis], box.max[axis]
        together = groups and low < groups[-1][1]
        if axis == 0 and groups:
            together |= not is_axes or not any(is_axes for _, is_axes in groups[-1][2])
        if together:
            first, last, content = groups.pop()
            groups.append((first, max(last, high), [*content, (box, is_axes)]))
        else:
            groups.append((low, high, [(box, is_axes)]))
    ends = [(a[1] + b[0]) / 2 for a, b in itertools.pairwise(groups)]
    contents = (content for *_, content in groups)
    return list(zip([0, *ends], [*ends, size], contents, strict=True))


def _panel(x0: float, x1: float, y0: float, y1: float) -> Panel:
    return Panel(*(round(float(PAGE_DPI * v), 1) for v in (x0, y0, x1 - x0, y1 - y0)))


def _intersection(boxes: Iterable[Bbox]) -> Bbox:
    extents = list(zip(*(box.extents for box in boxes), strict=True))
    x0, y0 = max(extents[0]), max(extents[1])
    return Bbox([[x0, y0], [max(min(extents[2]), x0), max(min(extents[3]), y0)]])
