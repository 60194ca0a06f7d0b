"""Build the site from the executed chapters, beside the old one, and swap the two."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import otbook_utils
from otbook_utils.publishing.book import Book
from otbook_utils.publishing.errors import PublishingError
from otbook_utils.publishing.execution import execute_book
from otbook_utils.publishing.files import (
    file_clock,
    files_below,
    files_in,
    fingerprint,
    swap_folders,
    touched_since,
    write_atomically,
)
from otbook_utils.publishing.notebook_file import read_notebook, validate
from otbook_utils.publishing.staleness import code_digest
from otbook_utils.publishing.store import Store

_CODE = Path(otbook_utils.__file__).parent


def build_book(book: Book, profile: str, only: Sequence[str] = ()) -> Path:
    """Execute what is out of date, build the site with warnings as errors, return its first page.

    only: names of chapters, as in `_toc.yml` with or without `book/`. Of all chapters these alone
    are executed, the others stand on the site as they were executed last or without any output,
    and warnings stop nothing: this is how an author looks at a chapter.

    The old site stays in place, whole, until the new one is.

    Raises PublishingError if a chapter fails or the site has a warning.
    """
    with alone(book) as lock:
        for name in book.unlisted():
            print(f"warning: {name} is not in _toc.yml: it is neither executed nor shown.")
        if not execute_book(book, profile, only=only):
            raise PublishingError("the site is not built: a chapter failed (see above)")
        began = file_clock(book.build_folder)
        inputs = site_inputs(book, profile)
        site = book.build_folder / "html"
        if site_stands(book, inputs):
            print("Nothing has changed since the site was built.")
            return site / "index.html"
        _check_chapters(book, profile, only)
        pages = _render(book, profile, lock, draft=bool(only))
        files = {path.relative_to(pages).as_posix(): fingerprint(path) for path in files_in(pages)}
        _stamp(book).unlink(missing_ok=True)
        swap_folders(pages, site)
        shutil.rmtree(pages.parent, ignore_errors=True)
        changed = [name for name in inputs if touched_since(book.root / name, began)]
        if changed:
            print(f"warning: {changed[0]} changed while the site was built: build it once more.")
        elif not only:
            write_atomically(_stamp(book), json.dumps({"inputs": inputs, "files": files}, indent=1))
        return site / "index.html"


def _check_chapters(book: Book, profile: str, only: Sequence[str]) -> None:
    """Raise PublishingError for a notebook that is none, or is not the one that was executed."""
    store = Store(book, profile)
    for chapter in book.chapters:
        notebook = read_notebook(chapter.path)
        validate(chapter.path, notebook)
        record = store.record(chapter.name)
        if not only and (record is None or record.code != code_digest(notebook)):
            raise PublishingError(f"{chapter.name} was edited after it was executed: build again")


def site_inputs(book: Book, profile: str) -> dict[str, str | None]:
    """Return every file that the site is made of, the code that makes it included: its digest."""
    store = Store(book, profile)
    paths = [
        *(book.root / name for name in ("_config.yml", "_toc.yml", "requirements.txt")),
        *files_below(book.root / "book"),
        *files_below(book.root / "otbook_utils" / "publishing"),
        *(store.path(chapter.name) for chapter in book.chapters),
    ]
    return {path.relative_to(book.root).as_posix(): fingerprint(path) for path in paths}


def site_stands(book: Book, inputs: dict[str, str | None]) -> bool:
    """Say whether the site was built from `inputs` and every file of it is as it was then."""
    site, stamp = book.build_folder / "html", _stamp(book)
    try:
        known = json.loads(stamp.read_text(encoding="utf-8"))
        if known["inputs"] != inputs:
            return False
        damaged = [name for name, old in known["files"].items() if fingerprint(site / name) != old]
    except FileNotFoundError:
        return False
    except (ValueError, TypeError, KeyError, AttributeError):
        print(f"_build/{stamp.name} is damaged: the site is built anew.")
        return False
    if damaged:
        print(
            f"{len(damaged)} files of the site are missing or damaged, such as {damaged[0]}: "
            "it is built anew."
        )
    return not damaged


def _stamp(book: Book) -> Path:
    """Return the file that says what the site was built from."""
    return book.build_folder / "site.json"


def _render(book: Book, profile: str, lock: IO[str], draft: bool) -> Path:
    """Run Jupyter Book in a process of its own and return the folder of the pages.

    That process holds the lock as long as it lives, and ends when this one does.

    draft: let warnings pass.
    """
    import yaml

    folder = book.build_folder / "next"
    shutil.rmtree(folder, ignore_errors=True)
    config = folder / "config.yml"
    write_atomically(config, yaml.safe_dump(_config(book, profile), sort_keys=False))
    path = os.pathsep.join(filter(None, [str(_CODE.parent), os.environ.get("PYTHONPATH")]))
    environment = dict(os.environ) | {"PYTHONHASHSEED": "0", "PYTHONPATH": path}
    command = [sys.executable, "-m", "otbook_utils.publishing.rendering"]
    command += [str(book.root), str(config), str(folder / "html"), *(["draft"] if draft else [])]
    child = subprocess.Popen(
        command,
        cwd=_CODE.parent,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,  # its faults go to stderr
        pass_fds=[lock.fileno()],
    )
    try:
        status = child.wait()
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
    if status:
        raise PublishingError("the site is not built: jupyter-book found fault (see above)")
    return folder / "html"


def _config(book: Book, profile: str) -> dict[str, Any]:
    """Return what `_config.yml` says, with the executed chapters in place of an execution."""
    config = json.loads(json.dumps(book.config))
    config["execute"]["execute_notebooks"] = "off"
    sphinx = config["sphinx"]
    for name, folder in (sphinx.get("local_extensions") or {}).items():
        sphinx["local_extensions"][name] = str(book.root / folder)  # not found from the copy
    extensions = [*(sphinx.get("extra_extensions") or []), "otbook_utils.publishing.rendering"]
    sphinx["extra_extensions"] = extensions
    executed = str(Store(book, profile).folder)
    sphinx["config"] = (sphinx.get("config") or {}) | {"executed_chapters": executed}
    return config


@contextmanager
def alone(book: Book) -> Iterator[IO[str]]:
    """Hold the build folder, so that two builds at once do not mix; yield the lock's file."""
    book.build_folder.mkdir(exist_ok=True)
    with open(book.build_folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Waiting for another build in {os.path.relpath(book.root)} to end ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
