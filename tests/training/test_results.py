"""Result files: written whole, read only if they are what a run writes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from otbook_utils.training import results
from otbook_utils.training.results import (
    ResultError,
    RunResult,
    load_results,
    read_result,
    write_result,
)

ROOT = Path(__file__).resolve().parents[2]


def made_up(row="ce", seed=0, **changes):
    """Return a result of a table that does not exist; it never leaves the tests."""
    content = {
        "table": "tried",
        "row": row,
        "label": "Cross-entropy",
        "seed": seed,
        "reduced": False,
        "recipe": {"epochs": 2},
        "history": [{"epoch": 1, "all": 50.0}, {"epoch": 2, "all": 60.0}],
        "final": {"all": 60.0},
        "data": {},
        "environment": {"device": "cpu"},
        "timing": {},
    }
    return RunResult(**(content | changes))


def test_a_written_result_is_read_back_as_it_was(tmp_path):
    path = write_result(made_up(), tmp_path)
    assert path.name == "ce-seed0.json"
    assert read_result(path) == made_up()


def test_results_come_by_row_and_seed_without_those_being_written(tmp_path):
    for row, seed in (("focal", 1), ("ce", 2), ("focal", 0)):
        write_result(made_up(row, seed), tmp_path)
    (tmp_path / ".ce-seed9.json.host-1.tmp").write_text("{")
    (tmp_path / "README.md").write_text("about")
    found = [result.name for result in load_results("tried", tmp_path)]
    assert found == ["ce-seed2", "focal-seed0", "focal-seed1"]


def test_a_table_without_runs_is_an_empty_list(tmp_path):
    assert load_results("tried", tmp_path) == load_results("tried", tmp_path / "none") == []


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda text: text[: len(text) // 2], "is damaged"),
        (lambda text: "", "is damaged"),
        (lambda text: "[]", "must be an object with format 1"),
        (lambda text: text.replace('"format": 1', '"format": 2'), "with format 1"),
        (lambda text: text.replace('"seed": 0', '"seed": 1'), "holds the run ce-seed1"),
        (lambda text: text.replace('"seed": 0', '"seed": "0"'), "seed must be a whole number"),
        (lambda text: text.replace('"label"', '"lable"'), "missing or unknown: label, lable"),
        (lambda text: text.replace('{"all": 60.0}', '{"all": 61.0}'), "that of the last epoch"),
        (lambda text: text.replace('{"all": 60.0}', '{"all": NaN}'), "it holds NaN"),
        (lambda text: text.replace('{"all": 60.0}', '{"all": "60"}'), "must be a finite number"),
        (lambda text: text.replace('"epochs": 2', '"epochs": 3'), "must have 3 epochs, got 2"),
        (lambda text: text.replace('"epoch": 2', '"epoch": 3'), "one record an epoch"),
    ],
)
def test_a_damaged_file_is_named_with_the_cure(tmp_path, damage, message):
    path = write_result(made_up(), tmp_path)
    changed = damage(path.read_text())
    assert changed != path.read_text()
    path.write_text(changed)
    with pytest.raises(ResultError, match=rf"ce-seed0\.json is damaged: .*{message}.*|{message}"):
        load_results("tried", tmp_path)
    with pytest.raises(ResultError, match="remove it and run its row again"):
        load_results("tried", tmp_path)


@pytest.mark.parametrize("changes", [{"reduced": True}, {"table": "other"}])
def test_trials_and_other_tables_are_no_results(tmp_path, changes):
    write_result(made_up(**changes), tmp_path)
    with pytest.raises(ResultError, match=r"ce-seed0\.json is a .*not a run of 'tried'"):
        load_results("tried", tmp_path)


def test_every_recorded_run_of_the_book_is_sound():
    folder = ROOT / "book" / "results"
    for table in (path for path in folder.iterdir() if path.is_dir()):
        load_results(table.name, table)


def test_an_installed_package_finds_the_runs_it_carries(tmp_path, monkeypatch):
    """Build the wheel of a copy of the repository with a result in it, and unpack it."""
    source = tmp_path / "source"
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    for module in (ROOT / "otbook_utils").rglob("*.py"):
        copy = source / module.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(module.read_bytes())
    write_result(made_up(), source / "book" / "results" / "tried")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    build = ["--no-build-isolation", "--disable-pip-version-check", "--target"]
    subprocess.run([*command, *build, tmp_path / "site", source], check=True, timeout=300)
    asked = (
        "import json; from otbook_utils.training import results; "
        "print(results.__file__); print([r.name for r in results.load_results('tried')])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", asked],
        env={"PYTHONPATH": str(tmp_path / "site"), "OMP_NUM_THREADS": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    where, found = answer.stdout.splitlines()
    assert Path(where).is_relative_to(tmp_path / "site")
    assert found == "['ce-seed0']"


def test_in_a_checkout_the_results_are_those_of_the_book():
    assert results.results_folder("imbalance") == ROOT / "book" / "results" / "imbalance"


def test_the_file_is_plain_json_with_a_line_an_epoch(tmp_path):
    text = write_result(made_up(), tmp_path).read_text()
    assert json.loads(text)["history"] == [{"epoch": 1, "all": 50.0}, {"epoch": 2, "all": 60.0}]
    assert sum('"epoch"' in line for line in text.splitlines()) == 2
