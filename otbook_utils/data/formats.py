"""Reading the published files.

No format here can carry code: IDX, the binary CIFAR archive and MATLAB 5 files hold arrays only,
and nothing is extracted to disk. (CIFAR's Python archive holds pickles, which run what they say.)
"""

import gzip
import math
import struct
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.io import loadmat

# What a file of ours may unpack to; the largest, SVHN for training, needs a quarter of it.
MOST_BYTES = 2**30

IDX_UINT8 = 0x08


def read_idx(path: Path) -> np.ndarray:
    """Return the uint8 array in a gzipped IDX file.

    Raises ValueError if the bytes are not those of a whole IDX file of uint8 or more than
    `MOST_BYTES`, and OSError or EOFError if they are not gzip.

    Source: the format's description on the MNIST page (LeCun, Cortes and Burges).
    """
    with gzip.open(path) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it unpacks to more than {MOST_BYTES:,} bytes")
    if len(content) < 4 or content[:3] != bytes([0, 0, IDX_UINT8]):
        raise ValueError(
            f"not an IDX file of uint8: it begins with {content[:4].hex() or 'nothing'}"
        )
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError(f"the IDX header is cut off after {len(content)} bytes")
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise ValueError(f"an IDX file of shape {shape} with {len(content) - start} bytes of data")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def read_cifar10(path: Path, members: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return images (n, 32, 32, 3) and labels (n,), both uint8, of CIFAR-10's binary archive.

    members: the files in the archive to read, in this order.

    Raises ValueError if a member is missing or not a whole number of records, and tarfile.TarError,
    OSError or EOFError if the archive cannot be read.

    Source: Krizhevsky 2009 and the layout described on the CIFAR page (one label byte, then the
    red, the green and the blue plane).
    """
    found: dict[str, bytes] = {}
    with tarfile.open(path, "r:gz") as archive:
        for entry in archive:
            if entry.isfile() and entry.name in members:
                if entry.size > MOST_BYTES:
                    raise ValueError(f"{entry.name} unpacks to {entry.size:,} bytes")
                found[entry.name] = archive.extractfile(entry).read()
    missing = [name for name in members if name not in found]
    if missing:
        raise ValueError(f"the archive lacks {', '.join(missing)}")
    for name in members:
        if not found[name] or len(found[name]) % 3073:
            raise ValueError(f"{name} holds {len(found[name])} bytes, not a multiple of 3073")
    content = np.frombuffer(b"".join(found[name] for name in members), np.uint8)
    records = content.reshape(-1, 3073)
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)  # (n, 32, 32, 3)
    return np.ascontiguousarray(images), records[:, 0].copy()


def read_svhn(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return images (n, 32, 32, 3) and labels (n,), both uint8, of an SVHN cropped-digits file.

    The file calls the digit zero 10; here it is 0.

    Raises ValueError if the file does not hold `X` (32, 32, 3, n) and `y` of uint8, and whatever
    `scipy.io.loadmat` raises for a file that is not MATLAB 5.

    Source: Netzer et al. 2011, format 2.
    """
    content = loadmat(path, variable_names=["X", "y"])
    images, labels = content.get("X"), content.get("y")
    if images is None or labels is None:
        raise ValueError("the file lacks the arrays X and y")
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[:3] != (32, 32, 3):
        raise ValueError(f"X has the shape {images.shape} and type {images.dtype}")
    images = np.ascontiguousarray(images.transpose(3, 0, 1, 2))  # (n, 32, 32, 3)
    return images, (labels.ravel() % 10).astype(np.uint8)
