"""What docstrings say of the book is so."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from otbook_utils.publishing.notebook import Notebook
from tests.chapters.notebook import ROOT

PACKAGE = ROOT / "otbook_utils"
_TAUGHT = re.compile(r"Taught in\s+(.+?)\.?\s*(?:\n\s*\n|\Z)", re.DOTALL)
_CHAPTER = re.compile(r"`(book/\w+/\w+\.ipynb)`")


def taught(source: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each object whose docstring says where it is taught, and the chapters."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            continue
        found = _TAUGHT.search(ast.get_docstring(node) or "")
        if found:
            yield getattr(node, "name", ""), _CHAPTER.findall(found[1])


def mentions(chapter: Path, name: str) -> bool:
    """Say whether a chapter names an object beyond importing it."""
    cells = (cell for cell in Notebook(chapter).cells if not cell.tags & {"imports", "setup"})
    return any(re.search(rf"\b{name}\b", cell.source) for cell in cells)


LINES = [
    (path, name, chapters)
    for path in sorted(PACKAGE.rglob("*.py"))
    for name, chapters in taught(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("path", "name", "chapters"), LINES, ids=[line[1] for line in LINES])
def test_what_is_taught_somewhere_is_mentioned_there(path, name, chapters):
    assert name, f"{path}: a module is not taught, its functions are"
    assert chapters, f"{name} must say `Taught in \\`book/<part>/<chapter>.ipynb\\`.`"
    for chapter in chapters:
        assert (ROOT / chapter).is_file(), f"{name} is said to be taught in {chapter}"
        assert mentions(ROOT / chapter, name), f"{chapter} never mentions {name}: drop the line"


def test_a_line_is_read_with_all_its_chapters():
    source = '''
def f():
    """Return it.

    Taught in `book/sand/01_dig.ipynb` and
    `book/sand/02_carry.ipynb`.

    >>> f()
    """


class G:
    """Taught in a course."""
'''
    assert list(taught(source)) == [
        ("f", ["book/sand/01_dig.ipynb", "book/sand/02_carry.ipynb"]),
        ("G", []),
    ]
