"""A book of two chapters and a package of three subpackages, in a temporary folder."""

from __future__ import annotations

import json
from pathlib import Path

from otbook_utils.publishing.book import Book, open_book
from otbook_utils.publishing.execution import execute_book, out_of_date
from otbook_utils.publishing.store import Store, read_executed

ADDRESS = "https://github.com/someone/some-book"
CONFIG = f"""\
title: Tiny
only_build_toc_files: true
exclude_patterns: [otbook_utils, book/_static]
repository:
  url: {ADDRESS}
  branch: main
execute:
  execute_notebooks: cache
  timeout: 60
sphinx:
  config:
    html_static_path: [book/_static]
"""
DIG_NAME, POUR_NAME = "book/sand/01_dig", "book/water/01_pour"
CONTENTS = """\
format: jb-book
root: book/index
chapters:
  - file: book/sand/01_dig
  - file: book/water/01_pour
"""
PACKAGE = {
    "__init__.py": "",
    "sand/__init__.py": "from otbook_utils.tools import GRAINS",
    "water/__init__.py": "DROPS = 7",
    "tools/__init__.py": "from .numbers import GRAINS",
    "tools/numbers.py": "GRAINS = 3",
}
DIG = "from otbook_utils.sand import GRAINS\n\nprint('grains:', GRAINS)"
POUR = "from otbook_utils import water\n\nprint('drops:', water.DROPS)"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_chapter(path: Path, code: str, text: str = "# Title\n\nText.") -> None:
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": text},
        _code("setup", "pass", ["setup", "remove-cell"]),
        _code("work", code, []),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    raw = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    write(path, json.dumps(raw, indent=1))


def _code(id: str, source: str, tags: list[str]) -> dict:
    return {
        "cell_type": "code",
        "id": id,
        "metadata": {"tags": tags},
        "source": source,
        "execution_count": None,
        "outputs": [],
    }


def make(root: Path) -> Book:
    """Write the book into `root` and open it."""
    write(root / "_config.yml", CONFIG)
    write(root / "_toc.yml", CONTENTS)
    write(root / "requirements.txt", "numpy==2.0\n")
    write(root / "book" / "index.md", "# Tiny\n\nWelcome.\n")
    write(root / "book" / "_static" / "style.css", "p { color: black }\n")
    for name, text in PACKAGE.items():
        write(root / "otbook_utils" / name, text)
    write_chapter(root / "book" / "sand" / "01_dig.ipynb", DIG)
    write_chapter(root / "book" / "water" / "01_pour.ipynb", POUR)
    return open_book(root)


def printed(book: Book, name: str, profile: str = "quick") -> str:
    """Return what the chapter `name` printed when it was executed last; "" if never."""
    path = Store(book, profile).path(name)
    if not path.is_file():
        return ""
    _, outputs = read_executed(path)
    return "".join(output.get("text", "") for cell in outputs for output in cell)


def stale(book: Book, profile: str = "quick") -> dict[str, str]:
    """Return the chapters that would be executed, and why."""
    jobs = out_of_date(book, Store(book, profile), book.chapters)
    return {job.chapter.name: job.reason for job in jobs}


def run(book: Book, profile: str = "quick") -> tuple[bool, list[str]]:
    """Execute what is out of date; return whether all went well, and the report."""
    lines: list[str] = []
    return execute_book(book, profile, lines.append), lines
