"""From a matplotlib figure to a picture that every front end shows with its alt text."""

import functools
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from otbook_utils.teaching.layout import Panel, cut, smallest_letters, solved
from otbook_utils.teaching.vector import data_uri, page_size, svg_lines

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
        shown = picture(figure, alt, caption)
    finally:
        plt.close(figure)
    display(shown)


def picture(figure: Figure, alt: str, caption: str | None) -> Picture:
    """Return the figure as a `<figure>` of the page."""
    return Picture(
        f'<style>{asset("figure.css")}</style><figure class="otbook-figure">'
        f"{plated(figure, alt)}{below(caption)}</figure>",
        alt,
    )


def plated(figure: Figure, alt: str) -> str:
    """Return a figure as `plate` shows it."""
    solved(figure)
    rows, size, letters = cut([figure]), page_size(figure), smallest_letters(figure)
    svg = data_uri("\n".join(svg_lines(figure)).encode(), "image/svg+xml")
    return plate(svg, rows, size, letters, alt)


def plate(
    address: str, rows: Sequence[Sequence[Panel]], size: tuple[int, int], letters: float, alt: str
) -> str:
    """Return the image at `address`, shown panel by panel: side by side, or stacked on a phone.

    size: the image's width and height in pixels of the page. letters: height of its smallest.
    """
    parts, told = [], html.escape(alt)
    for row in rows:
        begun = 0.0
        parts.append('<div class="otbook-strip">')
        for panel in row:
            parts.append(_panel(address, panel, size, told, panel.x - begun))
            begun, told = panel.x + panel.width, ""  # one alt text for all
        parts.append("</div>")
    style = f"max-width:{size[0]}px"
    return (
        f'<div class="otbook-plate" style="{style}" data-letters="{letters:g}">'
        + "".join(parts)
        + "</div>"
    )


def _panel(address: str, panel: Panel, size: tuple[int, int], alt: str, gap: float) -> str:
    width, height = size
    box = {
        "--part": f"{_percent(panel.width, width)}",
        "--gap": f"{_percent(gap, width)}",
        "--own": f"{panel.width:g}px",
        "aspect-ratio": f"{panel.width:g}/{panel.height:g}",
    }
    image = {
        "width": _percent(width, panel.width),
        "left": _percent(-panel.x, panel.width),
        "top": _percent(-panel.y, panel.height),
    }
    # dark-light tells the book's theme not to filter the colours of the figure in dark mode.
    return (
        f'<span class="otbook-panel" style="{_style(box)}"><img class="otbook-light dark-light" '
        f'alt="{alt}" width="{width}" height="{height}" loading="lazy" style="{_style(image)}" '
        f'src="{address}"></span>'
    )


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole + 0.0:.6g}%"


def _style(properties: dict[str, str]) -> str:
    return ";".join(f"{name}:{value}" for name, value in properties.items())


def below(caption: str | None) -> str:
    """Return the line below a figure."""
    return f"<figcaption>{inline_code(caption)}</figcaption>" if caption else ""


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
