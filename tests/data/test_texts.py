"""Texts come whole and known, or not at all."""

from dataclasses import replace
from hashlib import sha256

import pytest

from otbook_utils.data import DataError, load_text, texts


@pytest.fixture
def small(server, cache, monkeypatch):
    """A short play at the place of the real one."""
    content = b"ROMEO:\nAy me!\n"
    file = replace(
        texts.TINY_SHAKESPEARE,
        size=len(content),
        checksum=f"sha256:{sha256(content).hexdigest()}",
        urls=(server.offer("plays", "input.txt", content),),
    )
    monkeypatch.setattr(texts, "TINY_SHAKESPEARE", file)
    return content


def test_a_play_is_fetched_once_and_known_by_its_checksum(small, server):
    first, again = load_text("tinyshakespeare"), load_text("tinyshakespeare")
    assert first == again and first.text.encode() == small
    assert server.asked == ["/plays/input.txt"] and "sha256:" in first.source


def test_an_own_copy_is_preferred_and_an_altered_one_refused(small, server, tmp_path, monkeypatch):
    monkeypatch.setenv("OTBOOK_DATA", str(tmp_path))
    own = tmp_path / "tinyshakespeare.txt"
    own.write_bytes(small)
    assert load_text("tinyshakespeare").text.encode() == small and not server.asked
    own.write_bytes(small + b"!")
    with pytest.raises(DataError, match=r"tinyshakespeare.txt must have sha256:.* got 15 bytes"):
        load_text("tinyshakespeare")


def test_what_ships_needs_no_network_and_other_names_are_refused(server):
    assert "Iris" in load_text("descriptions").text and not server.asked
    with pytest.raises(ValueError, match=r"name must be one of .* got 'hamlet'"):
        load_text("hamlet")
