"""The colours of a figure on the site's dark pages: paper and ink change places, colours stay."""

import base64
import functools
import io
import re

import numpy as np
from PIL import Image

from otbook_utils.teaching.vector import data_uri, encode

#: The background and the letters of a dark page (book/_static/book.css holds the same).
PAPER, INK = "#11161d", "#dbe2ea"

_COLOUR = re.compile(r"(?<=: |=\")#[0-9a-f]{6}\b")
_IMAGE = re.compile(r'<image( class="drawn")? href="data:image/webp;base64,([^"]*)"')
_LEAST_CONTRAST = 3.5


def dark_colour(colour: str) -> str:
    """Return a colour as a dark page shows it.

    White becomes the paper, black the ink, grey what lies between; a pale colour becomes a dull
    one; a strong one, such as those of the palette, stays, unless it is too dark to be seen.

    >>> dark_colour("#ffffff"), dark_colour("#000000"), dark_colour("#e69f00")
    ('#11161d', '#dbe2ea', '#e69f00')
    """
    rgb = _rgb(colour)
    mixed, strength = _mixed(rgb)
    if strength > 0:
        for share in np.linspace(0, 1, 21):
            lifted = (1 - share) * mixed + share * _rgb(INK)
            # A pale colour is to be as weak on the dark paper as it was on the white one.
            if _contrast(lifted) >= min(_LEAST_CONTRAST, 1.05 / (_luminance(rgb) + 0.05)):
                break
        mixed = lifted
    return "#" + bytes(np.round(255 * mixed).astype(np.uint8)).hex()


def dark_map(svg: str) -> dict[str, str]:
    """Return the dark colour of each colour that is not to be kept in the text of an SVG."""
    return {colour: dark_colour(colour) for colour in sorted(set(_COLOUR.findall(svg)))}


def dark_svg(svg: str) -> str:
    """Return the text of an SVG in the colours of a dark page."""
    colours = dark_map(svg)
    svg = _COLOUR.sub(lambda m: colours[m[0]], svg)
    return _IMAGE.sub(lambda m: f'<image{m[1] or ""} href="{_dark_image(m[2], bool(m[1]))}"', svg)


@functools.lru_cache(maxsize=64)
def _dark_image(webp: str, drawn: bool) -> str:
    """Return the address of an image; what was drawn has the colours of the figure's lines."""
    picture = Image.open(io.BytesIO(base64.b64decode(webp))).convert("RGBA")
    pixels = np.asarray(picture) / 255
    rgb = _mixed(pixels[..., :3])[0] if drawn else _exchanged(pixels[..., :3])
    turned = np.dstack([rgb, pixels[..., 3]])
    image = Image.fromarray(np.round(255 * turned).astype(np.uint8))
    return data_uri(encode(image), "image/webp")


def _mixed(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return colours (..., 3) of which the strong ones are unchanged, and how strong they are."""
    strength = np.clip((np.ptp(rgb, axis=-1, keepdims=True) - 0.05) / 0.25, 0, 1)
    return strength * rgb + (1 - strength) * _exchanged(rgb), strength


def _exchanged(rgb: np.ndarray) -> np.ndarray:
    """Exchange the white in colours (..., 3) for paper and the black for ink; the hue stays."""
    white, black = rgb.min(-1, keepdims=True), 1 - rgb.max(-1, keepdims=True)
    return np.clip(rgb - white + white * _rgb(PAPER) + black * _rgb(INK), 0, 1)


def _rgb(colour: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8) / 255


def _luminance(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _contrast(rgb: np.ndarray) -> float:
    low, high = sorted((_luminance(rgb), _luminance(_rgb(PAPER))))
    return (high + 0.05) / (low + 0.05)
