"""The built site, a server on this machine alone, and a real browser that reaches nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from otbook_utils.publishing.book import open_book, profile_name
from otbook_utils.publishing.building import build_book
from tests.site import browser
from tests.site.visiting import Visitor

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built pages; the build takes turns by itself and skips what is done."""
    return build_book(open_book(ROOT), profile_name()).parent


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served on 127.0.0.1, with a slash at the end."""
    with browser.served(site) as address:
        yield address


@pytest.fixture(scope="module")
def contexts() -> dict:
    """The ways of looking at the site, which share what all pages load."""
    return {}


@pytest.fixture
def visit(chromium: object, address: str, contexts: dict) -> Iterator[Visitor]:
    """Visits pages and, at the end, fails if one of them asked for a third party."""
    visitor = Visitor(chromium, address, contexts)
    yield visitor
    visitor.leave()
    assert visitor.elsewhere == [], "pages asked for what is not the book's own"
