"""Visiting the built pages: in a browser, and by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from otbook_utils.publishing.book import open_book

_ROOT = Path(__file__).parents[2]
#: Pages that Sphinx adds to those of the table of contents.
EXTRA_PAGES = ("genindex.html", "search.html")


def page_names() -> list[str]:
    """Return the pages of the table of contents as files of the site."""
    book = open_book(_ROOT)
    return [page.relative_to(book.root).with_suffix(".html").as_posix() for page in book.pages]


def chapter_names() -> list[str]:
    """Return the pages that are chapters."""
    return [f"{chapter.name}.html" for chapter in open_book(_ROOT).chapters]


def source_of(name: str) -> str:
    """Return the notebook of a chapter's page, as text."""
    return (_ROOT / name).with_suffix(".ipynb").read_text(encoding="utf-8")


@dataclass
class Visitor:
    """Opens pages in a browser and keeps what went wrong there.

    `elsewhere` holds the requests that left the site (the browser has no way to anywhere else),
    `complaints` the errors written to the console, the exceptions and the files not found.
    Pages share a context for each way of looking, so that what all pages load is loaded once.
    """

    browser: Any
    address: str
    contexts: dict[tuple, Any]
    pages: list[Any] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __call__(
        self, name: str, *, mode: str = "light", width: int = 1280, javascript: bool = True
    ) -> Any:
        """Return the page `name`, loaded in a window `width` pixels wide, its formulas drawn."""
        page = self._context(mode, width, javascript).new_page()
        self.pages.append(page)
        page.on("request", self._note)
        page.on("console", lambda message: self._hear(name, message))
        page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))
        page.on("response", lambda answer: self._receive(name, answer))
        page.goto(self.address + name, wait_until="load")
        if javascript:
            page.evaluate("async () => { await document.fonts.ready }")
        return page

    def leave(self) -> None:
        """Close the pages; the contexts stay for the next visitor."""
        for page in self.pages:
            page.close()

    def _context(self, mode: str, width: int, javascript: bool) -> Any:
        key = (mode, width, javascript)
        if key not in self.contexts:
            self.contexts[key] = self.browser.new_context(
                viewport={"width": width, "height": 900},
                java_script_enabled=javascript,
                reduced_motion="reduce",  # nothing moves while colours are measured
            )
            self.contexts[key].add_init_script(
                f"localStorage.setItem('mode', '{mode}'); localStorage.setItem('theme', '{mode}')"
            )
        return self.contexts[key]

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", "about:")):
            self.elsewhere.append(request.url)

    def _hear(self, name: str, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{name}: {message.type}: {message.text}")

    def _receive(self, name: str, answer: Any) -> None:
        if answer.status >= 400:
            self.complaints.append(f"{name}: {answer.status} for {answer.url}")
