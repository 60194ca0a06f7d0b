"""From a matplotlib figure to a picture that every front end shows with its alt text."""

import base64
import functools
import html
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

#: A browser shows an inch of a figure as 96 px of the page.
PAGE_DPI = 96
_SHOW_DPI = 192
_LOSSY_QUALITY = 85
_COLOURS = 256
# With more, choosing among them would also take seconds.
_COLOURS_OF_A_PHOTOGRAPH = 2**16
_FEWEST_ALT_WORDS = 3


@dataclass(frozen=True, repr=False)
class Picture:
    """HTML for front ends that show it, and a line of text for those that do not."""

    html: str
    alt: str

    def __repr__(self) -> str:
        return f"[Figure: {self.alt}]"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": repr(self)}


def show(figure: Figure, *, alt: str, caption: str | None = None) -> None:
    """Display a matplotlib figure as an image that has alt text in every front end, and close it.

    alt: what a reader who does not see the figure should know: what is drawn and what it shows.
    caption: a line below the figure; `code` may stand in backticks.

    Raises TypeError if `figure` is no figure, ValueError if `alt` is empty or says nothing.

    >>> figure, axes = plt.subplots()
    >>> _ = axes.plot([0, 1], [0, 1])
    >>> show(figure, alt="A straight line that rises from 0 to 1")
    [Figure: A straight line that rises from 0 to 1]
    """
    from IPython.display import display

    if not isinstance(figure, Figure):
        raise TypeError(f"figure must be a matplotlib Figure, got {type(figure).__name__}")
    check_alt(alt)
    try:
        image = rasterise(figure, dpi=_SHOW_DPI)
        width, height = page_size(figure)
    finally:
        plt.close(figure)
    display(picture(data_uri(encode(image)), width, height, alt, caption))


def picture(address: str, width: int, height: int, alt: str, caption: str | None) -> Picture:
    """Return the image at `address` as a `<figure>` of `width` by `height` pixels of the page."""
    # dark-light tells the book's theme not to filter the colours of the figure in dark mode.
    tag = (
        f'<img class="dark-light" alt="{html.escape(alt)}" width="{width}" height="{height}" '
        f'src="{address}">'
    )
    below = f"<figcaption>{inline_code(caption)}</figcaption>" if caption else ""
    return Picture(
        f'<style>{asset("figure.css")}</style><figure class="otbook-figure">{tag}{below}</figure>',
        alt,
    )


def check_alt(alt: str) -> None:
    """Raise unless `alt` is a description of a few words on one line."""
    if not isinstance(alt, str):
        raise TypeError(f"alt must be a string, got {type(alt).__name__}")
    if len(alt.split()) < _FEWEST_ALT_WORDS:
        raise ValueError(
            f"alt must describe the figure in at least {_FEWEST_ALT_WORDS} words, got {alt!r}"
        )


def drawn(draw: Callable[..., Any], values: dict[str, Any]) -> Figure:
    """Call `draw(**values)` and return the one figure that it drew, however it drew it.

    `draw` may return its figure, make one with `plt.subplots`, or draw with `plt.plot` on the new
    figure that is current when it is called.

    Raises ValueError if it drew no figure or more than one. Every figure made on the way but the
    one returned is closed, also when `draw` raises.
    """
    earlier = set(plt.get_fignums())
    ours = plt.figure()
    try:
        result = draw(**values)
        figure = _chosen(result, ours, [plt.figure(n) for n in plt.get_fignums()], earlier)
    except BaseException:
        _close_all_but(earlier)
        raise
    _close_all_but(earlier | {figure.number} if hasattr(figure, "number") else earlier)
    return figure


def _chosen(result: Any, ours: Figure, now: list[Figure], earlier: set[int]) -> Figure:
    if isinstance(result, Figure):
        return result
    new = [f for f in now if f.number not in earlier and (f is not ours or f.axes)]
    if len(new) == 1:
        return new[0]
    if not new:
        raise ValueError(
            "draw must draw on a new matplotlib figure, it drew nothing "
            "(without plt.show() or plt.close(), which take the figure away)"
        )
    raise ValueError(f"draw must draw one figure, it drew {len(new)}; return the one to show")


def _close_all_but(kept: set[int]) -> None:
    for number in set(plt.get_fignums()) - kept:
        plt.close(number)


def rasterise(figure: Figure, dpi: float) -> Image.Image:
    """Return the figure as an opaque RGB image."""
    buffer = io.BytesIO()
    # bbox_inches="tight" in someone's rcParams would give every frame another size.
    with plt.rc_context({"savefig.bbox": None, "savefig.transparent": False}):
        figure.savefig(buffer, format="png", dpi=dpi, pil_kwargs={"compress_level": 0})
    rgba = Image.open(buffer).convert("RGBA")
    white = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(white, rgba).convert("RGB")


def page_size(figure: Figure) -> tuple[int, int]:
    """Return width and height of the figure in pixels of the page."""
    width, height = figure.get_size_inches() * PAGE_DPI
    return round(width), round(height)


def encode(image: Image.Image) -> bytes:
    """Return the image as WebP that looks as drawn.

    A drawing has few colours, so that 256 well-chosen ones without loss are smaller and truer
    (measured: half the bytes, a tenth of the error) than WebP's photographic mode, which smears
    thin lines. Photographs are the exception.
    """
    if image.getcolors(_COLOURS) is not None:
        return _webp(image, lossless=True)
    if image.getcolors(_COLOURS_OF_A_PHOTOGRAPH) is None:
        return _webp(image, quality=_LOSSY_QUALITY)
    few = image.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    drawing = _webp(few.convert("RGB"), lossless=True)
    photograph = _webp(image, quality=_LOSSY_QUALITY)
    return drawing if len(drawing) <= 1.25 * len(photograph) else photograph


def _webp(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="WEBP", method=4, **options)
    return buffer.getvalue()


def data_uri(image: bytes, kind: str = "webp") -> str:
    """Return the address that holds the image itself."""
    return f"data:image/{kind};base64," + base64.b64encode(image).decode("ascii")


def inline_code(text: str) -> str:
    """Escape `text` for HTML and set what stands in backticks as code.

    >>> inline_code("use `a < b`")
    'use <code>a &lt; b</code>'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


@functools.cache
def asset(name: str) -> str:
    """Return the text of a style sheet or script that lies beside this module."""
    return resources.files("otbook_utils.teaching").joinpath(name).read_text(encoding="utf-8")
