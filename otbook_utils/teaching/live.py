"""The home of `explore` beside a kernel: ipywidgets that draw anew at each move.

Only what ipywidgets 7.7 (Colab) and 8 have in common is used.
"""

import contextlib
import html
import io
import math
import time
import traceback
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
from IPython.display import display
from PIL import Image

from otbook_utils.teaching.exploration import Exploration
from otbook_utils.teaching.pictures import data_uri, drawn, page_size, picture, rasterise

_DPI = 144
# Above this time to draw, a dragged slider would queue frames faster than they are drawn.
_SLOW = 0.2
_WIDE = widgets.Layout(width="95%", max_width="44rem")


def display_live(exploration: Exploration) -> widgets.VBox:
    """Display the sliders and the figure, and return the box that holds them."""
    # HTML rather than Output: it keeps the alt text, replaces the figure in one step and works
    # the same in every front end, also where a callback's output is lost.
    view = widgets.HTML()
    sliders = [
        widgets.SelectionSlider(
            options=[(text, i) for i, text in enumerate(axis.texts)],
            index=axis.start,
            description=axis.label,
            style={"description_width": "initial"},
            layout=_WIDE,
        )
        for axis in exploration.axes
    ]

    fastest = math.inf

    def redraw(_: Any = None) -> None:
        nonlocal fastest
        began = time.perf_counter()
        view.value = _frame(exploration, tuple(slider.index for slider in sliders))
        # The fastest, for the first draw of a session also loads fonts.
        fastest = min(fastest, time.perf_counter() - began)
        for slider in sliders:
            slider.continuous_update = fastest < _SLOW

    redraw()
    for slider in sliders:
        slider.observe(redraw, names="index")
    controls = [*sliders]
    if len(sliders) == 1:
        controls.insert(0, _play(sliders[0], fastest))
    box = widgets.VBox([*controls, view])
    display(box)
    return box


def _play(slider: widgets.SelectionSlider, seconds: float) -> widgets.Play:
    play = widgets.Play(
        min=0,
        max=len(slider.options) - 1,
        value=slider.index,
        interval=int(1000 * max(0.3, 1.5 * seconds)),
    )
    widgets.jslink((play, "value"), (slider, "index"))
    return play


def _frame(exploration: Exploration, index: tuple[int, ...]) -> str:
    """Return the figure at one place of the sliders as HTML, or what went wrong in `draw`."""
    values = exploration.values(index)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            figure = drawn(exploration.draw, values)
            try:
                image, (width, height) = rasterise(figure, _DPI), page_size(figure)
            finally:
                plt.close(figure)
        alt, caption = exploration.alt_at(index), exploration.caption
        shown = picture(data_uri(_png(image), "png"), width, height, alt, caption).html
    except Exception as error:
        shown = _failure(error, values)
    text = printed.getvalue()
    return shown + (f"<pre>{html.escape(text)}</pre>" if text else "")


def _png(image: Image.Image) -> bytes:
    """Return the image in the format that is fastest to make: a slider is being dragged."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def _failure(error: Exception, values: dict[str, Any]) -> str:
    given = ", ".join(f"{name}={value!r}" for name, value in values.items())
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        '<div role="alert" style="border-left:.3rem solid #D55E00;padding:.5rem .9rem">'
        f"<strong>draw({html.escape(given)}) raised {type(error).__name__}:</strong> "
        f"{html.escape(str(error))}<pre>line {place.lineno}: {html.escape(place.line or '')}</pre>"
        "</div>"
    )
