"""`python -m otbook_utils reproduce imbalance`: the right rows, killed and resumed, never invented.

The set here is noise in CIFAR-10's layout and the network is thin: what is tested is the path.
"""

import errno
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from otbook_utils.__main__ import main
from otbook_utils.experiments import runs
from otbook_utils.experiments.experiment import find
from otbook_utils.experiments.results import ResultError, load_results, read_result
from otbook_utils.scarce_labels.reproducing_the_table import experiment
from otbook_utils.scarce_labels.reproducing_the_table.experiment import EXPERIMENTS, NARROW
from otbook_utils.scarce_labels.reproducing_the_table.table import (
    MAJORITY,
    MINORITY,
    ROWS,
    Recipe,
)

ROOT = Path(__file__).resolve().parents[3]
TINY = ["--set", "epochs=2", "steps=24", "batch_size=16", "width=4", "test_images=100"]
TINY += ["milestones=[1]"]
CUT = np.array([250 if label in MINORITY else 5000 for label in range(10)])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder, random = tmp_path_factory.mktemp("own"), np.random.RandomState(0)
    arrays = {}
    for split, n in (("train", 3000), ("test", 200)):
        arrays[f"x_{split}"] = random.randint(256, size=(n, 32, 32, 3)).astype(np.uint8)
        arrays[f"y_{split}"] = (np.arange(n) % 10).astype(np.uint8)
    np.savez(folder / "cifar10.npz", **arrays)
    return folder


@pytest.fixture
def command(data, tmp_path, monkeypatch):
    monkeypatch.setenv("OTBOOK_DATA", "")
    return [
        *("reproduce", "imbalance", "--data", str(data), "--work", str(tmp_path / "work")),
        *("--results", str(tmp_path / "results"), "--save-every", "0", *TINY),
    ]


def numbers(folder: Path, name: str) -> list[dict]:
    """Return the history of a run without its times."""
    history = read_result(folder / f"{name}.json").history
    return [{k: v for k, v in record.items() if "seconds" not in k} for record in history]


@pytest.fixture(scope="module")
def undisturbed(data, tmp_path_factory):
    results = tmp_path_factory.mktemp("undisturbed")
    work = tmp_path_factory.mktemp("work")
    places = ["--data", str(data), "--results", str(results), "--work", str(work)]
    chosen = ["--rows", "ce", "cb-focal-0.999", "--seeds", "3"]
    assert main(["reproduce", "imbalance", *places, *chosen, *TINY]) == 0
    return results


def test_a_run_killed_at_any_moment_and_started_again_ends_with_the_same_numbers(
    command, undisturbed, tmp_path
):
    chosen = ["--rows", "ce", "cb-focal-0.999", "--seeds", "3"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    started = subprocess.Popen(
        [sys.executable, "-m", "otbook_utils", *command, *chosen], env=environment
    )
    deadline = time.monotonic() + 300
    while not list(tmp_path.glob("work/*/*.ckpt")):
        assert started.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.05)
    started.send_signal(signal.SIGKILL)
    started.wait()
    assert len(list((tmp_path / "results").glob("*.json"))) < 2
    assert main([*command, *chosen]) == 0
    resumed = []
    for name in ("ce-seed3", "cb-focal-0.999-seed3"):
        assert numbers(tmp_path / "results", name) == numbers(undisturbed, name)
        timing = read_result(tmp_path / "results" / f"{name}.json").timing
        resumed.append(timing["resumed_at_step"])
    assert resumed != [0, 0]


@pytest.mark.parametrize("name", ["compile", "torch", "data"])
def test_a_run_is_not_resumed_where_its_last_digits_would_change(
    command, data, tmp_path, monkeypatch, capsys, name
):
    chosen = [*command, "--rows", "ce", "--seeds", "3"]
    with monkeypatch.context() as patch:
        patch.setattr(runs, "_result", lambda *_: 1 / 0)  # stopped before its end
        with pytest.raises(ZeroDivisionError):
            main(chosen)
    if name == "compile":
        monkeypatch.setattr(torch, "compile", lambda function, **how: function)
        chosen += ["--compile", "default"]
    if name == "torch":
        monkeypatch.setattr(torch, "__version__", "9.0")
    if name == "data":
        (tmp_path / "other").mkdir()
        content = dict(np.load(data / "cifar10.npz"))
        content["x_train"][0] = 0
        np.savez(tmp_path / "other" / "cifar10.npz", **content)
        experiment._photographs.cache_clear()
        chosen[chosen.index("--data") + 1] = str(tmp_path / "other")
    try:
        assert main(chosen) == 1
    finally:
        experiment._photographs.cache_clear()
    assert f"belongs to another run: its {name} is" in capsys.readouterr().err


