import shutil

import pytest

from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.building import build_book
from tests.publishing import tiny


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A tiny book whose chapters import the tiny package beside it."""
    monkeypatch.setenv("OTBOOK_PROFILE", "quick")
    return tiny.make(tmp_path)


@pytest.fixture(scope="session")
def _built_once(tmp_path_factory):
    root = tmp_path_factory.mktemp("built")
    build_book(tiny.make(root), "quick")
    return root


@pytest.fixture
def built(_built_once, tmp_path, monkeypatch):
    """The same book, executed and built: a copy, which nothing in it may depend on."""
    monkeypatch.setenv("OTBOOK_PROFILE", "quick")
    shutil.copytree(_built_once, tmp_path / "copy")
    return open_book(tmp_path / "copy")
