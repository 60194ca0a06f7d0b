"""Hold chapters to the rules, and write what a rule can say but need not leave to the author."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from otbook_utils.publishing.book import Book
from otbook_utils.publishing.errors import PublishingError
from otbook_utils.publishing.files import write_atomically
from otbook_utils.publishing.grammar import style_of_code, style_of_text, works  # noqa: F401
from otbook_utils.publishing.grammar.reading_time import minutes_of, with_minutes
from otbook_utils.publishing.grammar.rules import HOUSE, WORKS, Rule
from otbook_utils.publishing.notebook import Notebook
from otbook_utils.publishing.setup_cells import repository_of, setup_source


@dataclass(frozen=True)
class Finding:
    """A fault of a chapter, with the rule that it breaks and that rule's level."""

    level: str
    rule: str
    fault: str


def keeps_the_taste(book: Book, notebook: Notebook) -> bool:
    """Say whether a chapter keeps the house's rules: all do that are not a fork's own.

    Raises PublishingError if `own_chapters` is no list.
    """
    own = book.config.get("own_chapters") or []
    if not isinstance(own, list):
        raise PublishingError(f"own_chapters in _config.yml must be a list, got {own!r}")
    return not {notebook.part, notebook.name} & set(own)


def rules_for(book: Book, notebook: Notebook) -> dict[str, Rule]:
    """Return the rules that a chapter is held to."""
    return WORKS | HOUSE if keeps_the_taste(book, notebook) else WORKS


def findings(book: Book, path: Path) -> Iterator[Finding]:
    """Yield what the chapter in the file `path` lacks; if it is no notebook, that alone."""
    try:
        notebook = Notebook(path)
    except PublishingError as error:
        yield Finding("works", "file_is_a_notebook", str(error))
        return
    for name, rule in rules_for(book, notebook).items():
        for fault in rule(notebook):
            yield Finding("works" if name in WORKS else "house", name, fault)


def mend(book: Book, path: Path) -> bool:
    """Write into a notebook what follows from the rest of it; return whether that was anything.

    That is: the set-up cell, the minutes in the first cell, and JupyterLab's word for folding.
    """
    notebook = Notebook(path)
    repository = repository_of(book)
    for cell in notebook.code:
        if "setup" in cell.tags:
            _write(cell.raw, setup_source(repository))
        elif cell.tags & {"hide-cell", "hide-input"}:
            word = cell.raw["metadata"].setdefault("jupyter", {})
            word["source_hidden"] = True
            if "solution" in cell.tags:
                word["outputs_hidden"] = True
    if "minutes_are_those_that_the_rule_counts" in rules_for(book, notebook) and notebook.cells:
        title = notebook.cells[0]
        if HOUSE["minutes_are_those_that_the_rule_counts"](notebook):
            _write(title.raw, with_minutes(title.source, minutes_of(notebook)))
    text = json.dumps(notebook.raw, indent=1, ensure_ascii=False) + "\n"
    if text == path.read_text(encoding="utf-8"):
        return False
    write_atomically(path, text)
    return True


def _write(cell: dict, source: str) -> None:
    cell["source"] = source.splitlines(keepends=True)
