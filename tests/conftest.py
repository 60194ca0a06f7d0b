"""What tests of several parts share."""

import os
from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import pytest

from tests.site import browser


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
