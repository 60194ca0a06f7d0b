"""Laws of reading the published formats."""

import gzip
import pickle
import struct

import numpy as np
import pytest
from genuine_files import (
    cifar10_bytes,
    cifar_archive,
    gzipped_idx,
    idx_bytes,
    images_and_labels,
    svhn_file,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from otbook_utils.data import formats


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def test_the_idx_header_is_the_documented_one():
    # MNIST's page: magic number 2051, then 60000, 28, 28 as big-endian 32-bit integers.
    header = idx_bytes(np.zeros((3, 28, 28), np.uint8))[:16]
    assert struct.unpack(">IIII", header) == (2051, 3, 28, 28)
    assert struct.unpack(">I", idx_bytes(np.zeros(3, np.uint8))[:4]) == (2049,)


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5)))
def test_idx_gives_back_what_was_written(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(gzipped_idx(array))
    assert np.array_equal(formats.read_idx(path), array)


@given(st.integers(0, 200))
def test_a_cut_off_idx_file_is_refused(tmp_path_factory, length):
    whole = idx_bytes(images_and_labels(2, (10, 10))[0])
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(gzip.compress(whole[:length]))
    with pytest.raises(ValueError, match="IDX"):
        formats.read_idx(path)


def test_an_idx_file_with_too_much_or_of_another_type_is_refused(path):
    whole = idx_bytes(np.arange(4, dtype=np.uint8))
    path.write_bytes(gzip.compress(whole + b"\0"))
    with pytest.raises(ValueError, match="with 5 bytes of data"):
        formats.read_idx(path)
    path.write_bytes(gzip.compress(bytes([0, 0, 0x0D, 1]) + whole[4:]))
    with pytest.raises(ValueError, match="not an IDX file of uint8"):
        formats.read_idx(path)


def test_a_cifar_record_is_a_label_and_three_planes(path):
    record = bytes([6]) + bytes([1]) * 1024 + bytes([2]) * 1024 + bytes([3]) * 1024
    image = np.broadcast_to(np.array([1, 2, 3], np.uint8), (1, 32, 32, 3))
    assert cifar10_bytes(image, np.array([6])) == record
    path.write_bytes(cifar_archive([("batch", image, np.array([6]))]))
    x, y = formats.read_cifar10(path, ["batch"])
    assert np.array_equal(x, image) and y.tolist() == [6]


def test_cifar_rows_come_before_columns(path):
    image = np.zeros((1, 32, 32, 3), np.uint8)
    image[0, 1, 0, 0] = 200  # second row, first column, red
    assert cifar10_bytes(image, np.array([0]))[1 + 32] == 200
    path.write_bytes(cifar_archive([("batch", image, np.array([0]))]))
    assert np.array_equal(formats.read_cifar10(path, ["batch"])[0], image)


def test_a_cifar_archive_without_a_batch_or_with_half_a_record_is_refused(path):
    x, y = images_and_labels(2, (32, 32, 3))
    path.write_bytes(cifar_archive([("one", x, y)]))
    with pytest.raises(ValueError, match="the archive lacks two"):
        formats.read_cifar10(path, ["one", "two"])
    path.write_bytes(cifar_archive([("one", x, y), ("two", x[:, :31], y)]))
    with pytest.raises(ValueError, match="two holds 5954 bytes, not a multiple of 3073"):
        formats.read_cifar10(path, ["one", "two"])


def test_svhn_calls_the_digit_zero_ten_and_puts_the_images_last(path):
    x, _ = images_and_labels(11, (32, 32, 3))
    y = np.arange(11) % 10
    path.write_bytes(svhn_file(x, y))
    images, labels = formats.read_svhn(path)
    assert np.array_equal(images, x) and np.array_equal(labels, y)


def test_a_file_that_unpacks_to_more_than_allowed_is_refused(path, monkeypatch):
    monkeypatch.setattr(formats, "MOST_BYTES", 5_000)
    path.write_bytes(gzipped_idx(np.zeros(4_992, np.uint8)))
    assert len(formats.read_idx(path)) == 4_992  # and 8 bytes of header
    path.write_bytes(gzipped_idx(np.zeros(4_993, np.uint8)))
    with pytest.raises(ValueError, match="unpacks to more than 5,000 bytes"):
        formats.read_idx(path)
    path.write_bytes(cifar_archive([("one", *images_and_labels(2, (32, 32, 3)))]))
    with pytest.raises(ValueError, match="one unpacks to 6,146 bytes"):
        formats.read_cifar10(path, ["one"])


def test_nothing_is_unpickled(path):
    class Trap:
        def __reduce__(self):
            return exec, ("raise SystemExit('unpickled')",)

    path.write_bytes(pickle.dumps(Trap()))
    for read in (formats.read_idx, formats.read_svhn, lambda p: formats.read_cifar10(p, ["one"])):
        with pytest.raises(Exception):  # noqa: B017  each library has its own error; none is SystemExit
            read(path)
