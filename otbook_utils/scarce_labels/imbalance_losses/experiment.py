"""An imbalance small enough for a laptop: scikit-learn's digits with three scarce classes.

The recipe is the article's (25 epochs, batches of 128, SGD with momentum 0.9 and weight decay 5e-4,
learning rate 0.1, then 0.01 after 15 epochs and 0.001 after 20); images and network are smaller.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from otbook_utils.scarce_labels.long_tail import cut_classes
from otbook_utils.scarce_labels.losses import focal_terms
from otbook_utils.scarce_labels.small_digits import CLASSES, digit_sets, small_network
from otbook_utils.training import SideBySide

SCARCE = (1, 4, 6)
BATCH = 128
MILESTONES = (0.6, 0.8)  # of the epochs: 15 and 20 of 25

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True, eq=False)
class LongTail:
    """Digits of which some classes are scarce, and a test set that is not cut.

    x: (n, 64) float32 pixels from 0 to 1. y: (n,) int64 labels from 0 to 9.
    x_test, y_test: the same for the 360 digits held out. scarce: the classes that were cut.

    >>> cut_digits(keep=7, seed=0)
    LongTail(1022 digits, 7 of each of 1, 4, 6; 360 to test)
    """

    x: torch.Tensor
    y: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor
    scarce: tuple[int, ...]

    @property
    def counts(self) -> torch.Tensor:
        """Training digits per class: (10,) int64."""
        return torch.bincount(self.y, minlength=CLASSES)

    def __repr__(self) -> str:
        sizes = ", ".join(str(n) for n in sorted({int(self.counts[k]) for k in self.scarce}))
        classes = ", ".join(map(str, self.scarce))
        return (
            f"LongTail({len(self.y)} digits, {sizes} of each of {classes}; "
            f"{len(self.y_test)} to test)"
        )


@dataclass(frozen=True)
class GroupAccuracy:
    """Accuracy in per cent on the test digits of the scarce classes, of the others, and on all.

    >>> GroupAccuracy(minority=50.0, majority=90.0, all=78.0)
    GroupAccuracy(minority=50.0, majority=90.0, all=78.0)
    """

    minority: float
    majority: float
    all: float


def cut_digits(keep: int, seed: int, scarce: Sequence[int] = SCARCE) -> LongTail:
    """Return the digits with only `keep` training examples of each class in `scarce`.

    keep: from 0 to 145, the size of the smallest of the three. seed: decides which are kept.

    Raises ValueError for a `keep` that is not whole or more than there are.

    >>> cut_digits(keep=7, seed=0).counts.tolist()
    [142, 7, 142, 146, 7, 145, 7, 143, 139, 144]
    """
    train, test = digit_sets()
    kept = cut_classes(train.y, {int(k): keep for k in scarce}, seed)
    return LongTail(
        x=_pixels(train.x[kept]),
        y=torch.from_numpy(train.y[kept]),
        x_test=_pixels(test.x),
        y_test=torch.from_numpy(test.y),
        scarce=tuple(int(k) for k in scarce),
    )


def hold_out(data: LongTail, seed: int, scarce: int = 2, common: int = 30) -> LongTail:
    """Return `data` with some of its training digits held out, in place of its test digits.

    scarce, common: how many to hold out of each scarce and of each other class.
    seed: decides which. What is held out lies in `x_test` and `y_test`; the test set is not seen.

    Raises ValueError if that would leave a class without training digits.

    >>> hold_out(cut_digits(keep=7, seed=0), seed=0)
    LongTail(806 digits, 5 of each of 1, 4, 6; 216 to test)
    """
    generator = torch.Generator().manual_seed(seed)
    held = torch.zeros(len(data.y), dtype=torch.bool)
    for k, count in enumerate(data.counts.tolist()):
        many = scarce if k in data.scarce else common
        if many >= count:
            raise ValueError(f"class {k} has {count} digits, of which {many} cannot be held out")
        place = (data.y == k).nonzero().squeeze(1)
        held[place[torch.randperm(count, generator=generator)[:many]]] = True
    return LongTail(data.x[~held], data.y[~held], data.x[held], data.y[held], data.scarce)


def train_classifier(
    data: LongTail, loss: Loss, *, seed: int, epochs: int = 25, resample: bool = False
) -> nn.Module:
    """Return a network with one hidden layer of 64 units, trained with `loss` on logits.

    loss: called with logits (batch, 10) and labels (batch,). seed: of the first weights and of the
    order of the digits; it leaves torch's own generator alone.
    resample: let every epoch draw as many digits as there are, with replacement, each class
    equally likely (oversampling), where usually it shows each digit once.

    Raises ValueError if epochs is below 1.

    >>> data = cut_digits(keep=7, seed=0)
    >>> network = train_classifier(data, nn.CrossEntropyLoss(), seed=0, epochs=2)
    >>> network(data.x_test).shape
    torch.Size([360, 10])
    """
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    network = small_network(seed)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    milestones = [round(share * epochs) for share in MILESTONES]
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma=0.1)
    for _ in range(epochs):
        for batch in _order(Method(resample=resample), data, generator).split(BATCH):
            optimizer.zero_grad()
            loss(network(data.x[batch]), data.y[batch]).backward()
            optimizer.step()
        scheduler.step()
    return network.eval()


@dataclass(frozen=True)
class Method:
    """One way to treat rare classes: weights, the focal exponent, oversampling.

    weight: (10,) weights of the classes, or None for ones. gamma: the focal loss's exponent.
    resample: whether every class is drawn equally often.

    >>> Method(gamma=1.0)
    Method(weight=None, gamma=1.0, resample=False)
    """

    weight: torch.Tensor | None = None
    gamma: float = 0.0
    resample: bool = False


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The logits of one method's networks: train (seeds, n, 10) and test (seeds, 360, 10)."""

    train: torch.Tensor
    test: torch.Tensor


