"""The home of `explore` in the built book: frames drawn once, and a player that shows them."""

import hashlib
import html
import json
from collections import Counter
from typing import Any

import matplotlib.pyplot as plt
from IPython.display import display
from PIL import Image

from otbook_utils.teaching.exploring import Axis, Exploration
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

#: 1.5 device pixels for each pixel of the page: sharp on retina screens at half their weight.
FRAME_DPI = 144
MOST_FRAMES = 150
MOST_BYTES = 700_000

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
    frames, order, size = _frames(exploration, indices)
    alts = [exploration.alt_at(index) for index in indices]
    start = indices.index(tuple(axis.start for axis in exploration.axes))
    uris = [data_uri(frame) for frame in frames]
    data = {
        "frames": [None if k == order[start] else uri for k, uri in enumerate(uris)],
        "shown": order[start],
        "order": order,
        "alts": alts,
        "axes": [{"label": axis.label, "texts": axis.texts} for axis in exploration.axes],
        "interval": _interval(max(len(axis.values) for axis in exploration.axes)),
    }
    page = _page(exploration, data, uris[order[start]], alts[start], size)
    if len(page) > MOST_BYTES:
        raise ValueError(
            f"the player weighs {len(page) / 1000:.0f} kB in {len(frames)} frames of "
            f"{len(page) / 1000 / len(frames):.0f} kB, at most {MOST_BYTES // 1000} kB are wanted; "
            "take fewer values, a smaller figure, or draw less in it"
        )
    return Picture(page, alts[start])


def _interval(steps: int) -> int:
    """Return the milliseconds between frames: a run takes about six seconds."""
    return max(150, min(800, 6000 // steps))


def _frames(
    exploration: Exploration, indices: list[tuple[int, ...]]
) -> tuple[list[bytes], list[int], tuple[int, int]]:
    """Return the different frames, which of them stands at each index, and their size on a page."""
    frames: list[bytes] = []
    seen: dict[bytes, int] = {}
    order = []
    size = None
    for index in indices:
        image, page = _frame(exploration, exploration.values(index))
        if size not in (None, page):
            raise ValueError(f"draw must make figures of one size, got {page} px after {size} px")
        size = page
        key = hashlib.sha256(image.tobytes()).digest()
        if key not in seen:
            seen[key] = len(frames)
            frames.append(encode(image))
        order.append(seen[key])
    return frames, order, size


def _frame(exploration: Exploration, values: dict[str, Any]) -> tuple[Image.Image, tuple[int, int]]:
    figure = drawn(exploration.draw, values)
    try:
        return rasterise(figure, FRAME_DPI), page_size(figure)
    finally:
        plt.close(figure)


def _page(
    exploration: Exploration, data: dict[str, Any], first: str, alt: str, size: tuple[int, int]
) -> str:
    # "<" could end the script element early; JSON may write it as an escape.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    id = _id(text + first)
    rows = "".join(_row(f"{id}-{k}", axis) for k, axis in enumerate(exploration.axes))
    still = ", ".join(f"{axis.label} = {axis.texts[axis.start]}" for axis in exploration.axes)
    caption = exploration.caption
    below = f"<figcaption>{inline_code(caption)}</figcaption>" if caption else ""
    return (
        f'<style>{asset("player.css")}</style><figure class="otbook-player" id="{id}">'
        f'<img class="dark-light" alt="{html.escape(alt)}" width="{size[0]}" height="{size[1]}" '
        f'src="{first}"><p class="otbook-still">{html.escape(still)}</p>'
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
