"""The home of `explore` in the built book: frames drawn once, and a player that shows them."""

import hashlib
import html
import json
from collections import Counter

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure

from otbook_utils.teaching.exploration import Axis, Exploration
from otbook_utils.teaching.pictures import (
    Picture,
    asset,
    data_uri,
    drawn,
    encode,
    inline_code,
    page_size,
    rasterise,
)

#: Device pixels for an inch of the figure, and how heavy a player of that sharpness may be. Two
#: for each of the 96 pixels of the page are what a retina screen shows; a heavy player takes fewer.
SHARPNESS = ((192, 250_000), (144, 500_000), (120, 700_000))
MOST_FRAMES = 150

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
    figures = [_figure(exploration, index) for index in indices]
    size = _common_size(figures)
    alts = exploration.alts()
    start = indices.index(tuple(axis.start for axis in exploration.axes))
    uris, order = _light_enough(figures)
    return Picture(_page(exploration, uris, order, alts, start, size), alts[start])


def _figure(exploration: Exploration, index: tuple[int, ...]) -> Figure:
    """Return one frame's figure, no longer known to pyplot but still to be rasterised."""
    figure = drawn(exploration.draw, exploration.values(index))
    plt.close(figure)
    return figure


def _common_size(figures: list[Figure]) -> tuple[int, int]:
    sizes = [page_size(figure) for figure in figures]
    for size in sizes:
        if size != sizes[0]:
            raise ValueError(
                f"draw must make figures of one size, got {size} after {sizes[0]} pixels"
            )
    return sizes[0]


def _light_enough(figures: list[Figure]) -> tuple[list[str], list[int]]:
    """Return the frames, encoded as sharply as their weight allows."""
    for dpi, most in SHARPNESS:
        uris, order = _encoded(figures, dpi, most)
        if len(order) == len(figures):
            return uris, order
    raise ValueError(
        f"a player may weigh {most // 1000} kB, and {len(order) + 1} of the {len(figures)} frames "
        "weigh more; take fewer values, a smaller figure, or draw less in it"
    )


def _encoded(figures: list[Figure], dpi: float, most: int) -> tuple[list[str], list[int]]:
    """Return the different frames as addresses, and which of them stands at each place.

    Stops when the frames weigh more than `most` bytes.
    """
    uris: list[str] = []
    seen: dict[bytes, int] = {}
    order = []
    for figure in figures:
        image = rasterise(figure, dpi)
        key = hashlib.sha256(image.tobytes()).digest()
        if key not in seen:
            seen[key] = len(uris)
            uris.append(data_uri(encode(image)))
        if sum(map(len, uris)) > most:
            break
        order.append(seen[key])
    return uris, order


def _interval(steps: int) -> int:
    """Return the milliseconds between frames: a run takes about six seconds."""
    return max(150, min(800, 6000 // steps))


def _page(
    exploration: Exploration,
    uris: list[str],
    order: list[int],
    alts: list[str],
    start: int,
    size: tuple[int, int],
) -> str:
    axes = exploration.axes
    data = {
        # The first frame stands in the image already; the script takes it from there.
        "frames": [None if k == order[start] else uri for k, uri in enumerate(uris)],
        "shown": order[start],
        "order": order,
        "alts": alts,
        "axes": [{"label": axis.label, "texts": axis.texts} for axis in axes],
        "interval": _interval(max(len(axis.values) for axis in axes)),
    }
    # "<" could end the script element early; JSON may write it as an escape.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    first, (width, height) = uris[order[start]], size
    id = _id(text + first)
    rows = "".join(_row(f"{id}-{k}", axis) for k, axis in enumerate(axes))
    still = ", ".join(f"{axis.label} = {axis.texts[axis.start]}" for axis in axes)
    caption = exploration.caption
    below = f"<figcaption>{inline_code(caption)}</figcaption>" if caption else ""
    return (
        f"<style>{asset('player.css')}</style>"
        f'<figure class="otbook-player" id="{id}" style="max-width:{width}px">'
        f'<img class="dark-light" alt="{html.escape(alts[start])}" width="{width}" '
        f'height="{height}" src="{first}"><p class="otbook-still">{html.escape(still)}</p>'
        f'<div class="otbook-controls" hidden>{rows}</div>'
        f'<p class="otbook-told" aria-live="polite"></p>{below}'
        f'<script type="application/json">{text}</script>'
        f"<script>{asset('player.js').replace('OTBOOK_PLAYER_ID', id)}</script></figure>"
    )


def _row(id: str, axis: Axis) -> str:
    label, value = html.escape(axis.label), html.escape(axis.texts[axis.start])
    wide = max(map(len, axis.texts))
    return (
        f'<div class="otbook-slider" data-label="{label}">'
        f'<button type="button" class="otbook-play" aria-label="Play {label}">{_PLAY}</button>'
        f'<label for="{id}">{label}</label>'
        f'<input type="range" id="{id}" min="0" max="{len(axis.values) - 1}" step="1" '
        f'value="{axis.start}" autocomplete="off" aria-valuetext="{value}">'
        f'<output for="{id}" aria-live="off" style="min-width:{wide}ch">{value}</output></div>'
    )


def _id(content: str) -> str:
    name = "otbook-" + hashlib.sha256(content.encode()).hexdigest()[:10]
    _MADE[name] += 1
    return name if _MADE[name] == 1 else f"{name}-{_MADE[name]}"
