"""The home of `explore` in the built book: frames drawn once, and a player that shows them."""

import gzip
import hashlib
import html
import json
from collections import Counter
from collections.abc import Sequence
from itertools import product
from typing import Any

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from otbook_utils.teaching.dragging import hold
from otbook_utils.teaching.exploration import FEW, Axis, Exploration
from otbook_utils.teaching.layout import Panel, common, cut, freeze, smallest_letters, solved
from otbook_utils.teaching.pictures import Picture, asset, below, drawn, plate
from otbook_utils.teaching.repeating import Repeated
from otbook_utils.teaching.vector import data_uri, page_size, svg_lines

#: Pixels for an inch of what is stored as pixels, the second if the player is too heavy with more.
SHARPNESS = (144, 96)
MOST_FRAMES = 240
#: Bytes of a player's frames, compressed as a server sends them.
HEAVIEST = 250_000
#: A slider of fewer steps shows where its values lie.
COARSE = 16

_PLAY = (
    '<svg class="otbook-start" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 2l10 6-10 6z"/>'
    '</svg><svg class="otbook-pause" viewBox="0 0 16 16" aria-hidden="true">'
    '<path d="M3 2h4v12H3zM9 2h4v12H9z"/></svg>'
)

# How often a player of the same content was made in this process: its ids must differ on a page
# and yet be the same in every build.
_MADE: Counter[str] = Counter()


def display_player(exploration: Exploration) -> None:
    """Draw all frames of the exploration and display the player that shows them."""
    display(player(exploration))


def player(exploration: Exploration) -> Picture:
    """Return the player: one `<figure>` with the frames, the sliders and the script inside.

    Raises ValueError if there are too many frames, if they differ in size, or if the player
    weighs too much for a page.
    """
    indices = exploration.indices()
    if len(indices) > MOST_FRAMES:
        sizes = " x ".join(str(len(axis.values)) for axis in exploration.axes)
        raise ValueError(
            f"the grids make {sizes} = {len(indices)} frames, at most {MOST_FRAMES} are wanted; "
            f"shorten {' or '.join(axis.name for axis in exploration.axes)}"
        )
    for dpi in SHARPNESS:
        stage, repeated = _Stage(exploration), Repeated()
        texts = [svg_lines(stage.figure(index), dpi, repeated) for index in indices]
        lines, frames = _shared(texts)
        data = {
            "axes": [{"label": axis.label, "texts": axis.texts} for axis in exploration.axes],
            "alts": exploration.alts(),
            "lines": lines,
            "frames": frames,
            "drag": stage.hold,
        }
        # "<" could end the script element early; JSON may write it as an escape.
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        weight = len(gzip.compress(text.encode(), 6, mtime=0))
        if weight <= HEAVIEST:
            start = indices.index(exploration.start)
            return _page(exploration, stage, texts[start], data["alts"][start], text)
        if "<image" not in "".join(lines):
            break
    raise ValueError(
        f"a player may weigh {HEAVIEST // 1000} kB compressed, and these {len(indices)} frames "
        f"weigh {weight // 1000} kB; take fewer values, or draw less in each"
    )


class _Stage:
    """Draws frames of one size, whose axes stand at the same place in each.

    The layout is solved for the frames at the ends of the sliders alone, which is also the
    quicker way: solving it takes longer than drawing.
    """

    def __init__(self, exploration: Exploration) -> None:
        self._exploration = exploration
        ends = product(*({0, len(axis.values) - 1} for axis in exploration.axes))
        drawings = {i: self._draw(i) for i in sorted({exploration.start, *ends})}
        self._layout: list[Bbox] | None = common([solved(f) for f in drawings.values()])
        self._waiting: dict[tuple[int, ...], Figure] = drawings
        for figure in drawings.values():
            freeze(figure, self._layout)
        first = drawings[exploration.start]
        self.size: tuple[int, int] = page_size(first)
        self._check_size(*drawings.values())
        self.rows: list[list[Panel]] = cut(list(drawings.values()))
        self.letters: float = smallest_letters(first)
        self.hold: dict[str, Any] | None = hold(exploration, first, self.rows)

    def figure(self, index: tuple[int, ...]) -> Figure:
        """Return the figure of one frame, once."""
        if index in self._waiting:
            return self._waiting.pop(index)
        figure = self._draw(index)
        self._check_size(figure)
        freeze(figure, self._layout)
        return figure

    def _draw(self, index: tuple[int, ...]) -> Figure:
        figure = drawn(self._exploration.draw, self._exploration.values(index))
        plt.close(figure)  # it can still be drawn, and pyplot does not keep it
        return figure

    def _check_size(self, *figures: Figure) -> None:
        for figure in figures:
            if page_size(figure) != self.size:
                raise ValueError(
                    f"draw must make figures of one size, got {page_size(figure)} after "
                    f"{self.size} pixels"
                )


