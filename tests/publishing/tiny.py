"""A book of two chapters and a package of three subpackages, in a temporary folder."""

from __future__ import annotations

import json
from pathlib import Path

from otbook_utils.publishing.book import Book, open_book

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
    """Return what the chapter `name` printed, as myst-nb would find it in the cache."""
    import nbformat
    from jupyter_cache import get_cache

    cache = get_cache(book.build_folder / "executed" / profile)
    [chapter] = [chapter for chapter in book.chapters if chapter.name == name]
    _, merged = cache.merge_match_into_notebook(nbformat.read(chapter.path, as_version=4))
    return "".join(o.get("text", "") for cell in merged.cells for o in cell.get("outputs", []))
