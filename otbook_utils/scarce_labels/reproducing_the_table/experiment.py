"""The article's experiment in full: fourteen losses on CIFAR-10 with three scarce classes.

`python -m otbook_utils reproduce imbalance` runs it; `load_results("imbalance")` reads what it
recorded. `imbalance-narrow` is the same table with a thin network and ten epochs: what two CPU
cores can do with the real images.
"""

from dataclasses import asdict
from functools import cache

import numpy as np

from otbook_utils.data import Dataset, load
from otbook_utils.experiments import Experiment, Outcome, Run
from otbook_utils.scarce_labels.long_tail import cut_classes
from otbook_utils.scarce_labels.reproducing_the_table.table import (
    MINORITY,
    ROWS,
    Recipe,
    row_of,
    train_row,
)
from otbook_utils.scarce_labels.resnet import ResNet18
from otbook_utils.training import DeviceBatches, seed_everything

TEST_BATCH = 1000
# A ResNet-18 an eighth as wide: 176,402 parameters in place of 11,173,962.
NARROW = Recipe(epochs=10, milestones=(6, 8), width=8)


def one_run(run: Run) -> Outcome:
    """Train one row of the table with one seed."""
    row, recipe, (train, test) = row_of(run.row), Recipe(**run.recipe), _photographs()
    x, y = train.x, train.y
    if row.cut:
        kept = cut_classes(y, dict.fromkeys(MINORITY, recipe.scarce), run.seed)
        x, y = x[kept], y[kept]
    counts, on = np.bincount(y, minlength=len(train.classes)), run.device
    batches = DeviceBatches(
        x, y, recipe.batch_size, device=on, pad=recipe.pad, shuffle=True, seed=run.seed
    )
    n, shared = recipe.test_images or len(test), {"mean": batches.mean, "std": batches.std}
    tests = DeviceBatches(test.x[:n], test.y[:n], min(TEST_BATCH, n), device=on, **shared)
    seed_everything(run.seed)
    # Drawn on the CPU, so that a seed begins with the same weights on every device.
    model = ResNet18(len(train.classes), recipe.width)
    history = train_row(
        model,
        row.loss(counts),
        batches,
        tests,
        recipe,
        train=run.train,
        made_of={"counts": counts.tolist(), "data": [train.source, test.source]},
    )
    return Outcome(
        history=history,
        final={group: history.epochs[-1][group] for group in ("majority", "minority", "all")},
        data={
            "train": train.source,
            "test": test.source,
            "counts": dict(zip(train.classes, counts.tolist(), strict=True)),
        },
        recipe={"network": "ResNet18", "parameters": sum(p.numel() for p in model.parameters())}
        | {"optimizer": "SGD", "beta": row.beta, "gamma": row.gamma},
    )


@cache  # reading them takes as long as a minute of training
def _photographs() -> tuple[Dataset, Dataset]:
    return load("cifar10", "train"), load("cifar10", "test")


def _table(recipe: Recipe) -> Experiment:
    return Experiment(
        one_run,
        rows={row.key: row.label for row in ROWS},
        recipe=asdict(recipe),
        units=dict.fromkeys(("majority", "minority", "all", "per_class"), "%"),
    )


EXPERIMENTS = {"imbalance": _table(Recipe()), "imbalance-narrow": _table(NARROW)}
