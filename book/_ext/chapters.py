"""The parts and chapters of the book, as the table of contents and the title cells tell them."""

from __future__ import annotations

import functools
import json
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from otbook_utils.parts import PARTS

_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
_FACTS = re.compile(r"\*\*(\d+) minutes")
_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@dataclass(frozen=True)
class Chapter:
    """A chapter; `needs` are the pages that its title cell says it needs, nearest text first."""

    docname: str
    number: str
    title: str
    promise: str
    minutes: int | None
    needs: tuple[str, ...]

    @property
    def short_title(self) -> str:
        """The title as far as its colon, which is what a list has room for."""
        return self.title.split(":")[0]


@dataclass(frozen=True)
class Part:
    """A part with its Roman numeral; one to come has no chapters yet."""

    numeral: str
    folder: str
    name: str
    question: str
    chapters: tuple[Chapter, ...]


def parts(app: Sphinx) -> list[Part]:
    """Return the parts of the book in their order, then those that only the contents know.

    A chapter is a notebook of the table of contents whose name begins with its number.
    """
    names = {part.folder: (part.title, part.question) for part in PARTS}
    notebooks: dict[str, list[str]] = {folder: [] for folder in names}
    for caption, docname in contents(app):
        folder = posixpath.basename(posixpath.dirname(docname))
        if chapter_place(docname) is not None and _path(app, docname).is_file():
            names.setdefault(folder, (caption or folder, ""))
            notebooks.setdefault(folder, []).append(docname)
    found = []
    for place, (folder, (name, question)) in enumerate(names.items(), start=1):
        numeral = roman(place)
        chapters = tuple(_chapter(app, docname, numeral) for docname in notebooks[folder])
        found.append(Part(numeral, folder, name, question, chapters))
    return found


def contents(app: Sphinx) -> list[tuple[str | None, str]]:
    """Return the pages below the first one, each with the caption that it stands under."""
    site_map = app.env.external_site_map
    return [
        (tree.caption, str(item).removesuffix(".ipynb"))
        for tree in site_map.root.subtrees
        for item in tree.items
    ]


def chapter_place(docname: str) -> int | None:
    """Return the number that the name of a page begins with, or None."""
    found = re.match(r"(\d+)_", posixpath.basename(docname))
    return int(found[1]) if found else None


def roman(number: int) -> str:
    """Return a small positive number in Roman numerals."""
    text = ""
    for value, letters in _ROMAN:
        while number >= value:
            text, number = text + letters, number - value
    return text


def read_title_cell(text: str, docname: str) -> dict[str, Any]:
    """Return what the first cell of a chapter says: title, promise, minutes and needs.

    The facts are the paragraph that begins with the minutes, in parts with a dot between them.
    """
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    paragraphs = [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
    facts = next((block for block in paragraphs if _FACTS.match(block)), "")
    promise = next((block for block in paragraphs if not block.startswith(("#", "**"))), "")
    minutes = _FACTS.match(facts)
    needs = re.search(r"\bneeds:(.*?)(?: · |\Z)", facts, re.DOTALL)
    folder = posixpath.dirname(docname)
    links = [
        posixpath.normpath(posixpath.join(folder, link)).removesuffix(".ipynb")
        for link in _LINK.findall(needs[1] if needs else "")
        if link.endswith(".ipynb")
    ]
    return {
        "title": title[1].strip() if title else posixpath.basename(docname),
        "promise": promise,
        "minutes": int(minutes[1]) if minutes else None,
        "needs": tuple(links),
    }


def _chapter(app: Sphinx, docname: str, numeral: str) -> Chapter:
    path = _path(app, docname)
    first = _first_cell(path, path.stat().st_mtime_ns)
    number = f"{numeral}.{chapter_place(docname)}"
    return Chapter(docname=docname, number=number, **read_title_cell(first, docname))


@functools.lru_cache(maxsize=1000)
def _first_cell(path: Path, modified: int) -> str:
    """Return the text of a notebook's first cell, read once as long as the file is the same."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "".join(cells[0]["source"]) if cells else ""


def _path(app: Sphinx, docname: str) -> Path:
    return Path(app.srcdir, f"{docname}.ipynb")
