"""How fast is a batch of transport problems with one shared cost? Run by hand:

    python benchmarks/sinkhorn.py [--problems 256] [--classes 100] [--epsilon 0.05]

Four kinds of cost, each scaled to a largest entry of 1. Times are the median of several runs on
one thread, of the processor and not of the clock, so that a busy machine disturbs them less;
ratios are against a loop over `ot.emd2` in the same run. In the tree, leaving a small group of
classes costs so much that Sinkhorn's steps crawl: there Newton's steps take over, and `ot.emd2`
is the faster.
"""

import argparse
import statistics
import time

import numpy as np
import ot
import torch

from otbook_utils.optimal_transport import sinkhorn


def costs(classes: int, rng: np.random.Generator) -> dict[str, torch.Tensor]:
    line = np.linspace(0, 1, classes)
    points = rng.normal(size=(classes, 2))
    leaf = np.arange(classes)
    levels = [(leaf[:, None] // size != leaf // size).astype(float) for size in (1, 10, 50)]
    kinds = {
        "random": rng.random((classes, classes)),
        "ordered": np.abs(line[:, None] - line),
        "squared distances": ot.dist(points, points),
        "tree": 0.1 * levels[0] + 0.4 * levels[1] + 0.5 * levels[2],
    }
    return {name: torch.tensor(cost / cost.max()) for name, cost in kinds.items()}


def median_seconds(runs: dict, repeats: int = 5) -> dict[str, float]:
    """Seconds of each run; they take turns, so that other work on the machine meets them alike."""
    times = {name: [] for name in runs}
    for turn in range(repeats + 1):
        for name, run in runs.items():
            start = time.process_time()
            run()
            if turn > 0:  # the first call pays for memory and caches
                times[name].append(time.process_time() - start)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=256)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--epsilon", type=float, default=0.05)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    a, b = (
        torch.tensor(rng.dirichlet(np.ones(arguments.classes), arguments.problems))
        for _ in range(2)
    )
    print(
        f"{arguments.problems} problems, {arguments.classes} classes, epsilon {arguments.epsilon}"
    )
    for name, cost in costs(arguments.classes, rng).items():
        compare(name, a, b, cost, arguments.epsilon)


def compare(name: str, a: torch.Tensor, b: torch.Tensor, cost: torch.Tensor, epsilon: float):
    batched_cost = cost.expand(len(a), *cost.shape).contiguous()
    masses = list(zip(a.numpy(), b.numpy(), strict=True))
    single = [x.float() for x in (a, b, cost)]

    def with_gradient():
        logits = a.log().float().requires_grad_()
        sinkhorn(logits.softmax(-1), single[1], single[2], epsilon).value.sum().backward()

    runs = {
        "loop over ot.emd2": lambda: [ot.emd2(x, y, cost.numpy()) for x, y in masses],
        "ot.batch.solve_batch": lambda: ot.batch.solve_batch(
            batched_cost, epsilon, a, b, max_iter=1000, tol=1e-6
        ),
        "sinkhorn float64": lambda: sinkhorn(a, b, cost, epsilon),
        "sinkhorn float32": lambda: sinkhorn(*single, epsilon),
        "sinkhorn float32 and backward": with_gradient,
    }
    seconds = median_seconds(runs)
    base = seconds["loop over ot.emd2"]
    print(f"\n{name} cost")
    for solver, time_taken in seconds.items():
        print(f"  {solver:32s}{1000 * time_taken:9.1f} ms   {base / time_taken:7.1f} x emd2")


if __name__ == "__main__":
    main()
