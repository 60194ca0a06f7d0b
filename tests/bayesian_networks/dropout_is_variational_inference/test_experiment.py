"""The networks on the sine with a gap: where the noise stands, and what is averaged where."""

import torch
from torch import nn

from otbook_utils.bayesian_networks.dropout_is_variational_inference import experiment


def test_noise_stands_behind_both_hidden_layers():
    net = experiment.network(nn.Tanh, 0.2)
    assert [layer.p for layer in net if isinstance(layer, nn.Dropout)] == [0.2, 0.2]
    assert isinstance(net[2], nn.Dropout) and isinstance(net[5], nn.Dropout)


def test_regions_are_means_over_both_sides():
    line = experiment.GRID.abs()
    means = experiment.by_region(line.expand(3, -1))
    wanted = {"where data lie": 2.5, "in the gap": 0.32, "far away": 7.0}
    assert all(value.shape == (3,) for value in means.values())
    for name, value in wanted.items():
        assert abs(means[name][0] - value) < 0.05


def test_answers_come_with_samples_first_and_seeds_second(monkeypatch):
    monkeypatch.setattr(experiment, "STEPS", 2)
    nets = experiment.train_on_gap(nn.ReLU, 0.5, n=7, seeds=range(2))
    answers = experiment.sampled(nets, samples=3)
    assert answers.shape == (3, 2, 161)
    assert answers.std(0).max() > 0


def test_the_penalty_is_the_priors(monkeypatch):
    """Without data to speak of, weights go where σ²/(2N) ‖w‖² is least: to 0."""
    monkeypatch.setattr(experiment, "STEPS", 500)
    monkeypatch.setattr(experiment, "NOISE", 30.0)
    nets = experiment.train_on_gap(nn.Tanh, 0.0, n=5, seeds=range(1))
    weights = torch.cat([w.flatten() for w in nets[0].parameters()])
    assert weights.abs().max() < 0.05
