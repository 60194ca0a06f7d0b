"""What one `explore` call asks for: its sliders, and the words for each of its frames."""

import string
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

from otbook_utils.teaching.pictures import check_alt

#: With so few values a reader chooses one and has nothing to play.
FEW = 3


@dataclass(frozen=True)
class Axis:
    """One slider: the name of draw's argument, what the reader calls it, its values as text."""

    name: str
    label: str
    values: tuple[Any, ...]
    texts: tuple[str, ...]
    start: int
    #: More values, for a kernel that can draw any; the others are among them.
    finer: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Exploration:
    """All that a home needs to know of one `explore` call."""

    draw: Callable[..., Any]
    axes: tuple[Axis, ...]
    alt: "str | Callable[..., str]"
    caption: str | None
    #: The names of the grids that are dragged along x and along y in the figure, and on which axes.
    drag: tuple[str | None, str | None] | None = None
    drag_on: int = 0

    @property
    def start(self) -> tuple[int, ...]:
        """The index of the frame that is shown first."""
        return tuple(axis.start for axis in self.axes)

    def indices(self) -> list[tuple[int, ...]]:
        """Return the indices of all frames; the last slider runs fastest."""
        return list(product(*(range(len(axis.values)) for axis in self.axes)))

    def values(self, index: tuple[int, ...]) -> dict[str, Any]:
        """Return the arguments for draw at one frame."""
        return {a.name: a.values[i] for a, i in zip(self.axes, index, strict=True)}

    def alt_at(self, index: tuple[int, ...]) -> str:
        """Return the alt text of one frame, with the values that it does not tell by itself."""
        if callable(self.alt):
            text = self.alt(**self.values(index))
            check_alt(text)
            told = {a.name for a, i in zip(self.axes, index, strict=True) if a.texts[i] in text}
        else:
            text, told = self.alt.format(**self.values(index)), placeholders(self.alt)
        return self._with_values(text, index, told)

    def alts(self) -> list[str]:
        """Return the alt texts of all frames, of which no two are the same."""
        alts = [self.alt_at(index) for index in self.indices()]
        often = Counter(alts)
        return [
            alt if often[alt] == 1 else self._with_values(alt, index, set())
            for alt, index in zip(alts, self.indices(), strict=True)
        ]

    def _with_values(self, text: str, index: tuple[int, ...], told: set[str]) -> str:
        missing = [
            f"{axis.name} = {axis.texts[i]}"
            for axis, i in zip(self.axes, index, strict=True)
            if axis.name not in told
        ]
        return f"{text} ({', '.join(missing)})" if missing else text


def placeholders(template: str) -> set[str]:
    """Return the names that stand in braces in a template."""
    fields = (field for _, field, _, _ in string.Formatter().parse(template))
    return {field for field in fields if field is not None}
