"""Everything that names the repository, written from its address in `_config.yml`.

Chapters carry it in their set-up cell. Other texts name it between two comments, the first of which
keeps the address that the text was written with, so that whoever forks the book changes one line
in `_config.yml` and runs one command.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from otbook_utils.publishing.book import Book
from otbook_utils.publishing.errors import PublishingError
from otbook_utils.publishing.files import files_below, write_atomically
from otbook_utils.publishing.notebook_file import read_notebook

_SETUP_CELL = """\
# @title Set-up {{display-mode: "form"}}
# Written by `python -m otbook_utils setup-cells` from the address in _config.yml: do not edit.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("otbook_utils") is None:
    address = {url}
    helper = f"otbook-utils @ git+{{address}}@{branch}"
    if "google.colab" not in sys.modules:
        raise ModuleNotFoundError(f'This chapter needs a package: pip install "{{helper}}"')
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", helper], check=True)
    importlib.invalidate_caches()\
"""
_BEGIN = r"(?P<mark>(?:<!--|#) repository: )(?P<url>\S+) (?P<branch>\S+)(?P<close>(?: -->)?\n)"
_END = r"(?P<end>(?:<!--|#) end of repository)"
_ADDRESS = re.compile(r"https://[\w.-]+(:\d+)?(/[\w.-]+){2,}", re.ASCII)
_BRANCH = re.compile(r"\w[\w./-]*", re.ASCII)
_REGION = re.compile(_BEGIN + r"(?P<text>.*?)" + _END, re.DOTALL)


@dataclass(frozen=True)
class Repository:
    """The address and the branch that the book is published from."""

    url: str
    branch: str

    def spellings(self) -> dict[str, str]:
        """Return the ways in which a text names the repository, the longer ones first."""
        parts = urlsplit(self.url)
        path = parts.path.strip("/")
        owner, _, name = path.rpartition("/")
        return {
            "blob": f"{path}/blob/{self.branch}",
            "encoded": quote(self.url, safe=""),
            "url": self.url,
            "pages": f"{owner.lower()}.github.io/{name}",
            "path": path,
            "folder": f"lab/tree/{name}/",  # where nbgitpuller puts a clone
            "branch": f"branch={self.branch}",
        }


def repository_of(book: Book) -> Repository:
    """Return the address that `_config.yml` gives under `repository`.

    Raises PublishingError unless it is one of a host, an owner and a name, and it and the branch
    are of such letters as may stand in code and in links.
    """
    settings = book.config.get("repository") or {}
    url, branch = str(settings.get("url", "")), str(settings.get("branch", "main"))
    if not _ADDRESS.fullmatch(url) or url.endswith(".git") or "/." in url:
        raise PublishingError(
            "repository: url in _config.yml must be an address such as "
            f"https://github.com/owner/name and have no other letters, got {url!r}"
        )
    if not _BRANCH.fullmatch(branch):
        raise PublishingError(
            f"repository: branch in _config.yml must be a plain name, got {branch!r}"
        )
    return Repository(url, branch)


def setup_source(repository: Repository) -> str:
    """Return the source of the set-up cell that every chapter begins with."""
    return _SETUP_CELL.format(url=json.dumps(repository.url), branch=repository.branch)


def update(book: Book, *, write: bool) -> list[str]:
    """Return the files (by their path from the root) that are out of step; write them if asked.

    Raises PublishingError if a chapter has no set-up cell, or if the address stands outside the
    places which this command keeps in step.
    """
    repository = repository_of(book)
    wanted: dict[Path, str] = {}
    for path in _notebooks(book):
        wanted[path] = _with_setup_cell(path, repository)
    for path in _texts(book):
        wanted[path] = _with_address(path, repository)
    stale = [path for path, text in wanted.items() if text != path.read_text(encoding="utf-8")]
    if write:
        for path in stale:
            write_atomically(path, wanted[path])
    return [path.relative_to(book.root).as_posix() for path in stale]


def _notebooks(book: Book) -> list[Path]:
    """Return the chapters, those too that the table of contents does not name yet."""
    unlisted = [path for path in files_below(book.root / "book") if path.suffix == ".ipynb"]
    return sorted({*unlisted, *(chapter.path for chapter in book.chapters)})


def _with_setup_cell(path: Path, repository: Repository) -> str:
    """Return the text of a notebook with its set-up cell as it ought to be."""
    read = read_notebook(path)
    text, notebook = read.text, read.content
    cells = [cell for cell in notebook["cells"] if "setup" in cell["metadata"].get("tags", [])]
    if len(cells) != 1 or cells[0]["cell_type"] != "code":
        raise PublishingError(
            f"{path.name} must have one code cell with the tag setup, found {len(cells)}"
        )
    source = setup_source(repository)
    if "".join(cells[0]["source"]) == source:
        return text
    cells[0]["source"] = source.splitlines(keepends=True)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _texts(book: Book) -> list[Path]:
    """Return the texts outside the chapters in which the address may stand."""
    candidates = [book.root / "README.md", book.root / "pyproject.toml"]
    candidates += [path for path in files_below(book.root / "book") if path.suffix == ".md"]
    return [path for path in candidates if path.is_file()]


def _with_address(path: Path, repository: Repository) -> str:
    """Return the text of a file with the address replaced in its marked regions."""
    text = path.read_text(encoding="utf-8")
    unmarked = _REGION.sub("", text)
    if repository.url in unmarked or quote(repository.url, safe="") in unmarked:
        raise PublishingError(
            f"{path.name} names {repository.url} outside the lines between "
            f"`<!-- repository: {repository.url} {repository.branch} -->` and "
            "`<!-- end of repository -->`"
        )
    return _REGION.sub(lambda region: _rewritten(region, repository), text)


def _rewritten(region: re.Match[str], repository: Repository) -> str:
    """Return a marked region with the address it was written with replaced by the present one."""
    old = Repository(region["url"], region["branch"]).spellings()
    new = repository.spellings()
    replacement = {old[way]: new[way] for way in reversed(old)}  # the longer ways win
    pattern = "|".join(re.escape(old[way]) for way in old)
    text = re.sub(pattern, lambda match: replacement[match[0]], region["text"])
    begin = f"{region['mark']}{repository.url} {repository.branch}{region['close']}"
    return begin + text + region["end"]