def train_methods(
    methods: Mapping[str, Method],
    data: Sequence[LongTail],
    *,
    epochs: int = 25,
    at: Iterable[int] = (),
) -> dict[int, dict[str, Snapshot]]:
    """Train every method on every set of digits, side by side: epoch -> name -> logits.

    data: one set a seed, all of the same size; seed k decides the first weights and the order of
    set k, which are the same for all methods. The recipe is that of `train_classifier`.
    at: epochs whose logits are kept beside those of the last.

    Raises ValueError if there is no method or no data, if epochs is below 1, or for an epoch in
    `at` that is not among 1 ... epochs.

    >>> runs = train_methods({"CE": Method()}, [cut_digits(7, seed) for seed in range(2)], epochs=1)
    >>> runs[1]["CE"].test.shape
    torch.Size([2, 360, 10])
    """
    if not methods or not data:
        raise ValueError(
            f"methods and data must not be empty, got {len(methods)} methods and {len(data)} sets"
        )
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    kept = {*at, epochs}
    if min(kept) < 1 or max(kept) > epochs:
        raise ValueError(f"at must hold epochs from 1 to {epochs}, got {sorted(kept)}")
    chosen = [(method, seed) for method in methods.values() for seed in range(len(data))]
    nets = SideBySide(lambda: small_network(torch.initial_seed()), [seed for _, seed in chosen])
    optimizer = torch.optim.SGD(nets.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    milestones = [round(share * epochs) for share in MILESTONES]
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma=0.1)
    x, y, x_test = (
        torch.stack([getattr(data[seed], name) for _, seed in chosen])
        for name in ("x", "y", "x_test")
    )
    weight = torch.stack([_weight_of(method) for method, _ in chosen])  # (networks, 10)
    gamma = torch.tensor([float(method.gamma) for method, _ in chosen])
    generators = [torch.Generator().manual_seed(seed) for _, seed in chosen]
    each = torch.arange(len(chosen))[:, None]
    found = {}
    for epoch in range(1, epochs + 1):
        order = torch.stack(
            [_order(m, data[s], g) for (m, s), g in zip(chosen, generators, strict=True)]
        )
        for batch in order.split(BATCH, dim=1):
            logits, target = nets.each(_call, x[each, batch]), y[each, batch]
            losses = focal_terms(
                logits.flatten(0, 1), target.flatten(), gamma.repeat_interleave(batch.shape[1])
            ).view(batch.shape)
            counted = weight.gather(1, target)  # (networks, batch)
            optimizer.zero_grad()
            # The sum over networks gives each the gradient that it would have on its own.
            ((counted * losses).sum(1) / counted.sum(1)).sum().backward()
            optimizer.step()
        scheduler.step()
        if epoch in kept:
            with torch.no_grad():
                logits = nets.each(_call, x), nets.each(_call, x_test)
            parts = (part.unflatten(0, (len(methods), len(data))) for part in logits)
            found[epoch] = {
                name: Snapshot(*pair) for name, *pair in zip(methods, *parts, strict=True)
            }
    return found


