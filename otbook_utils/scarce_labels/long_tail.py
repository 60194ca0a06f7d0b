"""Making scarcity on purpose, and watching a class being covered."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch

Labels = TypeVar("Labels", np.ndarray, torch.Tensor, Sequence[int])


def cut_classes(labels: Labels, keep: Mapping[int, int], seed: int) -> np.ndarray | torch.Tensor:
    """Return the indices to keep so that each class named in `keep` has that many examples.

    labels: (n,) integer class labels, not negative; an array, a tensor or a list.
    keep: class -> number of examples to keep of it; classes that are not named stay whole.
    seed: a whole number from 0 to 2**32 - 1. What is kept of a class depends on the seed, that
    class and its labels alone, and a smaller number keeps a part of what a larger one keeps.
    Returns sorted int64 indices: a tensor on the labels' device for a tensor, else an array.

    Raises ValueError for labels that are not (n,) integers, a class that does not occur, a number
    that is negative, not whole or more than there are, and an impossible seed.

    Source: the set-up of the article that the chapter mirrors (three classes cut to 250 images).

    >>> labels = np.array([0, 1, 0, 1, 0, 1])
    >>> kept = cut_classes(labels, {1: 1}, seed=0)
    >>> labels[kept].tolist().count(0), labels[kept].tolist().count(1)
    (3, 1)
    """
    _check_whole("seed", seed, 2**32 - 1)
    values = _as_labels(labels)
    if not isinstance(keep, Mapping):
        raise ValueError(f"keep must map classes to numbers of examples, got {keep!r}")
    kept = np.ones(len(values), dtype=bool)
    for label, n in keep.items():
        places = np.flatnonzero(values == label)
        if len(places) == 0:
            raise ValueError(f"keep names class {label!r}, which does not occur in labels")
        _check_whole(f"keep[{label!r}]", n, len(places))
        # The stream of RandomState is frozen for good, that of default_rng is not: a recorded run
        # must find the same images again under a later NumPy.
        order = np.random.RandomState([seed, int(label)]).permutation(len(places))
        kept[places[order[n:]]] = False
    indices = np.flatnonzero(kept)
    if isinstance(labels, torch.Tensor):
        return torch.from_numpy(indices).to(labels.device)
    return indices


def count_covered(n: int, prototypes: int, *, repeats: int, seed: int) -> np.ndarray:
    """Return how many of `prototypes` equally likely prototypes the first 1, 2, ... n draws cover.

    n: draws. prototypes: how many there are. repeats: independent histories. seed: >= 0.
    Returns (repeats, n) int64; the mean over histories tends to `effective_number(1 ... n, beta)`
    with `beta = (prototypes - 1) / prototypes`.

    Raises ValueError unless n, prototypes and repeats are whole numbers of at least 1.

    Source: Cui et al. 2019, section 3.1 (covering by random samples).
    Taught in `book/scarce_labels/01_imbalance_losses.ipynb`.

    >>> count_covered(4, prototypes=1, repeats=2, seed=0).tolist()
    [[1, 1, 1, 1], [1, 1, 1, 1]]
    """
    for name, value in (("n", n), ("prototypes", prototypes), ("repeats", repeats)):
        _check_whole(name, value, None, least=1)
    draws = np.random.default_rng(seed).integers(prototypes, size=(repeats, n))
    new = np.zeros((repeats, n), dtype=np.int64)
    for history, drawn in zip(new, draws, strict=True):
        history[np.unique(drawn, return_index=True)[1]] = 1
    return new.cumsum(axis=1)


def _as_labels(labels: Labels) -> np.ndarray:
    values = labels.detach().cpu().numpy() if isinstance(labels, torch.Tensor) else labels
    values = np.asarray(values)
    if values.ndim != 1 or not np.issubdtype(values.dtype, np.integer):
        raise ValueError(
            "labels must be a vector of integers, "
            f"got an array of shape {values.shape} and type {values.dtype}"
        )
    if values.size and values.min() < 0:
        raise ValueError(f"labels must not be negative, got {values.min()}")
    return values


def _check_whole(name: str, value: int, most: int | None, least: int = 0) -> None:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        span = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} must be a whole number {span}, got {value!r}")