def test_a_result_says_how_it_came_about(undisturbed):
    result = read_result(undisturbed / "cb-focal-0.999-seed3.json")
    assert (result.row, result.seed, result.reduced) == ("cb-focal-0.999", 3, True)
    assert result.recipe["epochs"] == 2 and result.recipe["weight_decay"] == 5e-4
    assert (result.recipe["beta"], result.recipe["gamma"]) == (0.999, 1.0)
    assert [result.data["counts"][name] for name in ("cat", "deer")] == [300, 250]
    assert "own copy cifar10.npz, sha256:" in result.data["train"]
    assert {"device", "versions", "commit", "dirty", "precision"} <= set(result.environment)
    assert {"wall_seconds", "train_seconds", "started"} <= set(result.timing)
    assert result.units["minority"] == result.units["per_class"] == "%"
    for record in result.history:
        per_class = np.array(record["per_class"])
        assert record["all"] == pytest.approx(per_class.mean())
        assert record["majority"] == pytest.approx(per_class[list(MAJORITY)].mean())
        assert record["minority"] == pytest.approx(per_class[list(MINORITY)].mean())
    rates = [record["learning_rate"] for record in result.history]
    assert rates == pytest.approx([0.1, 0.01])


def test_no_path_of_this_machine_stands_in_a_result(undisturbed, data):
    for path in undisturbed.glob("*.json"):
        assert str(data) not in path.read_text() and str(ROOT) not in path.read_text()


def test_rows_differ_in_their_loss_alone(undisturbed):
    """The same seed begins with the same weights and images, whatever the row."""
    recipes = [
        {
            key: value
            for key, value in read_result(path).recipe.items()
            if key not in ("beta", "gamma")
        }
        for path in undisturbed.glob("*.json")
    ]
    assert len(recipes) == 2 and recipes[0] == recipes[1]


def test_what_is_there_is_listed_and_not_run_again(command, undisturbed, tmp_path, capsys):
    results = tmp_path / "results"
    results.mkdir()
    done = undisturbed / "ce-seed3.json"
    (results / done.name).write_bytes(done.read_bytes())
    before = (results / done.name).stat().st_mtime_ns
    assert main([*command, "--list", "--rows", "ce", "focal-2", "--seeds", "3"]) == 0
    said = capsys.readouterr().out
    assert "there    ce-seed3" in said and "missing  focal-2-seed3" in said
    assert "1 of 2 runs are there" in said
    assert main([*command, "--rows", "ce", "--seeds", "3"]) == 0
    assert "0 of 1 runs to do" in capsys.readouterr().out
    assert (results / done.name).stat().st_mtime_ns == before


def test_a_trial_never_goes_among_the_results_of_the_book(command, tmp_path, capsys):
    recorded = ROOT / "book" / "results" / "imbalance"
    before = sorted(recorded.iterdir())
    assert main([*command, "--results", str(recorded)]) == 1
    assert "results of a reduced trial must not go to" in capsys.readouterr().err
    assert sorted(recorded.iterdir()) == before


def test_one_tables_recipe_is_a_trial_of_the_other():
    """A run of the thin network can never be taken for one of the article's."""
    assert find("imbalance").trial(asdict(NARROW)).reduced
    assert find("imbalance-narrow").trial(asdict(Recipe())).reduced
    assert replace(NARROW, epochs=25, milestones=(15, 20), width=64) == Recipe()


def test_a_trial_is_not_read_as_a_result(undisturbed):
    with pytest.raises(ResultError, match="is a reduced trial"):
        load_results("imbalance", undisturbed)


def test_a_damaged_result_stops_the_command_and_is_named(command, tmp_path, capsys):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "ce-seed0.json").write_text('{"format": 1, "table"')
    assert main([*command, "--rows", "ce"]) == 1
    said = capsys.readouterr().err
    assert "ce-seed0.json is damaged" in said and "remove it and run" in said


def test_a_list_names_damaged_results_and_goes_on(command, undisturbed, tmp_path, capsys):
    results = tmp_path / "results"
    results.mkdir()
    (results / "balanced-seed3.json").write_text("{")
    (results / "ce-seed3.json").write_bytes((undisturbed / "ce-seed3.json").read_bytes())
    assert main([*command, "--list", "--seeds", "3", "3"]) == 1
    said = capsys.readouterr()
    assert "damaged  balanced-seed3" in said.out and "there    ce-seed3" in said.out
    assert said.out.count("missing") == 12 and "1 of 14 runs are there" in said.out
    assert "balanced-seed3.json is damaged" in said.err


@pytest.mark.parametrize("changed", ["epochs=1", "width=8", ""])
@pytest.mark.parametrize("listing", [["--list"], []])
def test_a_run_with_another_recipe_is_not_taken_for_a_result(
    command, undisturbed, tmp_path, capsys, changed, listing
):
    (tmp_path / "results").mkdir()
    path = tmp_path / "results" / "ce-seed3.json"
    path.write_bytes((undisturbed / "ce-seed3.json").read_bytes())
    chosen = [*command, changed] if changed else command[: -len(TINY)]  # without: the article's
    assert main([*chosen, *listing, "--rows", "ce", "--seeds", "3"]) == 1
    said = capsys.readouterr().err
    assert "ce-seed3.json was made with another recipe" in said and "--results" in said


