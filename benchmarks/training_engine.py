"""How many images a second does the training engine train on, against a plain loop? Run by hand:

    python benchmarks/training_engine.py --compile default off --side-by-side 1 2 4
    python benchmarks/training_engine.py --width 4 --batch-size 16 --steps 20   (a CPU: the path)

ResNet-18 at batch 128 on images of CIFAR's shape (random pixels: the time does not depend on them).
Plain loop: a DataLoader that crops and mirrors each image on the CPU in its own processes, float32,
no compilation, the loss read at every step; on a GPU also with TF32 in the convolutions, which
torch allows by default and which keeps 10 of float32's 23 bits. Engine: as `reproduce imbalance`
trains, with the costliest of its losses (plain: cross-entropy), in as many processes side by side
as asked for, all counted together. Times begin when every process has compiled and warmed up;
everything is measured in one call, and ratios are against its plain loops.
"""

import argparse
import gc
import json
import multiprocessing
import os
import time
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
import torch
from torch import nn

from otbook_utils.files import write_atomically
from otbook_utils.scarce_labels.losses import ClassBalancedLoss
from otbook_utils.training.batches import DeviceBatches, pixel_statistics
from otbook_utils.training.devices import device
from otbook_utils.training.engine import Engine
from otbook_utils.training.provenance import environment
from otbook_utils.training.resnet import ResNet18
from otbook_utils.training.seeds import seed_everything

TABLE_IMAGES = 38_563_200  # trained in 42 runs of the imbalance table
TABLE_TESTED = 42 * 25 * 10_000
TABLE_COUNTS = [5000, 250, 5000, 5000, 250, 5000, 250, 5000, 5000, 5000]


def random_images(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images (n, 32, 32, 3) uint8 and labels (n,)."""
    random = np.random.RandomState(0)
    return random.randint(256, size=(n, 32, 32, 3), dtype=np.uint8), random.randint(10, size=n)


def sgd(model: nn.Module, **settings) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, **settings)


class CpuImages(torch.utils.data.Dataset):
    """Images cropped, mirrored and normalised one by one on the CPU."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels = images, labels
        self.mean, self.std = (part[:, None, None] for part in pixel_statistics(images))

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, k: int) -> tuple[torch.Tensor, int]:
        x = torch.from_numpy(self.images[k]).permute(2, 0, 1).float() / 255  # (3, 32, 32)
        x = nn.functional.pad(x, (4, 4, 4, 4))
        row, column, flip = (int(torch.randint(high, ())) for high in (9, 9, 2))
        x = x[:, row : row + 32, column : column + 32]
        return ((x.flip(2) if flip else x) - self.mean) / self.std, int(self.labels[k])


def plain_loop(options: argparse.Namespace, loader_workers: int, tf32: bool) -> float:
    """Return the images a second of the loop that every tutorial has."""
    seed_everything(0)
    torch.backends.cudnn.allow_tf32 = tf32
    on, steps = device(), options.plain_steps
    images = random_images((steps + options.warm_up) * options.batch_size)
    loader = torch.utils.data.DataLoader(
        CpuImages(*images),
        options.batch_size,
        shuffle=True,
        num_workers=loader_workers,
        pin_memory=on.type == "cuda",
    )
    model, loss, total = ResNet18(width=options.width).to(on), nn.CrossEntropyLoss(), 0.0
    optimizer = sgd(model)
    for step, (x, y) in enumerate(loader):
        if step == options.warm_up:
            began = time.perf_counter()
        optimizer.zero_grad()
        value = loss(model(x.to(on)), y.to(on))
        value.backward()
        optimizer.step()
        total += value.item()
    return steps * options.batch_size / (time.perf_counter() - began)


def engine_worker(options, mode, ready, results) -> None:
    """Measure, and if that fails let the others not wait for this process."""
    try:
        measure_engine(options, mode, ready, results)
    except BaseException:
        ready.abort()
        raise


def measure_engine(options, mode, ready, results) -> None:
    """Train and test for a while when all are ready; put how long each took into `results`."""
    torch.set_num_threads(options.threads)
    engine = Engine(
        ResNet18(width=options.width),
        compile=False if mode == "off" else mode,
        exact=not options.fastest_kernels,
    )
    images, labels = random_images(options.steps * options.batch_size)
    batches = DeviceBatches(
        images, labels, options.batch_size, device=engine.fabric.device, pad=4, shuffle=True
    )
    tests = DeviceBatches(
        images[: options.tests],
        labels[: options.tests],
        min(1000, options.tests),
        device=engine.fabric.device,
    )
    optimizer = sgd(engine.model, fused=engine.fabric.device.type == "cuda" or None)

    loss = ClassBalancedLoss(TABLE_COUNTS, beta=0.999, gamma=1.0)

    def train(steps: int) -> float:
        began = time.perf_counter()
        engine.train(batches, loss, optimizer, epochs=1, steps=steps)
        return time.perf_counter() - began  # the end of an epoch waits for the device

    def test() -> float:
        began = time.perf_counter()
        engine.evaluate(tests, classes=10)
        return time.perf_counter() - began

    train(options.warm_up), test()
    ready.wait()
    trained = train(options.steps)
    ready.wait()
    tested = test()
    on_cuda = engine.fabric.device.type == "cuda"
    memory = torch.cuda.max_memory_reserved() / 2**30 if on_cuda else 0.0
    results.put((trained, tested, memory))


