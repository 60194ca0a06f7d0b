"""The home of `explore` beside a kernel: ipywidgets that draw anew at each move.

Only what ipywidgets 7.7 (Colab) and 8 have in common is used.
"""

import contextlib
import html
import io
import math
import time
import traceback
from dataclasses import replace
from typing import Any

import ipywidgets as widgets
import matplotlib.pyplot as plt
from IPython.display import display

from otbook_utils.teaching.exploration import FEW, Axis, Exploration
from otbook_utils.teaching.pictures import drawn, picture
from otbook_utils.teaching.wording import value_texts

# Above this time to draw, a dragged slider would queue frames faster than they are drawn.
_SLOW = 0.2
# A run takes so many steps, however fine the slider.
_STEPS = 40
_WIDE = widgets.Layout(width="95%", max_width="44rem")


def display_live(exploration: Exploration) -> widgets.VBox:
    """Display the sliders and the figure, and return the box that holds them."""
    exploration = _as_fine_as_can_be_drawn(exploration)
    # HTML rather than Output: it keeps the alt text, replaces the figure in one step and works
    # the same in every front end, also where a callback's output is lost.
    view, note = widgets.HTML(), widgets.HTML(layout=widgets.Layout(height="1.8em"))
    controls = [_control(axis) for axis in exploration.axes]
    fastest = math.inf

    def redraw(_: Any = None) -> None:
        nonlocal fastest
        if _SLOW < fastest < math.inf:
            note.value = '<span role="status">computing …</span>'
        began = time.perf_counter()
        view.value = _frame(exploration, tuple(control.index for control in controls))
        # The fastest, for the first draw of a session also loads fonts.
        fastest = min(fastest, time.perf_counter() - began)
        note.value = ""
        for control in controls:
            control.continuous_update = fastest < _SLOW

    redraw()
    for control in controls:
        control.observe(redraw, names="index")
    row = [*controls]
    if len(controls) == 1 and len(controls[0].options) > FEW:
        row.insert(0, _play(controls[0], fastest))
    box = widgets.VBox([*row, note, view])
    display(box)
    return box


def _as_fine_as_can_be_drawn(exploration: Exploration) -> Exploration:
    """Return the exploration with its finer values, if `draw` and `alt` know what to do with one.

    Not those that look their values up in a table made before.
    """
    axes = tuple(
        replace(
            axis,
            values=axis.finer,
            texts=value_texts(axis.name, axis.finer),
            start=axis.finer.index(axis.values[axis.start]),
        )
        if axis.finer
        else axis
        for axis in exploration.axes
    )
    finer = replace(exploration, axes=axes)
    between = tuple(1 if axis.finer else axis.start for axis in axes)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            plt.close(drawn(finer.draw, finer.values(between)))
            finer.alt_at(between)
    except Exception:
        return exploration
    return finer


def _control(axis: Axis) -> Any:
    few = len(axis.values) <= FEW
    return (widgets.ToggleButtons if few else widgets.SelectionSlider)(
        options=[(text, i) for i, text in enumerate(axis.texts)],
        index=axis.start,
        description=axis.label,
        style={"description_width": "initial"},
        layout=widgets.Layout() if few else _WIDE,
    )


def _play(slider: widgets.SelectionSlider, seconds: float) -> widgets.Play:
    last = len(slider.options) - 1
    play = widgets.Play(
        min=0,
        max=last,
        value=slider.index,
        step=max(1, last // _STEPS),
        interval=int(1000 * max(0.1, 1.5 * seconds)),
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
                shown = picture(figure, exploration.alt_at(index), exploration.caption).html
            finally:
                plt.close(figure)
    except Exception as error:
        shown = _failure(error, values)
    text = printed.getvalue()
    return shown + (f"<pre>{html.escape(text)}</pre>" if text else "")


def _failure(error: Exception, values: dict[str, Any]) -> str:
    given = ", ".join(f"{name}={value!r}" for name, value in values.items())
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        '<div role="alert" style="border-left:.3rem solid #D55E00;padding:.5rem .9rem">'
        f"<strong>draw({html.escape(given)}) raised {type(error).__name__}:</strong> "
        f"{html.escape(str(error))}<pre>line {place.lineno}: {html.escape(place.line or '')}</pre>"
        "</div>"
    )
