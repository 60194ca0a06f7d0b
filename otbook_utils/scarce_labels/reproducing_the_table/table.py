"""The published table: its rows, its recipe, and how one row is trained and judged."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from otbook_utils import training
from otbook_utils.scarce_labels.losses import ClassBalancedLoss, FocalLoss
from otbook_utils.scarce_labels.weights import inverse_frequency_weights
from otbook_utils.training import DeviceBatches, History, State

MINORITY = (1, 4, 6)  # automobile, deer, frog
MAJORITY = (0, 2, 3, 5, 7, 8, 9)
SEEDS = (0, 1, 2)
CLASSES = 10


@dataclass(frozen=True)
class Row:
    """One line of the article's table.

    key: its name in file names. label: its name for readers. cut: whether the three classes are
    scarce. beta: of the class-balanced weights, "inverse" for inverse frequency, None for none.
    gamma: of the focal loss. article: percent right of majority, minority and all, as printed.
    """

    key: str
    label: str
    cut: bool
    beta: float | str | None
    gamma: float
    article: tuple[float, float, float]

    def loss(self, counts: np.ndarray) -> nn.Module:
        """Return the loss for classes with `counts` training images."""
        if self.beta == "inverse":
            return FocalLoss(self.gamma, inverse_frequency_weights(counts))
        if self.beta is not None:
            return ClassBalancedLoss(counts, self.beta, self.gamma)
        return FocalLoss(self.gamma) if self.gamma else nn.CrossEntropyLoss()


# "All" is as the article prints it; for five rows it is not 0.7 majority + 0.3 minority.
ROWS = (
    Row("balanced", "Cross-entropy, balanced data", False, None, 0.0, (90.23, 94.4, 91.4)),
    Row("ce", "Cross-entropy", True, None, 0.0, (87.93, 50.4, 76.5)),
    Row("inverse", "Inverse class frequency", True, "inverse", 0.0, (74.1, 74.67, 73.58)),
    Row("focal-1", "Focal, γ = 1", True, None, 1.0, (88.47, 55.03, 78.33)),
    Row("focal-1.5", "Focal, γ = 1.5", True, None, 1.5, (87.91, 53.56, 77.61)),
    Row("focal-2", "Focal, γ = 2", True, None, 2.0, (86.37, 49.53, 75.32)),
    Row("cb-0.9", "Class-balanced, β = 0.9", True, 0.9, 0.0, (88.66, 49.23, 76.83)),
    Row("cb-0.99", "Class-balanced, β = 0.99", True, 0.99, 0.0, (89.45, 58.67, 80.22)),
    Row("cb-0.999", "Class-balanced, β = 0.999", True, 0.999, 0.0, (86.76, 66.37, 80.64)),
    Row("cb-0.9999", "Class-balanced, β = 0.9999", True, 0.9999, 0.0, (80.94, 75.23, 79.23)),
    Row("cb-focal-0.9", "CB focal, β = 0.9, γ = 1", True, 0.9, 1.0, (88.67, 53.70, 78.18)),
    Row("cb-focal-0.99", "CB focal, β = 0.99, γ = 1", True, 0.99, 1.0, (89.42, 60.63, 80.60)),
    Row("cb-focal-0.999", "CB focal, β = 0.999, γ = 1", True, 0.999, 1.0, (85.11, 64.70, 78.99)),
    Row("cb-focal-0.9999", "CB focal, β = 0.9999, γ = 1", True, 0.9999, 1.0, (72.40, 62.67, 69.48)),
)


def row_of(key: str) -> Row:
    """Return the row named `key`.

    >>> row_of("cb-0.99").article
    (89.45, 58.67, 80.22)
    """
    return next(row for row in ROWS if row.key == key)


@dataclass(frozen=True)
class Recipe:
    """How one run is trained; the defaults are the article's.

    milestones: the epochs after which the learning rate is divided by ten.
    scarce: images kept of each minority class, drawn with the run's seed.
    pad: random crops from 4 black pixels around, and mirroring; the article does not say.
    steps: at most so many of each epoch. width: of the ResNet-18's first stage.
    test_images: how many to test on, from the first on; None for all.
    """

    epochs: int = 25
    milestones: tuple[int, ...] = (15, 20)
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    scarce: int = 250
    pad: int = 4
    width: int = 64
    steps: int | None = None
    test_images: int | None = None

    def __post_init__(self) -> None:
        if self.test_images is not None and self.test_images < 100:
            raise ValueError(
                "test_images must be at least 100, for every class to be among them, "
                f"got {self.test_images}"
            )


def train_row(
    model: nn.Module,
    loss: nn.Module,
    batches: DeviceBatches,
    tests: DeviceBatches,
    recipe: Recipe,
    train: Callable[..., History] = training.train,
    **how: Any,
) -> History:
    """Train a classifier as the recipe says; every epoch's record holds its `accuracies`.

    batches, tests: on the device where it is to be trained. train, how: the loop, and what else
    it is called with.
    """
    device = batches.images.device
    loss, model = loss.to(device), model.to(device)
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        fused=device.type == "cuda" or None,  # all 62 weights in one kernel
    )
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, recipe.milestones)
    state = State(model=model, optimizer=optimizer, scheduler=scheduler)

    def step(state: State, batch: tuple[torch.Tensor, torch.Tensor]) -> dict[str, torch.Tensor]:
        x, y = batch
        value = loss(state.model(x), y)
        state.optimizer.zero_grad(set_to_none=True)
        value.backward()
        state.optimizer.step()
        return {"loss": value}

    def after_epoch(state: State) -> dict[str, Any]:
        rate = float(state.optimizer.param_groups[0]["lr"])
        state.scheduler.step()
        return {"learning_rate": rate} | accuracies(state.model, tests)

    how = {"epochs": recipe.epochs, "steps_per_epoch": recipe.steps} | how
    return train(state, step, batches, after_epoch=after_epoch, **how)


@torch.no_grad()
def accuracies(model: nn.Module, tests: DeviceBatches) -> dict[str, Any]:
    """Return percent right of the majority, the minority, all and each class.

    It leaves the model in evaluation mode; one number is read from the device, at the end.

    >>> images, labels = np.zeros((10, 1, 1, 1), np.uint8), np.arange(10)
    >>> tests = DeviceBatches(images, labels, 5, mean=[0.0], std=[1.0])
    >>> always_automobile = nn.Sequential(nn.Flatten(), nn.Linear(1, 10))
    >>> _ = nn.init.constant_(always_automobile[1].bias[1:2], 9.0)
    >>> right = accuracies(always_automobile, tests)
    >>> right["majority"], round(right["minority"], 1), right["all"]
    (0.0, 33.3, 10.0)
    """
    model.eval()
    counts = torch.zeros(2, CLASSES, device=tests.labels.device)
    for x, y in tests.epoch(0):
        hits = (model(x).argmax(dim=1) == y).float()
        # Adding whole numbers below 2**24 in float32 is exact in any order.
        counts.index_add_(1, y, torch.stack([hits, torch.ones_like(hits)]))
    correct, seen = counts.long().tolist()

    def percent(labels: Iterable[int]) -> float:
        return 100 * sum(correct[k] for k in labels) / sum(seen[k] for k in labels)

    return {
        "majority": percent(MAJORITY),
        "minority": percent(MINORITY),
        "all": percent(range(CLASSES)),
        "per_class": [percent([label]) for label in range(CLASSES)],
    }
