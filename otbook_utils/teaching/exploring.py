"""A figure with sliders: live beside a kernel, a player in the built book, one frame in tests."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from otbook_utils.teaching.exploration import Axis, Exploration, placeholders
from otbook_utils.teaching.pictures import (
    check_alt,
    data_uri,
    drawn,
    encode,
    page_size,
    picture,
    rasterise,
)

HOMES = ("live", "frames", "still")
_MOST_GRIDS = 2
_STILL_DPI = 96


def explore(
    draw: Callable[..., Any],
    *,
    alt: "str | Callable[..., str]",
    label: "str | Mapping[str, str] | None" = None,
    start: Any = None,
    caption: str | None = None,
    **grids: Iterable[Any],
) -> None:
    """Display the figure that `draw(**values)` draws, with a slider for each of one or two grids.

    With a kernel and ipywidgets the figure is drawn anew at each move of a slider. While the book
    is built (`OTBOOK_EXPLORE=frames`) every frame is drawn once and a player is put on the page;
    in tests (`OTBOOK_EXPLORE=still`) one frame is drawn. Keep the limits of the figure's axes
    fixed in `draw`: otherwise they, not the thing shown, are what moves.

    draw: draws one new figure and returns it or nothing.
    alt: what the figure shows, with the values in braces (`"Plan at epsilon = {epsilon:.3g}"`) or
        as a function of them; values that it does not mention are added.
    label: what a slider is called, for one grid a string, else name -> string.
    start: where the slider begins, for one grid a value, else name -> value; the nearest is taken.
    caption: a line below the figure; `code` may stand in backticks.
    grids: argument of draw = its values, numbers or strings.

    Raises ValueError or TypeError naming the argument that is wrong, and ValueError if `draw`
    draws nothing, or if a player has more than 150 frames or weighs more than 700 kB.

    >>> def draw(epsilon):
    ...     plt.plot([0, 1], [0, epsilon])
    >>> explore(draw, epsilon=[0.1, 0.2, 0.4], alt="A line of slope {epsilon}")
    [Figure: A line of slope 0.2]
    """
    exploration = _checked(draw, alt, label, start, caption, grids)
    home = _home()
    if home == "live":
        from otbook_utils.teaching.live import display_live

        display_live(exploration)
    elif home == "frames":
        from otbook_utils.teaching.player import display_player

        display_player(exploration)
    else:
        _display_still(exploration, middle=start is None)


def _home() -> str:
    asked = os.environ.get("OTBOOK_EXPLORE")
    if asked:
        if asked not in HOMES:
            raise ValueError(f"OTBOOK_EXPLORE must be one of {', '.join(HOMES)}, got {asked!r}")
        return asked
    try:
        import ipywidgets  # noqa: F401
        from IPython import get_ipython
    except ImportError:
        return "still"
    return "live" if getattr(get_ipython(), "kernel", None) is not None else "still"


def _display_still(exploration: Exploration, middle: bool) -> None:
    from IPython.display import display

    index = tuple(len(a.values) // 2 if middle else a.start for a in exploration.axes)
    figure = drawn(exploration.draw, exploration.values(index))
    try:
        image, (width, height) = rasterise(figure, _STILL_DPI), page_size(figure)
    finally:
        plt.close(figure)
    alt, caption = exploration.alt_at(index), exploration.caption
    display(picture(data_uri(encode(image)), width, height, alt, caption))


def _checked(
    draw: Any, alt: Any, label: Any, start: Any, caption: Any, grids: dict[str, Any]
) -> Exploration:
    if not callable(draw):
        raise TypeError(f"draw must be a function, got {type(draw).__name__}")
    if not 1 <= len(grids) <= _MOST_GRIDS:
        raise ValueError(
            "explore needs one or two grids, such as epsilon=log_grid(0.01, 1, 15), "
            f"got {len(grids)}"
        )
    if caption is not None and not isinstance(caption, str):
        raise TypeError(f"caption must be a string, got {type(caption).__name__}")
    grids = {name: _grid(name, grid) for name, grid in grids.items()}
    labels = _by_name("label", label, grids)
    starts = _by_name("start", start, grids)
    axes = []
    for name, values in grids.items():
        text = labels.get(name, name)
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"label of {name} must be a string that is not empty, got {text!r}")
        first = _nearest(name, values, starts[name]) if name in starts else 0
        axes.append(Axis(name, text, values, _texts(name, values), first))
    exploration = Exploration(draw, tuple(axes), alt, caption)
    _check_alt(exploration)
    return exploration


def _grid(name: str, grid: Any) -> tuple[Any, ...]:
    if isinstance(grid, str | bytes) or not isinstance(grid, Iterable):
        raise TypeError(f"{name} must be a sequence of values, got {grid!r}")
    values = tuple(v.item() if hasattr(v, "item") else v for v in grid)
    for value in values:
        if not isinstance(value, int | float | str):
            raise TypeError(f"{name} must hold numbers or strings, got {value!r}")
    if len(values) < 2:
        raise ValueError(f"{name} must hold at least two values, got {list(values)!r}")
    return values


def _by_name(argument: str, given: Any, grids: dict[str, Any]) -> dict[str, Any]:
    """Return what was given for each grid, where for a single grid it may be given bare."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        for name in given:
            if name not in grids:
                raise ValueError(f"{argument} must name a grid ({', '.join(grids)}), got {name!r}")
        return dict(given)
    if len(grids) > 1:
        raise TypeError(f"{argument} must map each grid's name when there are two, got {given!r}")
    return {next(iter(grids)): given}


