"""One chapter's tests can be chosen by its name, and what was skipped is told at the end."""

import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.chapters.notebook import ROOT, chapter_id, chapters
from tests.choosing import told_of, where_a_chapter_is_tested

COLLECT = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]


def test_a_chapter_brings_its_cells_its_rules_its_exercises_and_its_room():
    [path] = [path for path in chapters() if path.stem[3:] == "designing_losses"]
    found = subprocess.run(
        [*COLLECT, "--chapter", "designing_losses"], cwd=ROOT, capture_output=True, text=True
    ).stdout
    places = set(re.findall(r"^(\S+?)::", found, re.MULTILINE))
    assert path.relative_to(ROOT).as_posix() in places
    assert {"tests/chapters/test_grammar.py", "tests/chapters/test_exercises.py"} <= places
    assert "tests/optimal_transport/designing_losses/test_figures.py" in places
    others = [chapter_id(other) for other in chapters() if other != path]
    assert [other for other in others if other in found] == []
    assert not any(place.startswith(("tests/site", "tests/training")) for place in places)


@pytest.mark.parametrize("name", ["optimal_transport/01_intuition", "01_intuition", "intuition"])
def test_a_chapter_is_known_by_its_name_with_or_without_part_and_number(name):
    assert [path.stem for path in where_a_chapter_is_tested(name)[0]] == [
        "01_intuition",
        "chapters",
        "intuition",
    ]


def test_a_name_that_no_chapter_has_is_told_the_names_there_are():
    with pytest.raises(pytest.UsageError, match=r"one of .*01_intuition.* got 'nonsense'"):
        where_a_chapter_is_tested("nonsense")


def test_reasons_of_skips_are_counted():
    reports = [
        SimpleNamespace(longrepr=("file", 1, f"Skipped: {reason}")) for reason in ("a", "b", "a")
    ]
    assert told_of(reports) == "Tests that were skipped: 2 (a); 1 (b)."
    assert told_of([]) == ""
