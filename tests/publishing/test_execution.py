"""Chapters are executed when they must be and only then, and what fails leaves no trace."""

import pytest

from otbook_utils.__main__ import main
from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.execution import execute_book, kernel_environment
from otbook_utils.publishing.staleness import chapter_digest
from otbook_utils.publishing.store import Store
from tests.publishing import tiny

DIG, POUR = "book/sand/01_dig", "book/water/01_pour"


def execute(book, profile="quick"):
    """Return whether all went well, the chapters executed and all lines of the report."""
    lines = []
    fine = execute_book(book, profile, lines.append)
    done = {line.split()[-1] for line in lines if line.startswith(("done", "failed"))}
    return fine, done, lines


def test_only_what_changed_is_executed_again(book):
    assert execute(book)[:2] == (True, {DIG, POUR})
    assert tiny.printed(book, DIG) == "grains: 3\n"
    assert execute(book)[:2] == (True, set())

    tiny.write(book.root / "otbook_utils" / "tools" / "numbers.py", "GRAINS = 444")
    assert execute(book)[:2] == (True, {DIG})
    assert tiny.printed(book, DIG) == "grains: 444\n"

    tiny.write_chapter(book.chapters[1].path, "print('rain')")
    assert execute(book)[:2] == (True, {POUR})
    assert tiny.printed(book, POUR) == "rain\n"
    assert len(Store(book, "quick")._cache.list_cache_records()) == 2


def test_each_profile_keeps_its_own_results(book):
    code = "import os\n\nprint(os.environ['OTBOOK_PROFILE'])"
    tiny.write_chapter(book.chapters[1].path, code)
    execute(book)
    assert execute(book, "full")[:2] == (True, {DIG, POUR})
    assert execute(book)[:2] == (True, set())
    assert tiny.printed(book, POUR) == "quick\n"
    assert tiny.printed(book, POUR, "full") == "full\n"


def test_failing_cell_is_named_and_the_other_chapters_still_run(book, monkeypatch, capsys):
    code = "masses = [1]\nraise RuntimeError('the dam broke')"
    tiny.write_chapter(book.chapters[1].path, code)
    monkeypatch.chdir(book.root)
    assert main(["execute"]) == 1
    said = capsys.readouterr().out
    for part in (POUR, "cell 3 (id work)", "RuntimeError: the dam broke", f"s  {DIG}"):
        assert part in said
    assert "\x1b" not in said
    assert tiny.printed(book, DIG) == "grains: 3\n"
    with pytest.raises(KeyError):
        tiny.printed(book, POUR)
    assert execute(book)[:2] == (False, {POUR})


def test_chapter_that_fails_after_a_change_leaves_no_old_result(book):
    execute(book)
    tiny.write(book.root / "otbook_utils" / "water" / "__init__.py", "")
    assert execute(book)[0] is False
    with pytest.raises(KeyError):
        tiny.printed(book, POUR)


def test_dead_kernel_and_endless_cell_are_failures(book):
    tiny.write_chapter(book.chapters[0].path, "import os\n\nos._exit(3)")
    tiny.write_chapter(book.chapters[1].path, "import time\n\ntime.sleep(60)")
    config = book.root / "_config.yml"
    config.write_text(config.read_text().replace("timeout: 60", "timeout: 4"))
    fine, done, lines = execute(open_book(book.root))
    assert not fine
    assert done == {DIG, POUR}
    assert all("cell 3 (id work)" in "\n".join(lines) for _ in done)


def test_stderr_is_a_warning(book):
    tiny.write_chapter(book.chapters[1].path, "import sys\n\nprint('drip', file=sys.stderr)")
    fine, _, lines = execute(book)
    assert fine
    assert any("warning" in line and POUR in line and "drip" in line for line in lines)


def test_interrupted_run_keeps_what_was_done_and_nothing_stale(book):
    execute(book)
    tiny.write(book.root / "otbook_utils" / "__init__.py", "# touches every chapter")
    tiny.write_chapter(book.chapters[1].path, "import time\n\ntime.sleep(40)")

    def interrupt(line):
        if line.startswith("done"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute_book(book, "quick", interrupt)
    with pytest.raises(KeyError):
        tiny.printed(book, POUR)
    tiny.write_chapter(book.chapters[1].path, tiny.POUR)
    assert POUR in execute(book)[1]
    assert execute(book)[:2] == (True, set())


def test_result_without_its_record_is_executed_again(book, monkeypatch):
    """As after a kill between the cache entry and its record."""
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_write_index", lambda self: None)
        execute(book)
    assert execute(book)[1] == {DIG, POUR}


def test_record_without_its_result_is_executed_again(book):
    execute(book)
    for path in (book.build_folder / "executed" / "quick").rglob("base.ipynb"):
        path.unlink()
    assert execute(book)[:2] == (True, {DIG, POUR})


def test_damaged_index_is_no_error(book):
    execute(book)
    (book.build_folder / "executed" / "quick" / "records.json").write_text("{ half")
    assert execute(book)[:2] == (True, {DIG, POUR})


def test_deleted_chapter_vanishes_from_the_cache(book):
    execute(book)
    contents = book.root / "_toc.yml"
    contents.write_text(contents.read_text().replace("  - file: book/water/01_pour\n", ""))
    fewer = open_book(book.root)
    assert execute(fewer)[:2] == (True, set())
    store = Store(fewer, "quick")
    assert set(store.records) == {DIG}
    assert len(store._cache.list_cache_records()) == 1


def test_chapters_with_the_same_code_share_an_entry_until_the_last_goes(book):
    for chapter in book.chapters:
        tiny.write_chapter(chapter.path, "print('same')")
    execute(book)
    store = Store(book, "quick")
    store.forget(DIG)
    pour = book.chapters[1]
    assert store.is_fresh(pour, chapter_digest(book, pour, "quick"))
    assert tiny.printed(book, POUR) == "same\n"


def test_kernels_run_on_one_thread_and_draw_frames(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    environment = kernel_environment("quick")
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["OTBOOK_EXPLORE"] == "frames"
    assert "MPLBACKEND" not in environment  # it would keep figures off the page
