"""Every data set of the book behind one door: `load(name, split)`, and `load_text(name)` for texts.

Embedded (no network): digits, china, flower, two_moons, eight_gaussians. Fetched once into a cache
and checked against published checksums: mnist, fashion_mnist, cifar10, svhn. The environment
variable `OTBOOK_DATA` names a folder with one's own copies of the latter as `<name>.npz`, which are
preferred; `OTBOOK_CACHE` moves the cache.
"""

import gzip
import tarfile
import zlib

import numpy as np

from otbook_utils.data.dataset import DataError, Dataset
from otbook_utils.data.embedded import EMBEDDED
from otbook_utils.data.fetching import cache_folder, fetch
from otbook_utils.data.own_copies import layout, own_folder, own_path, read_own
from otbook_utils.data.sources import FETCHED, SPLITS
from otbook_utils.data.texts import Text, load_text

__all__ = ["DataError", "Dataset", "Text", "cache_folder", "load", "load_text", "names"]


def names() -> tuple[str, ...]:
    """Return the names that `load` knows, embedded ones first.

    >>> "digits" in names() and "cifar10" in names()
    True
    """
    return (*EMBEDDED, *FETCHED)


def load(name: str, split: str = "train") -> Dataset:
    """Return one split of a data set, with its provenance in `source`.

    name: one of `names()`. split: "train" or "test"; the two photographs have "train" alone.
    Images are uint8, (n, height, width) or (n, height, width, 3): 0 to 255, but 0 to 16 in digits.
    Toy sets are (n, 2) float32. Labels are int64.

    Raises ValueError for an unknown name or split, and DataError if a file is missing, truncated or
    altered; it names the file, what was expected and what to do. One's own copy of a set comes
    whole or not at all: something wrong with its test images is an error for its training images.

    >>> load("digits", "train").counts.sum().item()
    1437
    """
    if name not in names():
        raise ValueError(f"name must be one of {', '.join(names())}, got {name!r}")
    splits, generate = EMBEDDED.get(name, (SPLITS, None))
    if split not in splits:
        raise ValueError(f"split of {name} must be one of {', '.join(splits)}, got {split!r}")
    return generate(split) if generate else _load_fetched(name, split)


def _load_fetched(name: str, split: str) -> Dataset:
    entry, folder = FETCHED[name], own_folder()
    own = own_path(name, folder) if folder else None
    if own:
        x, y, source = read_own(own, entry, split)
    else:
        x, y, source = _read_published(name, split)
    return Dataset(name, split, x, y.astype(np.int64), entry.classes, source)


def _read_published(name: str, split: str) -> tuple[np.ndarray, np.ndarray, str]:
    entry = FETCHED[name]
    files = entry.files[split]
    try:
        paths = [fetch(file, cache_folder() / name) for file in files]
    except DataError as error:
        looked = f" ({own_folder()} has no {name}.npz)" if own_folder() else ""
        raise DataError(
            f"{error}; or put {name}.npz, {layout(entry)}, into a folder and name that folder in "
            f"OTBOOK_DATA{looked}"
        ) from error
    try:
        x, y = entry.read(paths, split)
    except (OSError, EOFError, ValueError, gzip.BadGzipFile, zlib.error, tarfile.TarError) as error:
        listed = ", ".join(map(str, paths))
        raise DataError(
            f"{listed} cannot be read although its checksum is the published one: {error}. Remove "
            "it and load again; if that does not help, report it"
        ) from error
    origin = "; ".join(f"{file.urls[0]} {file.checksum}" for file in files)
    return x, y, f"{entry.title}: {origin}"
