"""A training small enough to be killed many times, with everything that can go astray in it."""

import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from otbook_utils.files import write_atomically
from otbook_utils.training.batches import DeviceBatches
from otbook_utils.training.checkpoints import Checkpoint
from otbook_utils.training.engine import Engine, open_fabric
from otbook_utils.training.seeds import seed_everything

EPOCHS = 4


def images(n: int = 80, size: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return images (n, size, size, 3), brighter from class to class, and labels (n,)."""
    random = np.random.RandomState(seed)
    labels = np.arange(n) % 4
    x = random.randint(0, 120, size=(n, size, size, 3)) + 40 * labels[:, None, None, None]
    return x.astype(np.uint8), labels


def network(norm: bool = True) -> nn.Module:
    """Return a small convolutional network; `norm` adds batch norm and dropout."""
    extra = [nn.BatchNorm2d(8), nn.Dropout(0.2)] if norm else []
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), *extra, nn.ReLU(), nn.Flatten(), nn.Linear(8 * 64, 4)
    )


def weighted_loss() -> nn.Module:
    """Return a loss whose mean divides by the weights of the batch."""
    return nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 0.5, 4.0]))


def prepare(norm: bool = True, **engine_settings):
    """Return engine, optimizer, schedule and batches, the same at every call and on the CPU."""
    seed_everything(1)
    settings = {"fabric": open_fabric(accelerator="cpu")} | engine_settings
    engine = Engine(network(norm), **settings)
    optimizer = torch.optim.SGD(engine.model.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 3])
    batches = DeviceBatches(*images(), 16, pad=2, shuffle=True, seed=5)
    return engine, optimizer, scheduler, batches


def train(folder: str | None = None, pause: float = 0.0, on_step=None, **changes):
    """Train to the end, from the checkpoint in `folder` if there is one; return engine, history."""
    engine, optimizer, scheduler, batches = prepare()
    tests = DeviceBatches(*images(seed=9), 32, mean=batches.mean, std=batches.std)
    settings = {"epochs": EPOCHS, "save_every": 0.0, "run": {"name": "small"}} | changes
    history = engine.train(
        batches,
        weighted_loss(),
        optimizer,
        scheduler=scheduler,
        after_epoch=lambda: {"accuracy": engine.evaluate(tests, classes=4).accuracy()},
        checkpoint=Checkpoint(Path(folder, "run.ckpt")) if folder else None,
        on_step=on_step or (lambda images: time.sleep(pause)),
        **settings,
    )
    return engine, history


def numbers(engine: Engine, history: list[dict]) -> dict:
    """Return all that must not depend on being killed, exact: floats as hexadecimal digits."""
    records = [
        {key: float(value).hex() for key, value in record.items() if "seconds" not in key}
        for record in history
    ]
    weights = [tensor.double().sum().item().hex() for tensor in engine.model.state_dict().values()]
    return {"history": records, "weights": weights}


def train_and_write(folder: str, pause: float) -> None:
    """Train in a process of its own and leave the numbers in `folder` at the end."""
    torch.set_num_threads(1)
    found = numbers(*train(folder, pause))
    write_atomically(Path(folder, "numbers.json"), json.dumps(found).encode())
