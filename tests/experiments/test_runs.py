"""Runs that are missing: none twice, none lost, each the same however it is done."""

import multiprocessing
import os
import signal
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from otbook_utils.experiments import Experiment, Outcome, load_results, runs
from otbook_utils.experiments.results import ResultError, read_result
from otbook_utils.experiments.runs import Settings, do_runs
from otbook_utils.training import State, seed_everything

NAME = "tried"


def count(run):
    """Leave a mark, and what came of a short training."""
    with open(os.environ["MARKS"], "a") as marks:
        marks.write(f"{run.name}\n")
    seed_everything(run.seed)
    weight = torch.zeros(3, requires_grad=True)
    state = State(weight=weight, optimizer=torch.optim.SGD([weight], lr=0.1))

    def step(state, batch):
        died = Path(os.environ["MARKS"] + ".died")
        if run.recipe["die"] and (run.seed, state.steps_done) == (1, 7) and not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        loss = (state.weight - torch.randn(3)).square().sum()
        state.optimizer.zero_grad()
        loss.backward()
        state.optimizer.step()
        time.sleep(0.002)
        return {"loss": loss}

    history = run.train(state, step, [None] * 5, epochs=2, made_of={"data": "made up"})
    return Outcome(history, {"loss": history.epochs[-1]["loss"]}, {"train": "made up"})


def experiment(**changes):
    recipe = {"epochs": 2, "die": False} | changes
    return Experiment(count, {"ce": "Cross-entropy"}, recipe, {"loss": ""}, seeds=(0, 1, 2, 3))


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("MARKS", str(tmp_path / "marks"))
    return Settings(results=tmp_path / "results", work=tmp_path / "work", save_every=0.0)


def quiet(name):
    return nullcontext(lambda history, done, total: None)


def do(settings, tried=None):
    tried = tried or experiment()
    return do_runs(tried, NAME, tried.runs(), settings, quiet)


def marks(settings):
    return sorted((settings.work.parent / "marks").read_text().split())


def losses(settings):
    return {result.seed: result.final["loss"] for result in load_results(NAME, settings.results)}


def test_every_missing_run_is_done_once_and_none_again(settings):
    for _ in range(2):
        assert do(settings) == []
        assert list(losses(settings)) == [0, 1, 2, 3]
    assert marks(settings) == [f"ce-seed{seed}" for seed in range(4)]
    assert len(set(losses(settings).values())) == 4


def in_another_process(settings, tried=None):
    worker = multiprocessing.get_context("fork").Process(target=do, args=(settings, tried))
    worker.start()
    return worker


def test_two_launchers_side_by_side_do_no_run_twice(settings, tmp_path):
    """Also where their checkpoints lie in different folders: the result is the same."""
    elsewhere = Settings(settings.results, tmp_path / "elsewhere", save_every=0.0)
    workers = [in_another_process(where) for where in (settings, elsewhere, settings)]
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert marks(settings) == [f"ce-seed{seed}" for seed in range(4)]
    assert list(losses(settings)) == [0, 1, 2, 3]


def test_a_killed_run_goes_on_at_the_next_start_and_ends_with_the_same_number(settings, tmp_path):
    do(Settings(tmp_path / "undisturbed", tmp_path / "work"), experiment(die=False))
    victim = in_another_process(settings, experiment(die=True))
    victim.join()
    assert victim.exitcode == -signal.SIGKILL
    assert do(settings, experiment(die=True)) == []
    wanted = {r.seed: r.final["loss"] for r in load_results(NAME, tmp_path / "undisturbed")}
    assert losses(settings) == wanted
    assert read_result(settings.results / "ce-seed1.json").timing["resumed_at_step"] == 7
    assert read_result(settings.results / "ce-seed2.json").timing["resumed_at_step"] == 0


def test_a_run_that_another_process_holds_is_left_to_it(settings, monkeypatch):
    monkeypatch.setattr(runs, "PATIENCE", 0.3)
    settings.results.mkdir()
    with FileLock(settings.results / ".ce-seed1.lock"):
        assert do(settings) == ["ce-seed1"]
    assert list(losses(settings)) == [0, 2, 3]


def test_a_result_of_another_recipe_is_never_taken_for_ones_own(settings):
    do(settings)
    with pytest.raises(
        ResultError, match=r"ce-seed0\.json was made with another recipe.*--results"
    ):
        do(settings, experiment(epochs=3))


def test_leftovers_of_killed_writers_go_when_their_run_is_done(settings):
    settings.results.mkdir()
    leftover = settings.results / ".ce-seed0.json.host-1.tmp"
    leftover.write_text("{")
    do(settings)
    assert not leftover.exists()
    assert [path.name for path in settings.work.iterdir() if path.suffix == ".ckpt"] == []
