"""The comparison on digits: what each treatment does to the network, and who sees what."""

import pytest
import torch
from torch import nn

from otbook_utils.bayesian_networks.noise_that_regularises import experiment


@pytest.mark.parametrize("noise", [None, nn.Dropout])
def test_noise_stands_behind_both_hidden_layers(noise):
    net = experiment.network(noise, 0.3)
    rates = [layer.p for layer in net if isinstance(layer, nn.Dropout)]
    assert rates == ([] if noise is None else [0.3, 0.3])


def test_every_seed_sees_its_own_images_once_an_epoch():
    x = torch.arange(30.0)[:, None]
    seen = torch.stack([torch.arange(0, 10), torch.arange(20, 30)])
    batches = experiment._batches(x, torch.arange(30), seen)
    experiment_batch, experiment.BATCH = experiment.BATCH, 5
    try:
        epoch = [next(batches) for _ in range(2)]
    finally:
        experiment.BATCH = experiment_batch
    ours = torch.cat([y for _, y in epoch], dim=1)
    assert torch.equal(ours.sort(1).values, seen)
    assert all(torch.equal(x[..., 0].long(), y) for x, y in epoch)


def test_scores_are_taken_without_noise():
    torch.manual_seed(0)
    nets = experiment.SideBySide(lambda: experiment.network(nn.Dropout, 0.9), range(2))
    x, y = torch.rand(2, 7, 64), torch.randint(10, (2, 7))
    first, second = (experiment._scores(nets, x, y) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert nets.training
    wanted = nn.functional.cross_entropy(nets[1].eval()(x[1]), y[1])
    assert torch.isclose(first[0][1], wanted)


def test_a_temperature_helps_the_images_that_chose_it_and_none_is_among_the_choices():
    torch.manual_seed(0)
    nets = experiment.SideBySide(lambda: experiment.network(None, 0.0), range(2))
    pair = 9 * torch.rand(2, 30, 64), torch.randint(10, (2, 30))
    loss, _ = experiment._scores(nets, *pair)
    assert (experiment._tempered(nets, pair, pair) < loss).all()
    assert (experiment.TEMPERATURES - 1).abs().min() < 1e-6


def test_the_mean_of_networks_without_noise_is_the_network():
    nets = experiment.SideBySide(lambda: experiment.network(nn.Dropout, 0.0), range(2))
    pair = torch.rand(2, 7, 64), torch.randint(10, (2, 7))
    mean = experiment._mean_of_subnetworks(nets, *pair, passes=3)
    assert torch.allclose(mean, torch.stack(experiment._scores(nets, *pair)), atol=1e-5)
