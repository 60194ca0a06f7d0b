"""The article's experiment in full: fourteen losses on CIFAR-10 with three scarce classes.

`python -m otbook_utils reproduce imbalance` runs it; `load_results("imbalance")` reads what it
recorded. `imbalance-narrow` is the same table with a thin network and ten epochs: what two CPU
cores can do with the real images.
"""

import hashlib
import json
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import Any

import numpy as np
import torch
from torch import nn

from otbook_utils.data import Dataset, load
from otbook_utils.scarce_labels.long_tail import cut_classes
from otbook_utils.scarce_labels.losses import ClassBalancedLoss, FocalLoss
from otbook_utils.scarce_labels.weights import inverse_frequency_weights
from otbook_utils.training.batches import DeviceBatches
from otbook_utils.training.checkpoints import Checkpoint
from otbook_utils.training.engine import Engine, Evaluation, best_precision, open_fabric
from otbook_utils.training.provenance import environment
from otbook_utils.training.resnet import ResNet18
from otbook_utils.training.results import RunResult
from otbook_utils.training.seeds import seed_everything
from otbook_utils.training.sweeps import Run, Settings, Tell, steps_told

MINORITY = (1, 4, 6)  # automobile, deer, frog
MAJORITY = (0, 2, 3, 5, 7, 8, 9)
METRICS = ("majority", "minority", "all")
SEEDS = (0, 1, 2)
TEST_BATCH = 1000


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

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that tell recipes apart in folder names."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:8]


# A ResNet-18 an eighth as wide: 176,402 parameters in place of 11,173,962.
NARROW = Recipe(epochs=10, milestones=(6, 8), width=8)
RECIPES = {"imbalance": Recipe(), "imbalance-narrow": NARROW}


