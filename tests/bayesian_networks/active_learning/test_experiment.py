"""The recorded experiment at its smallest, on made-up images."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from otbook_utils.bayesian_networks.active_learning import experiment
from otbook_utils.bayesian_networks.active_learning.experiment import (
    EXPERIMENTS,
    DropoutNet,
    labels_needed,
    one_run,
)

SMALL = {"acquire": [[3, 2]], "steps": 2, "candidates": 12, "samples": 3}


@pytest.fixture
def made_up(monkeypatch):
    rng = np.random.default_rng(0)
    sets = {
        split: SimpleNamespace(
            x=rng.integers(0, 256, (60, 28, 28)), y=np.arange(60) % 10, source="made up"
        )
        for split in ("train", "test")
    }
    monkeypatch.setattr(experiment, "load", lambda name, split: sets[split])


@pytest.mark.parametrize("row", EXPERIMENTS["active-mnist"].rows)
def test_labels_grow_as_the_recipe_says(made_up, monkeypatch, row):
    trial = EXPERIMENTS["active-mnist"].trial(SMALL)
    (run,) = trial.runs([row], [1])
    object.__setattr__(run, "how", {"run": {}})
    outcome = one_run(run)
    epochs = outcome.history.epochs
    assert [epoch["labels"] for epoch in epochs] == [20, 23, 26]
    assert epochs[0]["of_each_class"] == [2] * 10
    assert [sum(epoch["of_each_class"]) for epoch in epochs] == [20, 23, 26]
    assert outcome.final["test_error"] == epochs[-1]["test_error"]


def test_rows_of_one_seed_begin_with_the_same_labels_and_network(made_up):
    trial = EXPERIMENTS["active-mnist"].trial(SMALL | {"acquire": [[1, 0]]})
    errors = []
    for run in trial.runs(seeds=[2]):
        object.__setattr__(run, "how", {"run": {}})
        errors.append(one_run(run).history.epochs[0]["loss"])
    assert errors[0] == errors[1] == errors[2]


def test_samples_differ_and_their_mean_body_does_not():
    net, x = DropoutNet(), torch.rand(4, 1, 28, 28)
    p = net.sampled(x, 6)
    assert torch.allclose(p.sum(-1), torch.ones(6, 4))
    assert p.std(0).min() > 0
    assert 0 <= net.error(x, torch.zeros(4, dtype=torch.long)) <= 100
    assert not net.training


def test_every_test_image_counts(made_up, monkeypatch):
    seen = []
    monkeypatch.setattr(
        DropoutNet, "error", lambda net, x, y: seen.append((len(x), len(y))) or 50.0
    )
    trial = EXPERIMENTS["active-mnist"].trial(SMALL)
    (run,) = trial.runs(["random"], [1])
    object.__setattr__(run, "how", {"run": {}})
    one_run(run)
    assert seen == [(60, 60)] * 3


def test_the_recorded_rows_go_from_20_to_1000_labels_in_like_steps():
    rounds = EXPERIMENTS["active-mnist"].recipe["acquire"]
    assert len(rounds) == 1
    assert 20 + sum(size * times for size, times in rounds) == 1000


def test_labels_needed_lie_on_the_straight_piece_that_crosses():
    labels, errors = [20, 40, 60, 80], [40.0, 9.0, 11.0, 5.0]
    assert labels_needed(labels, errors, 9.0) == 40
    assert labels_needed(labels, errors, 50.0) == 20
    assert labels_needed(labels, errors, 5.0) == 80
    assert labels_needed(labels, errors, 24.5) == 30
    assert labels_needed(labels, errors, 4.9) is None
