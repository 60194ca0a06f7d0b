"""Reading a chapter's notebook, and saying in one line what is wrong with it."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otbook_utils.publishing.errors import PublishingError

_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
_SOURCE = re.compile(r'^\s*"source": ', re.MULTILINE)


@dataclass(frozen=True)
class Notebook:
    """A notebook as its file held it when it was read."""

    text: str
    content: dict[str, Any]

    @property
    def cells(self) -> list[dict[str, Any]]:
        return self.content["cells"]

    @property
    def code_cells(self) -> list[dict[str, Any]]:
        return [cell for cell in self.cells if cell["cell_type"] == "code"]

    def markdown(self) -> str:
        return "\n".join(source(cell) for cell in self.cells if cell["cell_type"] == "markdown")

    def lines(self) -> list[int]:
        """Return the line of the file on which each cell's text begins, or nothing if unsure."""
        begin = [self.text.count("\n", 0, at.end()) + 1 for at in _SOURCE.finditer(self.text)]
        if len(begin) != len(self.cells):
            return []
        listed = [isinstance(cell["source"], list) for cell in self.cells]
        return [line + below for line, below in zip(begin, listed, strict=True)]


def source(cell: dict[str, Any]) -> str:
    """Return the text of a cell, which a file may keep line by line."""
    return "".join(cell["source"])


def read_notebook(path: Path) -> Notebook:
    """Read a notebook and check what all of the publishing relies on.

    Raises PublishingError, which names the file and where one can its line, if it is none.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
    except UnicodeDecodeError as error:
        raise PublishingError(f"{path} is not UTF-8 text: {error}") from error
    except OSError as error:
        raise PublishingError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise PublishingError(_why_no_json(path, text, error)) from error
    for fault in _faults(content):
        raise PublishingError(f"{path} is not a notebook: {fault}")
    return Notebook(text, content)


def validate(path: Path, notebook: Notebook) -> None:
    """Raise PublishingError if a notebook is not what its format wants (which takes a second)."""
    import nbformat

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            nbformat.validate(json.loads(notebook.text))
        except nbformat.ValidationError as error:
            place = "".join(f"[{step!r}]" for step in error.absolute_path)
            fault = f"{error.message.splitlines()[0][:200]} at {place or 'its top'}"
            raise PublishingError(f"{path} is not a notebook: {fault}") from error


def _why_no_json(path: Path, text: str, error: Exception) -> str:
    conflict = _CONFLICT.search(text)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        return f"{path}, line {line}: a merge conflict is not resolved ({conflict[1]})"
    if not text.strip():
        return f"{path} is empty. Restore it from git"
    if isinstance(error, json.JSONDecodeError):
        return f"{path}, line {error.lineno}: not a notebook, its JSON is broken: {error.msg}"
    return f"{path} is not a notebook: {error}"


def _faults(content: Any) -> Iterator[str]:
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        yield "it must be an object with a list of cells"
        return
    if content.get("nbformat") != 4:
        yield f"nbformat must be 4, got {content.get('nbformat')!r}"
    minor = content.get("nbformat_minor")
    if not isinstance(minor, int) or isinstance(minor, bool):
        yield f"nbformat_minor must be a whole number, got {minor!r}"
    if not isinstance(content.get("metadata"), dict):
        yield "its metadata must be an object"
    for number, cell in enumerate(content["cells"], 1):
        if not isinstance(cell, dict):
            yield f"cell {number} must be an object, got {type(cell).__name__}"
            return
        if cell.get("cell_type") not in ("code", "markdown", "raw"):
            yield f"cell {number} must be code, markdown or raw, got {cell.get('cell_type')!r}"
        text = cell.get("source")
        lines = isinstance(text, list) and all(isinstance(line, str) for line in text)
        if not isinstance(text, str) and not lines:
            yield f"the source of cell {number} must be text or a list of lines"
        if not isinstance(cell.get("metadata"), dict):
            yield f"the metadata of cell {number} must be an object"
        elif not isinstance(cell["metadata"].get("tags", []), list):
            yield f"the tags of cell {number} must be a list"
