"""The sets that are fetched: where they lie, and the checksums that others have published.

Every sha256 and size of a file to download was read in the checksum lists of TensorFlow Datasets
(github.com/tensorflow/datasets, `tensorflow_datasets/url_checksums/<set>.txt`: mnist,
fashion_mnist, cifar10, svhn_cropped). None was computed here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from otbook_utils.data import formats

SPLITS = ("train", "test")
DIGITS = tuple("0123456789")
CLOTHES = "T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot"
THINGS = "airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck"
Arrays = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class RemoteFile:
    """A file to download: its name, size, published checksum, and the addresses that have it."""

    name: str
    size: int
    checksum: str
    urls: tuple[str, ...]


@dataclass(frozen=True)
class FetchedSet:
    """A data set to fetch, and how its files are read.

    title: what reports call it. image_shape: of one image. files: those that each split needs.
    read: paths of a split's files and the split -> images and labels.
    """

    title: str
    image_shape: tuple[int, ...]
    classes: tuple[str, ...]
    files: dict[str, tuple[RemoteFile, ...]]
    read: Callable[[Sequence[Path], str], Arrays]


def _idx_files(checksums: dict[str, tuple[int, str]], folders: Sequence[str]):
    """Return the images' and the labels' file of each split of a set in MNIST's layout."""
    files = {
        name: RemoteFile(name, size, f"sha256:{digest}", tuple(folder + name for folder in folders))
        for name, (size, digest) in checksums.items()
    }
    return {
        split: (files[f"{prefix}-images-idx3-ubyte.gz"], files[f"{prefix}-labels-idx1-ubyte.gz"])
        for split, prefix in (("train", "train"), ("test", "t10k"))
    }


def _read_idx_pair(paths: Sequence[Path], split: str) -> Arrays:
    return formats.read_idx(paths[0]), formats.read_idx(paths[1])


MNIST = FetchedSet(
    title="MNIST",
    image_shape=(28, 28),
    classes=DIGITS,
    files=_idx_files(
        {
            "train-images-idx3-ubyte.gz": (
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            "train-labels-idx1-ubyte.gz": (
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            "t10k-images-idx3-ubyte.gz": (
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        },
        folders=(
            # The first and the last are torchvision's mirrors, the second that of TensorFlow
            # Datasets; LeCun's own address often refuses, so it comes last.
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "http://yann.lecun.com/exdb/mnist/",
        ),
    ),
    read=_read_idx_pair,
)

FASHION_MNIST = FetchedSet(
    title="Fashion-MNIST",
    image_shape=(28, 28),
    classes=tuple(CLOTHES.split(", ")),
    files=_idx_files(
        {
            "train-images-idx3-ubyte.gz": (
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            "train-labels-idx1-ubyte.gz": (
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            "t10k-images-idx3-ubyte.gz": (
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        },
        folders=(
            # The authors' bucket, Keras' mirror, and the authors' repository.
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ),
    ),
    read=_read_idx_pair,
)

CIFAR10_MEMBERS = {
    "train": tuple(f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6)),
    "test": ("cifar-10-batches-bin/test_batch.bin",),
}
# The binary version: the Python version holds pickles, and nothing from outside is unpickled. The
# CIFAR page gives it the md5 c32a1d4ab5d03f1284b67883e8d87530.
CIFAR10_ARCHIVE = RemoteFile(
    name="cifar-10-binary.tar.gz",
    size=170_052_171,
    checksum="sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    urls=(
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        # Where the authors' page has moved to, and the mirror of Swift for TensorFlow.
        "https://cave.cs.toronto.edu/kriz/cifar-10-binary.tar.gz",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/cifar-10-binary.tar.gz",
    ),
)


def _read_cifar10(paths: Sequence[Path], split: str) -> Arrays:
    return formats.read_cifar10(paths[0], CIFAR10_MEMBERS[split])


CIFAR10 = FetchedSet(
    title="CIFAR-10",
    image_shape=(32, 32, 3),
    classes=tuple(THINGS.split(", ")),
    files={"train": (CIFAR10_ARCHIVE,), "test": (CIFAR10_ARCHIVE,)},
    read=_read_cifar10,
)


def _svhn_file(name: str, size: int, digest: str) -> RemoteFile:
    # No other host is known to publish these very files; the second address is the first by TLS.
    hosts = ("http://ufldl.stanford.edu", "https://ufldl.stanford.edu")
    urls = tuple(f"{host}/housenumbers/{name}" for host in hosts)
    return RemoteFile(name, size, f"sha256:{digest}", urls)


def _read_svhn(paths: Sequence[Path], split: str) -> Arrays:
    return formats.read_svhn(paths[0])


SVHN = FetchedSet(
    title="SVHN",
    image_shape=(32, 32, 3),
    classes=DIGITS,
    files={
        "train": (
            _svhn_file(
                "train_32x32.mat",
                182_040_794,
                "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
            ),
        ),
        "test": (
            _svhn_file(
                "test_32x32.mat",
                64_275_384,
                "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
            ),
        ),
    },
    read=_read_svhn,
)

FETCHED: dict[str, FetchedSet] = {
    "mnist": MNIST,
    "fashion_mnist": FASHION_MNIST,
    "cifar10": CIFAR10,
    "svhn": SVHN,
}
