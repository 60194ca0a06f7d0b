"""The built site, a server on this machine alone, and a real browser that reaches nothing else."""

import os
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


@pytest.fixture(scope="session")
def needs_chromium() -> str:
    """Where the browser is; without one a test is skipped, except in CI, where it fails."""
    pytest.importorskip("playwright.sync_api")
    path = browser.chromium_path()
    if path is None:
        message = "no Chromium or Chrome on this machine; on Debian: apt install chromium"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return path


@pytest.fixture(scope="module")  # Playwright runs once at a time in a process: others need it too
def chromium(needs_chromium: str) -> Iterator[object]:
    """A real Chromium."""
    with browser.chromium(needs_chromium) as chromium:
        yield chromium


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
