"""How long a chapter takes, counted by one rule from the notebook itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from otbook_utils.publishing.grammar.code import draws
from otbook_utils.publishing.grammar.text import (
    DERIVATION,
    PREDICTION,
    count_words,
    folds,
    outside_folds,
)
from otbook_utils.publishing.notebook import Cell, Notebook

WORDS_A_MINUTE = 150
SECONDS_A_LINE = 4  # of open code
PREDICTION_MINUTES = 1
FIGURE_MINUTES = 1
DERIVATION_MINUTES = 6
EXERCISE_MINUTES = {1: 4, 2: 8, 3: 15}  # by its stars
STEP = 5  # minutes to which what is printed is rounded
TOLERANCE = 4  # minutes by which it may be off, so that a changed sentence changes no number

FOLDED = {"remove-cell", "hide-cell", "hide-input"}
_TIMES = re.compile(
    r"\*\*(\d+) minutes to read · (\d+) with code and proofs · (\d+) for the exercises\*\*"
)
_ANY_TIMES = re.compile(r"\*\*\d+ minutes to read[^*]*\*\*[^·\n]*?(?= ·|\n|$)")


@dataclass(frozen=True)
class Minutes:
    """How long a chapter takes: its prose, predictions and figures; code and proofs too; exercises.

    >>> Minutes(33.5, 48, 39)
    **35 minutes to read · 50 with code and proofs · 40 for the exercises**
    """

    read: float
    with_code_and_proofs: float
    exercises: float

    @property
    def numbers(self) -> tuple[float, float, float]:
        return self.read, self.with_code_and_proofs, self.exercises

    def __repr__(self) -> str:
        read, more, exercises = (max(STEP, STEP * round(n / STEP)) for n in self.numbers)
        return (
            f"**{read} minutes to read · {more} with code and proofs · "
            f"{exercises} for the exercises**"
        )


def minutes_of(notebook: Notebook) -> Minutes:
    """Count the minutes of a chapter.

    To read: prose, a minute a prediction, a minute a figure. With code and proofs: open code line
    by line, derivations, and what else is folded. Exercises: by their stars.
    """
    text = "\n\n".join(cell.source for cell in prose_cells(notebook))
    predictions = PREDICTION.findall(text)
    figures = [cell for cell in notebook.code if draws(cell) and not cell.tags & {"claim"}]
    figures = [cell for cell in figures if not cell.tags & {"exercise", "check", "solution"}]
    read = count_words(outside_folds(text)) / WORDS_A_MINUTE
    read += PREDICTION_MINUTES * len(predictions) + FIGURE_MINUTES * len(figures)
    folded = folds(PREDICTION.sub("", text))
    proofs = [fold for fold in folded if DERIVATION.search(fold)]
    asides = sum(count_words(fold) for fold in folded if fold not in proofs)
    code = sum(len(code_lines(cell)) for cell in open_code(notebook))
    more = code * SECONDS_A_LINE / 60 + DERIVATION_MINUTES * len(proofs) + asides / WORDS_A_MINUTE
    stars = [exercise.stars for exercise in notebook.exercises]
    return Minutes(read, read + more, sum(EXERCISE_MINUTES.get(min(n, 3), 0) for n in stars))


def printed_minutes(title: str) -> Minutes | None:
    """Return the minutes that the title cell gives, or None.

    >>> printed_minutes("**5 minutes to read · 10 with code and proofs · 15 for the exercises**")
    **5 minutes to read · 10 with code and proofs · 15 for the exercises**
    """
    found = _TIMES.search(title)
    return Minutes(*map(int, found.groups())) if found else None


def with_minutes(title: str, minutes: Minutes) -> str:
    """Return the title cell with `minutes` in the place of those that it gives.

    >>> with_minutes("**3 minutes to read**, 2 more · needs: air", Minutes(5, 10, 15))
    '**5 minutes to read · 10 with code and proofs · 15 for the exercises** · needs: air'
    """
    return _ANY_TIMES.sub(str(minutes), title, count=1)


def prose_cells(notebook: Notebook) -> list[Cell]:
    """Return the Markdown that is read as prose: all but the exercises and the references."""
    statements = [exercise.statement for exercise in notebook.exercises]
    return [
        cell
        for cell in notebook.markdown
        if cell not in statements and not re.match(r"##? References\b", cell.source)
    ]


def open_code(notebook: Notebook) -> list[Cell]:
    """Return the cells whose code stands open to be read, those of the exercises left out."""
    return [cell for cell in notebook.code if not cell.tags & {*FOLDED, "exercise", "check"}]


def code_lines(cell: Cell) -> list[str]:
    """Return the lines of a cell that are not blank."""
    return [line for line in cell.source.splitlines() if line.strip()]
