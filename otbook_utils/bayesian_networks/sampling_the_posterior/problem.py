"""A regression so small that its true posterior can be computed, and what else needs it.

Five data sets are treated at once, each with its own chains or members: weights are (sets, k, 61).
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from otbook_utils.optimal_transport import wasserstein_1d
from otbook_utils.training import State, train

SETS, UNITS, NOISE = 5, 20, 0.2
WEIGHTS = 3 * UNITS + 1
GRID = torch.linspace(-4, 3.5, 61)
REGIONS = {
    "data": (GRID >= -3) & (GRID <= -1.5) | (GRID >= 0.5) & (GRID <= 2),
    "gap": (GRID > -1.5) & (GRID < 0.5),
    "outside": (GRID < -3) | (GRID > 2),
}


def data_sets() -> tuple[Tensor, Tensor]:
    """Return inputs and targets (sets, 20): ten places on either side of a gap, each set its own.

    >>> [tuple(part.shape) for part in data_sets()]
    [(5, 20), (5, 20)]
    """
    inputs, targets = [], []
    for seed in range(SETS):
        generator = torch.Generator().manual_seed(seed)
        left = torch.rand(10, generator=generator) * 1.5 - 3
        right = torch.rand(10, generator=generator) * 1.5 + 0.5
        x = torch.cat([left, right])
        inputs.append(x)
        targets.append(0.8 * torch.sin(2 * x) + NOISE * torch.randn(20, generator=generator))
    return torch.stack(inputs), torch.stack(targets)


def function(w: Tensor, x: Tensor, mask: Tensor | float = 1.0) -> Tensor:
    """Return the net's outputs (..., n) at x (..., n) for weights w (..., 61).

    One hidden layer of 20 tanh units, scaled such that all weights have the prior N(0, 1).
    mask: a factor for each hidden unit, (..., 1, 20).
    """
    to, shift, out, bias = w.split([UNITS, UNITS, UNITS, 1], -1)
    hidden = torch.tanh(2 * to[..., None, :] * x[..., None] + 2 * shift[..., None, :])
    return (hidden * mask * out[..., None, :]).sum(-1) / math.sqrt(UNITS) + bias


def potential(w: Tensor, x: Tensor, y: Tensor, weight: float = 1.0) -> Tensor:
    """Return U(w) = −ln p(y | x, w) − ln p(w) up to a constant; weight is N/M for a batch."""
    misfit = (y - function(w, x)).square().sum(-1) / (2 * NOISE**2)
    return weight * misfit + w.square().sum(-1) / 2


def hamiltonian(
    x: Tensor, y: Tensor, *, chains: int = 16, kept: int = 80, burn_in: int = 60, leaps: int = 30
) -> tuple[Tensor, Tensor]:
    """Return draws (sets, chains, kept, 61) by Hamiltonian Monte Carlo, and the acceptance (sets,).

    Steps are adapted while burning in, then fixed (but for a jitter of a fifth), and each proposal
    is accepted or refused by Metropolis and Hastings: the posterior is stationary, exactly.
    """
    generator = torch.Generator().manual_seed(0)
    x, y = x[:, None], y[:, None]

    def slope(w: Tensor) -> tuple[Tensor, Tensor]:
        w = w.detach().requires_grad_()
        value = potential(w, x, y)
        return value.detach(), torch.autograd.grad(value.sum(), w)[0]

    # Wider than the prior, and so than the posterior where the data say little.
    w = 2 * torch.randn(len(x), chains, WEIGHTS, generator=generator)
    value, gradient = slope(w)
    size = torch.full((len(x), 1, 1), 0.02)
    draws, accepted = [], []
    for iteration in range(burn_in + kept):
        speed = torch.randn(w.shape, generator=generator)
        energy = value + speed.square().sum(-1) / 2
        step = size * (0.8 + 0.4 * torch.rand(len(x), chains, 1, generator=generator))
        place, force, level = w, gradient, value
        for _ in range(leaps):
            speed = speed - step / 2 * force
            place = place + step * speed
            level, force = slope(place)
            speed = speed - step / 2 * force
        chance = (energy - level - speed.square().sum(-1) / 2).clamp(max=0).exp().nan_to_num(0)
        take = torch.rand(chance.shape, generator=generator) < chance
        w = torch.where(take[..., None], place, w)
        gradient = torch.where(take[..., None], force, gradient)
        value = torch.where(take, level, value)
        if iteration < burn_in:
            size = size * torch.exp(0.15 * (chance.mean(1) - 0.85))[:, None, None]
        else:
            draws.append(w)
            accepted.append(chance.mean(1))
    return torch.stack(draws, 2), torch.stack(accepted).mean(0)


def r_hat(values: Tensor) -> Tensor:
    """Return Gelman and Rubin's statistic (sets, n) of values (sets, chains, draws, n); 1 is best.

    >>> independent = torch.randn(1, 8, 4000, 1, generator=torch.Generator().manual_seed(0))
    >>> round(r_hat(independent).item(), 2)
    1.0
    """
    draws = values.shape[2]
    within, between = values.var(2).mean(1), values.mean(2).var(1)
    return ((draws - 1) / draws + between / within).sqrt()


def run_chains(
    make: Callable[[list[Tensor]], torch.optim.Optimizer],
    loss: Callable[[Tensor], Tensor],
    w: Tensor,
    steps: int,
    every: int = 0,
) -> Tensor:
    """Move all weights w (sets, k, 61) by an optimiser; return what is kept: (sets, k', 61).

    loss: of the weights, (sets, k), its randomness drawn anew at each call. every: keep each
    `every`-th state of the second half; 0 keeps the last alone.
    """
    w = torch.nn.Parameter(w.clone())
    state = State(optimizer=make([w]), kept=[])

    def step(state: State, _: object) -> dict[str, Tensor]:
        value = loss(w)
        state.optimizer.zero_grad()
        value.sum().backward()
        state.optimizer.step()
        if every and state.steps_done >= steps // 2 and state.steps_done % every == 0:
            state.kept.append(w.detach().clone())
        return {"loss": value.mean()}

    train(state, step, [None], steps=steps)
    return torch.cat(state.kept, 1) if every else w.detach().clone()


def quantiles_of(mean: Tensor, deviation: Tensor, count: int = 200) -> Tensor:
    """Return `count` equally probable values of each normal law, (sets, count, n)."""
    level = (torch.arange(count) + 0.5) / count
    return mean[:, None] + deviation[:, None] * (2**0.5 * torch.erfinv(2 * level - 1))[:, None]


def distance(values: Tensor, truth: Tensor) -> Tensor:
    """Return the 1-Wasserstein distance (sets, n) at each input of (sets, k, n), (sets, k', n)."""
    return wasserstein_1d(values.transpose(1, 2), truth.transpose(1, 2), p=1)
