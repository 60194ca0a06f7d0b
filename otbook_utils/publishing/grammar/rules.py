"""What a rule is, and where the rules of the two levels are gathered."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from otbook_utils.publishing.book import Book, open_book
from otbook_utils.publishing.notebook import Notebook

# Returns one line for each fault.
Rule = Callable[[Notebook], list[str]]

# What keeps a notebook from working, and what is this book's taste; by the rule's name.
WORKS: dict[str, Rule] = {}
HOUSE: dict[str, Rule] = {}


def works(check: Rule) -> Rule:
    """Add `check` to what every chapter is held to."""
    WORKS[check.__name__] = check
    return check


def house(check: Rule) -> Rule:
    """Add `check` to the taste that chapters of one's own are not asked for."""
    HOUSE[check.__name__] = check
    return check


def book_of(notebook: Notebook) -> Book:
    """Return the book that a chapter stands in, read once for all rules."""
    settings = (notebook.root / name for name in ("_config.yml", "_toc.yml"))
    return _book(notebook.root, *(path.stat().st_mtime_ns for path in settings))


@cache
def _book(root: Path, *changed: int) -> Book:
    return open_book(root)
