"""The command `lint` names what chapters lack, and writes what follows from the rest."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis.strategies import data, sampled_from

from otbook_utils.__main__ import main
from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.grammar import findings
from otbook_utils.publishing.grammar.reading_time import minutes_of
from tests.chapters.sample import FILLER, cell, sample, write


def lint(notebook, *arguments):
    return main(["lint", *arguments, "--book", str(notebook.root)])


@pytest.fixture
def notebook(tmp_path):
    return write(sample(), tmp_path)


@pytest.mark.parametrize("name", ["ot-07", "sand", "07_sand", "optimal_transport/07_sand"])
def test_a_good_chapter_lacks_nothing_however_it_is_called(notebook, capsys, name):
    assert lint(notebook, name) == 0
    assert capsys.readouterr().out == "optimal_transport/07_sand: nothing is missing\n"


def test_a_chapter_that_is_not_there_is_named_with_those_that_are(notebook, capsys):
    assert lint(notebook, "ot-08") == 1
    assert "no chapter ot-08; there are optimal_transport/07_sand" in capsys.readouterr().err


def test_faults_are_named_with_their_level_and_their_rule(tmp_path, capsys):
    raw = sample()
    raw["metadata"] = {}
    cell(raw, "wrong")["source"] = "## Well"
    assert lint(write(raw, tmp_path)) == 1
    said = capsys.readouterr().out
    assert "works  kernelspec is not python3  [file_is_named_by_number_and" in said
    assert "house  no section on what goes wrong  [shows_what_goes_wrong]" in said
    assert "own_chapters" not in said  # which would not make it work


def test_a_chapter_of_ones_own_is_excused_from_taste_alone(tmp_path, capsys):
    raw = sample()
    cell(raw, "wrong")["source"] = "## Well"
    notebook = write(raw, tmp_path)
    assert lint(notebook) == 1
    assert "own_chapters: [optimal_transport/07_sand]" in capsys.readouterr().out
    config = tmp_path / "_config.yml"
    for own in ("optimal_transport/07_sand", "optimal_transport"):
        config.write_text(config.read_text().split("own_")[0] + f"own_chapters: [{own}]\n")
        assert lint(notebook) == 0
    notebook.path.write_text(json.dumps(raw | {"metadata": {}}))
    assert lint(notebook) == 1


def test_own_chapters_must_be_a_list(notebook, capsys):
    config = notebook.root / "_config.yml"
    config.write_text(config.read_text() + "own_chapters: optimal_transport\n")
    assert lint(notebook) == 1
    assert "own_chapters in _config.yml must be a list, got 'opt" in capsys.readouterr().err


NO_NOTEBOOKS = {
    "<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs": "it holds a merge conflict",
    "": "it is no JSON",
    "[]": "at the file, [] is not of type 'object'",
    '{"cells": []}': "is a required property",
}


@pytest.mark.parametrize("text", NO_NOTEBOOKS)
def test_what_is_no_notebook_is_told_so(notebook, capsys, text):
    notebook.path.write_text(text)
    assert lint(notebook) == 1
    said = capsys.readouterr().out
    assert "works  07_sand.ipynb is no notebook: " in said
    assert NO_NOTEBOOKS[text] in said and "Traceback" not in said


@given(data())
def test_whatever_stands_in_a_notebook_is_looked_at_without_a_traceback(data):
    raw = sample()
    parent, key = data.draw(sampled_from(list(places(raw))))
    parent[key] = data.draw(sampled_from([None, 3, True, "x", "<<<<", [], {}, [None], ["a", 3]]))
    with TemporaryDirectory() as folder:
        notebook = write(sample(), Path(folder))
        notebook.path.write_text(json.dumps(raw))
        for finding in findings(open_book(notebook.root), notebook.path):
            assert finding.fault


def places(value):
    """Yield where something stands within a notebook: a container and a key or an index."""
    keys = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in keys:
        yield value, key
        yield from places(value[key])


def test_an_old_format_and_a_cell_without_an_id_are_named(tmp_path, capsys):
    for key, change in (("nbformat_minor", {"nbformat_minor": 4}), ("id", {})):
        raw = sample() | change
        if key == "id":
            del raw["cells"][5]["id"]
        path = write(sample(), tmp_path).path
        path.write_text(json.dumps(raw))
        assert main(["lint", "--book", str(tmp_path)]) == 1
        assert key in capsys.readouterr().out


def test_fix_writes_the_setup_cell_the_minutes_and_the_folds_and_nothing_twice(tmp_path, capsys):
    raw = sample()
    cell(raw, "setup")["source"] = "old"
    cell(raw, "title")["source"] = cell(raw, "title")["source"].replace("15 minutes", "50 minutes")
    for name in ("figure", "solution-1"):
        del cell(raw, name)["metadata"]["jupyter"]
    notebook = write(raw, tmp_path)
    assert lint(notebook) == 1
    assert lint(notebook, "--fix") == 0
    assert lint(notebook, "--fix") == 0
    assert capsys.readouterr().out.count("written") == 1


def test_minutes_follow_the_rule(tmp_path):
    before = minutes_of(write(sample(), tmp_path))
    raw = sample()
    cell(raw, "see")["source"] += f"\n\n{'sand ' * 300}"
    cell(raw, "see")["source"] += (
        "\n\n<details><summary>Derivation: x</summary>\n\n$x$\n\n</details>"
    )
    cell(raw, "see")["source"] += "\n\n> **Predict.** Up?"
    cell(raw, "core")["source"] = "x = 1\n\n" * 31
    cell(raw, "exercise-1")["source"] = f"### Exercise 1 ★★\n\n{FILLER}"
    raw["cells"].append(dict(cell(raw, "own"), id="another"))
    after = minutes_of(write(raw, tmp_path))
    # 300 words, a prediction of two words, a figure; 30 lines more of code and a derivation.
    assert after.read - before.read == pytest.approx(2 + 2 / 150 + 1 + 1)
    code = after.with_code_and_proofs - after.read
    assert code - (before.with_code_and_proofs - before.read) == pytest.approx(30 * 4 / 60 + 6)
    assert after.exercises - before.exercises == 8 - 4
