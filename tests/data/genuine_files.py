"""Small sets in the genuine formats, for the tests of reading and of fetching."""

import gzip
import hashlib
import io
import struct
import tarfile

import numpy as np
from scipy.io import savemat

from otbook_utils.data import sources


def images_and_labels(n, shape, seed=0):
    random = np.random.default_rng(seed)
    x = random.integers(256, size=(n, *shape), dtype=np.uint8)
    return x, random.integers(10, size=n, dtype=np.uint8)


def idx_bytes(array):
    """Return the bytes of the (uncompressed) IDX file that holds a uint8 array."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def gzipped_idx(array):
    return gzip.compress(idx_bytes(array), mtime=0)


def cifar10_bytes(images, labels):
    """Return the bytes of the binary batch that holds these images and labels."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)  # (n, 3072)
    return np.concatenate([labels.astype(np.uint8)[:, None], planes], axis=1).tobytes()


def cifar_archive(batches):
    """Return the bytes of a binary archive of CIFAR-10 with these (name, images, labels)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, images, labels in batches:
            content = cifar10_bytes(images, labels)
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def svhn_file(images, labels):
    """Return the bytes of an SVHN file: images last along the fourth axis, the digit zero as 10."""
    stream = io.BytesIO()
    y = np.where(labels == 0, 10, labels).astype(np.uint8)[:, None]
    savemat(stream, {"X": images.transpose(1, 2, 3, 0), "y": y}, do_compression=True)
    return stream.getvalue()


def remote(name, content, urls, algorithm="sha256"):
    digest = hashlib.new(algorithm, content).hexdigest()
    return sources.RemoteFile(name, len(content), f"{algorithm}:{digest}", tuple(urls))
