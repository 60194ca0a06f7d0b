"""Scikit-learn's digits and a network that is large enough for them."""

import functools

import torch
from torch import nn

from otbook_utils.data import Dataset, load

CLASSES = 10
HIDDEN = 64


@functools.cache  # reading them takes as long as half a training
def digit_sets() -> tuple[Dataset, Dataset]:
    """Return scikit-learn's digits to train on and to test on, read once.

    >>> [len(part) for part in digit_sets()]
    [1437, 360]
    """
    return load("digits", "train"), load("digits", "test")


def small_network(seed: int) -> nn.Module:
    """Return a network with one hidden layer of 64 units for digits of 64 pixels, flat or not.

    Its first weights are torch's own, decided by `seed` alone; torch's generator is left alone.

    >>> small_network(0)(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        hidden, output = nn.Linear(64, HIDDEN), nn.Linear(HIDDEN, CLASSES)
        return nn.Sequential(nn.Flatten(), hidden, nn.ReLU(), output)
