"""Where the book's pages, chapters and settings are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otbook_utils.publishing.errors import PublishingError

PROFILES = ("quick", "full")
_SECTIONS = ("repository", "launch_buttons", "execute", "parse", "html", "sphinx")


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

    @property
    def timeout(self) -> float | None:
        """The seconds that a cell may take, None for as many as it likes."""
        seconds = self.config.get("execute", {}).get("timeout", 300)
        return seconds if seconds > 0 else None

    def unlisted(self) -> list[str]:
        """Return the notebooks in the parts' folders that the table of contents does not name."""
        found = (self.root / "book").glob("*/[!.]*.ipynb")
        return sorted(path.relative_to(self.root).as_posix() for path in {*found} - {*self.pages})


def open_book(start: Path) -> Book:
    """Read the book which the folder `start` lies in.

    Raises PublishingError if no `_config.yml` with a `_toc.yml` is at or above `start`, or if the
    table of contents names a page that does not exist.
    """
    start = start.resolve()
    for root in (start, *start.parents):
        if (root / "_config.yml").is_file() and (root / "_toc.yml").is_file():
            break
    else:
        raise PublishingError(f"no _config.yml with a _toc.yml at or above {start}")
    contents = _read_yaml(root / "_toc.yml")
    if not isinstance(contents, dict):
        raise PublishingError("_toc.yml must have keys such as root and chapters")
    return Book(root, _config(root), tuple(_page(root, name) for name in _page_names(contents)))


def _config(root: Path) -> dict[str, Any]:
    """Return what `_config.yml` says, an empty section as one without entries."""
    config = _read_yaml(root / "_config.yml") or {}
    if not isinstance(config, dict):
        raise PublishingError("_config.yml must have keys such as title and repository")
    for section in _SECTIONS:
        config[section] = config.get(section) or {}
        if not isinstance(config[section], dict):
            raise PublishingError(
                f"{section} in _config.yml must have keys of its own, got {config[section]!r}"
            )
    timeout = config["execute"].get("timeout", 300)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise PublishingError(f"execute: timeout in _config.yml must be seconds, got {timeout!r}")
    if isinstance(config["repository"].get("url"), str):
        # An address copied from a browser or from `git clone`: the links made from it need it bare.
        bare = config["repository"]["url"].strip().rstrip("/").removesuffix(".git")
        config["repository"]["url"] = bare
    return config


def _read_yaml(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        fault = getattr(error, "problem", None) or str(error)
        raise PublishingError(f"{path.name}{line} is no YAML: {fault}") from error


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


def _page(root: Path, name: Any) -> Path:
    if not isinstance(name, str):
        raise PublishingError(f"_toc.yml must name pages by text, got {name!r}")
    for candidate in (root / name, root / f"{name}.ipynb", root / f"{name}.md"):
        if candidate.is_file():
            return candidate
    raise PublishingError(f"_toc.yml names {name}, but there is no such .ipynb or .md file")
