"""Models trained for three seeds at once, on a curve in the plane and on small digits."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from otbook_utils.training import SideBySide, State, seed_everything, train

SEEDS = range(3)


def curve(n: int) -> Tensor:
    """Return n points (n, 2) near a curve from −1 to 1: seven in ten crowd on its left part.

    >>> curve(5).shape
    torch.Size([5, 2])
    """
    left = torch.rand(n) < 0.7
    along = torch.where(left, -0.5 + 0.12 * torch.randn(n), 0.45 + 0.2 * torch.randn(n))
    along = along.clamp(-1, 1)
    points = torch.stack([0.8 * along, 0.6 * torch.sin(math.pi * along)], dim=1)
    return points + 0.02 * torch.randn(n, 2)


class _WithLoss(nn.Module):
    """A model that answers a batch with its loss, as `SideBySide` can call nothing else of it."""

    def __init__(self, model: nn.Module, loss: Callable[[nn.Module, Tensor], Tensor]) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, x: Tensor) -> Tensor:
        return self.loss(self.model, x)


def train_trio(
    make: Callable[[], nn.Module],
    loss: Callable[[nn.Module, Tensor], Tensor],
    data: Tensor,
    *,
    steps: int,
    rate: float,
    batch: int = 64,
    warm_up: tuple[int, Callable[[nn.Module, Tensor], Tensor]] | None = None,
    watch: Callable[[nn.Module], dict[str, Any]] | None = None,
    records: int = 40,
    show: str = "three seeds",
) -> tuple[list[nn.Module], list[dict[str, Any]]]:
    """Train a model for each of three seeds by Adam; return the three, and records on the way.

    make: makes one model. loss: called as loss(model, x), with x (batch, ...) of `data`, returns
    a scalar. warm_up: how many steps another loss is used before, and which. watch: called with
    the first seed's model, before the first step and `records` times on the way; what it returns
    is a record.

    >>> def loss(model, x):
    ...     return (model(x) - 2 * x).square().mean()
    >>> models, frames = train_trio(lambda: nn.Linear(1, 1), loss, torch.randn(256, 1), steps=8,
    ...     rate=0.1, records=4, watch=lambda model: {"weight": model.weight.item()})
    >>> len(models), len(frames)
    (3, 5)
    """
    seed_everything(0)
    trio = SideBySide(lambda: _WithLoss(make(), loss), SEEDS)
    state = State(trio=trio, adam=torch.optim.Adam(trio.parameters(), lr=rate))

    def step(state: State, x: Tensor) -> dict[str, Tensor]:
        warm = warm_up is not None and state.steps_done < warm_up[0]
        state.trio.stacked.loss = warm_up[1] if warm else loss
        losses = state.trio.each(lambda model: model(x))
        state.adam.zero_grad()
        losses.sum().backward()  # each gets the gradient that it would have on its own
        state.adam.step()
        return {"loss": losses.mean()}

    def seen(state: State) -> dict[str, Any]:
        with torch.no_grad():
            return watch(state.trio[0].model) if watch else {}

    frames = [seen(state)]
    history = train(
        state,
        step,
        lambda: data[torch.randperm(len(data))].split(batch),
        steps=steps,
        steps_per_epoch=max(1, steps // records) if watch else None,
        after_epoch=seen if watch else None,
        show=show,
    )
    return [trio[k].model for k in SEEDS], [*frames, *history.epochs] if watch else []
