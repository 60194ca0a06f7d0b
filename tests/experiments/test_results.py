"""Result files: written whole, read only if not a bit of them was altered."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from otbook_utils.experiments import results
from otbook_utils.experiments.results import (
    ResultError,
    RunResult,
    load_results,
    migrate,
    read_result,
    write_result,
)

ROOT = Path(__file__).resolve().parents[2]


def made_up(row="ce", seed=0, **changes):
    """Return a result of an experiment that does not exist; it never leaves the tests."""
    content = {
        "experiment": "tried",
        "row": row,
        "label": "Cross-entropy",
        "seed": seed,
        "reduced": False,
        "recipe": {"epochs": 2},
        "units": {"all": "%"},
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


def test_an_experiment_without_runs_is_an_empty_list(tmp_path):
    assert load_results("tried", tmp_path) == load_results("tried", tmp_path / "none") == []


def test_no_bit_of_a_file_can_be_altered(tmp_path):
    path = write_result(made_up(label="Entropie croisée"), tmp_path)
    content = path.read_bytes()
    for place in range(len(content)):
        for bit in range(8):
            altered = bytearray(content)
            altered[place] ^= 1 << bit
            path.write_bytes(altered)
            with pytest.raises(ResultError, match=r"ce-seed0\.json is damaged"):
                read_result(path)


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda text: text[: len(text) // 2], "is damaged"),
        (lambda text: "", "is damaged"),
        (lambda text: text + " ", "its digest does not hold"),
        (lambda text: "[]", "must be an object with format 2"),
        (lambda text: text.replace('"format": 2', '"format": 3'), "with format 2"),
        (lambda text: text.replace('{"all": 60.0}', '{"all": 61.0}'), "its digest does not hold"),
        (lambda text: text.replace('{"all": 60.0}', '{"all": NaN}'), "it holds NaN"),
    ],
)
def test_a_damaged_file_is_named_with_the_cure(tmp_path, damage, message):
    path = write_result(made_up(), tmp_path)
    changed = damage(path.read_text())
    assert changed != path.read_text()
    path.write_text(changed)
    with pytest.raises(ResultError, match=message) as caught:
        load_results("tried", tmp_path)
    assert "ce-seed0.json is damaged" in str(caught.value)
    assert "remove it and run its row again" in str(caught.value)


def test_a_file_under_another_name_is_refused(tmp_path):
    write_result(made_up(), tmp_path).rename(tmp_path / "ce-seed1.json")
    with pytest.raises(ResultError, match="holds the run ce-seed0"):
        load_results("tried", tmp_path)


LAST = {"epoch": 2, "all": 60.0}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"final": {"all": 200.0}, "history": []}, "all must be a percentage from 0 to 100"),
        ({"final": {"all": -0.5}, "history": []}, "all must be a percentage from 0 to 100"),
        ({"history": [{"epoch": 1, "all": 100.5}, LAST]}, "percentage from 0 to 100, got 100.5"),
        ({"history": [{"epoch": 1, "all": [7, 700]}, LAST]}, "a percentage from 0 to 100, got 700"),
        ({"final": {"all": float("inf")}, "history": []}, "all must be a finite number, got inf"),
        ({"final": {"all": "60"}}, "final all must be a finite number, got '60'"),
        ({"final": {"all": 61.0}}, "that of the last epoch, got 61.0"),
        ({"final": {}}, "final must hold at least one metric"),
        ({"units": {}}, "units must say what all is measured in"),
        ({"history": [LAST]}, "one record an epoch, from 1 on"),
        ({"timing": {"wall_seconds": -1.0}}, "wall_seconds must not be negative"),
        ({"seed": "0"}, "seed must be a whole number of at least 0, got '0'"),
        ({"label": ""}, "label must be a text"),
        ({"data": None}, "data must be an object"),
    ],
)
def test_what_no_run_writes_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        made_up(**changes)


def of_format_1(folder, **changes):
    """Write a result as it was written before there were digests."""
    content = json.loads(write_result(made_up(), folder).read_text())
    del content["digest"], content["units"], content["experiment"]
    path = folder / "ce-seed0.json"
    path.write_text(json.dumps({**content, "format": 1, "table": "tried", **changes}))
    return path


def test_a_file_without_digest_is_read_once_it_is_migrated(tmp_path):
    path = of_format_1(tmp_path)
    with pytest.raises(ResultError, match=r"it has no digest.*--migrate"):
        read_result(path)
    assert migrate(path, {"all": "%"})
    found, wanted = read_result(path), made_up()
    told = found.environment.pop("migrated")
    assert found == wanted
    assert "from format 1, which had no digest" in told and "no number was changed" in told
    assert not migrate(path, {"all": "%"})


def test_what_no_run_wrote_is_not_migrated(tmp_path):
    path = of_format_1(tmp_path, final={"all": 200.0}, history=[])
    before = path.read_bytes()
    with pytest.raises(ResultError, match="cannot be migrated: all must be a percentage"):
        migrate(path, {"all": "%"})
    assert path.read_bytes() == before


@pytest.mark.parametrize("changes", [{"reduced": True}, {"experiment": "other"}])
def test_trials_and_other_experiments_are_no_results(tmp_path, changes):
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
        "import json, sys; from otbook_utils.experiments import results; "
        "print(results.__file__); print([r.name for r in results.load_results('tried')]); "
        "print('torch' in sys.modules, 'otbook_utils.training' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", asked],
        env={"PYTHONPATH": str(tmp_path / "site"), "OMP_NUM_THREADS": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    where, found, engine = answer.stdout.splitlines()
    assert Path(where).is_relative_to(tmp_path / "site")
    assert found == "['ce-seed0']"
    assert engine == "False False", "reading a result loads no training"


def test_in_a_checkout_the_results_are_those_of_the_book():
    assert results.results_folder("imbalance") == ROOT / "book" / "results" / "imbalance"


def test_the_file_is_plain_json_with_a_line_an_epoch(tmp_path):
    text = write_result(made_up(), tmp_path).read_text()
    assert json.loads(text)["history"] == [{"epoch": 1, "all": 50.0}, {"epoch": 2, "all": 60.0}]
    assert sum('"epoch"' in line for line in text.splitlines()) == 2