@dataclass(frozen=True)
class ImbalanceTable:
    """The table as a sweep: see `otbook_utils.training.sweeps.Table`.

    name: which of `RECIPES`. recipe: how its runs are trained; other than that of its name, it is
    a reduced trial.

    >>> table = ImbalanceTable()
    >>> len(table.runs()), table.images_of(Run("ce", 0))
    (42, 892800)
    """

    recipe: Recipe = Recipe()
    name: str = "imbalance"

    @property
    def reduced(self) -> bool:
        """Whether this is a trial, whose runs are not the table's."""
        return self.recipe != RECIPES[self.name]

    def trial(self, **changes: Any) -> "ImbalanceTable":
        """Return this table with those of `changes` to its recipe that are not None."""
        return replace(self, recipe=reduced_recipe(self.recipe, **changes))

    def runs(self, rows: tuple[str, ...] = (), seeds: tuple[int, ...] = SEEDS) -> list[Run]:
        """Return the runs of `rows` (by default all) with `seeds`, one seed after the other.

        Raises ValueError for a row that the table does not have.
        """
        known = [row.key for row in ROWS]
        unknown = [key for key in rows if key not in known]
        if unknown:
            raise ValueError(f"rows must be among {', '.join(known)}, got {', '.join(unknown)}")
        return [Run(key, seed) for seed in seeds for key in known if key in rows or not rows]

    def images_of(self, run: Run, epochs: int | None = None, steps: int = 0) -> int:
        """How many training images `epochs` epochs and `steps` steps show; by default all."""
        recipe = self.recipe
        n = 7 * 5000 + 3 * (recipe.scarce if row_of(run.row).cut else 5000)
        length = min(n // recipe.batch_size, recipe.steps or n)
        epochs = recipe.epochs if epochs is None else epochs
        return (epochs * length + steps) * recipe.batch_size

    def open(self, settings: Settings) -> "ImbalanceRunner":
        """Load CIFAR-10 and build the network on the GPU that `settings` names."""
        return ImbalanceRunner(self, settings, load("cifar10", "train"), load("cifar10", "test"))

    def owns(self, result: RunResult) -> bool:
        """Whether a result is of this table and recipe."""
        wanted = json.loads(json.dumps(asdict(self.recipe)))  # tuples as the lists of a file
        return result.table == self.name and wanted == {k: result.recipe.get(k) for k in wanted}

    def summary(self, result: RunResult) -> str:
        """The accuracies and the speed in a few words."""
        final, timing = result.final, result.timing
        return (
            f"majority {final['majority']:.2f}, minority {final['minority']:.2f}, all "
            f"{final['all']:.2f} % ({timing['wall_seconds']:.0f} s, "
            f"{timing['images_per_second']:,.0f} images/s)"
        )


def row_of(key: str) -> Row:
    """Return the row named `key`.

    >>> row_of("cb-0.99").article
    (89.45, 58.67, 80.22)
    """
    return next(row for row in ROWS if row.key == key)


class ImbalanceRunner:
    """Does runs of the table one after the other with one data set and one compiled network."""

    def __init__(
        self, table: ImbalanceTable, settings: Settings, train: Dataset, test: Dataset
    ) -> None:
        self.table, self.settings, self.recipe = table, settings, table.recipe
        self.data, self.test = train, test
        devices = [settings.gpu] if torch.cuda.is_available() else 1
        self.engine = Engine(
            ResNet18(len(train.classes), self.recipe.width),
            fabric=open_fabric(devices=devices),
            compile=settings.compile,
            exact=settings.exact,
        )
        self.environment = environment(self.engine.fabric.device) | {
            "precision": best_precision(),
            "compile": self.engine.compile_mode,
            "exact": settings.exact,
            "side_by_side": settings.side_by_side,
        }
        if self.engine.compile_mode:
            self._compile()

    def _compile(self) -> None:
        """Train and test on one batch each, so that no run's time holds that of the compiler."""
        batches, tests, counts = self._batches(ROWS[1], 0)
        optimizer, _ = self._start_afresh(0)
        self.engine.train(batches, row_of("ce").loss(counts), optimizer, epochs=1, steps=1)
        self.engine.evaluate(tests, len(counts))

    def train(self, run: Run, checkpoint: Checkpoint, tell: Tell) -> RunResult:
        """Do one run from its first step, or from its checkpoint, to its last."""
        began, started = time.perf_counter(), _now()
        row = row_of(run.row)
        batches, tests, counts = self._batches(row, run.seed)
        optimizer, scheduler = self._start_afresh(run.seed)
        identity = self._identity(row, run, counts)
        tell("begin", run.name, None)
        resumed, threads = [0, 0], torch.get_num_threads()

        def on_resume(epochs: int, steps: int) -> None:
            nonlocal threads
            # A resumed run takes the number of threads that it began with.
            resumed[:], threads = (epochs, steps), torch.get_num_threads()
            tell("resumed", run.name, self.table.images_of(run, epochs, steps))

        def after_epoch() -> dict[str, Any]:
            began = time.perf_counter()
            metrics = accuracies(self.engine.evaluate(tests, len(self.data.classes)))
            tell("epoch", run.name, metrics)
            return metrics | {"test_seconds": time.perf_counter() - began}

        history = self.engine.train(
            batches,
            row.loss(counts),
            optimizer,
            epochs=self.recipe.epochs,
            scheduler=scheduler,
            steps=self.recipe.steps,
            after_epoch=after_epoch,
            checkpoint=checkpoint,
            save_every=self.settings.save_every,
            run=identity,
            on_step=steps_told(tell, run),
            on_resume=on_resume,
        )
        timing = self._timing(run, history, time.perf_counter() - began)
        timing |= {"started": started, "finished": _now(), "resumed_at": resumed}
        environment = self.environment | {"threads": threads}
        return self._result(row, run, history, counts, timing, environment)

    def _batches(self, row: Row, seed: int) -> tuple[DeviceBatches, DeviceBatches, np.ndarray]:
        recipe, x, y, on = self.recipe, self.data.x, self.data.y, self.engine.fabric.device
        if row.cut:
            kept = cut_classes(y, {label: recipe.scarce for label in MINORITY}, seed)
            x, y = x[kept], y[kept]
        batches = DeviceBatches(
            x, y, recipe.batch_size, device=on, pad=recipe.pad, shuffle=True, seed=seed
        )
        n = recipe.test_images or len(self.test)
        tests = DeviceBatches(
            self.test.x[:n],
            self.test.y[:n],
            min(TEST_BATCH, n),
            device=on,
            mean=batches.mean,
            std=batches.std,
        )
        return batches, tests, np.bincount(y, minlength=len(self.data.classes))

    def _start_afresh(self, seed: int):
        """Give the (compiled) network new weights, and return a new optimizer and schedule."""
        recipe, engine = self.recipe, self.engine
        seed_everything(seed)
        # Drawn on the CPU, so that a seed begins with the same weights on every device.
        engine.model.load_state_dict(ResNet18(len(self.data.classes), recipe.width).state_dict())
        optimizer = torch.optim.SGD(
            engine.model.parameters(),
            lr=recipe.learning_rate,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            fused=engine.fabric.device.type == "cuda" or None,  # all 62 weights in one kernel
        )
        scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, recipe.milestones)
        return optimizer, scheduler

    def _identity(self, row: Row, run: Run, counts: np.ndarray) -> dict[str, Any]:
        """What makes this run this run: a checkpoint of any other is refused."""
        return {
            "table": self.table.name,
            "row": row.key,
            "seed": run.seed,
            "recipe": json.dumps(asdict(self.recipe)),
            "counts": counts.tolist(),
            "data": [self.data.source, self.test.source],
            "device": self.environment["device"],
            "precision": self.environment["precision"],
            "compile": self.environment["compile"],
            # Other kernels would go on with other last digits.
            "exact": self.environment["exact"],
            "torch": self.environment["versions"]["torch"],
        }

    def _timing(self, run: Run, history: list[dict], wall_here: float) -> dict[str, float]:
        training = sum(record["train_seconds"] for record in history)
        testing = sum(record["test_seconds"] for record in history)
        return {
            # Of the work that counts: what a killed process did after its last checkpoint does not.
            "wall_seconds": max(wall_here, training + testing),
            "train_seconds": training,
            "test_seconds": testing,
            "images_per_second": self.table.images_of(run) / training,
        }

    def _result(self, row: Row, run: Run, history, counts, timing, environment) -> RunResult:
        return RunResult(
            table=self.table.name,
            row=row.key,
            label=row.label,
            seed=run.seed,
            reduced=self.table.reduced,
            recipe=asdict(self.recipe)
            | {"network": "ResNet18", "parameters": _size(self.engine.model)}
            | {"optimizer": "SGD", "beta": row.beta, "gamma": row.gamma},
            history=tuple(history),
            final={key: history[-1][key] for key in METRICS},
            data={
                "train": self.data.source,
                "test": self.test.source,
                "counts": dict(zip(self.data.classes, counts.tolist(), strict=True)),
            },
            environment=environment,
            timing=timing,
        )


