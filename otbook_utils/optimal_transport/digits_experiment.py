"""Handwritten digits, hard to read, on which chapter 2 compares losses over several seeds.

All seeds are trained at once: tensors carry a leading dimension of seeds, each of which has its own
images, its own noise and its own parameters, so that ten small classifiers take as long as one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import one_hot

CLASSES, PIXELS = 10, 64

# The rarest digit has 174 images: 50 for training, 40 to choose settings on, 80 for the test.
VALIDATION_PER_CLASS, TEST_PER_CLASS = 40, 80
TEMPERATURES = torch.logspace(-1, 1, 41)

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, repr=False)
class Examples:
    """Images with what is to be predicted from them.

    images: (seeds, n, 64), ink from 0 to 1 plus noise.
    targets: (seeds, n) digits, or (seeds, n, 10) distributions over the digits.
    """

    images: Tensor
    targets: Tensor

    def __repr__(self) -> str:
        seeds, n, _ = self.images.shape
        return f"Examples({seeds} seeds x {n} images, targets {tuple(self.targets.shape)})"


@dataclass(frozen=True, repr=False)
class Task:
    """Three sets of examples that share no image within a seed."""

    train: Examples
    validation: Examples
    test: Examples

    def __repr__(self) -> str:
        return f"Task(train={self.train}, validation={self.validation}, test={self.test})"


@dataclass(frozen=True, repr=False)
class Verdicts:
    """How decisions fared against the truth.

    accuracy: (seeds,) share of right decisions. cost: (seeds,) mean cost of a decision.
    confusion: (seeds, 10, 10) share of the images, truth in rows and decision in columns.
    """

    accuracy: Tensor
    cost: Tensor
    confusion: Tensor

    def __repr__(self) -> str:
        accuracy, cost = self.accuracy.mean(), self.cost.mean()
        seeds = len(self.cost)
        return f"Verdicts({seeds} seeds, accuracy={accuracy:.3f}, cost={cost:.3f} on average)"


@dataclass(frozen=True, repr=False)
class Classifiers:
    """One small classifier a seed; call it on images (seeds, n, 64) for logits (seeds, n, 10)."""

    weights: tuple[Tensor, ...]  # each (seeds, inputs, outputs)
    biases: tuple[Tensor, ...]  # each (seeds, 1, outputs)

    def __call__(self, images: Tensor) -> Tensor:
        x = images  # (seeds, n, 64)
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, torch.relu(x) if layer else x, weight)
        return x  # (seeds, n, 10)

    def __repr__(self) -> str:
        sizes = [PIXELS, *(weight.shape[-1] for weight in self.weights)]
        return f"Classifiers({len(self.weights[0])} seeds, {'-'.join(map(str, sizes))})"


def noisy_digits(seeds: int, *, per_class: int = 50, noise: float = 0.3) -> Task:
    """Return scikit-learn's 8 x 8 digits under noise, with a fresh split and noise for each seed.

    seeds: how many. per_class: training images of each digit, at most 54.
    noise: standard deviation of the noise on each pixel, in units of full ink.

    Raises ValueError if per_class is outside 1 to 54 or noise is negative.

    Source of the images: Alpaydin and Kaynak 1998, https://doi.org/10.24432/C50P49.
    Taught in `book/optimal_transport/02_designing_losses.ipynb`.

    >>> noisy_digits(2).test
    Examples(2 seeds x 800 images, targets (2, 800))
    """
    _, labels = _digits()
    most = int(labels.bincount().min()) - VALIDATION_PER_CLASS - TEST_PER_CLASS
    if not 1 <= per_class <= most:
        raise ValueError(f"per_class must be from 1 to {most}, got {per_class}")
    if not noise >= 0:
        raise ValueError(f"noise must not be negative, got {noise}")
    ends = np.cumsum([0, per_class, VALIDATION_PER_CLASS, TEST_PER_CLASS])
    parts: list[list[tuple[Tensor, Tensor]]] = [[], [], []]
    for seed in range(seeds):
        generator = torch.Generator().manual_seed(seed)
        shuffled = [_shuffled((labels == k).nonzero().squeeze(1), generator) for k in range(10)]
        for part, begin, end in zip(parts, ends, ends[1:], strict=False):
            chosen = torch.cat([of_class[begin:end] for of_class in shuffled])
            part.append((_noisy(_digits()[0][chosen], noise, generator), labels[chosen]))
    return Task(*map(_stacked, parts))


def overwritten_digits(seeds: int, *, sheets: int = 300, noise: float = 0.2) -> Task:
    """Return pairs of digits written on top of each other, whose truth is half one, half other.

    seeds: how many. sheets: training images of each seed; as many again are for validation and for
    the test. noise: standard deviation on each pixel, in units of full ink.
    Targets are (seeds, n, 10) distributions: 1/2 on each digit, or 1 where both are the same.

    Raises ValueError if sheets is not positive or noise is negative.

    >>> overwritten_digits(1).train.targets.sum(-1).unique()
    tensor([1.])
    """
    if sheets < 1:
        raise ValueError(f"sheets must be positive, got {sheets}")
    if not noise >= 0:
        raise ValueError(f"noise must not be negative, got {noise}")
    images, labels = _digits()
    parts: list[list[tuple[Tensor, Tensor]]] = [[], [], []]
    for seed in range(seeds):
        generator = torch.Generator().manual_seed(seed)
        # Digits that were overwritten in training are not overwritten again in the test.
        pools = _shuffled(torch.arange(len(labels)), generator).chunk(3)
        for part, pool in zip(parts, pools, strict=True):
            pairs = pool[torch.randint(len(pool), (2, sheets), generator=generator)]
            ink = images[pairs].amax(0)  # (sheets, 64): a pixel is as dark as its darker stroke
            halves = one_hot(labels[pairs], CLASSES).float().mean(0)  # (sheets, 10)
            part.append((_noisy(ink, noise, generator), halves))
    return Task(*map(_stacked, parts))


def train_classifiers(
    examples: Examples,
    loss: Loss,
    *,
    hidden: int = 0,
    steps: int = 100,
    batch: int | None = None,
    learning_rate: float = 0.05,
    weight_decay: float = 3e-3,
) -> Classifiers:
    """Train one classifier for each seed by Adam, all at once.

    loss: takes logits (batch, 10) and targets (batch, …), returns their mean loss, as
    `torch.nn.CrossEntropyLoss()` and `TransportLoss(cost, epsilon)` do.
    hidden: units of the one hidden layer; 0 for a linear classifier.
    batch: images of each seed in a step; None for all of them.
    weight_decay: added to the gradient as in `torch.optim.Adam`, so that its weight is relative
    to the scale of the loss.

    Raises ValueError if hidden is negative, or steps or batch is not positive.

    Source of Adam: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980.
    Taught in `book/optimal_transport/02_designing_losses.ipynb`.

    >>> train_classifiers(noisy_digits(2).train, torch.nn.CrossEntropyLoss(), steps=1)
    Classifiers(2 seeds, 64-10)
    """
    if hidden < 0:
        raise ValueError(f"hidden must not be negative, got {hidden}")
    if steps < 1 or (batch is not None and batch < 1):
        raise ValueError(f"steps and batch must be positive, got {steps} and {batch}")
    seeds, n, _ = examples.images.shape
    generator = torch.Generator().manual_seed(seeds)
    model = _untrained(seeds, hidden, generator)
    parameters = [p.requires_grad_() for p in (*model.weights, *model.biases)]
    optimiser = torch.optim.Adam(parameters, lr=learning_rate, weight_decay=weight_decay)
    for _ in range(steps):
        chosen = slice(None) if batch is None else torch.randint(n, (batch,), generator=generator)
        logits = model(examples.images[:, chosen])  # (seeds, batch, 10)
        mean = loss(logits.flatten(0, 1), examples.targets[:, chosen].flatten(0, 1))
        optimiser.zero_grad()
        # The sum over seeds gives each classifier the gradient that it would have on its own.
        (seeds * mean).backward()
        optimiser.step()
    return Classifiers(
        *(tuple(p.detach() for p in group) for group in (model.weights, model.biases))
    )


def judge(decisions: Tensor, truth: Tensor, cost: Tensor) -> Verdicts:
    """Compare decisions with the truth.

    decisions, truth: (seeds, n) digits. cost: (10, 10), cost[i, j] of deciding i where j is true.

    Raises ValueError if the shapes differ.

    Taught in `book/optimal_transport/02_designing_losses.ipynb`.

    >>> judge(torch.tensor([[1, 1]]), torch.tensor([[1, 7]]), torch.ones(10, 10) - torch.eye(10))
    Verdicts(1 seeds, accuracy=0.500, cost=0.500 on average)
    """
    if decisions.shape != truth.shape:
        wanted, given = tuple(truth.shape), tuple(decisions.shape)
        raise ValueError(f"decisions must be {wanted} as truth is, got {given}")
    pairs = one_hot(CLASSES * truth + decisions, CLASSES**2).float().mean(1)  # (seeds, 100)
    return Verdicts(
        accuracy=(decisions == truth).float().mean(1),
        cost=cost[decisions, truth].mean(1),
        confusion=pairs.reshape(-1, CLASSES, CLASSES),
    )


def fit_temperature(logits: Tensor, labels: Tensor) -> Tensor:
    """Return for each seed the temperature that makes softmax(logits / temperature) most likely.

    logits: (seeds, n, 10). labels: (seeds, n), of images that were not trained on.
    Returns (seeds, 1, 1), the best of 41 values from 0.1 to 10.

    Source: Guo et al. 2017, https://arxiv.org/abs/1706.04599, section 4.2.
    Taught in `book/optimal_transport/02_designing_losses.ipynb`.

    >>> logits = torch.tensor([[[9.0, 0.0], [9.0, 0.0]]])  # very sure, and wrong half of the time
    >>> fit_temperature(logits, torch.tensor([[0, 1]])).item() > 5
    True
    """
    scaled = logits / TEMPERATURES[:, None, None, None]  # (41, seeds, n, 10)
    index = labels.expand(len(TEMPERATURES), *labels.shape)[..., None]
    likely = scaled.log_softmax(-1).gather(-1, index).squeeze(-1).mean(-1)  # (41, seeds)
    return TEMPERATURES[likely.argmax(0)][:, None, None]


@cache
def _digits() -> tuple[Tensor, Tensor]:
    """Return the 1,797 images as (1797, 64) ink from 0 to 1, and their labels."""
    digits = load_digits()
    return torch.tensor(digits.data / 16, dtype=torch.float32), torch.tensor(digits.target)


def _untrained(seeds: int, hidden: int, generator: torch.Generator) -> Classifiers:
    sizes = [PIXELS, hidden, CLASSES] if hidden else [PIXELS, CLASSES]
    # A linear classifier needs no noise to begin with; a hidden layer does, to break its symmetry.
    scales = [inputs**-0.5 if hidden else 0.0 for inputs in sizes[:-1]]
    shapes = list(zip(scales, sizes, sizes[1:], strict=False))
    return Classifiers(
        weights=tuple(
            scale * torch.randn(seeds, i, o, generator=generator) for scale, i, o in shapes
        ),
        biases=tuple(torch.zeros(seeds, 1, outputs) for _, _, outputs in shapes),
    )


def _shuffled(items: Tensor, generator: torch.Generator) -> Tensor:
    return items[torch.randperm(len(items), generator=generator)]


def _noisy(images: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    return images + noise * torch.randn(images.shape, generator=generator)


def _stacked(part: list[tuple[Tensor, Tensor]]) -> Examples:
    images, targets = zip(*part, strict=True)
    return Examples(torch.stack(images), torch.stack(targets))
