"""What does `train` cost beside a bare loop, and how long does what a chapter imports take?

    python benchmarks/training.py                     (imports, and 50 steps of a tiny network)
    python benchmarks/training.py --network 8 --steps 20     (ResNet-18, an eighth as wide)

Seconds of the processor, not of the clock: others may be at work on the machine. Ratios are medians
over pairs of a bare and a packaged loop measured in turn. The network's loops see random images of
CIFAR's shape: "loader" is the loop of every tutorial, with a DataLoader that crops and mirrors one
image after the other, "bare" gets its batches from `DeviceBatches` as `train` does.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from otbook_utils.scarce_labels.resnet import ResNet18
from otbook_utils.training import DeviceBatches, State, device, seed_everything, train

IMPORTS = {
    "torch": "import torch",
    "torch, and an optimiser": "import torch; torch.optim.SGD([torch.zeros(1)], 0.1)",
    "training": "import otbook_utils.training",
    "load_results": "from otbook_utils.experiments import load_results",
    "torch, lightning-fabric": "import torch, lightning_fabric",
}


def processor_seconds(code: str, most: int = 3) -> float:
    """Return the least processor time of a new Python that does `code`."""
    found = []
    for _ in range(most):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def step(state: State, batch: tuple[torch.Tensor, torch.Tensor]) -> dict[str, torch.Tensor]:
    x, y = batch
    loss = nn.functional.cross_entropy(state.model(x), y)
    state.optimizer.zero_grad()
    loss.backward()
    state.optimizer.step()
    return {"loss": loss}


def tiny() -> tuple[State, list]:
    """Return a network of 114 parameters and 50 batches of 64 points."""
    seed_everything(0)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    x = torch.randn(50, 64, 2)
    state = State(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.01))
    return state, list(zip(x, (x.prod(2) > 0).long(), strict=True))


def bare(state: State, batches) -> list[float]:
    return [step(state, batch)["loss"].item() for batch in batches]


def packaged(state: State, batches) -> list[float]:
    return train(state, step, batches, epochs=1)["loss"].tolist()


def seconds(loop: Callable, state: State, batches) -> float:
    began = time.process_time()
    loop(state, batches)
    return time.process_time() - began


def compare(make: Callable, pairs: int) -> tuple[float, float]:
    """Return the bare loop's seconds and how many times as long `train` takes."""
    assert bare(*make()) == packaged(*make()), "both must do the same"
    found = [(seconds(bare, *make()), seconds(packaged, *make())) for _ in range(pairs)]
    return statistics.median(b for b, _ in found), statistics.median(p / b for b, p in found)


class OneByOne(Dataset):
    """Images cropped, mirrored and scaled one by one on the CPU."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, k: int) -> tuple[torch.Tensor, int]:
        x = torch.from_numpy(self.images[k]).permute(2, 0, 1).float() / 255  # (3, 32, 32)
        x = nn.functional.pad(x, (4, 4, 4, 4))
        row, column, flip = (int(torch.randint(high, ())) for high in (9, 9, 2))
        x = x[:, row : row + 32, column : column + 32]
        return x.flip(2) if flip else x, int(self.labels[k])


def network(options: argparse.Namespace) -> None:
    """Print how many images a second ResNet-18 is trained on."""
    on, size = device(), options.batch_size
    random, n = np.random.RandomState(0), options.steps * options.batch_size
    images = random.randint(256, size=(n, 32, 32, 3), dtype=np.uint8), random.randint(10, size=n)
    batches = DeviceBatches(*images, size, device=on, pad=4, shuffle=True)

    def on_device():
        for x, y in DataLoader(OneByOne(*images), size, shuffle=True, num_workers=2):
            yield x.to(on), y.to(on)

    def rate(loop: Callable, batches) -> float:
        seed_everything(0)
        model = ResNet18(width=options.network).to(on)
        state = State(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.01))
        loop(state, list(DeviceBatches(*images, size, device=on).epoch(0))[:2])  # warms up
        began = time.perf_counter()
        loop(state, batches)
        return n / (time.perf_counter() - began)

    torch.set_num_threads(options.threads)
    found = {"loader": rate(bare, on_device()), "bare": rate(bare, batches.epoch(0))}
    found["train"] = rate(packaged, batches)
    for name, images_per_second in found.items():
        ratio = images_per_second / found["loader"]
        print(f"ResNet-18 on {on}, {name}: {images_per_second:,.0f} images/s, {ratio:.2f} x loader")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", type=int, metavar="WIDTH", help="of a ResNet-18, instead")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--pairs", type=int, default=41)
    options = parser.parse_args()
    if options.network:
        return network(options)
    for name, code in IMPORTS.items():
        print(f"import {name}: {processor_seconds(code):.2f} s")
    base, ratio = compare(tiny, options.pairs)
    print(f"50 steps of a tiny network: bare {1e3 * base:.1f} ms, train {ratio:.2f} x as long")


if __name__ == "__main__":
    main()
