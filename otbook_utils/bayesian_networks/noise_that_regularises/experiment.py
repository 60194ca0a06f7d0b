"""Few digits and a network that can learn them by heart, under several kinds of noise."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from otbook_utils.bayesian_networks.dropout import GaussianDropout
from otbook_utils.data import load
from otbook_utils.training import SideBySide, State, train

SEEDS = range(10)
SEEN = 200  # images to train on for each seed, and as many to choose by
STEPS, BATCH = 300, 50
TEMPERATURES = torch.logspace(-0.5, 0.7, 49)

#: Name -> the layer that makes the noise, and the values among which validation chooses.
TREATMENTS = {
    "weight decay": (None, (0.3, 1.0)),  # 0.1 and 2 were tried: no seed chooses them
    "dropout": (nn.Dropout, (0.2, 0.35, 0.5)),
    "Gaussian dropout": (GaussianDropout, (0.2, 0.35, 0.5)),
}


class Scores(NamedTuple):
    """What a treatment reaches on test images: loss (nats), error (%), each (seeds,), and how.

    chosen: the value or values that validation chose, and for how many seeds each.
    calibrated: the loss after all logits of a network are divided by one temperature, fitted on its
    validation images; None where that was not done.
    """

    loss: Tensor
    error: Tensor
    chosen: str = ""
    calibrated: Tensor | None = None


def compare() -> dict[str, Scores]:
    """Return each treatment's scores on test images.

    Every choice is made for each seed by that seed's validation images alone: the value of a
    treatment by the loss after the last step, and for "stopping early" the epoch by the loss after
    each. "mean of sub-networks" are the networks of "dropout", with the noise on in prediction.
    """
    each = torch.arange(len(SEEDS))
    plain, tempered, _ = _run(None, 0.0)
    best = plain[:, 2].argmin(0)  # (seeds,)
    results = {
        "nothing": Scores(plain[-1, 0], plain[-1, 1], "", tempered),
        "stopping early": Scores(plain[best, 0, each], plain[best, 1, each], "epoch"),
    }
    for name, (noise, values) in TREATMENTS.items():
        curves, tempered, noisy = zip(*(_run(noise, value) for value in values), strict=True)
        last = torch.stack([curve[-1] for curve in curves])  # (values, 4, seeds)
        best = last[:, 2].argmin(0)
        counts = [(value, int((best == k).sum())) for k, value in enumerate(values)]
        chosen = ", ".join(f"{value:g} ({count})" for value, count in counts if count)
        own = torch.stack(tempered)[best, each]
        results[name] = Scores(last[best, 0, each], last[best, 1, each], chosen, own)
        if noise is nn.Dropout:
            loss, error = torch.stack(noisy)[best, :, each].T
            results["mean of sub-networks"] = Scores(loss, error, "the same")
    return results


def network(noise: type[nn.Module] | None, rate: float) -> nn.Module:
    """Return a classifier of digits with two hidden layers of 64 units, each followed by noise.

    >>> network(nn.Dropout, 0.2)(torch.zeros(3, 64)).shape
    torch.Size([3, 10])
    """
    noisy = [] if noise is None else [noise(rate)]
    first = [nn.Linear(64, 64), nn.ReLU(), *noisy]
    return nn.Sequential(*first, nn.Linear(64, 64), nn.ReLU(), *noisy, nn.Linear(64, 10))


def _run(noise: type[nn.Module] | None, value: float) -> tuple[Tensor, Tensor, Tensor | None]:
    """Train for all seeds; return a curve, and what the networks do at its end.

    The curve is (epochs, 4, seeds): test loss, error, validation loss, error. Then come the test
    loss after a temperature, (seeds,), and, for dropout, loss and error of the mean of
    sub-networks, (2, seeds).
    """
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
    validation = x[chosen_by], y[chosen_by]
    noisy = _mean_of_subnetworks(nets, *tests) if noise is nn.Dropout else None
    return torch.stack(curve), _tempered(nets, tests, validation), noisy


def _step(state: State, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    x, y = batch
    losses = _losses(state.nets.each(lambda net, x: net(x), x), y)
    state.optimizer.zero_grad()
    losses.sum().backward()
    state.optimizer.step()
    return {"loss": losses.mean()}


def _scores(nets: SideBySide, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return loss and error in percent without noise, (seeds,), for x (seeds, n, 64)."""
    logits = _logits(nets, x)
    return _losses(logits, y), 100 * (logits.argmax(-1) != y).float().mean(1)


def _tempered(
    nets: SideBySide, tests: tuple[Tensor, Tensor], chosen_by: tuple[Tensor, Tensor]
) -> Tensor:
    """Return the test loss (seeds,) of logits over the temperature that other images choose."""
    logits, others = _logits(nets, tests[0]), _logits(nets, chosen_by[0])
    by_heat = torch.stack([_losses(others / heat, chosen_by[1]) for heat in TEMPERATURES])
    heat = TEMPERATURES[by_heat.argmin(0)]  # (seeds,)
    return _losses(logits / heat[:, None, None], tests[1])


def _mean_of_subnetworks(nets: SideBySide, x: Tensor, y: Tensor, passes: int = 50) -> Tensor:
    """Return loss and error, (2, seeds), of the mean of the answers under fresh masks."""
    with torch.no_grad():
        each = [nets.each(lambda net, x: net(x).softmax(-1), x) for _ in range(passes)]
    mean = torch.stack(each).mean(0)
    return torch.stack([_losses(mean.log(), y), 100 * (mean.argmax(-1) != y).float().mean(1)])


def _logits(nets: SideBySide, x: Tensor) -> Tensor:
    nets.eval()
    with torch.no_grad():
        logits = nets.each(lambda net, x: net(x), x)
    nets.train()
    return logits


def _losses(logits: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(logits.transpose(1, 2), y, reduction="none").mean(1)


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
