"""Batches, one after the other, that can be drawn again up to any step."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
import torch

Batches = Iterable[Any] | Callable[[], Iterable[Any]]


class Stream:
    """The batches of one epoch after the other, with random numbers of their own.

    batches: a list, a DataLoader, `DeviceBatches` or anything else that can be gone through again
    and again; a function without arguments that returns such a thing for each epoch; or an iterator
    without end, which goes on from epoch to epoch.
    seed: what `batches` draws from torch's generator comes from a stream of its own, which begins
    here. So a step's own draws do not change which batches follow, and the batches before a step
    can be drawn again without doing the steps.
    """

    def __init__(self, batches: Batches, seed: int) -> None:
        self.batches = batches
        self.inside = torch.Generator().manual_seed(seed).get_state()
        self.goes_on = isinstance(batches, Iterator)  # from one epoch into the next
        self.last: Any = None  # the newest batch
        self._iterator: Iterator[Any] | None = None

    def __len__(self) -> int:
        """Return the batches of an epoch; TypeError where `batches` has no length."""
        return len(self.batches)

    def draw(self, epoch: int) -> tuple[Any] | None:
        """Return the next batch of an epoch, in a tuple, or None if there is none."""
        if self._iterator is None:
            self.open(epoch)
        with self._own_numbers():
            for batch in self._iterator:
                self.last = batch
                return (batch,)
        return None

    def open(self, epoch: int, skip: int = 0) -> None:
        """Begin an epoch, and draw its first `skip` batches."""
        with self._own_numbers():
            if hasattr(self.batches, "epoch"):  # can begin anywhere without drawing what is before
                self._iterator = iter(self.batches.epoch(epoch, start=max(skip - 1, 0)))
                skip = min(skip, 1)
            else:
                again = self.batches() if callable(self.batches) else self.batches
                self._iterator = iter(again)
            for batch in islice(self._iterator, skip):
                self.last = batch

    def finish_epoch(self) -> None:
        """Let the next batch be the first of another epoch."""
        if not self.goes_on:
            self._iterator = None

    def random_state(self) -> dict[str, torch.Tensor]:
        """Return the states of the generators that the batches are drawn from."""
        return {"inside": self.inside} | {
            name: generator.get_state() for name, generator in self._generators().items()
        }

    def restore_random_state(self, state: Mapping[str, torch.Tensor]) -> None:
        """Put the generators back to what `random_state` returned."""
        self.inside = state["inside"]
        for name, generator in self._generators().items():
            generator.set_state(state[name])

    def _generators(self) -> dict[str, torch.Generator]:
        """Return the generator that a DataLoader and its sampler were given, if any."""
        loader, sampler = self.batches, getattr(self.batches, "sampler", None)
        found = {"loader": loader, "sampler": sampler}
        found = {name: getattr(owner, "generator", None) for name, owner in found.items()}
        return {name: g for name, g in found.items() if isinstance(g, torch.Generator)}

    @contextmanager
    def _own_numbers(self) -> Iterator[None]:
        generator = torch.default_generator
        outside = generator.get_state()
        generator.set_state(self.inside)
        try:
            yield
        finally:
            self.inside = generator.get_state()
            generator.set_state(outside)


def seed_of_stream(steps_done: int) -> int:
    """Return a seed for the stream of the batches, from torch's generator but not by a draw."""
    state = torch.get_rng_state().numpy().tobytes() + str(steps_done).encode()
    return int.from_bytes(hashlib.sha256(state).digest()[:6], "big")


def digest(batch: Any) -> str:
    """Return a digest of all numbers in a batch of tensors, arrays, lists, tuples and dicts.

    >>> digest([torch.ones(2)]) == digest([torch.ones(2)]), digest(torch.ones(2)) == digest(None)
    (True, False)
    """
    found = hashlib.sha256()
    _add(batch, found)
    return found.hexdigest()


def _add(value: Any, found: Any) -> None:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()
    if isinstance(value, np.ndarray | np.generic):
        found.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Mapping):
        _add(list(value.items()), found)
    elif isinstance(value, list | tuple):
        for part in value:
            _add(part, found)
    elif isinstance(value, int | float | str | bytes):
        found.update(repr(value).encode())
