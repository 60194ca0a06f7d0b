"""What a chapter's output depends on: its code, and what its kernel read of the book."""

from __future__ import annotations

import ast
import json
import platform
from collections.abc import Mapping
from pathlib import Path

from otbook_utils.publishing.files import digest_of, fingerprint, listing, touched_since
from otbook_utils.publishing.notebook_file import Notebook, source

#: Stands for the digest of a file that was changed while a chapter ran: no file ever has it.
CHANGED_MEANWHILE = "changed while the chapter ran"
#: The pins speak for all that is installed, which is no part of the book.
_PINS = "requirements.txt"
_TAGS_THAT_COUNT = {"raises-exception", "skip-execution"}


def code_digest(notebook: Notebook) -> str:
    """Return the digest of what a notebook makes a kernel do.

    Its text counts for nothing, nor does the address in its set-up cell, which installs the package
    where it is not yet and otherwise does nothing.
    """
    cells = []
    for cell in notebook.code_cells:
        tags = {tag for tag in cell["metadata"].get("tags", []) if isinstance(tag, str)}
        code = _without_texts(source(cell)) if "setup" in tags else source(cell)
        cells.append([code, sorted(tags & _TAGS_THAT_COUNT)])
    return digest_of(json.dumps([cells, platform.python_version()]).encode())


def fingerprints(root: Path, names: list[str], began: int) -> dict[str, str | None]:
    """Return what was read, each name below `root` with its digest; the pins are always there.

    began: the moment (of `file_clock`) since when it was read. What was changed since, were it but
    to and fro, gets a digest that never fits, as nobody knows which content was read.
    """
    return {
        name: CHANGED_MEANWHILE if touched_since(root / name, began) else _now(root, name)
        for name in sorted({*names, _PINS})
    }


def what_changed(root: Path, before: Mapping[str, str | None]) -> str | None:
    """Return the first file that no longer is as it was `before`, and how; None if all are."""
    for name, digest in before.items():
        if digest == CHANGED_MEANWHILE:
            return f"{name} {CHANGED_MEANWHILE}"
        if _now(root, name) != digest:
            return f"{name} has changed"
    return None


def _now(root: Path, name: str) -> str | None:
    return listing(root / name) if name.endswith("/") else fingerprint(root / name)


def _without_texts(code: str) -> str:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return code
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)
