"""Checkpoints that survive being killed: written whole or not at all, resumed to the last bit."""

import io
import os
import random
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from otbook_utils.files import sync_folder, write_atomically


class CheckpointError(RuntimeError):
    """A checkpoint is damaged or belongs to another run.

    The message names the file, what is wrong with it and what to do.

    >>> issubclass(CheckpointError, RuntimeError)
    True
    """


class Checkpoint:
    """The newest state of one run in a file, and the one before it beside that file.

    path: the newest; the one before is `previous`. Both hold tensors and plain containers alone and
    are read with `weights_only=True`, so that opening somebody else's checkpoint runs no code.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoint = Checkpoint(Path(folder, "run.ckpt"))
    ...     checkpoint.load() is None
    ...     checkpoint.save({"epoch": 3, "weights": torch.ones(2)})
    ...     checkpoint.load()["epoch"]
    True
    3
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)
        self.previous = self.path.with_name(self.path.name + ".previous")
        self._newest_is_damaged = False

    def save(self, state: Mapping[str, Any]) -> None:
        """Make `state` the newest checkpoint and keep the one before it.

        state: tensors, numbers, strings, None, and dicts, lists and tuples of those.
        """
        archive = io.BytesIO()
        torch.save(dict(state), archive)
        # A damaged file must not push out the good one before it.
        keep = None if self._newest_is_damaged else self.previous
        write_atomically(self.path, archive.getvalue(), keep=keep)
        self._newest_is_damaged = False

    def load(self) -> dict[str, Any] | None:
        """Return the newest state, or None if nothing was saved yet.

        Falls back, with a warning, on the checkpoint before where the newest is damaged: a run that
        is repeated from there ends with the same numbers.

        Raises CheckpointError if every checkpoint there is is damaged.
        """
        damage = []
        for path in (self.path, self.previous):
            if not path.exists():
                continue
            try:
                state = read_checkpoint(path)
            except CheckpointError as error:
                damage.append(str(error))
                continue
            if damage:
                warnings.warn(f"{damage[0]}. Going on from {path}, the one before", stacklevel=2)
                self._newest_is_damaged = True
            return state
        if damage:
            cure = "Remove both" if len(damage) == 2 else "Remove it"
            raise CheckpointError(f"{'; '.join(damage)}. {cure} to start the run again")
        return None

    def remove(self) -> None:
        """Remove what was saved: the run is over."""
        for path in (self.path, self.previous):
            path.unlink(missing_ok=True)
        if self.path.parent.is_dir():
            sync_folder(self.path.parent)

    def __repr__(self) -> str:
        return f"Checkpoint({str(self.path)!r})"


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the state in one checkpoint file, after checking every byte of it.

    Raises CheckpointError if the file is cut off, altered or no checkpoint.
    """
    try:
        content = path.read_bytes()
        _check_every_byte(content)
        state = torch.load(io.BytesIO(content), map_location=_where_it_was, weights_only=True)
        if not isinstance(state, dict):
            raise ValueError(f"it holds a {type(state).__name__}, not a dict")
    except Exception as error:  # a damaged archive raises nearly anything, inside torch too
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"checkpoint {path} is damaged ({reason})") from error
    return state


def _check_every_byte(content: bytes) -> None:
    """Raise unless the checksums inside the zip archive that torch.save makes hold.

    torch.load looks at none of them: it would read an altered weight without a word.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"the checksum of {damaged} inside it does not hold")


def _where_it_was(storage: torch.UntypedStorage, place: str) -> torch.UntypedStorage:
    """Leave on the CPU what was there, and what was on a GPU if there is none now."""
    return storage.cuda() if place.startswith("cuda") and torch.cuda.is_available() else storage


def random_state() -> dict[str, Any]:
    """Return the states of Python's, NumPy's and torch's generators, that of the GPU included.

    The result holds tensors and plain containers alone, so that a checkpoint can carry it.

    >>> before = random_state()
    >>> drawn = random.random(), np.random.rand(), torch.rand(1).item()
    >>> restore_random_state(before)
    >>> drawn == (random.random(), np.random.rand(), torch.rand(1).item())
    True
    """
    kind, keys, *rest = np.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": [kind, torch.from_numpy(keys.astype(np.int64)), *rest],
        "torch": torch.get_rng_state(),
        # This process's GPU alone: asking all of a machine's would take memory on each of them.
        "cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
    }


def restore_random_state(state: Mapping[str, Any]) -> None:
    """Put the generators back to what `random_state` returned.

    That of the GPU is restored where there is one now and was one then.
    """
    version, keys, cached = state["python"]
    random.setstate((version, tuple(keys), cached))
    kind, words, *rest = state["numpy"]
    np.random.set_state((kind, words.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    if state["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
