"""What `load` gives back, and what it raises."""

from dataclasses import dataclass

import numpy as np


class DataError(RuntimeError):
    """A data file is missing, damaged or not what it should be.

    The message names the file, what was expected of it and what to do.

    >>> issubclass(DataError, RuntimeError)
    True
    """


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """One split of a data set, with its provenance.

    name, split: what was asked for.
    x: (n, height, width) or (n, height, width, 3) uint8 for images, (n, 2) float32 for toy sets.
    y: (n,) int64 class labels from 0. classes: their names.
    source: where exactly the data came from (address and checksum), for the record of a run.

    >>> data = Dataset("toy", "train", np.zeros((2, 2)), np.array([0, 1]), ("a", "b"), "made up")
    >>> data
    Dataset(toy/train: x (2, 2) float64, 2 classes, source: made up)
    """

    name: str
    split: str
    x: np.ndarray
    y: np.ndarray
    classes: tuple[str, ...]
    source: str

    @property
    def counts(self) -> np.ndarray:
        """Examples per class: (classes,) int64."""
        return np.bincount(self.y, minlength=len(self.classes))

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name}/{self.split}: x {self.x.shape} {self.x.dtype}, "
            f"{len(self.classes)} classes, source: {self.source})"
        )