def _call(network: Loss, x: torch.Tensor) -> torch.Tensor:
    return network(x)


def _weight_of(method: Method) -> torch.Tensor:
    return torch.ones(CLASSES) if method.weight is None else method.weight.float()


def _order(method: Method, data: LongTail, generator: torch.Generator) -> torch.Tensor:
    if not method.resample:
        return torch.randperm(len(data.y), generator=generator)
    chances = 1.0 / data.counts.clamp(min=1)[data.y]  # (n,)
    return torch.multinomial(chances, len(data.y), replacement=True, generator=generator)


def group_scores(
    logits: torch.Tensor, data: Sequence[LongTail], part: str
) -> dict[str, np.ndarray]:
    """Return the per cent right on minority, majority and all: group -> (seeds,).

    logits: (seeds, n, 10). data: one set a seed. part: "train" or "test", which of its digits.

    Raises ValueError for any other part.

    >>> tails = [cut_digits(7, seed=0)]
    >>> perfect = nn.functional.one_hot(tails[0].y_test, 10)[None]
    >>> group_scores(perfect, tails, "test")["minority"].tolist()
    [100.0]
    """
    if part not in ("train", "test"):
        raise ValueError(f'part must be "train" or "test", got {part!r}')
    labels = torch.stack([one.y if part == "train" else one.y_test for one in data])
    hit = 100.0 * (logits.argmax(dim=2) == labels).double()  # (seeds, n)
    rare = torch.isin(labels, torch.tensor(data[0].scarce)).double()
    means = {"minority": rare, "majority": 1 - rare, "all": torch.ones_like(rare)}
    return {name: ((hit * m).sum(1) / m.sum(1)).numpy() for name, m in means.items()}


def group_accuracy(predicted: torch.Tensor, data: LongTail) -> GroupAccuracy:
    """Return how often `predicted` is right on the test digits, by group.

    predicted: (360,) labels, or (360, 10) scores of which the largest is taken.

    Raises ValueError for any other shape.

    >>> data = cut_digits(keep=7, seed=0)
    >>> group_accuracy(data.y_test, data).all
    100.0
    """
    predicted = torch.as_tensor(predicted)
    if predicted.ndim == 2:
        predicted = predicted.argmax(dim=1)
    if predicted.shape != data.y_test.shape:
        raise ValueError(
            f"predicted must have the shape {tuple(data.y_test.shape)}, "
            f"got {tuple(predicted.shape)}"
        )
    hit = 100.0 * (predicted == data.y_test).double()
    rare = torch.isin(data.y_test, torch.tensor(data.scarce))
    return GroupAccuracy(hit[rare].mean().item(), hit[~rare].mean().item(), hit.mean().item())


def _pixels(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images.reshape(len(images), -1).astype(np.float32) / 16)
