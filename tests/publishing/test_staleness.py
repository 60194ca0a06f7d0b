"""A chapter is out of date exactly when something changed that its output depends on."""

import json
import os
import shutil

import pytest

from otbook_utils.publishing import staleness
from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.files import file_clock
from otbook_utils.publishing.setup_cells import update
from otbook_utils.publishing.staleness import CHANGED_MEANWHILE, fingerprints, what_changed
from tests.publishing import tiny
from tests.publishing.tiny import DIG_NAME, POUR_NAME

BOTH = {DIG_NAME, POUR_NAME}


@pytest.mark.parametrize(
    ("file", "concerned"),
    [
        ("otbook_utils/tools/numbers.py", {DIG_NAME}),
        ("otbook_utils/water/__init__.py", {POUR_NAME}),
        ("otbook_utils/__init__.py", BOTH),
        ("requirements.txt", BOTH),
        ("otbook_utils/sand/new.py", set()),  # nobody imports it
        ("otbook_utils/publishing/new.py", set()),
        ("book/results/run.json", set()),
        ("book/index.md", set()),
    ],
)
def test_change_of_a_file_concerns_the_chapters_that_read_it(built, file, concerned):
    assert tiny.stale(built) == {}
    tiny.write(built.root / file, "# changed\n")
    assert set(tiny.stale(built)) == concerned
    assert all(file in reason for reason in tiny.stale(built).values())


def test_each_profile_is_executed_on_its_own(built):
    assert set(tiny.stale(built, "full")) == BOTH


def test_interpreter_concerns_every_chapter(built, monkeypatch):
    monkeypatch.setattr(staleness.platform, "python_version", lambda: "3.99.0")
    assert set(tiny.stale(built)) == BOTH


def change_chapter(book, change):
    path = book.chapters[0].path
    raw = json.loads(path.read_text())
    change(raw["cells"])
    path.write_text(json.dumps(raw, indent=1))


@pytest.mark.parametrize(
    ("change", "concerned"),
    [
        (lambda cells: cells[2].update(source="print('dug')"), {DIG_NAME}),
        (lambda cells: cells.pop(), {DIG_NAME}),
        (lambda cells: cells[2]["metadata"].update(tags=["raises-exception"]), {DIG_NAME}),
        (lambda cells: cells[1].update(source="while True: pass"), {DIG_NAME}),
        (lambda cells: cells[2]["metadata"].update(tags=["hide-input"]), set()),
        (lambda cells: cells[0].update(source="# Another title"), set()),
        (lambda cells: cells.insert(0, cells[0] | {"id": "more"}), set()),
    ],
)
def test_of_a_chapter_only_its_code_counts(built, change, concerned):
    change_chapter(built, change)
    assert set(tiny.stale(built)) == concerned


def test_changed_address_executes_nothing(book):
    update(book, write=True)
    assert tiny.run(book)[0]
    config = book.root / "_config.yml"
    config.write_text(config.read_text().replace("someone/some-book", "another/fork"))
    fork = open_book(book.root)
    assert len(update(fork, write=True)) == 2
    assert "another/fork" in fork.chapters[0].path.read_text()
    assert tiny.stale(fork) == {}


READER = """\
from pathlib import Path

runs = sorted(path.name for path in Path("../results/table").glob("*.json"))
print(Path("grains.csv").read_text(), runs, Path("later.txt").exists())
"""


@pytest.fixture(scope="module")
def _read_once(tmp_path_factory):
    """A book of which a chapter reads files, results and whether there is a file."""
    book = tiny.make(tmp_path_factory.mktemp("reading"))
    tiny.write(book.root / "book" / "sand" / "grains.csv", "1")
    tiny.write(book.root / "book" / "results" / "table" / "a.json", "{}")
    tiny.write_chapter(book.chapters[0].path, READER)
    assert tiny.run(book)[0]
    return book


@pytest.mark.parametrize(
    ("file", "concerned"),
    [
        ("book/sand/grains.csv", {DIG_NAME}),
        ("book/sand/later.txt", {DIG_NAME}),
        ("book/results/table/b.json", {DIG_NAME}),
        ("book/results/table/.c.json.7.tmp", set()),
        ("book/results/table/a.json", set()),  # only its name was asked for
        ("book/results/other/a.json", set()),
        ("book/sand/other.csv", set()),
    ],
)
def test_what_a_chapter_reads_beside_itself_counts(_read_once, tmp_path, file, concerned):
    shutil.copytree(_read_once.root, tmp_path / "copy")
    book = open_book(tmp_path / "copy")
    tiny.write(book.root / file, "2")
    assert set(tiny.stale(book)) == concerned


def test_file_that_was_read_and_is_no_more_counts(built):
    (built.root / "otbook_utils" / "tools" / "numbers.py").unlink()
    assert set(tiny.stale(built)) == {DIG_NAME}


def test_edit_to_and_fro_while_a_chapter_runs_is_not_called_up_to_date(book):
    numbers = book.root / "otbook_utils" / "tools" / "numbers.py"
    code = f"""\
import subprocess
subprocess.run(["cp", "-p", {str(numbers)!r}, {str(numbers)!r} + ".old"])
subprocess.run(["sed", "-i", "s/3/444/", {str(numbers)!r}])
{tiny.DIG}
subprocess.run(["mv", {str(numbers)!r} + ".old", {str(numbers)!r}])
"""
    tiny.write_chapter(book.chapters[0].path, code)
    fine, lines = tiny.run(book)
    assert fine
    assert tiny.printed(book, DIG_NAME) == "grains: 444\n"
    assert numbers.read_text() == "GRAINS = 3"
    assert tiny.stale(book) == {DIG_NAME: f"otbook_utils/tools/numbers.py {CHANGED_MEANWHILE}"}
    assert any("is executed again next time" in line for line in lines)


def test_file_dated_back_is_touched_all_the_same(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("1")
    began = file_clock(tmp_path)
    before = fingerprints(tmp_path, ["a.py"], began)
    assert what_changed(tmp_path, before) is None
    path.write_text("2")
    path.write_text("1")
    os.utime(path, (0, 0))
    assert what_changed(tmp_path, before) is None
    assert fingerprints(tmp_path, ["a.py"], began)["a.py"] == CHANGED_MEANWHILE


def test_source_that_does_not_parse_is_compared_as_it_is(built):
    change_chapter(built, lambda cells: cells[1].update(source="this is ( not python"))
    assert set(tiny.stale(built)) == {DIG_NAME}
