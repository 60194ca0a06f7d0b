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
SHOWN = ("imports", "article-figure", "explore", "explore-figure", "ours-table")


def invented_runs(rows=ROWS):
    return [run_of(r.key, seed, 80.0 + seed + i / 7) for i, r in enumerate(rows) for seed in SEEDS]


def shown(monkeypatch, recorded, cells=SHOWN):
    """Return the table of ours that the cells display, and the names that they leave."""
    monkeypatch.setattr(experiments, "load_results", recorded)
    source = {cell.id: cell.source for cell in Notebook(CHAPTER).code}
    small = {row.key: {g: np.array([60.0, 61.0, 62.0]) for g in GROUPS} for row in ROWS}
    tables = []
    names = {"__name__": "__main__", "reduced": small}
    monkeypatch.chdir(CHAPTER.parent)
    monkeypatch.setitem(os.environ, "OTBOOK_EXPLORE", "still")
    for name in cells:
        run(source[name], names)
        if name == "imports":
            names["display"] = lambda shown: tables.append(repr(shown))
    return "\n".join(tables), names


def test_without_runs_no_number_of_ours_is_shown_for_cifar(monkeypatch):
    table, names = shown(monkeypatch, lambda name: [])
    assert not table
    assert names["whose"] == "reduced, digits"


def test_with_all_runs_each_row_shows_their_mean_and_deviation(monkeypatch):
    runs = invented_runs()
    table, names = shown(monkeypatch, lambda name: runs)
    assert names["whose"] == "ours, CIFAR-10"
    for row in ROWS:
        values = [r.final["majority"] for r in runs if r.row == row.key]
        line = next(line for line in table.splitlines() if line.startswith(f"{row.label}  "))
        assert f" {np.mean(values):.1f} ± {np.std(values, ddof=1):.1f} " in line


def test_with_some_runs_only_whole_rows_are_shown(monkeypatch):
    table, names = shown(monkeypatch, lambda name: invented_runs(ROWS[:3])[:-1])
    assert table.count("±") == 2 * len(GROUPS)
    assert set(names["recorded"]) == {ROWS[0].key, ROWS[1].key}
    assert names["whose"] == "reduced, digits"


def test_every_frame_of_the_explorer_has_a_row_of_the_table(monkeypatch):
    _, names = shown(monkeypatch, lambda name: [])
    assert len(names["ROW_OF"]) == 2 * len(names["BETAS"])


def test_the_thin_networks_verdicts_come_from_its_own_runs(monkeypatch):
    """Cross-entropy's runs score 70, 71 and 72, inverse frequency's 3, 4 and 5 points less."""
    runs = [run_of("ce", seed, 70.0 + seed) for seed in SEEDS]
    runs += [run_of("inverse", seed, 67.0) for seed in SEEDS]
    # The full table's say something else.
    recorded = {"imbalance-narrow": runs, "imbalance": invented_runs()}.get
    cells = ("imports", "article-figure", "best-epochs", "thin-figure")
    _, names = shown(monkeypatch, recorded, cells)
    verdicts = {text: gap for text, gap in names["judge_all"](names["thin"]).items() if gap}
    assert set(verdicts) == {
        "Inverse frequency helps it",
        "… but costs the majority",
        "… and loses all in all",
    }
    # Student's t for three numbers is 4.303, and the standard error of 3, 4 and 5 is 1 / sqrt 3.
    lost = verdicts["… and loses all in all"]
    assert (lost.mean, lost.margin) == pytest.approx((4.0, 2.484), abs=1e-3)
    assert verdicts["Inverse frequency helps it"].verdict == "reversed"


@pytest.mark.parametrize("name", ["ours-table", "explore", "shrinking", "thin-figure"])
def test_no_number_of_ours_stands_in_the_source(name):
    """What the chapter shows of CIFAR-10 comes from files alone."""
    (cell,) = [cell for cell in Notebook(CHAPTER).code if cell.id == name]
    assert not re.findall(r"\b[4-9]\d\.\d", cell.source)
