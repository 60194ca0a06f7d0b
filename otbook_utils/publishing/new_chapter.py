"""Make a chapter to write over: notebook, room, tests, a line in the table of contents."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from otbook_utils.parts import PARTS, Part
from otbook_utils.publishing.book import Book
from otbook_utils.publishing.errors import PublishingError
from otbook_utils.publishing.files import write_atomically
from otbook_utils.publishing.grammar import mend
from otbook_utils.publishing.notebook import room_name

TEMPLATES = Path(__file__).parent / "chapter_template"
_CELL = re.compile(r"^%% (markdown|code) (\S+)(.*)$", re.MULTILINE)
_ENTRY = re.compile(r"^( *)- file: (book/(\w+)/\w+)\b.*\n", re.MULTILINE)


def make_chapter(book: Book, part_name: str, name: str, title: str) -> list[Path]:
    """Write the files of a new chapter, the last of its part, and return them.

    part_name: a part's folder or prefix. name: the chapter's, such as "sinkhorn".

    Raises PublishingError if there is no such part, the name is none, or the chapter is there.
    """
    part = _part(part_name)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise PublishingError(f"NAME must be of small letters, digits and _, got {name!r}")
    package, tests = Path("otbook_utils", part.folder), Path("tests", part.folder)
    room = room_name(book.root, part.folder, name)
    number = _next_number(book, part)
    words = {
        "title": title,
        "part": part.folder,
        "part_title": part.title,
        "prefix": part.prefix,
        "number": f"{number:02}",
        "room": room,
        "stem": f"{number:02}_{name}",
    }
    page = f"book/{part.folder}/{words['stem']}"
    contents = {
        Path(f"{page}.ipynb"): notebook_text(_filled("notebook", words)),
        package / room / "__init__.py": _filled("room", words),
        package / room / "exercises.py": _filled("exercises", words),
        package / room / "figures.py": _filled("figures", words),
        tests / room / "__init__.py": "",
        tests / room / "wrong_answers.py": _filled("wrong_answers", words),
        tests / room / "test_figures.py": _filled("test_figures", words),
    }
    for path in contents:
        if (book.root / path).exists():
            raise PublishingError(f"{path} is there already")
    for path, text in (
        (package / "__init__.py", _filled("part", words)),
        (tests / "__init__.py", ""),
    ):
        if not (book.root / path).exists():
            contents[path] = text
    toc = book.root / "_toc.yml"
    contents[Path("_toc.yml")] = with_page(toc.read_text(encoding="utf-8"), page, part)
    for path, text in contents.items():
        write_atomically(book.root / path, text)
    mend(book, book.root / f"{page}.ipynb")
    return list(contents)


def notebook_text(template: str) -> str:
    """Return the notebook that a template describes: `%% kind id tags`, then the cell's source."""
    pieces = _CELL.split(template)[1:]
    cells = [
        _cell(kind, id, tags.split(), source.strip("\n"))
        for kind, id, tags, source in zip(*(pieces[k::4] for k in range(4)), strict=True)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def with_page(contents: str, page: str, part: Part) -> str:
    """Return a table of contents with `page` after the last one of its part.

    A part without a page gets its caption, after the parts that stand before it in `PARTS`.
    """
    entries = [found for found in _ENTRY.finditer(contents) if found[3] == part.folder]
    if entries:
        last = entries[-1]
        return contents[: last.end()] + f"{last[1]}- file: {page}\n" + contents[last.end() :]
    folders = [other.folder for other in PARTS]
    earlier = set(folders[: folders.index(part.folder)])
    block = f"  - caption: {part.title}\n    chapters:\n      - file: {page}\n"
    before = [found.end() for found in _ENTRY.finditer(contents) if found[3] in earlier]
    if before:
        return contents[: before[-1]] + block + contents[before[-1] :]
    later = [found.start() for found in _ENTRY.finditer(contents) if found[3] in folders]
    last_caption = [found.start() for found in re.finditer(r"^  - caption:", contents, re.M)][-1]
    at = contents.rindex("  - caption:", 0, later[0]) if later else last_caption
    return contents[:at] + block + contents[at:]


def _part(name: str) -> Part:
    for part in PARTS:
        if name in (part.folder, part.prefix):
            return part
    known = ", ".join(f"{part.folder} ({part.prefix})" for part in PARTS)
    raise PublishingError(
        f"PART must be one of {known}, got {name!r}. A part of one's own is a line of PARTS in "
        "otbook_utils/parts.py."
    )


def _next_number(book: Book, part: Part) -> int:
    chapters = (book.root / "book" / part.folder).glob("[0-9][0-9]_*.ipynb")
    return 1 + max((int(path.name[:2]) for path in chapters), default=0)


def _filled(template: str, words: dict[str, str]) -> str:
    """Return a template with `<<word>>` replaced, for each word."""
    text = (TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
    return re.sub(r"<<(\w+)>>", lambda found: words[found[1]], text)


def _cell(kind: str, id: str, tags: list[str], source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": id, "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "metadata": {"tags": tags}, "outputs": []}
    return {**cell, "source": source.splitlines(keepends=True)}
