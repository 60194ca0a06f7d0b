"""Experiments are found by name, and a trial is never one of them."""

import subprocess
import sys

import pytest

from otbook_utils.experiments.experiment import Experiment, Outcome, declared, find


def tried(**changes):
    settings = {"rows": {"a": "A", "b": "B"}, "recipe": {"epochs": 4, "width": 8}, "units": {}}
    return Experiment(lambda run: Outcome([], {}, {}), **(settings | changes))


def test_every_declared_experiment_is_found_and_has_runs():
    for name in declared():
        experiment = find(name)
        assert isinstance(experiment, Experiment) and not experiment.reduced
        assert len(experiment.runs()) == len(experiment.rows) * len(experiment.seeds)


def test_names_are_read_without_importing_a_room():
    asked = (
        "import sys; from otbook_utils.experiments.experiment import declared; declared(); "
        "print([m for m in sys.modules if m.startswith('otbook_utils.') and 'experiments' not in m "
        "and m != 'otbook_utils.files'], 'torch' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True)
    assert answer.stdout.decode().strip() == "[] False"


def test_a_room_declares_in_a_few_lines_and_two_must_not_take_one_name(tmp_path):
    def room(part, name, text):
        path = tmp_path / "pack" / part / name / "experiment.py"
        path.parent.mkdir(parents=True)
        path.write_text(text)

    room("one", "first", 'EXPERIMENTS = {"vae": make(1), "beta": make(2)}\n')
    room("one", "second", "raise ImportError\n")
    found = declared(tmp_path / "pack")
    assert found == {"vae": "pack.one.first.experiment", "beta": "pack.one.first.experiment"}
    room("two", "third", 'EXPERIMENTS = {"vae": 3}\n')
    with pytest.raises(ValueError, match=r"first.experiment and .*third.experiment both declare"):
        declared(tmp_path / "pack")


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match=r"name must be one of .*imbalance.*, got 'imbalanced'"):
        find("imbalanced")


def test_runs_come_seed_by_seed_each_once():
    runs = tried().runs(rows=["b", "a"], seeds=[3, 1, 3])
    assert [run.name for run in runs] == ["a-seed3", "b-seed3", "a-seed1", "b-seed1"]
    assert runs[0].recipe == {"epochs": 4, "width": 8}


def test_another_recipe_makes_a_trial_with_a_folder_of_its_own():
    same, trials = tried().trial({"epochs": 4}), [tried().trial({"width": w}) for w in (1, 2)]
    assert not same.reduced and all(trial.reduced for trial in trials)
    assert len({tried().digest, *(trial.digest for trial in trials)}) == 3
    assert trials[0].trial({"width": 8}).reduced


@pytest.mark.parametrize(
    "ask, message",
    [
        (lambda: tried().runs(rows=["c"]), "rows must be among a, b, got c"),
        (lambda: tried().trial({"depth": 1}), "it has epochs, width, got depth"),
    ],
)
def test_what_is_not_there_is_named_with_what_there_is(ask, message):
    with pytest.raises(ValueError, match=message):
        ask()
