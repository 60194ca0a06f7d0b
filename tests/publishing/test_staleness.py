"""A chapter is out of date exactly when something changed that its output depends on."""

import pytest

from otbook_utils.publishing import staleness
from otbook_utils.publishing.staleness import chapter_digest, dependencies, imported_units
from tests.chapters.notebook import ROOT
from tests.publishing import tiny


def digests(book, profile="quick"):
    return {chapter.name: chapter_digest(book, chapter, profile) for chapter in book.chapters}


def changed(before, after):
    return {name for name in before if before[name] != after[name]}


def test_digest_is_the_same_when_nothing_changed(book):
    assert digests(book) == digests(book)


def test_change_of_a_chapter_concerns_that_chapter_alone(book):
    before = digests(book)
    tiny.write_chapter(book.chapters[0].path, tiny.DIG + "\n")
    assert changed(before, digests(book)) == {"book/sand/01_dig"}


@pytest.mark.parametrize(
    ("file", "concerned"),
    [
        ("otbook_utils/tools/numbers.py", {"book/sand/01_dig"}),
        ("otbook_utils/sand/new.csv", {"book/sand/01_dig"}),
        ("otbook_utils/water/__init__.py", {"book/water/01_pour"}),
        ("otbook_utils/publishing/new.py", set()),
        ("otbook_utils/__init__.py", {"book/sand/01_dig", "book/water/01_pour"}),
        ("requirements.txt", {"book/sand/01_dig", "book/water/01_pour"}),
        ("book/results/run.json", set()),
        ("book/index.md", set()),
    ],
)
def test_change_of_a_file_concerns_the_chapters_that_depend_on_it(book, file, concerned):
    before = digests(book)
    tiny.write(book.root / file, "# changed\n")
    assert changed(before, digests(book)) == concerned


def test_profile_concerns_every_chapter(book):
    assert changed(digests(book), digests(book, "full")) == set(digests(book))


def test_interpreter_concerns_every_chapter(book, monkeypatch):
    before = digests(book)
    monkeypatch.setattr(staleness.platform, "python_version", lambda: "3.99.0")
    assert changed(before, digests(book)) == set(before)


def test_part_of_a_chapter_counts_though_nothing_imports_it(book):
    """`check` finds the exercises of a part by the part's name."""
    tiny.write_chapter(book.chapters[1].path, "print(1)")
    before = digests(book)
    tiny.write(book.root / "otbook_utils" / "water" / "exercises.py", "x = 1")
    assert changed(before, digests(book)) == {"book/water/01_pour"}


@pytest.mark.parametrize(
    ("where", "source"),
    [
        ("chapter", "open('../results/run.json')"),
        ("chapter", "from otbook_utils.experiments import load_results"),
        ("package", "PATH = 'book/results'"),
        ("package", "from otbook_utils.experiments import load_results as load"),
        ("package", "from otbook_utils import experiments\n\nexperiments.load_results('a')"),
    ],
)
def test_recorded_results_concern_whoever_reads_them(book, where, source):
    tiny.write(book.root / "otbook_utils" / "experiments" / "results.py", "def load_results(): ...")
    tiny.write(book.root / "otbook_utils" / "sand" / "seeds.py", "import otbook_utils.experiments")
    if where == "chapter":
        tiny.write_chapter(book.chapters[1].path, source)
    else:
        tiny.write(book.root / "otbook_utils" / "water" / "runs.py", source)
    before = digests(book)
    tiny.write(book.root / "book" / "results" / "run.json", "{}")
    assert changed(before, digests(book)) == {"book/water/01_pour"}


def test_imports_are_followed_however_they_are_written(book):
    package = book.root / "otbook_utils"
    for source in (
        "import otbook_utils.water",
        "import otbook_utils.water.pipes as p",
        "from otbook_utils import water",
        "from otbook_utils.water import DROPS",
        "def late():\n    from otbook_utils.water import DROPS",
        "importlib.import_module('otbook_utils.water')",
        "import_module('otbook_utils.water.pipes')",
    ):
        assert imported_units(source, package) == {"water"}, source
    inside = package / "sand" / "deep" / "a.py"
    assert imported_units("from ...water import DROPS", package, inside) == {"water"}
    assert imported_units("from .. import b", package, inside) == {"sand"}
    assert imported_units("from ... import water", package, inside) == {"water"}
    assert imported_units("import numpy", package) == set()
    assert imported_units("TABLES = {'a': 'otbook_utils.water'}", package) == set()


def test_source_that_does_not_parse_depends_on_everything(book):
    units = imported_units("this is ( not python", book.root / "otbook_utils")
    assert units == {"sand", "water", "tools"}


def test_dependencies_are_closed_even_in_a_circle(book):
    package = book.root / "otbook_utils"
    tiny.write(package / "tools" / "back.py", "from otbook_utils import sand, water")
    assert dependencies(package, {"sand"}) == {"sand", "tools", "water"}


def test_a_part_of_this_book_concerns_its_own_chapters_alone():
    """A change to one part's code must not execute the chapters of the others."""
    package = ROOT / "otbook_utils"
    for part in ("optimal_transport", "scarce_labels"):
        others = {"optimal_transport", "scarce_labels"} - {part}
        shared = dependencies(package, {"teaching", "training", "data"})
        assert part not in shared
        assert not others & dependencies(package, {part}), part
