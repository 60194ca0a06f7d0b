"""A figure with sliders: live beside a kernel, a player in the built book, one frame in tests."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import matplotlib.pyplot as plt

from otbook_utils.teaching.exploration import Axis, Exploration, placeholders
from otbook_utils.teaching.grids import Grid
from otbook_utils.teaching.pictures import check_alt, drawn, picture
from otbook_utils.teaching.wording import name_label, plain_label, value_texts

HOMES = ("live", "frames", "still")
_MOST_GRIDS = 2
_FINER = 5


def explore(
    draw: Callable[..., Any],
    *,
    alt: "str | Callable[..., str]",
    label: "str | Mapping[str, str] | None" = None,
    start: Any = None,
    caption: str | None = None,
    drag: "str | tuple[str | None, str | None] | None" = None,
    drag_on: int = 0,
    **grids: Iterable[Any],
) -> None:
    """Display the figure that `draw(**values)` draws, with a slider for each of one or two grids.

    With a kernel and ipywidgets the figure is drawn anew at each move of a slider, which moves
    five times finer if the grid is a `lin_grid` or a `log_grid` and `draw` can draw what lies
    between its values. While the book
    is built (`OTBOOK_EXPLORE=frames`) every frame is drawn once and a player is put on the page;
    in tests (`OTBOOK_EXPLORE=still`) one frame is drawn. Keep the limits of the figure's axes
    fixed in `draw`: otherwise they, not the thing shown, are what moves. A figure that is cheap to
    draw wants 30 to 60 values: the player sweeps over them in two to six seconds.

    draw: draws one new figure and returns it or nothing.
    alt: what the figure shows, with the values in braces (`"Plan at epsilon = {epsilon:.3g}"`) or
        as a function of them; values that it does not mention are added.
    label: what a slider is called, for one grid a string, else name -> string; simple mathematics
        may stand between dollars, and a Greek argument is labelled with its letter anyway.
    start: where the slider begins, for one grid a value, else name -> value; the nearest is taken.
    caption: a line below the figure; `code` may stand in backticks.
    drag: on the site the reader drags the thing itself. `drag="w"`: grid w holds places along the
        x axis; `drag=("w", "h")`: along x and along y; `drag=(None, "h")`: along y.
    drag_on: the number of the axes that are meant, in the order of `figure.axes`.
    grids: argument of draw = its values, numbers or strings.

    Raises ValueError or TypeError naming the argument that is wrong, and ValueError if `draw`
    draws nothing, or if a player has more than 240 frames or weighs more than 250 kB compressed.

    >>> def draw(epsilon):
    ...     plt.plot([0, 1], [0, epsilon])
    >>> explore(draw, epsilon=[0.1, 0.2, 0.4], alt="A line of slope {epsilon}")
    [Figure: A line of slope 0.2]
    """
    exploration = _checked(draw, alt, label, start, caption, grids, drag, drag_on)
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
        shown = picture(figure, exploration.alt_at(index), exploration.caption)
    finally:
        plt.close(figure)
    display(shown)


def _checked(
    draw: Any,
    alt: Any,
    label: Any,
    start: Any,
    caption: Any,
    grids: dict[str, Any],
    drag: Any = None,
    drag_on: Any = 0,
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
    finer = {n: grid.finer(_FINER) for n, grid in grids.items() if isinstance(grid, Grid)}
    grids = {name: _grid(name, grid) for name, grid in grids.items()}
    labels = _by_name("label", label, grids)
    starts = _by_name("start", start, grids)
    axes = []
    for name, values in grids.items():
        text = labels.get(name, name_label(name))
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"label of {name} must be a string that is not empty, got {text!r}")
        first = _nearest(name, values, starts[name]) if name in starts else 0
        texts = value_texts(name, values)
        axes.append(Axis(name, plain_label(text), values, texts, first, finer.get(name, ())))
    if isinstance(drag_on, bool) or not isinstance(drag_on, int):
        raise TypeError(f"drag_on must be an integer, got {drag_on!r}")
    exploration = Exploration(draw, tuple(axes), alt, caption, _dragged(drag, grids), drag_on)
    _check_alt(exploration)
    return exploration


def _dragged(drag: Any, grids: dict[str, Any]) -> tuple[str | None, str | None] | None:
    """Return the names of the grids that are dragged along x and along y."""
    if drag is None:
        return None
    names = (drag, None) if isinstance(drag, str) else drag
    if not isinstance(names, tuple | list) or len(names) != 2 or not any(names):
        raise TypeError(
            f'drag must be one grid or two, such as "w", ("w", "h") or (None, "h"), got {drag!r}'
        )
    for name in names:
        if name is not None and name not in grids:
            raise ValueError(f"drag must name a grid ({', '.join(grids)}), got {name!r}")
        if name is not None and not all(isinstance(v, int | float) for v in grids[name]):
            raise ValueError(f"drag needs numbers, and {name} holds {grids[name]!r}")
    return names[0], names[1]


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
    index = exploration.start
    try:
        exploration.alt_at(index)
    except (TypeError, ValueError, KeyError, IndexError) as error:
        given = exploration.values(index)
        raise ValueError(f"alt cannot be made for {given}: {error}") from error
