"""The executed chapters: jupyter-cache, which myst-nb reads, and what each was executed from."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from otbook_utils.publishing.book import Book, Chapter
from otbook_utils.publishing.files import write_atomically

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass(frozen=True)
class Record:
    """What stands in the cache for a chapter: its digest, its key there, its seconds."""

    digest: str
    hashkey: str
    seconds: float


class Store:
    """The executed chapters of one profile.

    A record is written after the cache entry and forgotten before it, so that at every moment a
    chapter with a record has the entry that the record describes.
    """

    def __init__(self, book: Book, profile: str) -> None:
        from jupyter_cache import get_cache

        self.folder = cache_folder(book, profile)
        self._index = self.folder / "records.json"
        self._cache = get_cache(self.folder)
        self._cache.change_cache_limit(100_000)  # its own limit would drop chapters unasked
        self.records = self._read_index()

    def is_fresh(self, chapter: Chapter, digest: str) -> bool:
        """Say whether the cache holds this chapter as executed from what `digest` stands for."""
        record = self.records.get(chapter.name)
        return record is not None and record.digest == digest and self._holds(record.hashkey)

    def has_output_for(self, chapter: Chapter) -> bool:
        """Say whether the cache has outputs for the code of this chapter, up to date or not."""
        import nbformat

        try:
            self._cache.match_cache_notebook(nbformat.read(chapter.path, as_version=4))
        except KeyError:
            return False
        return True

    def forget(self, name: str) -> None:
        """Remove the record of the chapter `name`, and its entry unless another shares it."""
        record = self.records.pop(name, None)
        if record is None:
            return
        self._write_index()
        if all(other.hashkey != record.hashkey for other in self.records.values()):
            self._remove_entry(record.hashkey)

    def add(self, chapter: Chapter, digest: str, executed: NotebookNode, seconds: float) -> None:
        """Put an executed chapter into the cache, then into the index."""
        from jupyter_cache.base import CacheBundleIn

        bundle = CacheBundleIn(executed, str(chapter.path), data={"execution_seconds": seconds})
        entry = self._cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        self.records[chapter.name] = Record(digest, entry.hashkey, round(seconds, 2))
        self._write_index()

    def drop_strangers(self) -> None:
        """Remove every cache entry that no record names: what a broken-off run left behind."""
        known = {record.hashkey for record in self.records.values()}
        entries = {entry.hashkey for entry in self._cache.list_cache_records()}
        folders = {path.name for path in (self.folder / "executed").glob("*")}
        for hashkey in (entries | folders) - known:
            self._remove_entry(hashkey)

    def _holds(self, hashkey: str) -> bool:
        entries = {entry.hashkey for entry in self._cache.list_cache_records()}
        return hashkey in entries and (self.folder / "executed" / hashkey / "base.ipynb").is_file()

    def _remove_entry(self, hashkey: str) -> None:
        from jupyter_cache.cache.db import NbCacheRecord

        for entry in self._cache.list_cache_records():
            if entry.hashkey == hashkey:
                NbCacheRecord.remove_records([entry.pk], self._cache.db)
        # Not the cache's own removal, which stops at a folder that has lost its notebook.
        shutil.rmtree(self.folder / "executed" / hashkey, ignore_errors=True)

    def _read_index(self) -> dict[str, Record]:
        try:
            index = json.loads(self._index.read_text(encoding="utf-8"))
            return {name: Record(**record) for name, record in index.items()}
        except (FileNotFoundError, ValueError, TypeError):
            return {}  # nothing is known to be fresh, so everything is executed

    def _write_index(self) -> None:
        index = {name: asdict(record) for name, record in sorted(self.records.items())}
        write_atomically(self._index, json.dumps(index, indent=1))


def cache_folder(book: Book, profile: str) -> Path:
    """Return the folder of the executed chapters of one profile."""
    return book.build_folder / "executed" / profile
