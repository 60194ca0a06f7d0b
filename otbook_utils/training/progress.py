"""How far we are, for anything longer than a second: a bar, and the curve of what is trained."""

import html
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from otbook_utils.training.history import History

Item = TypeVar("Item")
Curves = dict[str, list[float]]
PATIENCE = 1.0  # seconds without anything to see
WIDTH, HEIGHT = 220, 48  # of a curve, in pixels


def progress(items: Iterable[Item], label: str, total: int | None = None) -> Iterator[Item]:
    """Yield `items` one by one and show how far we are.

    label: what is being done. total: how many items there are, where `items` has no length.

    The bar disappears when it is done. Nothing is shown where TQDM_DISABLE is set, as in the build.

    >>> [step for step in progress(range(3), "training")]
    [0, 1, 2]
    """
    if total is None and hasattr(items, "__len__"):
        total = len(items)
    with Live(label) as live:
        for done, item in enumerate(items):
            live(None, done, total)
            yield item


class Live:
    """A bar and curves that follow a training while it lasts, and are gone afterwards.

    In Jupyter and Colab they are one output that is drawn over again (no widgets, no script); in a
    terminal, one line.

    label: what is being done. log: where there is neither, write a line now and then.
    """

    def __init__(self, label: str, *, log: bool = False) -> None:
        self.label, self.log, self.screen = label, log, None
        self.began = time.monotonic()
        self.next = self.began + PATIENCE
        if os.environ.get("TQDM_DISABLE", "0") not in ("", "0"):
            self.next = float("inf")

    def __call__(self, history: History | None, done: int, total: int | None) -> None:
        """Show the state after `done` of `total` steps, if it is time."""
        if time.monotonic() < self.next:
            return
        self.screen = self.screen or _screen(self.log)
        if self.screen is None:
            self.next = float("inf")
            return
        curves = history.curves() if history is not None else {}
        self.screen.draw(self.label, self._pace(done, total), done, total, curves)
        self.next = time.monotonic() + self.screen.pace

    def _pace(self, done: int, total: int | None) -> str:
        seconds = time.monotonic() - self.began
        told = f"{done:,}" + (f" of {total:,}" if total else "") + f", {_clock(seconds)}"
        if total and done:
            told += f", {_clock(seconds * (total - done) / done)} left"
        return told

    def __enter__(self) -> "Live":
        return self

    def __exit__(self, *error: object) -> None:
        if self.screen is not None:
            self.screen.clear()


class _Cell:
    """One output of a notebook's cell, drawn over again."""

    pace = 0.5  # seconds between two pictures

    def __init__(self) -> None:
        from IPython.display import HTML, display

        self.html = HTML
        self.handle = display(HTML(""), display_id=True)

    def draw(self, label: str, pace: str, done: int, total: int | None, curves: Curves) -> None:
        share = f'value="{done}" max="{total}"' if total else ""
        pictures = "".join(picture(name, column) for name, column in curves.items())
        self.handle.update(
            self.html(
                f"<div><label>{html.escape(label)} <progress {share}></progress></label> "
                f"{pace}<br>{pictures}</div>"
            )
        )

    def clear(self) -> None:
        self.handle.update(self.html(""))


class _Line:
    """One line of a terminal, written over again."""

    pace = 0.5
    begin, end = "\r\x1b[2K", ""

    def draw(self, label: str, pace: str, done: int, total: int | None, curves: Curves) -> None:
        last = "".join(f", {name} {column[-1]:.4g}" for name, column in curves.items())
        line = f"{self.begin}{label}: {pace}{last}{self.end}"
        print(line, end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        print(self.begin, end="", file=sys.stderr, flush=True)


class _Log(_Line):
    """A line after the other, for a file that is read later."""

    pace = 30.0
    begin, end = "", "\n"


def picture(name: str, column: Sequence[float]) -> str:
    """Return the curve of a scalar, over the steps, as an SVG in the page's own colour.

    column: at most some hundred finite numbers.

    >>> picture("loss", [3.0, 1.0, 2.0]).count("<polyline")
    1
    """
    low, high = min(column), max(column)
    across, up = WIDTH / max(1, len(column) - 1), HEIGHT / ((high - low) or 1)
    places = ((across * k, HEIGHT + 2 - up * (y - low)) for k, y in enumerate(column))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    told = f"{html.escape(name)} {column[-1]:.4g}"
    return (
        f'<svg width="{WIDTH + 4}" height="{HEIGHT + 20}" role="img" aria-label="{told}">'
        f'<polyline points="{points}" fill="none" stroke="currentColor"/>'
        f'<text x="0" y="{HEIGHT + 16}" font-size="12" fill="currentColor">{told} '
        f"({low:.4g} to {high:.4g})</text></svg>"
    )


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _screen(log: bool) -> "_Cell | _Line | None":
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if hasattr(shell, "kernel"):
        return _Cell()
    if sys.stderr.isatty():
        return _Line()
    return _Log() if log else None
