"""A chapter's notebook as the rules see it."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import nbformat
from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match

from otbook_utils.publishing.errors import PublishingError

_MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
_CHECK = re.compile(r"""\bcheck\(\s*["']([^"']+)["']\s*,\s*(.+)\)\s*$""", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """One cell; `index` is its number in the notebook, counted from 1."""

    index: int
    id: str
    kind: str
    source: str
    tags: frozenset[str]
    raw: dict[str, Any] = field(repr=False, hash=False, compare=False)

    @property
    def where(self) -> str:
        return f"cell {self.index} ({self.id})"

    def parse(self) -> ast.Module:
        """Return the syntax tree of a code cell, magics replaced by `pass`.

        Raises SyntaxError if there is none.
        """
        return ast.parse(_MAGIC.sub(r"\1pass", self.source))

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of a code cell, an empty one where it does not parse."""
        try:
            return self.parse()
        except SyntaxError:
            return ast.Module(body=[], type_ignores=[])

    def calls(self, *names: str) -> list[ast.Call]:
        """Return the calls of functions that bear one of `names`, with or without a module."""
        return [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] in names
        ]


@dataclass(frozen=True)
class Exercise:
    """The cells of one exercise."""

    id: str
    statement: Cell | None
    stub: Cell | None
    check: Cell
    solution: Cell | None

    @property
    def heading(self) -> str:
        return self.statement.source.splitlines()[0] if self.statement else ""

    @property
    def stars(self) -> int:
        """How difficult it is, from 1 to 3; 0 if its heading does not say."""
        return self.heading.count("★")

    @property
    def answer(self) -> str:
        """The expression that the check cell hands to `check`."""
        called = _CHECK.search(self.check.source)
        return called[2].strip() if called else ""


class Notebook:
    """A chapter's file and its cells."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.raw = _read(path)
        self.cells = [
            Cell(
                number,
                str(cell.get("id")),
                cell["cell_type"],
                "".join(cell["source"]),
                frozenset(cell["metadata"].get("tags", [])),
                cell,
            )
            for number, cell in enumerate(self.raw["cells"], start=1)
        ]

    @property
    def name(self) -> str:
        """How a chapter is called: `optimal_transport/01_intuition`."""
        return f"{self.part}/{self.path.stem}"

    @property
    def part(self) -> str:
        return self.path.parent.name

    @property
    def number(self) -> str:
        """The chapter's two digits, with which its file's name begins."""
        return self.path.name[:2]

    @property
    def room(self) -> str:
        """The name that the chapter's room bears: see `room_name`."""
        return room_name(self.root, self.part, self.path.stem[3:])

    @property
    def book(self) -> Path:
        """The folder that holds the parts and the glossary."""
        return self.path.parents[1]

    @property
    def root(self) -> Path:
        """The checkout."""
        return self.path.parents[2]

    @cached_property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "code"]

    @cached_property
    def markdown(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "markdown"]

    def tagged(self, tag: str) -> list[Cell]:
        return [cell for cell in self.cells if tag in cell.tags]

    @cached_property
    def exercises(self) -> list[Exercise]:
        """One for each cell tagged `check`, with the cells that ought to stand around it."""
        found = []
        for check in self.tagged("check"):
            at = check.index - 1
            called = _CHECK.search(check.source)
            before = [cell for cell in self.cells[:at] if cell.source.startswith("### Exercise")]
            found.append(
                Exercise(
                    called[1] if called else "",
                    before[-1] if before else None,
                    self._cell(at - 1, "exercise"),
                    check,
                    self._cell(at + 1, "solution"),
                )
            )
        return found

    def _cell(self, at: int, tag: str) -> Cell | None:
        if 0 <= at < len(self.cells) and tag in self.cells[at].tags:
            return self.cells[at]
        return None


def room_name(root: Path, part: str, name: str) -> str:
    """Return what the room of the chapter `name` is called: as the chapter.

    A method of the part that is called so, too, would be hidden: the room is then `name_chapter`.
    """
    taken = (root / "otbook_utils" / part / f"{name}.py").exists()
    return f"{name}_chapter" if taken else name


def _read(path: Path) -> dict[str, Any]:
    """Return what a notebook's file holds.

    Raises PublishingError if it is no notebook of format 4.5, such as after a merge that left a
    conflict.
    """
    text = path.read_text(encoding="utf-8")
    try:
        raw = json.loads(text)
    except ValueError as error:
        conflict = re.search(r"^<{7} ", text, re.MULTILINE)
        why = "it holds a merge conflict" if conflict else f"it is no JSON ({error})"
        raise PublishingError(f"{path.name} is no notebook: {why}") from None
    for breach in _validator().iter_errors(raw):
        # Of a cell that fits no kind of cell, what it lacks of the kind that it nearly is.
        breach = best_match([breach])
        place = ".".join(map(str, breach.absolute_path)) or "the file"
        raise PublishingError(f"{path.name} is no notebook: at {place}, {breach.message}")
    return raw


@cache
def _validator() -> Draft4Validator:
    """Return what knows the format, as Jupyter has published it."""
    schema = Path(nbformat.__file__).parent / "v4" / "nbformat.v4.5.schema.json"
    return Draft4Validator(json.loads(schema.read_text(encoding="utf-8")))


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for such an expression, and "" for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else f".{node.attr}"
    return ""
