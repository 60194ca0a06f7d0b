"""What a training told of itself: a number a step for every name, and a record an epoch."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

# So many steps at most wait on the device to be read.
MOST_PENDING = 1000

Scalars = Mapping[str, torch.Tensor | float]


class History:
    """The scalars that `step` returned, by name, and one record an epoch.

    `history["loss"]` is (steps,) float64, NaN where a step did not return that name.
    `history.epochs` holds a dict an epoch: epoch (from 1), steps (done at its end), the mean of
    every scalar over the epoch's steps, seconds, and what `after_epoch` returned.

    >>> history = History()
    >>> history.add({"loss": torch.tensor(4.0)}), history.add({"loss": 2.0})
    (None, None)
    >>> record = history.finish_epoch(seconds=0.5)
    >>> history["loss"], record["loss"]
    (array([4., 2.]), 3.0)
    """

    def __init__(self, average: Callable[[torch.Tensor], torch.Tensor] | None = None) -> None:
        self.epochs: list[dict[str, Any]] = []
        self._columns: dict[str, list[float]] = {}
        self._pending: list[Scalars] = []  # still on the device
        self._read = 0  # steps in the columns
        self._before = 0  # steps before this epoch
        self._average = average  # over processes

    def add(self, scalars: Scalars) -> None:
        """Keep what one step returned; nothing is read from the device here.

        Raises TypeError unless it is a dict, and ValueError for values that are no scalars.
        """
        if not isinstance(scalars, Mapping):
            raise TypeError(
                "step must return a dict of named scalars, as {'loss': loss}, "
                f"got {type(scalars).__name__}"
            )
        self._pending.append({name: _scalar(name, value) for name, value in scalars.items()})
        if len(self._pending) == MOST_PENDING:
            self.read()

    def read(self) -> None:
        """Fetch what waits on the device.

        Raises FloatingPointError, which names the scalar and its step, if one is not finite.
        """
        names = [*self._columns, *(name for row in self._pending for name in row)]
        for name in dict.fromkeys(names):
            found = _numbers([row.get(name) for row in self._pending], self._average)
            for k, value in enumerate(found):
                if not math.isfinite(value) and name in self._pending[k]:
                    raise FloatingPointError(
                        f"{name} of step {self._read + k + 1} is {value}: the training diverged"
                    )
            self._columns.setdefault(name, [math.nan] * self._read).extend(found)
        self._read += len(self._pending)
        self._pending = []

    def finish_epoch(self, seconds: float) -> dict[str, Any]:
        """Return the record of the steps since the last one; more may be put into it."""
        self.read()
        record = {"epoch": len(self.epochs) + 1, "steps": self._read}
        for name, column in self._columns.items():
            values = [value for value in column[self._before :] if not math.isnan(value)]
            if values:
                record[name] = math.fsum(values) / len(values)
        self._before = self._read
        self.epochs.append(record | {"seconds": seconds})
        return self.epochs[-1]

    @property
    def names(self) -> list[str]:
        """The names of the scalars, in the order in which they came."""
        self.read()
        return list(self._columns)

    def __getitem__(self, name: str) -> np.ndarray:
        self.read()
        if name not in self._columns:
            raise KeyError(f"step returned {', '.join(self._columns) or 'nothing'}, not {name!r}")
        return np.array(self._columns[name])

    def __len__(self) -> int:
        return self._read + len(self._pending)

    def curves(self, most: int = 4, points: int = 200) -> dict[str, list[float]]:
        """Return the first `most` scalars as lists of at most `points` numbers, for a picture."""
        if self._average is None:  # of several processes, each reads at the same steps
            self.read()
        found = {}
        for name, column in list(self._columns.items())[:most]:
            numbers = [value for value in column if not math.isnan(value)]
            if numbers:
                stride = -(-len(numbers) // points)
                found[name] = numbers[::-stride][::-1]  # the newest is among them
        return found

    def state_dict(self) -> dict[str, Any]:
        """Return everything as tensors and plain containers."""
        self.read()
        columns = {
            name: torch.tensor(column, dtype=torch.float64)
            for name, column in self._columns.items()
        }
        return {"epochs": self.epochs, "columns": columns, "read": self._read, "on": self._before}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        self.epochs, self._pending = list(state["epochs"]), []
        self._columns = {name: column.tolist() for name, column in state["columns"].items()}
        self._read, self._before = state["read"], state["on"]

    def __repr__(self) -> str:
        last = {name: self[name][-1] for name in self.names if len(self)}
        told = "".join(f", {name} {value:.4g}" for name, value in last.items())
        return f"History({len(self)} steps, {len(self.epochs)} epochs{told})"


def _scalar(name: str, value: Any) -> torch.Tensor | float:
    if isinstance(value, torch.Tensor):
        if value.numel() != 1:
            raise ValueError(
                f"step must return scalars, got {name} of the shape {tuple(value.shape)}"
            )
        return value.detach()  # no graph is kept
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"step must return scalars, got {name} = {value!r}") from None


def _numbers(column: list[torch.Tensor | float | None], average: Callable | None) -> list[float]:
    """Return a column as numbers, NaN where there is None; one transfer for all its tensors."""
    tensors = [value.reshape(()) for value in column if isinstance(value, torch.Tensor)]
    values = torch.stack(tensors) if tensors else torch.zeros(0)
    read = iter((average(values) if average and tensors else values).tolist())
    return [
        next(read) if isinstance(value, torch.Tensor) else math.nan if value is None else value
        for value in column
    ]
