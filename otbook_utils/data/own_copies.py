"""Reading one's own copies of the data sets from the folder that `OTBOOK_DATA` names."""

import hashlib
import io
import os
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pooch
from PIL import Image

from otbook_utils.data.dataset import DataError
from otbook_utils.data.sources import Arrays, FetchedSet

# In the JPEG copies of CIFAR-10 (quality 75) neighbouring pixels differ by 7 % more across the
# borders of the 8 x 8 blocks than just beside them; pixels that never were JPEG blocks do not.
JPEG_EXCESS = 0.03
JPEG_IMAGES = 2000

VERDICTS = {
    True: "identical to the published files",
    False: "pixels, labels or order differ from the published files",
    None: "not compared with the published files",
}


def own_folder() -> Path | None:
    """Return the folder that `OTBOOK_DATA` names, or None where it is not set.

    Raises DataError if there is no such folder.

    """
    chosen = os.environ.get("OTBOOK_DATA")
    if not chosen:
        return None
    folder = Path(os.path.expanduser(chosen))
    if not folder.is_dir():
        raise DataError(
            f"{folder}: OTBOOK_DATA must name a folder with your own copies of the data sets, and "
            "there is none. Correct OTBOOK_DATA, or unset it to fetch the published files"
        )
    return folder


def own_path(name: str, folder: Path) -> Path | None:
    """Return the file in `folder` that holds the set `name`, or None.

    It is `<name>.npz`, or else `<name>_jpeg.npz`, which holds JPEG files packed end to end. A link
    counts even where it leads nowhere: whoever made it wants that copy, not a download.

    """
    candidates = (folder / f"{name}.npz", folder / f"{name}_jpeg.npz")
    return next((path for path in candidates if os.path.lexists(path)), None)


def layout(entry: FetchedSet) -> str:
    """Say what a file with one's own copy of the set has to hold."""
    shape = ", ".join(["n", *map(str, entry.image_shape)])
    return (
        f"an .npz file with x_train and x_test ({shape}) uint8, and y_train and y_test (n,) "
        f"integer labels from 0 to {len(entry.classes) - 1}"
    )


def read_own(path: Path, entry: FetchedSet, split: str) -> tuple[np.ndarray, np.ndarray, str]:
    """Return images, labels and provenance of one split of one's own copy at `path`.

    A text `provenance` in the file is reported as the set's title.

    Raises DataError if any byte of the file is damaged or its arrays are not as `layout` says.
    Nothing in the file is unpickled.

    """
    try:
        _check_every_byte(path)
        with np.load(path, allow_pickle=False) as content:
            packed = f"{split}_jpeg" in content
            x, y = (_unpack if packed else _plain)(content, split)
            note = str(content["provenance"]) if "provenance" in content else None
        _check_arrays(x, y, entry)
    except Exception as error:  # zipfile, numpy and pillow raise nearly anything on a damaged file
        reason = str(error) or type(error).__name__
        raise DataError(
            f"{path} is damaged or not in the layout that is wanted: {reason}. Expected "
            f"{layout(entry)}. Put a good copy there, or remove it (or unset OTBOOK_DATA) to fetch "
            "the published files"
        ) from error
    same = is_published(entry, split, x, y)
    copies = packed or (same is False and shows_jpeg_blocks(x))
    title = note or entry.title + (" (JPEG copies)" if copies else "")
    digest = pooch.file_hash(str(path), alg="sha256")
    return x, y, f"{title}: own copy {path.name}, sha256:{digest}; {VERDICTS[same]}"


def _check_every_byte(path: Path) -> None:
    """Raise unless the checksums inside the zip archive hold for all its members."""
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"the checksum of {damaged} inside it does not hold")


def _plain(content: np.lib.npyio.NpzFile, split: str) -> Arrays:
    names = [f"{kind}_{part}" for kind in "xy" for part in ("train", "test")]
    missing = [name for name in names if name not in content]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")
    return content[f"x_{split}"], content[f"y_{split}"]


def _unpack(content: np.lib.npyio.NpzFile, split: str) -> Arrays:
    """Decode the JPEG files that lie end to end in `<split>_jpeg`, cut at `<split>_offsets`."""
    packed, cuts = content[f"{split}_jpeg"].tobytes(), content[f"{split}_offsets"]
    if cuts.ndim != 1 or len(cuts) < 2 or cuts[0] != 0 or cuts[-1] != len(packed):
        raise ValueError(f"{split}_offsets do not cut {split}_jpeg into files")
    images = [
        np.asarray(Image.open(io.BytesIO(packed[start:stop]), formats=["JPEG"]).convert("RGB"))
        for start, stop in pairwise(cuts)
    ]
    return np.stack(images), content[f"{split}_labels"]


def _check_arrays(x: np.ndarray, y: np.ndarray, entry: FetchedSet) -> None:
    if x.dtype != np.uint8 or x.ndim == 0 or x.shape[1:] != entry.image_shape or len(x) == 0:
        raise ValueError(f"its images have the shape {x.shape} and type {x.dtype}")
    if y.shape != (len(x),) or y.dtype.kind not in "iu":
        raise ValueError(f"it has labels of shape {y.shape} and type {y.dtype} for {len(x)} images")
    if y.min() < 0 or y.max() >= len(entry.classes):
        raise ValueError(f"it has labels from {y.min()} to {y.max()}")


def is_published(entry: FetchedSet, split: str, x: np.ndarray, y: np.ndarray) -> bool | None:
    """Return whether images and labels are, byte for byte and in order, the published ones.

    The bytes of the published files are written again from the arrays and their checksums compared
    with published ones; None where nobody published any.

    """
    if entry.pieces is None or entry.published is None:
        return None
    wanted = entry.published[split]
    pieces = entry.pieces(x, y)
    return len(pieces) == len(wanted) and all(
        hashlib.new(checksum.split(":")[0], piece).hexdigest() == checksum.split(":")[1]
        for piece, checksum in zip(pieces, wanted, strict=True)
    )


def shows_jpeg_blocks(x: np.ndarray) -> bool:
    """Return whether images (n, height, width, ...) show the 8 x 8 blocks of JPEG.

    Compares how much neighbouring pixels differ across the blocks' borders with how much they do
    one pixel to either side, over the first 2,000 images; in a few dozen, chance hides it.

    >>> shows_jpeg_blocks(np.zeros((10, 32, 32, 3), np.uint8))
    False
    """
    x = x[:JPEG_IMAGES].astype(np.int16)
    across, beside = 0.0, 0.0
    for axis in (1, 2):
        rest = tuple(k for k in range(x.ndim) if k != axis)
        steps = np.abs(np.diff(x, axis=axis)).mean(axis=rest)  # (height - 1,) or (width - 1,)
        borders = np.arange(7, len(steps) - 1, 8)
        across += steps[borders].sum()
        beside += (steps[borders - 1] + steps[borders + 1]).sum() / 2
    return bool(across > (1 + JPEG_EXCESS) * beside)
