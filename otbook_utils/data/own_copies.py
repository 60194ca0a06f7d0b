"""Reading one's own copies of the data sets from the folder that `OTBOOK_DATA` names."""

import io
import math
import os
import stat
import zipfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pooch
from PIL import Image

from otbook_utils.data.dataset import DataError
from otbook_utils.data.formats import MOST_BYTES
from otbook_utils.data.sources import SPLITS, Arrays, FetchedSet

KINDS = ("x_{}", "y_{}", "{}_jpeg", "{}_offsets", "{}_labels")
NAMES = ("provenance", *(kind.format(split) for split in SPLITS for kind in KINDS))


def own_folder() -> Path | None:
    """Return the folder that `OTBOOK_DATA` names, or None where it is not set.

    Raises DataError if there is no such folder.
    """
    chosen = os.environ.get("OTBOOK_DATA")
    if not chosen:
        return None
    folder = Path(os.path.expanduser(chosen))
    try:
        reason = "" if stat.S_ISDIR(os.stat(folder).st_mode) else "this is none"
    except OSError as error:
        reason = str(error)
    if reason:
        raise DataError(
            f"{folder}: OTBOOK_DATA must name a folder with your own copies of the data sets "
            f"({reason}). Correct OTBOOK_DATA, or unset it to fetch the published files"
        )
    return folder


def own_path(name: str, folder: Path) -> Path | None:
    """Return the file in `folder` that holds the set `name`, or None.

    It is `<name>.npz`, or else `<name>_jpeg.npz`, which holds JPEG files packed end to end. A link
    counts even where it leads nowhere: whoever made it wants that copy, not a download.

    Raises DataError if the folder cannot be searched.
    """
    for path in (folder / f"{name}.npz", folder / f"{name}_jpeg.npz"):
        try:
            os.lstat(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise DataError(
                f"{folder} cannot be searched for {path.name}: {error}. Give yourself the right to "
                "(chmod u+rx), or unset OTBOOK_DATA to fetch the published files"
            ) from error
        return path
    return None


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

    Raises DataError if `path` is no regular file, or if anything that the file holds of either
    split is damaged, not as `layout` says, or larger than `MOST_BYTES` in all. Nothing in the file
    is unpickled.
    """
    try:
        # A pipe would keep us waiting for ever, and a device might never end.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ValueError("it is no regular file")
        content = _arrays(path)
        packed = f"{split}_jpeg" in content
        both = {part: (_decode if packed else _plain)(content, part, entry) for part in SPLITS}
        for x, y in both.values():
            _check(x, y, entry)
        digest = pooch.file_hash(str(path), alg="sha256")
    except Exception as error:  # zipfile, numpy and pillow raise nearly anything on a damaged file
        reason = str(error) or type(error).__name__
        raise DataError(
            f"{path} is damaged or not in the layout that is wanted: {reason}. Expected "
            f"{layout(entry)}. Put a good copy there, or remove it (or unset OTBOOK_DATA) to fetch "
            "the published files"
        ) from error
    title = content.get("provenance", entry.title + (" (JPEG copies)" if packed else ""))
    origin = f"own copy {path.name}, sha256:{digest}; not compared with the published files"
    return *both[split], f"{title}: {origin}"


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """Return what the archive holds under the names that we know, its checksums verified."""
    with zipfile.ZipFile(path) as archive:
        known = {name: f"{name}.npy" for name in NAMES if f"{name}.npy" in archive.namelist()}
        members = {name: archive.getinfo(member) for name, member in known.items()}
        size = sum(member.file_size for member in members.values())
        if size > MOST_BYTES:
            raise ValueError(f"it unpacks to {size:,} bytes, of which {MOST_BYTES:,} are allowed")
        return {name: _array(archive, member) for name, member in members.items()}


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{member.filename} is compressed as numpy never does")
    with archive.open(member) as file:
        # Asked for a number of bytes, zipfile unpacks no more, also where the archive's directory
        # lies about the size; then it compares the checksum.
        content = file.read(member.file_size)
    return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)


def _plain(content: dict[str, np.ndarray], split: str, entry: FetchedSet) -> Arrays:
    names = f"x_{split}", f"y_{split}"
    _refuse_missing(content, names)
    return content[names[0]], content[names[1]]


def _decode(content: dict[str, np.ndarray], split: str, entry: FetchedSet) -> Arrays:
    """Decode the JPEG files that lie end to end in `<split>_jpeg`, cut at `<split>_offsets`."""
    names = f"{split}_jpeg", f"{split}_offsets", f"{split}_labels"
    _refuse_missing(content, names)
    packed, cuts, labels = content[names[0]].tobytes(), content[names[1]], content[names[2]]
    if cuts.ndim != 1 or len(cuts) < 2 or cuts[0] != 0 or cuts[-1] != len(packed):
        raise ValueError(f"{split}_offsets do not cut {split}_jpeg into files")
    if len(cuts) * math.prod(entry.image_shape) > MOST_BYTES:
        raise ValueError(f"{split}_jpeg unpacks to more than {MOST_BYTES:,} bytes")
    height, width, *_ = entry.image_shape
    images = []
    for start, stop in pairwise(cuts):
        image = Image.open(io.BytesIO(packed[start:stop]), formats=["JPEG"])
        if image.size != (width, height):  # before it is decoded
            raise ValueError(f"{split}_jpeg holds an image of {image.size} pixels")
        images.append(np.asarray(image.convert("RGB")))
    return np.stack(images), labels


def _refuse_missing(content: dict[str, np.ndarray], names: Sequence[str]) -> None:
    missing = [name for name in names if name not in content]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")


def _check(x: np.ndarray, y: np.ndarray, entry: FetchedSet) -> None:
    if x.dtype != np.uint8 or x.ndim == 0 or x.shape[1:] != entry.image_shape or len(x) == 0:
        raise ValueError(f"its images have the shape {x.shape} and type {x.dtype}")
    if y.shape != (len(x),) or y.dtype.kind not in "iu":
        raise ValueError(f"it has labels of shape {y.shape} and type {y.dtype} for {len(x)} images")
    if y.min() < 0 or y.max() >= len(entry.classes):
        raise ValueError(f"it has labels from {y.min()} to {y.max()}")