def test_results_that_cannot_be_written_stop_the_command_before_it_trains(
    command, tmp_path, capsys
):
    (tmp_path / "results").write_text("a file")
    assert main([*command, "--rows", "ce"]) == 1
    said = capsys.readouterr().err
    assert f"File exists: '{tmp_path / 'results'}'" in said
    assert not list(tmp_path.glob("work/*"))


def test_a_full_disk_stops_the_command_and_the_next_start_goes_on(
    command, undisturbed, tmp_path, monkeypatch, capsys
):
    chosen = [*command, "--rows", "ce", "--seeds", "3"]
    synced = os.fsync
    with monkeypatch.context() as patch:
        left = iter(range(60))

        def full(handle):
            if next(left, None) is None:
                raise OSError(errno.ENOSPC, "No space left on device")
            synced(handle)

        patch.setattr(os, "fsync", full)
        assert main(chosen) == 1
    said = capsys.readouterr().err
    assert "error: [Errno 28] No space left on device: '" in said and "goes on with it" in said
    assert main(chosen) == 0
    assert numbers(tmp_path / "results", "ce-seed3") == numbers(undisturbed, "ce-seed3")
    assert read_result(tmp_path / "results" / "ce-seed3.json").timing["resumed_at_step"] > 0


@pytest.mark.parametrize(
    "option, text, wanted",
    [
        ("--seeds", "-1", "a whole number from 0 to 2**32 - 1"),
        ("--seeds", "1.5", "a whole number from 0 to 2**32 - 1"),
        ("--threads", "0", "a whole number of at least 1"),
        ("--save-every", "nan", "a number of at least 0"),
        ("--save-every", "-1", "a number of at least 0"),
    ],
)
def test_an_impossible_number_is_named_with_what_is_wanted(command, capsys, option, text, wanted):
    with pytest.raises(SystemExit):
        main([*command, option, text])
    said = capsys.readouterr().err
    assert f"argument {option}: must be {wanted}, got {text}" in said


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("epochs", "--set must be given as NAME=VALUE, such as epochs=2, got 'epochs'"),
        ("epoch=2", "it has epochs, milestones"),
        ("test_images=20", "test_images must be at least 100, for every class to be among them"),
    ],
)
def test_an_impossible_trial_is_named(command, capsys, text, wanted):
    assert main([*command, text, "--rows", "ce"]) == 1
    assert wanted in capsys.readouterr().err


def test_missing_data_stops_the_command_and_is_named(command, tmp_path, capsys):
    experiment._photographs.cache_clear()
    assert main([*command, "--rows", "ce", "--data", str(tmp_path / "nowhere")]) == 1
    assert "OTBOOK_DATA must name a folder" in capsys.readouterr().err


def test_an_unknown_row_is_named_with_those_there_are(command, capsys):
    assert main([*command, "--rows", "crossentropy"]) == 1
    said = capsys.readouterr().err
    assert "rows must be among balanced, ce, inverse" in said and "crossentropy" in said


def test_the_table_has_the_articles_fourteen_rows_and_recipe():
    recipe = Recipe()
    assert len(ROWS) == len({row.key for row in ROWS}) == 14
    assert [(row.beta, row.gamma) for row in ROWS if row.key.startswith("cb")] == [
        (beta, gamma) for gamma in (0.0, 1.0) for beta in (0.9, 0.99, 0.999, 0.9999)
    ]
    assert (recipe.epochs, recipe.milestones, recipe.batch_size) == (25, (15, 20), 128)
    assert (recipe.learning_rate, recipe.momentum, recipe.weight_decay) == (0.1, 0.9, 5e-4)
    assert len(EXPERIMENTS["imbalance"].runs()) == 42
    assert [row.key for row in ROWS if not row.cut] == ["balanced"]


def test_the_articles_all_disagrees_with_its_groups_in_the_rows_the_errata_name():
    """Seven classes of ten are majority, so all = 0.7 majority + 0.3 minority."""
    off = {}
    for row in ROWS:
        majority, minority, total = row.article
        gap = total - (0.7 * majority + 0.3 * minority)
        if abs(gap) > 0.05:
            off[row.key] = round(gap, 2)
    assert off == {
        "balanced": -0.08,
        "ce": -0.17,
        "inverse": -0.69,
        "focal-1": -0.11,
        "cb-focal-0.99": -0.18,
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_each_row_has_the_loss_of_its_formula(row):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(64, 10, generator=generator, dtype=torch.float64)
    target = torch.randint(10, (64,), generator=generator)
    if row.beta is None:
        weights = np.ones(10)
    elif row.beta == "inverse":
        weights = 1 / CUT
    else:
        weights = (1 - row.beta) / (1 - row.beta**CUT)
    p = F.softmax(logits, 1)[torch.arange(64), target]
    w = torch.tensor(weights)[target]
    want = (w * (1 - p) ** row.gamma * -p.log()).sum() / w.sum()
    torch.testing.assert_close(row.loss(CUT)(logits, target), want, rtol=1e-9, atol=0)
