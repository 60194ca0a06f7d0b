"""Where the book's pages, chapters and settings are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otbook_utils.publishing.errors import PublishingError

PROFILES = ("quick", "full")


@dataclass(frozen=True)
class Chapter:
    """A notebook of the table of contents; `name` is its path from the root without the suffix."""

    name: str
    path: Path

    @property
    def part(self) -> str:
        """The folder of the chapter, which its subpackage of otbook_utils is named after."""
        return self.path.parent.name


@dataclass(frozen=True)
class Book:
    """The root of a checkout with what its `_config.yml` and `_toc.yml` say."""

    root: Path
    config: Mapping[str, Any]
    pages: tuple[Path, ...]

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The notebooks among the pages, in the order of the table of contents."""
        return tuple(
            Chapter(page.relative_to(self.root).with_suffix("").as_posix(), page)
            for page in self.pages
            if page.suffix == ".ipynb"
        )

    def chapter(self, name: str) -> Chapter:
        """Return the chapter whose name is `name`, with or without `book/` and `.ipynb`.

        Raises PublishingError if the table of contents names no such chapter.
        """
        wanted = name.removesuffix(".ipynb")
        for chapter in self.chapters:
            if chapter.name in (wanted, f"book/{wanted}"):
                return chapter
        known = ", ".join(chapter.name.removeprefix("book/") for chapter in self.chapters)
        raise PublishingError(f"there is no chapter {name} in _toc.yml; there are {known}")

    @property
    def build_folder(self) -> Path:
        return self.root / "_build"


def open_book(start: Path) -> Book:
    """Read the book which the folder `start` lies in.

    Raises PublishingError if no `_config.yml` with a `_toc.yml` is at or above `start`, or if the
    table of contents names a page that does not exist.
    """
    import yaml

    start = start.resolve()
    for root in (start, *start.parents):
        if (root / "_config.yml").is_file() and (root / "_toc.yml").is_file():
            break
    else:
        raise PublishingError(f"no _config.yml with a _toc.yml at or above {start}")
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8")) or {}
    if isinstance((config.get("repository") or {}).get("url"), str):
        # An address copied from a browser or from `git clone`: the links made from it need it bare.
        bare = config["repository"]["url"].strip().rstrip("/").removesuffix(".git")
        config["repository"]["url"] = bare
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return Book(root, config, tuple(_page(root, name) for name in _page_names(contents)))


def profile_name() -> str:
    """Return the profile that the environment variable `OTBOOK_PROFILE` names, `quick` if none.

    Raises PublishingError for a name that is no profile.
    """
    name = os.environ.get("OTBOOK_PROFILE", "quick")
    if name not in PROFILES:
        raise PublishingError(f"OTBOOK_PROFILE must be one of {', '.join(PROFILES)}, got {name!r}")
    return name


def _page_names(contents: Any) -> Iterator[str]:
    """Yield what the keys `root` and `file` name, at every depth of a table of contents."""
    if isinstance(contents, list):
        for item in contents:
            yield from _page_names(item)
    elif isinstance(contents, dict):
        for key, value in contents.items():
            if key in ("root", "file"):
                yield value
            else:
                yield from _page_names(value)


def _page(root: Path, name: str) -> Path:
    for candidate in (root / name, root / f"{name}.ipynb", root / f"{name}.md"):
        if candidate.is_file():
            return candidate
    raise PublishingError(f"_toc.yml names {name}, but there is no such .ipynb or .md file")
