"""What frames of a figure have in common and is drawn once: their axes' ticks, numbers and labels.

Drawing these takes most of the time of a plain figure, and in most players they stand still.
"""

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from matplotlib.artist import allow_rasterization
from matplotlib.axis import Axis
from matplotlib.figure import Figure

_NAME = "axis-of-frame"


@dataclass
class Repeated:
    """Remembers the SVG of each axis by all that it looks like, and every shape that has a name."""

    axes: dict[Hashable, list[str]] = field(default_factory=dict)
    shapes: dict[str, str] = field(default_factory=dict)

    def watch(self, figure: Figure) -> list[Hashable]:
        """Let a figure draw each axis only if it is new; return the list that drawing will fill."""
        drawn: list[Hashable] = []
        for axes in figure.axes:
            if axes.name == "rectilinear":
                for axis in (axes.xaxis, axes.yaxis):
                    axis.draw = self._draw(axis, drawn)
        return drawn

    def _draw(self, axis: Axis, drawn: list[Hashable]) -> Callable[[Any], None]:
        draw = axis.draw

        @allow_rasterization  # which ends the pixels of what was drawn before
        def draw_if_new(axis: Axis, renderer: Any) -> None:
            look = _look(axis)
            renderer.open_group("axis", gid=f"{_NAME}-{len(drawn)}")
            drawn.append(look)
            if look is None or look not in self.axes:
                draw(renderer)
            renderer.close_group("axis")

        return partial(draw_if_new, axis)

    def complete(self, elements: Sequence[str], drawn: list[Hashable]) -> list[str]:
        """Return an SVG's elements with the axes that were left out, and its shapes at the head."""
        found: list[str] = []
        begun, look, depth = -1, None, 0  # where in `found` an axis began, and which
        for element in elements:
            shape = re.match(r'<path id="([^"]*)"', element)
            number = re.match(rf'<g id="{_NAME}-(\d+)"(/?)>', element)
            if shape:
                self.shapes[shape[1]] = element
            elif number and number[2]:
                found += self.axes.get(drawn[int(number[1])], [])  # nothing was drawn
            elif number:
                begun, look, depth = len(found), drawn[int(number[1])], 1
            elif begun >= 0:
                depth += element.startswith("<g") and not element.endswith("/>")
                depth -= element.startswith("</g")
                if depth:
                    found.append(element)
                else:
                    if look is not None:
                        self.axes[look] = found[begun:]
                    begun = -1
            else:
                found.append(element)
        used = set(re.findall(r"#([\w.-]+)", "\n".join(found)))
        shapes = [self.shapes[name] for name in sorted(used & set(self.shapes))]
        return ["<defs>", *shapes, "</defs>", *_without_empty(found)]


def _without_empty(elements: list[str]) -> list[str]:
    kept: list[str] = []
    for element in elements:
        if element == "</defs>" and kept and kept[-1] == "<defs>":
            kept.pop()
        else:
            kept.append(element)
    return kept


def _look(axis: Axis) -> Hashable:
    """Return all that the drawing of an axis depends on, or None if that cannot be known.

    Ticks that exist before they are drawn may have been dressed one by one.
    """
    ticks = (vars(axis).get(name, ()) for name in ("majorTicks", "minorTicks"))
    if any(len(t) > 1 for t in ticks):
        return None
    axes, label = axis.axes, axis.label
    numbers = []
    for kind in (axis.major, axis.minor):
        places = kind.locator()
        numbers += [tuple(places), tuple(kind.formatter.format_ticks(places))]
        numbers.append(kind.formatter.get_offset())
    return (
        axis.axis_name,
        axis.get_visible(),
        axis.get_zorder(),
        axis.get_scale(),
        axis.labelpad,
        axis.get_label_position(),
        axis.get_ticks_position(),
        tuple(axes.get_position().extents),
        tuple(axes.figure.get_size_inches()),
        (*axes.get_xlim(), *axes.get_ylim(), axes.get_xscale(), axes.get_yscale()),
        tuple(spine.get_visible() for spine in axes.spines.values()),
        repr([axis._major_tick_kw, axis._minor_tick_kw]),
        tuple(numbers),
        _text(label),
        _text(axis.offsetText),
    )


def _text(text: Any) -> Hashable:
    font = text.get_fontproperties()
    look = (text.get_text(), text.get_color(), text.get_rotation(), text.get_alpha())
    return (*look, text.get_visible(), text.get_ha(), text.get_va(), hash(font))
