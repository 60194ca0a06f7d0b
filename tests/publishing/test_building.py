"""The site is what its sources say, whatever was built before."""

import json

import pytest

from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.building import build_book
from otbook_utils.publishing.errors import PublishingError
from tests.publishing import tiny


def build(book):
    return build_book(open_book(book.root), "quick")


def page(book, name):
    return (book.build_folder / "html" / "book" / f"{name}.html").read_text(encoding="utf-8")


def test_pages_follow_their_sources(book, capsys):
    assert build(book).is_file()
    assert "grains: 3" in page(book, "sand/01_dig")
    assert "drops: 7" in page(book, "water/01_pour")
    settings = json.dumps((book.build_folder / "config.yml").read_text())
    assert tiny.ADDRESS in settings  # the one source, with nothing but the cache put in

    stamp = (book.build_folder / "html" / "index.html").stat().st_mtime_ns
    build(book)
    assert "Nothing has changed" in capsys.readouterr().out
    assert (book.build_folder / "html" / "index.html").stat().st_mtime_ns == stamp

    # What a chapter prints changes although neither its text nor its code does.
    tiny.write(book.root / "otbook_utils" / "tools" / "numbers.py", "GRAINS = 444")
    build(book)
    assert "grains: 444" in page(book, "sand/01_dig")

    # A static file, a title that other pages carry, and a page that is no more.
    tiny.write(book.root / "book" / "_static" / "style.css", "p { color: navy }\n")
    tiny.write_chapter(book.chapters[0].path, tiny.DIG, "# Shovel\n\nText.")
    contents = book.root / "_toc.yml"
    contents.write_text(contents.read_text().replace("  - file: book/water/01_pour\n", ""))
    book.chapters[1].path.unlink()
    build(book)
    assert "navy" in (book.build_folder / "html" / "_static" / "style.css").read_text()
    assert "Shovel" in page(book, "index")
    assert not (book.build_folder / "html" / "book" / "water").exists()


def test_warning_fails_the_build_again_and_again_until_it_is_mended(book):
    build(book)
    index = book.root / "book" / "index.md"
    index.write_text("# Tiny\n\n[nowhere](nowhere.md)\n")
    for _ in range(2):
        with pytest.raises(PublishingError, match="found fault"):
            build(book)
    index.write_text("# Tiny\n\nMended.\n")
    build(book)
    assert "Mended" in page(book, "index")


def test_no_site_is_built_when_a_chapter_fails(book):
    tiny.write_chapter(book.chapters[0].path, "raise RuntimeError('spade broke')")
    with pytest.raises(PublishingError, match="a chapter failed"):
        build(book)
    assert not (book.build_folder / "html").exists()


def test_one_chapter_is_looked_at_without_the_others(book):
    """A chapter that cannot run and a link that leads nowhere are no hindrance to its author."""
    tiny.write_chapter(book.chapters[1].path, "raise RuntimeError('the dam broke')")
    (book.root / "book" / "index.md").write_text("# Tiny\n\n[nowhere](nowhere.md)\n")
    build_book(open_book(book.root), "quick", only=["sand/01_dig"])
    assert "grains: 3" in page(book, "sand/01_dig")
    assert "the dam broke" in page(book, "water/01_pour")  # its code, not yet run

    with pytest.raises(
        PublishingError, match=r"no chapter sand/02 in _toc.yml; there are sand/01_dig"
    ):
        build_book(book, "quick", only=["sand/02"])
    with pytest.raises(PublishingError, match="a chapter failed"):
        build(book)  # what was only looked at is not taken for the book
