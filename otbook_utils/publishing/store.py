"""The executed chapters: for each a file with its outputs and what they came from.

jupyter-cache, which Jupyter Book would use, knows a notebook by the source of its cells alone and
keeps its entries in a database; so its entries would need a record beside them, kept in step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from otbook_utils.publishing.book import Book
from otbook_utils.publishing.files import digest_of, files_in, write_atomically


@dataclass(frozen=True)
class Record:
    """What a chapter was executed from, and how long that took.

    code: see `code_digest`. inputs: see `fingerprints`. outputs: the digest of its outputs.
    """

    code: str
    inputs: dict[str, str | None]
    seconds: float
    outputs: str


class Store:
    """The executed chapters of one profile. What is damaged is said once, and as good as absent."""

    def __init__(self, book: Book, profile: str, report: Callable[[str], None] = print) -> None:
        self._root = book.root
        self.folder = book.build_folder / "executed" / profile
        self._report = report

    def record(self, name: str) -> Record | None:
        """Return what is known about the executed chapter `name`, None if nothing is."""
        try:
            return read_executed(self.path(name))[0]
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, OSError):
            path = self.path(name).relative_to(self._root)
            self._report(f"{path} is damaged: {name} is executed again.")
            self.forget(name)
            return None

    def add(self, name: str, code: str, inputs: dict, seconds: float, outputs: list[Any]) -> None:
        """Keep an executed chapter: `outputs` has a list for each of its code cells."""
        text = json.dumps(outputs)
        record = Record(code, inputs, round(seconds, 2), digest_of(text.encode()))
        write_atomically(self.path(name), f"{json.dumps(asdict(record))}\n{text}\n")

    def forget(self, name: str) -> None:
        """Remove what is kept of the chapter `name`, if anything is."""
        self.path(name).unlink(missing_ok=True)

    def keep_only(self, names: Iterable[str]) -> None:
        """Remove everything that is of no chapter in `names`."""
        known = {self.path(name) for name in names}
        for path in files_in(self.folder):
            if path not in known:
                path.unlink()

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def read_executed(path: Path) -> tuple[Record, list[Any]]:
    """Return the record in a file and the outputs of each code cell.

    Raises FileNotFoundError without the file, ValueError or TypeError if it is damaged.
    """
    head, _, body = path.read_text(encoding="utf-8").partition("\n")
    record = Record(**json.loads(head))
    text = body.removesuffix("\n")
    if digest_of(text.encode()) != record.outputs or not isinstance(record.inputs, dict):
        raise ValueError(f"{path} does not hold what it once held")
    return record, json.loads(text)