def accuracies(evaluation: Evaluation) -> dict[str, Any]:
    """Return percent right of the majority, the minority, all and each class.

    >>> right = torch.tensor([9, 1, 9, 9, 1, 9, 1, 9, 9, 9])
    >>> list(accuracies(Evaluation(right, torch.full((10,), 10))).items())[:3]
    [('majority', 90.0), ('minority', 10.0), ('all', 66.0)]
    """
    return {
        "majority": evaluation.accuracy(MAJORITY),
        "minority": evaluation.accuracy(MINORITY),
        "all": evaluation.accuracy(),
        "per_class": [evaluation.accuracy([label]) for label in range(len(evaluation.seen))],
    }


def reduced_recipe(recipe: Recipe, **changes: Any) -> Recipe:
    """Return `recipe` with those of `changes` that are not None; fewer epochs keep the schedule.

    >>> reduced_recipe(Recipe(), epochs=5).milestones
    (3, 4)
    """
    changes = {name: value for name, value in changes.items() if value is not None}
    epochs = changes.get("epochs", recipe.epochs)
    scaled = tuple(round(mark * epochs / recipe.epochs) for mark in recipe.milestones)
    return replace(recipe, **({"milestones": scaled} | changes))


def _size(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


# What `python -m otbook_utils reproduce` looks for in this module, by name.
TABLES = {name: ImbalanceTable(recipe, name) for name, recipe in RECIPES.items()}
