"""Build the site from the executed chapters, never leaving a page that is out of date."""

from __future__ import annotations

import copy
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from otbook_utils.publishing.book import Book
from otbook_utils.publishing.errors import PublishingError
from otbook_utils.publishing.execution import execute_book, kernel_environment
from otbook_utils.publishing.files import file_digest, files_below, write_atomically
from otbook_utils.publishing.store import Store, cache_folder

_HEADING = re.compile(r"^#{1,6} .*$", re.MULTILINE)


def build_book(book: Book, profile: str, only: Sequence[str] = ()) -> Path:
    """Execute what is out of date, build the site with warnings as errors, return its first page.

    only: names of chapters, as in `_toc.yml` with or without `book/`. Of all chapters these alone
    are executed, the others stand on the site as they were executed last or without any output,
    and warnings stop nothing: this is how an author looks at a chapter.

    Raises PublishingError if a chapter fails or the site has a warning.
    """
    with alone(book):
        if not execute_book(book, profile, only=only):
            raise PublishingError("the site is not built: a chapter failed (see above)")
        stamp = book.build_folder / "site.json"
        before, now = _read_stamp(stamp), _site_inputs(book, profile)
        site = book.build_folder / "html" / "index.html"
        if before == now and site.is_file():
            print("Nothing has changed since the site was built.")
            return site
        # Without a stamp a build that fails is not taken for a good one the next time, when
        # Sphinx would not read the offending pages again.
        stamp.unlink(missing_ok=True)
        _clear_stale_pages(book, before, now)
        _run_jupyter_book(book, profile, draft=bool(only))
        if only:
            return site
        write_atomically(stamp, json.dumps(now, indent=1))
        return site


def _site_inputs(book: Book, profile: str) -> dict[str, dict[str, str]]:
    """Return digests of what the site is made of: `shared` concerns every page, `pages` one."""
    root = book.root
    records = Store(book, profile).records
    pages = {}
    headings = {}
    for page in book.pages:
        name = page.relative_to(root).as_posix()
        executed = records.get(name.removesuffix(".ipynb"))
        pages[name] = file_digest(page) + (executed.digest if executed else "")
        # Other pages carry this one's title and link to its sections.
        headings[name] = "\n".join(_HEADING.findall(_text_of(page)))
    shared = {"profile": profile, "headings": json.dumps(headings), "root": str(root)}
    others = [root / name for name in ("_config.yml", "_toc.yml", "requirements.txt")]
    others += [path for path in files_below(root / "book") if path not in set(book.pages)]
    for path in others:
        if path.is_file():
            shared[path.relative_to(root).as_posix()] = file_digest(path)
    return {"shared": shared, "pages": pages}


def _text_of(page: Path) -> str:
    """Return the Markdown of a page."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def _clear_stale_pages(book: Book, before: dict | None, now: dict) -> None:
    """Make Sphinx read again what has changed: everything, or the pages that did."""
    doctrees = book.build_folder / ".doctrees"
    if before is None or before.get("shared") != now["shared"]:
        shutil.rmtree(book.build_folder / "html", ignore_errors=True)
        shutil.rmtree(doctrees, ignore_errors=True)
        return
    for name, digest in now["pages"].items():
        if before["pages"].get(name) != digest:
            (doctrees / name).with_suffix(".doctree").unlink(missing_ok=True)


def _run_jupyter_book(book: Book, profile: str, draft: bool) -> None:
    """Run jupyter-book on `_config.yml`, with the cache of `profile` put into a copy of it.

    draft: leave chapters that are not in the cache without output, and let warnings pass.
    """
    import yaml

    config = copy.deepcopy(dict(book.config))
    config["execute"] = dict(config.get("execute") or {}) | {
        "execute_notebooks": "cache",
        "cache": str(cache_folder(book, profile)),
    }
    if draft:
        store = Store(book, profile)
        missing = [c.path.as_posix() for c in book.chapters if not store.has_output_for(c)]
        config["execute"]["exclude_patterns"] = missing
    extensions = (config.get("sphinx") or {}).get("local_extensions") or {}
    for name, folder in extensions.items():  # they are found relative to the file's own folder
        extensions[name] = str(book.root / folder)
    derived = book.build_folder / "config.yml"
    write_atomically(derived, yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(book.root)]
    command += ["--config", str(derived), "-q", *([] if draft else ["-W", "--keep-going"])]
    result = subprocess.run(  # its faults go to stderr; its stdout only says where the pages are
        command, cwd=book.root, env=kernel_environment(profile), stdout=subprocess.DEVNULL
    )
    if result.returncode:
        raise PublishingError("the site is not built: jupyter-book found fault (see above)")


def _read_stamp(stamp: Path) -> dict | None:
    try:
        return json.loads(stamp.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


@contextmanager
def alone(book: Book) -> Iterator[None]:
    """Hold the build folder, so that two builds at once do not mix their pages."""
    book.build_folder.mkdir(exist_ok=True)
    with open(book.build_folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Waiting for another build in {os.path.relpath(book.root)} to end ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
