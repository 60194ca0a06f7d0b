"""What the chapter on two uncertainties trains and does not spell out: digits, and two LSTMs."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from otbook_utils.bayesian_networks import VariationalDropoutLSTM
from otbook_utils.data import load
from otbook_utils.training import SideBySide, train_side_by_side


def digits(split: str) -> tuple[Tensor, Tensor]:
    """Return the small digits of a split, (n, 64) from 0 to 1, and their labels (n,).

    >>> x, y = digits("test")
    >>> x.shape[1], float(x.max()), len(x) == len(y)
    (64, 1.0, True)
    """
    data = load("digits", split)
    return torch.tensor(data.x).flatten(1) / 16.0, torch.tensor(data.y)


def trained_on(x: Tensor, y: Tensor, seeds: Iterable[int], *, steps: int = 300) -> SideBySide:
    """Train a network with 64 hidden units on each set of (sets, n, 64) and (sets, n), by Adam.

    >>> networks = trained_on(torch.rand(2, 5, 64), torch.arange(5).expand(2, 5), [0, 1], steps=40)
    >>> tuple(networks(torch.rand(3, 64)).shape)
    (2, 3, 10)
    """
    networks, _ = train_side_by_side(
        lambda: nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)),
        lambda network, x, y: F.cross_entropy(network(x), y),
        [(x, y)],
        seeds=seeds,
        own_batches=True,
        optimizer=lambda weights: torch.optim.Adam(weights, lr=0.01),
        steps=steps,
    )
    return networks


class GatesMasked(nn.Module):
    """An LSTM that reads (time, batch, 1) with dropout on its state where it enters the gates.

    same_mask: one mask for each whole sequence, or a new one at every step. Returns (batch,).

    >>> tuple(GatesMasked(True)(torch.zeros(4, 3, 1)).shape)
    (3,)
    """

    def __init__(self, same_mask: bool, rate: float = 0.5, units: int = 24) -> None:
        super().__init__()
        self.lstm = VariationalDropoutLSTM(1, units, recurrent_dropout=rate, same_mask=same_mask)
        self.lstm.bias_ih.data[units : 2 * units] = 3.0  # begin by not forgetting
        self.leave = nn.Linear(units, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.leave(self.lstm(x)[0][-1])[:, 0]


class CellMasked(nn.Module):
    """An LSTM that reads (time, batch, 1) with new dropout masks on its *cell* at every step.

    Returns a logit for each sequence, (batch,). Masks stand also when it predicts.

    >>> tuple(CellMasked()(torch.zeros(4, 3, 1)).shape)
    (3,)
    """

    def __init__(self, rate: float = 0.5, units: int = 24) -> None:
        super().__init__()
        self.enter, self.carry = nn.Linear(1, 4 * units), nn.Linear(units, 4 * units)
        self.enter.bias.data[units : 2 * units] = 3.0  # begin by not forgetting
        self.leave = nn.Linear(units, 1)
        self.rate, self.units = rate, units

    def forward(self, x: Tensor) -> Tensor:
        h = c = x.new_zeros(x.shape[1], self.units)
        for now in self.enter(x):
            c = c * (torch.rand(c.shape) >= self.rate) / (1 - self.rate)
            gates = (now + self.carry(h)).chunk(4, -1)
            write, keep, show = (gates[i].sigmoid() for i in (0, 1, 3))
            c = keep * c + write * gates[2].tanh()
            h = show * c.tanh()
        return self.leave(h)[:, 0]
