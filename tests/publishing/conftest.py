import pytest

from tests.publishing import tiny


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A tiny book whose chapters import the tiny package beside it."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("OTBOOK_PROFILE", "quick")
    return tiny.make(tmp_path)