def _shared(texts: Sequence[Sequence[str]]) -> tuple[list[str], list[list[int]]]:
    """Return the different lines of all texts, and each text as runs of them.

    >>> _shared([["a", "b", "c"], ["a", "x", "c"]])
    (['a', 'b', 'c', 'x'], [[0, 3], [0, 1, 3, 1, 2, 1]])
    """
    places: dict[str, int] = {}
    frames = []
    for text in texts:
        runs: list[int] = []
        for line in text:
            place = places.setdefault(line, len(places))
            if runs and place == runs[-2] + runs[-1]:
                runs[-1] += 1
            else:
                runs += [place, 1]
        frames.append(runs)
    return list(places), frames


def _page(exploration: Exploration, stage: _Stage, svg: list[str], alt: str, data: str) -> Picture:
    axes = exploration.axes
    id = _id(data)
    address = data_uri("\n".join(svg).encode(), "image/svg+xml")
    image = plate(address, stage.rows, stage.size, stage.letters, alt)
    rows = "".join(_row(f"{id}-{k}", axis) for k, axis in enumerate(axes))
    still = ", ".join(f"{axis.label} = {axis.texts[axis.start]}" for axis in axes)
    return Picture(
        f"<style>{asset('figure.css')}</style><style>{asset('player.css')}</style>"
        f'<figure class="otbook-figure otbook-player" id="{id}" '
        f'style="max-width:{stage.size[0]}px">'
        f'{image}<p class="otbook-still">{html.escape(still)}</p>'
        f'<div class="otbook-controls" hidden>{rows}</div>'
        f'<p class="otbook-told" aria-live="polite"></p>{below(exploration.caption)}'
        f'<script type="application/json" class="otbook-frames">{data}</script>'
        f"<script>{asset('player.js')}</script></figure>",
        alt,
    )


def _row(id: str, axis: Axis) -> str:
    label = html.escape(axis.label)
    if len(axis.values) <= FEW:
        return (
            f'<div class="otbook-slider otbook-choice" role="radiogroup" aria-labelledby="{id}">'
            f'<span class="otbook-label" id="{id}">{label}</span><span class="otbook-options">'
            + "".join(_option(id, axis, i) for i in range(len(axis.values)))
            + "</span></div>"
        )
    value = html.escape(axis.texts[axis.start])
    wide = max(map(len, axis.texts))
    last = len(axis.values) - 1
    ticks = " otbook-ticks" if last < COARSE else ""
    return (
        f'<div class="otbook-slider{ticks}"><button type="button" class="otbook-play" '
        f'aria-label="Play {label}">{_PLAY}</button>'
        f'<label class="otbook-label" for="{id}">{label}</label>'
        f'<input type="range" id="{id}" min="0" max="{last}" step="1" value="{axis.start}" '
        f'style="--steps:{last}" autocomplete="off" aria-valuetext="{value}">'
        f'<output for="{id}" aria-live="off" style="min-width:{wide}ch">{value}</output></div>'
    )


def _option(id: str, axis: Axis, i: int) -> str:
    checked = " checked" if i == axis.start else ""
    return (
        f'<label><input type="radio" name="{id}" value="{i}" autocomplete="off"{checked}>'
        f"<span>{html.escape(axis.texts[i])}</span></label>"
    )


def _id(content: str) -> str:
    name = "otbook-" + hashlib.sha256(content.encode()).hexdigest()[:10]
    _MADE[name] += 1
    return name if _MADE[name] == 1 else f"{name}-{_MADE[name]}"
