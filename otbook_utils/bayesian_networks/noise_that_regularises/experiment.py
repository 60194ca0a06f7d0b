"""Few digits and a network that can learn them by heart, under several kinds of noise."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from otbook_utils.bayesian_networks.dropout import GaussianDropout
from otbook_utils.data import load
from otbook_utils.training import SideBySide, State, train

SEEDS = range(10)
SEEN = 200  # images to train on for each seed, and as many to choose by
STEPS, BATCH = 300, 50

#: Name -> the layer that makes the noise, and the values among which validation chooses.
TREATMENTS = {
    "weight decay": (None, (0.3, 1.0, 2.0)),
    "dropout": (nn.Dropout, (0.2, 0.35, 0.5)),
    "Gaussian dropout": (GaussianDropout, (0.2, 0.35, 0.5)),
}


def compare() -> dict[str, tuple[Tensor, Tensor, str]]:
    """Return each treatment's loss (nats) and error (%) on test images, (seeds,), and its value.

    The value of a treatment is the one whose loss on the validation images, after the last step and
    in the mean over the seeds, is lowest. "stopping early" takes, for each seed, the epoch whose
    validation loss is lowest.
    """
    plain = _run(None, 0.0)
    best = plain[:, 2].argmin(0)  # (seeds,)
    each = torch.arange(len(SEEDS))
    results = {
        "nothing": (plain[-1, 0], plain[-1, 1], ""),
        "stopping early": (plain[best, 0, each], plain[best, 1, each], "by seed"),
    }
    for name, (noise, values) in TREATMENTS.items():
        runs = {value: _run(noise, value)[-1] for value in values}
        value = min(runs, key=lambda value: runs[value][2].mean().item())
        results[name] = (runs[value][0], runs[value][1], f"{value:g}")
    return results


def network(noise: type[nn.Module] | None, rate: float) -> nn.Module:
    """Return a classifier of digits with two hidden layers of 64 units, each followed by noise.

    >>> network(nn.Dropout, 0.2)(torch.zeros(3, 64)).shape
    torch.Size([3, 10])
    """
    noisy = [] if noise is None else [noise(rate)]
    first = [nn.Linear(64, 64), nn.ReLU(), *noisy]
    return nn.Sequential(*first, nn.Linear(64, 64), nn.ReLU(), *noisy, nn.Linear(64, 10))


def _run(noise: type[nn.Module] | None, value: float) -> Tensor:
    """Train for all seeds; return (epochs, 4, seeds): test loss, error, validation loss, error."""
    torch.manual_seed(1)  # the same batches for every treatment
    (x, y), (test_x, test_y) = _images("train"), _images("test")
    orders = [torch.randperm(len(x), generator=torch.Generator().manual_seed(s)) for s in SEEDS]
    rows = torch.stack(orders)
    seen, chosen_by = rows[:, :SEEN], rows[:, SEEN : 2 * SEEN]
    nets = SideBySide(lambda: network(noise, value), SEEDS)
    decay = 0.0 if noise else value
    optimizer = torch.optim.AdamW(nets.parameters(), lr=3e-3, weight_decay=decay)
    state = State(nets=nets, optimizer=optimizer)
    tests = test_x.expand(len(SEEDS), -1, -1), test_y.expand(len(SEEDS), -1)
    curve = []

    def look(state: State) -> None:
        pairs = tests, (x[chosen_by], y[chosen_by])
        curve.append(torch.stack([score for pair in pairs for score in _scores(state.nets, *pair)]))

    train(state, _step, _batches(x, y, seen), steps=STEPS, steps_per_epoch=20, after_epoch=look)
    return torch.stack(curve)


def _step(state: State, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    losses = state.nets.each(lambda net, x, y: F.cross_entropy(net(x), y), *batch)
    state.optimizer.zero_grad()
    losses.sum().backward()
    state.optimizer.step()
    return {"loss": losses.mean()}


def _scores(nets: SideBySide, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return loss and error in percent without noise, (seeds,), for x (seeds, n, 64)."""
    nets.eval()
    with torch.no_grad():
        logits = nets.each(lambda net, x: net(x), x)
    nets.train()
    losses = F.cross_entropy(logits.transpose(1, 2), y, reduction="none")
    return losses.mean(1), 100 * (logits.argmax(-1) != y).float().mean(1)


def _images(split: str) -> tuple[Tensor, Tensor]:
    data = load("digits", split)
    return torch.tensor(data.x).flatten(1).float() / 16, torch.tensor(data.y)


def _batches(x: Tensor, y: Tensor, seen: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield a batch for each seed, out of the images (seeds, n) that it may see, for ever."""
    generator = torch.Generator().manual_seed(0)
    while True:
        order = torch.rand(seen.shape, generator=generator).argsort(1)
        for places in order.split(BATCH, dim=1):
            rows = seen.gather(1, places)
            yield x[rows], y[rows]