def side_by_side(options: argparse.Namespace, mode: str, count: int) -> dict:
    """Return what `count` processes together train and test on in a second."""
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(count), context.SimpleQueue()
    arguments = (options, mode, ready, results)
    workers = [context.Process(target=engine_worker, args=arguments) for _ in range(count)]
    for worker in workers:
        worker.start()
    running = {worker.sentinel: worker for worker in workers}
    while running:
        for ended in wait(list(running)):
            worker = running.pop(ended)
            worker.join()
            if worker.exitcode:  # killed, it cannot say so itself: the others would wait for ever
                ready.abort()
    if any(worker.exitcode for worker in workers):
        return {"mode": mode, "count": count, "failed": True}
    found = [results.get() for _ in workers]
    trained, tested, memory = (max(column) for column in zip(*found, strict=True))
    train_rate = count * options.steps * options.batch_size / trained
    test_rate = count * options.tests / tested
    return {
        "mode": mode,
        "count": count,
        "images_per_second": train_rate,
        "tested_per_second": test_rate,
        "gib_each": memory,
        "table_minutes": (TABLE_IMAGES / train_rate + TABLE_TESTED / test_rate) / 60,
    }


def show(plain: dict[str, float], row: dict) -> None:
    if "failed" in row:
        print(f"engine, compile={row['mode']}, {row['count']} side by side: FAILED (see above)")
        return
    ratios = ", ".join(f"{row['images_per_second'] / rate:.1f}" for rate in plain.values())
    print(
        f"engine, compile={row['mode']}, {row['count']} side by side: "
        f"{row['images_per_second']:,.0f} images/s, {ratios} x plain, "
        f"testing {row['tested_per_second']:,.0f}/s, {row['gib_each']:.1f} GiB each, "
        f"whole table in {row['table_minutes']:.1f} min",
        flush=True,
    )


def options_from_command_line() -> argparse.Namespace:
    cores = os.cpu_count() or 1
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--compile", nargs="+", metavar="MODE", help="modes of torch.compile, or off")
    add("--side-by-side", nargs="+", type=int, default=[1], metavar="N")
    add("--batch-size", type=int, default=128)
    add("--width", type=int, default=64)
    add("--steps", type=int, default=400, help="timed, of the engine")
    add("--plain-steps", type=int, help="timed, of the plain loop; by default a quarter")
    add("--warm-up", type=int, default=20)
    add("--tests", type=int, default=10_000, help="images to evaluate")
    add("--loader-workers", nargs="+", type=int, default=[2], metavar="N", help="of the plain loop")
    add("--threads", type=int, default=max(1, min(4, cores // 4)), help="of each engine process")
    add("--fastest-kernels", action="store_true")
    add("--json", type=Path, help="also write what was measured here")
    options = parser.parse_args()
    options.plain_steps = options.plain_steps or max(1, options.steps // 4)
    options.compile = options.compile or (["default"] if device().type == "cuda" else ["off"])
    options.tests = min(options.tests, options.steps * options.batch_size)
    return options


def main() -> None:
    options = options_from_command_line()
    where, on_cuda = environment(device()), device().type == "cuda"
    print(
        f"{where['device']}, torch {where['versions']['torch']}, ResNet-18 width {options.width}, "
        f"batch {options.batch_size}, exact={not options.fastest_kernels}",
        flush=True,
    )
    plain, rows = {}, []
    for tf32 in (False, True) if on_cuda else (False,):
        for workers in options.loader_workers:
            name = f"{workers} loader processes, {'TF32' if tf32 else 'float32'}"
            plain[name] = plain_loop(options, workers, tf32)
            print(f"plain loop, {name}: {plain[name]:,.0f} images/s", flush=True)
    gc.collect()
    for mode in options.compile:
        if mode != "off" and options.side_by_side[0] > 1:
            side_by_side(options, mode, 1)  # compiles: the others read its kernels
        for count in options.side_by_side:
            rows.append(side_by_side(options, mode, count))
            show(plain, rows[-1])
            write(options, where, plain, rows)


def write(options: argparse.Namespace, where: dict, plain: dict, rows: list[dict]) -> None:
    """Write all that was measured so far: what is stopped half-way has not been for nothing."""
    if options.json:
        asked = {name: str(value) for name, value in vars(options).items()}
        content = {"environment": where, "options": asked, "plain": plain, "engine": rows}
        write_atomically(options.json, json.dumps(content, indent=1).encode())


if __name__ == "__main__":
    main()
