"""A table of runs: none twice, none lost, each the same however it is done."""

import os
import signal
import time
from dataclasses import dataclass

import pytest
from filelock import FileLock

from otbook_utils.training import sweeps
from otbook_utils.training.results import ResultError, load_results, read_result
from otbook_utils.training.sweeps import Run, Settings, do_runs, do_runs_side_by_side, my_share
from tests.training.test_results import made_up

RUNS = [Run("ce", seed) for seed in range(4)]


@dataclass(frozen=True)
class Counting:
    """A table whose runs take no time and leave a mark each time they are done."""

    die_at: str = ""
    name: str = "tried"

    def open(self, settings):
        return Counter(self, settings)

    def owns(self, result):
        return result.table == self.name

    def summary(self, result):
        return "done"


@dataclass
class Counter:
    table: Counting
    settings: Settings

    def train(self, run, checkpoint, tell):
        tell("begin", run.name, None)
        with open(self.settings.work / f"{run.name}.marks", "a") as marks:
            marks.write("x")
        if run.name == self.table.die_at and (checkpoint.load() or {}).get("tries", 0) == 0:
            checkpoint.save({"tries": 1})
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.02)
        return made_up(run.row, run.seed)


@pytest.fixture
def settings(tmp_path):
    return Settings(results=tmp_path / "results", work=tmp_path / "work")


def quiet(kind, name, what):
    pass


def test_every_missing_run_is_done_once_and_none_again(settings):
    for _ in range(2):
        do_runs(Counting(), RUNS, settings, quiet)
        assert [result.seed for result in load_results("tried", settings.results)] == [0, 1, 2, 3]
    marks = [(settings.work / f"{run.name}.marks").read_text() for run in RUNS]
    assert marks == ["x"] * 4


def test_a_run_that_another_process_holds_is_left_to_it(settings, monkeypatch):
    monkeypatch.setattr(sweeps, "PATIENCE", 0.3)
    settings.work.mkdir()
    told = []
    with FileLock(settings.work / "ce-seed1.lock"):
        do_runs(Counting(), RUNS, settings, lambda *report: told.append(report))
    assert [result.seed for result in load_results("tried", settings.results)] == [0, 2, 3]
    assert told[-1] == ("taken", "ce-seed1", None)


def test_a_result_of_another_table_is_never_taken_for_ones_own(settings):
    do_runs(Counting(), RUNS, settings, quiet)
    with pytest.raises(
        ResultError, match=r"ce-seed0\.json was made with another recipe.*--results"
    ):
        do_runs(Counting(name="other"), RUNS, settings, quiet)


def test_leftovers_of_killed_writers_go_when_their_run_is_done(settings):
    settings.results.mkdir()
    leftover = settings.results / ".ce-seed0.json.host-1.tmp"
    leftover.write_text("{")
    do_runs(Counting(), RUNS, settings, quiet)
    assert not leftover.exists()


def test_side_by_side_no_run_is_done_twice_and_a_killed_worker_is_reported(settings):
    table = Counting(die_at="ce-seed1")
    beside = Settings(settings.results, settings.work, side_by_side=2)
    failures = do_runs_side_by_side(table, RUNS, beside, quiet)
    assert len(failures) == 1 and "ended with -9; its run goes on at the next start" in failures[0]
    # The other worker may have taken over what the dead one held; the next start does the rest.
    do_runs(table, RUNS, settings, quiet)
    assert [result.seed for result in load_results("tried", settings.results)] == [0, 1, 2, 3]
    marks = {run.seed: (settings.work / f"{run.name}.marks").read_text() for run in RUNS}
    assert marks == {0: "x", 1: "xx", 2: "x", 3: "x"}
    assert read_result(settings.results / "ce-seed1.json") == made_up("ce", 1)


@pytest.mark.parametrize("names", sweeps.LAUNCHERS)
def test_processes_of_a_launcher_divide_all_items_without_overlap(monkeypatch, names):
    parts = []
    for index in range(3):
        for name, value in zip(names, (index, 3, index), strict=True):
            monkeypatch.setenv(name, str(value))
        part, _, whose = my_share(range(10))
        assert whose == f"part {index + 1} of 3"
        parts.append(part)
    assert sorted(item for part in parts for item in part) == list(range(10))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    sweeps.leave_launcher()
    assert my_share(range(10)) == (list(range(10)), 0, "all")


def test_without_a_launcher_all_is_ours(monkeypatch):
    for names in sweeps.LAUNCHERS:
        for name in names:
            monkeypatch.delenv(name, raising=False)
    assert my_share("abc") == (["a", "b", "c"], 0, "all")


@pytest.mark.parametrize("free, runs, wanted", [(141, 42, 4), (17, 42, 2), (3, 42, 1), (141, 3, 3)])
def test_as_many_runs_side_by_side_as_the_memory_holds(monkeypatch, free, runs, wanted):
    monkeypatch.setattr(sweeps.torch.cuda, "is_available", lambda: True)
    memory = (free * sweeps.GIB, 141 * sweeps.GIB)
    monkeypatch.setattr(sweeps.torch.cuda, "mem_get_info", lambda gpu: memory)
    monkeypatch.setattr(sweeps.os, "sched_getaffinity", lambda pid: range(16), raising=False)
    assert sweeps.default_side_by_side(runs) == wanted
