"""The built site, a server on this machine alone, and a real browser that reaches nothing else."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from otbook_utils.publishing.book import open_book, profile_name
from otbook_utils.publishing.building import build_book
from tests.site.visiting import Visitor

ROOT = Path(__file__).parents[2]
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Whatever is not on this machine is sought through a proxy that does not exist.
NOWHERE = {"server": "http://127.0.0.1:9", "bypass": "127.0.0.1"}


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built pages; the build takes turns by itself and skips what is done."""
    return build_book(open_book(ROOT), profile_name()).parent


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served on 127.0.0.1, with a slash at the end."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")  # Playwright runs once at a time in a process: others need it too
def chromium() -> Iterator[object]:
    """A real Chromium; without one the tests are skipped, except in CI, where they fail."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        message = "no chromium on this machine: the site was not tried in a real browser"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=path, args=CHROMIUM_ARGUMENTS, proxy=NOWHERE
        )
        yield browser
        browser.close()


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
