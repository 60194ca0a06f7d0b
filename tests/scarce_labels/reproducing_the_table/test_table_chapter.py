"""The chapter on the table reads well with and without recorded runs."""

import os
import re

import numpy as np
import pytest

from otbook_utils import experiments
from otbook_utils.scarce_labels.reproducing_the_table.table import ROWS, SEEDS
from tests.chapters.exercises import run
from tests.chapters.notebook import ROOT, Notebook
from tests.scarce_labels.reproducing_the_table.test_reading_tables import run_of

CHAPTER = ROOT / "book" / "scarce_labels" / "02_reproducing_the_table.ipynb"
GROUPS = ("majority", "minority", "all")
SHOWN = ("imports", "add-up", "article-figure", "ours-table", "explore", "explore-figure")


def invented_runs(rows=ROWS):
    return [run_of(r.key, seed, 80.0 + seed + i / 7) for i, r in enumerate(rows) for seed in SEEDS]


def shown(capsys, recorded, monkeypatch):
    """Return what the cells print and the names they leave, the reduced runs left out."""
    monkeypatch.setattr(experiments, "load_results", lambda table: recorded)
    cells = {cell.id: cell for cell in Notebook(CHAPTER).code}
    small = {row.key: {g: [60.0, 61.0, 62.0] for g in GROUPS} for row in ROWS}
    names = {"__name__": "__main__", "reduced": small}
    monkeypatch.chdir(CHAPTER.parent)
    monkeypatch.setitem(os.environ, "OTBOOK_EXPLORE", "still")
    for name in (*SHOWN, "verdicts"):
        run(cells[name].source, names)
    return capsys.readouterr().out, names


def test_without_runs_no_number_of_ours_is_shown_for_cifar(capsys, monkeypatch):
    printed, names = shown(capsys, [], monkeypatch)
    assert "0 of 42 runs are recorded." in printed
    assert printed.count("not run") == 3 * len(ROWS) + len(names["CONCLUSIONS"])
    assert names["whose"] == "reduced, digits"


def test_with_all_runs_each_row_shows_their_mean_and_deviation(capsys, monkeypatch):
    runs = invented_runs()
    printed, names = shown(capsys, runs, monkeypatch)
    assert "42 of 42 runs are recorded." in printed
    assert "not run" not in printed
    assert names["whose"] == "ours, CIFAR-10"
    for row in ROWS:
        values = [r.final["majority"] for r in runs if r.row == row.key]
        assert f"{np.mean(values):.1f}±{np.std(values, ddof=1):.1f}" in printed


def test_with_some_runs_only_whole_rows_are_shown(capsys, monkeypatch):
    printed, names = shown(capsys, invented_runs(ROWS[:3])[:-1], monkeypatch)
    assert "8 of 42 runs are recorded." in printed
    assert len(re.findall(r"\d±\d", printed)) >= 2 * 3
    assert set(names["recorded"]) == {ROWS[0].key, ROWS[1].key}
    assert names["whose"] == "reduced, digits"


def test_the_thin_networks_verdicts_come_from_its_own_runs(capsys, monkeypatch):
    """Cross-entropy's runs score 70, 71 and 72, inverse frequency's 3, 4 and 5 points less."""
    runs = [run_of("ce", seed, 70.0 + seed) for seed in SEEDS]
    runs += [run_of("inverse", seed, 67.0) for seed in SEEDS]
    _, names = shown(capsys, invented_runs(), monkeypatch)  # the full table's say something else
    cells = {cell.id: cell for cell in Notebook(CHAPTER).code}
    names["load_results"] = {"imbalance-narrow": runs}.get
    run(cells["thin-figure"].source, names)
    capsys.readouterr()
    run(cells["thin-verdicts"].source, names)
    printed = capsys.readouterr().out
    # Student's t for three numbers is 4.303, and the standard error of 3, 4 and 5 is 1 / sqrt 3.
    assert printed.count("+4.0 ± 2.5 holds") == 2  # for the majority, and for all
    assert printed.count("-4.0 ± 2.5 reversed") == 1  # for the minority
    assert printed.count("not run") == len(names["CONCLUSIONS"]) - 3


@pytest.mark.parametrize("name", ["ours-table", "explore", "verdicts", "thin-figure"])
def test_no_number_of_ours_stands_in_the_source(name):
    """What the chapter shows of CIFAR-10 comes from files alone."""
    (cell,) = [cell for cell in Notebook(CHAPTER).code if cell.id == name]
    assert not re.findall(r"\b[4-9]\d\.\d", cell.source)
