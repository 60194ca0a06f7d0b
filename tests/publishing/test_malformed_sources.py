"""What is no notebook, no settings or no folder to write in is named in one line."""

import errno
import json
from pathlib import Path

import pytest

from otbook_utils.__main__ import main
from tests.publishing import tiny


def cell(**changes):
    return {
        "cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A"} | changes],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def without(key):
    raw = cell()
    del raw[key]
    return raw


CONFLICT = """\
{
 "cells": [
<<<<<<< HEAD
 ],
=======
 ]
>>>>>>> theirs
}
"""
NO_NOTEBOOKS = {
    "conflict": (CONFLICT, "line 3: a merge conflict is not resolved (<<<<<<<)"),
    "empty": ("", "is empty"),
    "blank": (" \n", "is empty"),
    "cut": (json.dumps(cell(), indent=1)[:60], "line 6: not a notebook, its JSON is broken"),
    "text": ("# A\n", "line 1: not a notebook"),
    "null": ("null", "must be an object with a list of cells"),
    "list": ("[]", "must be an object with a list of cells"),
    "deep": ("[" * 100_000, "is not a notebook"),
    "bytes": (b"\xff\xfe{}", "is not UTF-8 text"),
    "no cells": (without("cells"), "a list of cells"),
    "no metadata": (without("metadata"), "metadata must be an object"),
    "no format": (without("nbformat"), "nbformat must be 4, got None"),
    "old format": (cell() | {"nbformat": 3}, "nbformat must be 4, got 3"),
    "minor as text": (
        cell() | {"nbformat_minor": "5"},
        "nbformat_minor must be a whole number, got '5'",
    ),
    "cells as object": (cell() | {"cells": {}}, "a list of cells"),
    "cell as text": (cell() | {"cells": ["# A"]}, "cell 1 must be an object, got str"),
    "unknown type": (cell(cell_type="heading"), "cell 1 must be code, markdown or raw"),
    "source as number": (cell(source=3), "the source of cell 1 must be text"),
    "source of numbers": (cell(source=[3]), "the source of cell 1 must be text"),
    "tags as text": (cell(metadata={"tags": "setup"}), "the tags of cell 1 must be a list"),
    "tags as numbers": (cell(metadata={"tags": [1]}), "at ['cells'][0]"),
    "metadata as list": (cell(metadata=[]), "the metadata of cell 1 must be an object"),
    "code without outputs": (cell(cell_type="code"), "at ['cells'][0]"),
}


@pytest.mark.parametrize("what", NO_NOTEBOOKS)
def test_malformed_notebook_is_an_error_of_one_line(book, what, capsys):
    content, fault = NO_NOTEBOOKS[what]
    text = json.dumps(content) if isinstance(content, dict) else content
    path = book.chapters[0].path
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert main(["execute", "--book", str(book.root)]) == 1
    [said] = capsys.readouterr().err.splitlines()
    assert said.startswith(f"error: {path}")
    assert fault in said


def test_setup_cells_of_a_malformed_notebook_are_an_error_of_one_line(book, capsys):
    book.chapters[0].path.write_text(CONFLICT)
    assert main(["setup-cells", "--book", str(book.root)]) == 1
    [said] = capsys.readouterr().err.splitlines()
    assert "line 3: a merge conflict is not resolved" in said


def test_notebook_with_lone_surrogates_and_long_lines_is_one(book):
    """JSON can spell what UTF-8 cannot."""
    tiny.write_chapter(book.chapters[0].path, "print('sand')", text="# A \\ud800")
    assert set(tiny.stale(book)) == {tiny.DIG_NAME, tiny.POUR_NAME}


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ("execute: [1]", "execute in _config.yml must have keys of its own, got [1]"),
        ("execute: {timeout: soon}", "timeout in _config.yml must be seconds, got 'soon'"),
        ("execute: {timeout: true}", "timeout in _config.yml must be seconds, got True"),
        ("sphinx: yes", "sphinx in _config.yml must have keys of its own, got True"),
        ("- title", "_config.yml must have keys"),
        ("title: [", "_config.yml, line 2 is no YAML"),
        ("a: 1\n<<<<<<< HEAD\nb: 2", "_config.yml, line 3 is no YAML"),
    ],
)
def test_malformed_settings_are_an_error_of_one_line(book, config, fault, capsys):
    tiny.write(book.root / "_config.yml", config + "\n")
    assert main(["execute", "--book", str(book.root)]) == 1
    [said] = capsys.readouterr().err.splitlines()
    assert fault in said


@pytest.mark.parametrize(
    ("contents", "fault"),
    [
        ("", "_toc.yml must have keys"),
        ("root: book/index\nchapters:\n  - file: 3", "must name pages by text, got 3"),
        ("root: book/index\nchapters:\n  - file: book/nowhere", "names book/nowhere"),
        ("root: [", "_toc.yml, line 2 is no YAML"),
    ],
)
def test_malformed_contents_are_an_error_of_one_line(book, contents, fault, capsys):
    tiny.write(book.root / "_toc.yml", contents + "\n")
    assert main(["execute", "--book", str(book.root)]) == 1
    [said] = capsys.readouterr().err.splitlines()
    assert fault in said


def test_checkout_that_may_not_be_written_is_an_error_of_one_line(book, monkeypatch, capsys):
    def refuse(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert main(["build", "--book", str(book.root)]) == 1
    said = capsys.readouterr().err
    assert said == f"error: {book.root / '_build'}: Read-only file system\n"
