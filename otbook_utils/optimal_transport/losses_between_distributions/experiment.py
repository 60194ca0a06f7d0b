"""The contest on overwritten digits, and what a batch of points costs on average."""

from collections.abc import Callable

import numpy as np
import ot
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor


def exact_costs(p: Tensor, q: Tensor, cost: Tensor) -> Tensor:
    """Return the mean transport cost from predictions to targets, exactly, for each seed.

    p, q: (seeds, n, classes) distributions. cost: (classes, classes), predicted in rows.

    Raises ValueError if p and q differ in shape.

    >>> p, q = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[0.5, 0.5]]])
    >>> exact_costs(p, q, torch.tensor([[0.0, 4.0], [1.0, 0.0]]))
    tensor([2.], dtype=torch.float64)
    """
    if p.shape != q.shape:
        raise ValueError(f"p must be {tuple(q.shape)} as q is, got {tuple(p.shape)}")
    C = cost.double().numpy()
    flat = [v.detach().double().flatten(0, 1).numpy() for v in (p, q)]
    each = [ot.emd2(a / a.sum(), b / b.sum(), C) for a, b in zip(*flat, strict=True)]
    return torch.tensor(each, dtype=torch.float64).reshape(p.shape[:2]).mean(1)


def named_both(p: Tensor, q: Tensor) -> Tensor:
    """Return for each seed the share of the mixed targets whose two classes p puts on top.

    p, q: (seeds, n, classes); targets q that have one class alone are not counted.

    >>> q = torch.tensor([[[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]])
    >>> named_both(torch.tensor([[[0.3, 0.6, 0.1], [0.5, 0.5, 0.0]]]), q)
    tensor([1.])
    """
    top = [v.topk(2).indices.sort().values for v in (p, q)]
    same, mixed = (top[0] == top[1]).all(-1), q.amax(-1) < 1  # (seeds, n)
    return (same & mixed).sum(1) / mixed.sum(1)


def fit_scale_and_bias(
    logits: Tensor,
    targets: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    *,
    steps: int = 100,
) -> Callable[[Tensor], Tensor]:
    """Return the map logits -> scale * logits + bias that has the least loss, for each seed.

    logits, targets: (seeds, n, classes), of images that were not trained on. The map has
    1 + classes numbers for each seed; 100 steps of Adam find them.

    >>> z, q = torch.zeros(1, 1, 2), torch.tensor([[[0.9, 0.1]]])
    >>> fitted = fit_scale_and_bias(z, q, torch.nn.CrossEntropyLoss())
    >>> bool(fitted(z).softmax(-1)[0, 0, 0] > 0.85)
    True
    """
    seeds, _, classes = logits.shape
    scale = torch.ones(seeds, 1, 1, requires_grad=True)
    bias = torch.zeros(seeds, 1, classes, requires_grad=True)
    optimiser = torch.optim.Adam([scale, bias], lr=0.05)
    logits = logits.detach()
    for _ in range(steps):
        mean = loss((scale * logits + bias).flatten(0, 1), targets.flatten(0, 1))
        optimiser.zero_grad()
        (seeds * mean).backward()  # each seed gets the gradient that it would have on its own
        optimiser.step()
    scale, bias = scale.detach(), bias.detach()
    return lambda z: scale * z + bias


def best_overlap(points: int, dimensions: int, *, repeats: int, seed: int = 0) -> float:
    """Return the mean over pairs of Gaussian batches of the best matching's mean inner product.

    points: in each batch. dimensions: of a point. repeats: pairs of batches.
    For equally many points of equal mass a plan is a matching, so that the mean squared transport
    cost between the batches is 2 * dimensions minus twice this number.

    >>> 0 < best_overlap(4, 2, repeats=50) < best_overlap(64, 2, repeats=50) < 2
    True
    """
    rng = np.random.default_rng(seed)
    overlaps = []
    for _ in range(repeats):
        z, y = rng.standard_normal((2, points, dimensions))
        inner = z @ y.T  # (points, points)
        overlaps.append(inner[linear_sum_assignment(-inner)].mean())
    return float(np.mean(overlaps))
