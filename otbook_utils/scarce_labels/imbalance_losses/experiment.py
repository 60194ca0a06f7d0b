"""A long tail small enough for a laptop: scikit-learn's digits with three scarce classes.

The recipe is the article's (25 epochs, batches of 128, SGD with momentum 0.9 and weight decay 5e-4,
learning rate 0.1, then 0.01 after 15 epochs and 0.001 after 20); images and network are smaller.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from otbook_utils.scarce_labels.long_tail import cut_classes
from otbook_utils.scarce_labels.small_digits import CLASSES, digit_sets, small_network

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
    chances = 1.0 / data.counts.clamp(min=1)[data.y]  # (n,)
    for _ in range(epochs):
        if resample:
            order = torch.multinomial(chances, len(data.y), replacement=True, generator=generator)
        else:
            order = torch.randperm(len(data.y), generator=generator)
        for batch in order.split(BATCH):
            optimizer.zero_grad()
            loss(network(data.x[batch]), data.y[batch]).backward()
            optimizer.step()
        scheduler.step()
    return network.eval()


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
