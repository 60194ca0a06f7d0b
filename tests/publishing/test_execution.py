"""Chapters are executed when they must be and only then, and what fails leaves no trace."""

import json

import pytest

from otbook_utils.__main__ import main
from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.execution import execute_book
from otbook_utils.publishing.files import files_in
from otbook_utils.publishing.kernel import kernel_environment
from otbook_utils.publishing.store import Store
from tests.publishing import tiny
from tests.publishing.tiny import DIG_NAME, POUR_NAME


def done(lines):
    return {line.split()[-1] for line in lines if line.startswith(("done", "failed"))}


def test_only_what_changed_is_executed_again(built):
    assert tiny.printed(built, DIG_NAME) == "grains: 3\n"
    fine, lines = tiny.run(built)
    assert (fine, done(lines)) == (True, set())

    tiny.write(built.root / "otbook_utils" / "tools" / "numbers.py", "GRAINS = 444")
    fine, lines = tiny.run(built)
    assert (fine, done(lines)) == (True, {DIG_NAME})
    assert f"to execute: {DIG_NAME} (otbook_utils/tools/numbers.py has changed)" in lines
    assert tiny.printed(built, DIG_NAME) == "grains: 444\n"
    assert tiny.stale(built) == {}


def test_each_profile_keeps_its_own_results(book):
    code = "import os\n\nprint(os.environ['OTBOOK_PROFILE'])"
    tiny.write_chapter(book.chapters[1].path, code)
    for profile in ("quick", "full"):
        assert execute_book(book, profile, only=[POUR_NAME])
    for profile in ("quick", "full"):
        assert POUR_NAME not in tiny.stale(book, profile)
        assert tiny.printed(book, POUR_NAME, profile) == f"{profile}\n"


def test_failing_cell_is_named_and_the_other_chapters_still_run(built, monkeypatch, capsys):
    code = "masses = [1]\nraise RuntimeError('the dam broke')"
    tiny.write_chapter(built.chapters[1].path, code)
    tiny.write(built.root / "otbook_utils" / "tools" / "numbers.py", "GRAINS = 444")
    monkeypatch.chdir(built.root)
    assert main(["execute"]) == 1
    said = capsys.readouterr().out
    for part in (POUR_NAME, "cell 3 (id work)", "RuntimeError: the dam broke", f"s  {DIG_NAME}"):
        assert part in said
    assert "\x1b" not in said
    assert tiny.printed(built, DIG_NAME) == "grains: 444\n"
    assert tiny.printed(built, POUR_NAME) == ""  # nor does the old result stay
    assert tiny.stale(built) == {POUR_NAME: "not executed yet"}


def test_stderr_and_widgets_are_warned_of(book):
    code = """\
import sys
from IPython.display import display
from tqdm.notebook import tqdm

print('drip', file=sys.stderr)
for drop in tqdm(range(3)):
    print(drop)"""
    tiny.write_chapter(book.chapters[1].path, code)
    fine, lines = tiny.run(book)
    assert fine
    for word in ("wrote to stderr: drip", "shows a widget, which is left off the page"):
        assert f"  warning: {POUR_NAME}, cell 3 (id work) {word}" in lines
    assert tiny.printed(book, POUR_NAME) in ("drip\n0\n1\n2\n", "0\n1\n2\ndrip\n")
    assert "widget" not in Store(book, "quick").path(POUR_NAME).read_text()


def test_interrupted_run_keeps_what_was_done_and_nothing_stale(built):
    tiny.write(built.root / "otbook_utils" / "__init__.py", "# touches every chapter")
    tiny.write_chapter(built.chapters[1].path, "import time\n\ntime.sleep(40)")

    def interrupt(line):
        if line.startswith("done"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute_book(built, "quick", interrupt)
    tiny.write_chapter(built.chapters[1].path, tiny.POUR)
    assert POUR_NAME in tiny.stale(built)


def damage(path, how):
    text = path.read_text()
    head, _, body = text.partition("\n")
    damaged = {
        "empty": "",
        "cut": text[: len(text) // 2],
        "null": "null\n[]\n",
        "list": "[]\n[]\n",
        "no inputs": json.dumps(json.loads(head) | {"inputs": None}) + "\n" + body,
        "another output": text.replace("grains: 3", "grains: 4"),
        "bytes": "\udcff",
    }[how]
    path.write_bytes(damaged.encode(errors="surrogateescape"))


@pytest.mark.parametrize(
    "how", ["empty", "cut", "null", "list", "no inputs", "another output", "bytes"]
)
def test_damaged_result_is_made_anew_with_one_line(built, how, capsys):
    damage(Store(built, "quick").path(DIG_NAME), how)
    assert set(tiny.stale(built)) == {DIG_NAME}
    said = capsys.readouterr().out
    name = f"_build/executed/quick/{DIG_NAME}.json"
    assert said == f"{name} is damaged: {DIG_NAME} is executed again.\n"
    assert set(tiny.stale(built)) == {DIG_NAME}
    assert capsys.readouterr().out == ""


def test_deleted_chapter_vanishes_from_the_store(built):
    contents = built.root / "_toc.yml"
    contents.write_text(contents.read_text().replace("  - file: book/water/01_pour\n", ""))
    for leftover in ("executed/quick/global.db", "executed/quick/.a.json.7.tmp", ".kernel-7/reads"):
        tiny.write(built.build_folder / leftover, "of another version, or of a killed build")
    fewer = open_book(built.root)
    assert tiny.run(fewer)[0]
    store = Store(fewer, "quick")
    assert files_in(store.folder) == [store.path(DIG_NAME)]
    assert not (built.build_folder / ".kernel-7").exists()


def test_kernels_run_on_one_thread_and_draw_frames(book, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    environment = kernel_environment(book, "quick")
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["OTBOOK_EXPLORE"] == "frames"
    assert "MPLBACKEND" not in environment  # it would keep figures off the page
    assert environment["PYTHONPATH"].split(":") == [str(book.root), "/elsewhere"]