def _nearest(name: str, values: tuple[Any, ...], wanted: Any) -> int:
    if wanted in values:
        return values.index(wanted)
    numbers = all(isinstance(v, int | float) for v in (*values, wanted))
    if not numbers or not min(values) <= wanted <= max(values):
        raise ValueError(f"start of {name} must be one of its values {values}, got {wanted!r}")
    return min(range(len(values)), key=lambda i: abs(values[i] - wanted))


def _texts(name: str, values: tuple[Any, ...]) -> tuple[str, ...]:
    """Return the values as a reader wants them, with as few digits as tell them apart."""
    for digits in (3, 4, 6, 9, 17):
        texts = tuple(_text(value, digits) for value in values)
        if len(set(texts)) == len(texts):
            return texts
    raise ValueError(f"{name} must hold values that differ, got {list(values)!r}")


def _text(value: Any, digits: int) -> str:
    """Format one value.

    >>> [_text(v, 3) for v in (0.05, 1.0, 12, 12345.0, 2e-7, "exact")]
    ['0.05', '1', '12', '12345', '2e-7', 'exact']
    """
    if isinstance(value, str | int):
        return str(value)
    if value.is_integer() and abs(value) < 1e6:
        return str(int(value))
    if 1e-4 <= abs(value) < 1e6:
        # Below the point only: 1234.5 stays whole, which "g" would turn into 1.23e+03.
        return np.format_float_positional(
            float(f"{value:.{max(digits, len(str(int(abs(value)))))}g}"), trim="-"
        )
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def _check_alt(exploration: Exploration) -> None:
    alt, names = exploration.alt, [axis.name for axis in exploration.axes]
    if not callable(alt):
        check_alt(alt)
        try:
            unknown = placeholders(alt) - set(names)
        except ValueError as error:
            raise ValueError(f"alt has braces that do not match ({error}): {alt!r}") from None
        if unknown:
            raise ValueError(f"alt may name {', '.join(names)}, got {{{unknown.pop()}}} in {alt!r}")
    index = tuple(axis.start for axis in exploration.axes)
    try:
        exploration.alt_at(index)
    except (TypeError, ValueError, KeyError, IndexError) as error:
        given = exploration.values(index)
        raise ValueError(f"alt cannot be made for {given}: {error}") from error
