"""Networks that are trained with dropout on a sine with a gap, for many seeds at once."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from otbook_utils.bayesian_networks.dropout import mc_predict
from otbook_utils.bayesian_networks.toy_sets import NOISE, gap_regression
from otbook_utils.training import SideBySide, State, train

SEEDS = range(8)
RATE = 0.1
WIDTH = 32
STEPS = 800
REGIONS = {"where data lie": (1, 4), "in the gap": (0, 0.6), "far away": (6, 8)}  # of |x|


def network(activation: type[nn.Module], p: float) -> nn.Sequential:
    """Return a network with two hidden layers and dropout behind either.

    >>> network(nn.ReLU, 0.1)(torch.zeros(3, 1)).shape
    torch.Size([3, 1])
    """
    first = [nn.Linear(1, WIDTH), activation(), nn.Dropout(p)]
    return nn.Sequential(
        *first, nn.Linear(WIDTH, WIDTH), activation(), nn.Dropout(p), nn.Linear(WIDTH, 1)
    )


def train_on_gap(
    activation: type[nn.Module], p: float, n: int = 100, seeds: range = SEEDS
) -> SideBySide:
    """Train one network a seed on `gap_regression(n)`, with the penalty of the prior N(0, 1).

    The loss is σ²/N times the free energy, up to a constant: ½ mean square error, and
    σ²/(2N) times the squared weights, for those behind dropout over 1 − p. Batches of 100 at most.
    """
    x, y = gap_regression(n)
    generator = torch.Generator().manual_seed(1)

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            rows = torch.randperm(n, generator=generator)[:100]
            yield x[rows], y[rows]

    nets = SideBySide(lambda: network(activation, p), seeds)
    # Adam adds decay times w to the gradient: that of the penalty decay/2 times the squares.
    behind, others = [], []
    for name, value in nets.stacked.named_parameters():
        dropped = name.endswith("weight") and not name.startswith("0.")
        (behind if dropped else others).append(value)
    groups = [
        {"params": behind, "weight_decay": NOISE**2 / n / (1 - p)},
        {"params": others, "weight_decay": NOISE**2 / n},
    ]
    state = State(nets=nets, optimizer=torch.optim.Adam(groups, lr=5e-3))

    def step(state: State, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        x, y = batch
        errors = (state.nets(x) - y).square().mean((1, 2)) / 2  # (seeds,)
        state.optimizer.zero_grad()
        errors.sum().backward()
        state.optimizer.step()
        return {"loss": errors.mean()}

    train(state, step, batches(), steps=STEPS)
    return nets


GRID = torch.linspace(-8, 8, 161)


def sampled(nets: SideBySide, samples: int = 200) -> Tensor:
    """Return the answers on GRID without noise of the data: (samples, seeds, 161)."""
    return mc_predict(nets, GRID[:, None], samples)[..., 0]


def by_region(spread: Tensor) -> dict[str, Tensor]:
    """Return the mean over each region of something on GRID (..., 161): name -> (...)."""
    far = GRID.abs()
    return {name: spread[..., (far >= a) & (far <= b)].mean(-1) for name, (a, b) in REGIONS.items()}
