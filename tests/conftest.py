"""What tests of several parts share."""

import os
from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import pytest

from tests.site import browser

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A chapter</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 46rem; margin: 1rem auto; padding: 0 1rem }}
html[data-theme=dark] body {{ background: #14181e; color: #ced6dd }}</style></head>
<body class="bd-content"><main><h1>A chapter</h1>{}</main></body></html>"""


@pytest.fixture
def ax() -> Iterator[Any]:
    """Axes to draw on, gone after the test."""
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


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


@pytest.fixture
def opened(chromium, tmp_path):
    """Return a function that opens HTML as a page; the test fails on an error or a request."""
    complaints, contexts = [], []

    def open_page(*parts, **options):
        file = tmp_path / "page.html"
        file.write_text(PAGE.format("\n".join(parts)), encoding="utf-8")
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))

        def route(route):
            if route.request.url.startswith(("file:", "data:", "blob:")):
                route.continue_()
            else:
                complaints.append(f"asked for {route.request.url}")
                route.abort()

        page.route("**/*", route)
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
