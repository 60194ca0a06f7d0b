"""Laws of reading one's own copies from the folder that OTBOOK_DATA names."""

import hashlib
import io
import os
import re
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from genuine_files import images_and_labels
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from otbook_utils.data import DataError, formats, load, sources
from otbook_utils.data.own_copies import is_published, shows_jpeg_blocks

REAL = os.environ.get("OTBOOK_DATA")


@pytest.fixture
def folder(tmp_path, monkeypatch, cache):
    """An empty folder of own copies, and no way to fetch anything."""
    monkeypatch.setenv("OTBOOK_DATA", str(tmp_path))
    for name, entry in sources.FETCHED.items():
        files = {
            split: tuple(replace(f, urls=("http://127.0.0.1:9/none",)) for f in entry.files[split])
            for split in sources.SPLITS
        }
        monkeypatch.setitem(sources.FETCHED, name, replace(entry, files=files))
    return tmp_path


def small(name, **changes):
    shape = sources.FETCHED[name].image_shape
    (x, y), (x_test, y_test) = (images_and_labels(n, shape, seed=n) for n in (9, 4))
    return {"x_train": x, "y_train": y, "x_test": x_test, "y_test": y_test} | changes


@pytest.mark.parametrize("name", list(sources.FETCHED))
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_own_copy_is_preferred_and_its_provenance_told(name, save, folder):
    arrays = small(name)
    save(folder / f"{name}.npz", **arrays)
    digest = hashlib.sha256((folder / f"{name}.npz").read_bytes()).hexdigest()
    for split in ("train", "test"):
        data = load(name, split)
        assert np.array_equal(data.x, arrays[f"x_{split}"])
        assert np.array_equal(data.y, arrays[f"y_{split}"]) and data.y.dtype == np.int64
        assert f"own copy {name}.npz, sha256:{digest}" in data.source
        verdict = "not compared with" if name == "svhn" else "differ from"
        assert f"{verdict} the published files" in data.source
        assert "JPEG" not in data.source


def test_a_provenance_in_the_file_is_reported(folder):
    np.savez(folder / "cifar10.npz", **small("cifar10"), provenance="CIFAR-10 (cropped by hand)")
    assert load("cifar10").source.startswith("CIFAR-10 (cropped by hand): own copy cifar10.npz")


def test_a_copy_of_the_published_pixels_is_recognised(folder, monkeypatch):
    arrays = small("mnist")
    entry = sources.FETCHED["mnist"]
    published = {
        split: tuple(
            "md5:" + hashlib.md5(formats.idx_bytes(arrays[f"{kind}_{split}"])).hexdigest()
            for kind in "xy"
        )
        for split in ("train", "test")
    }
    monkeypatch.setitem(sources.FETCHED, "mnist", replace(entry, published=published))
    np.savez(folder / "mnist.npz", **arrays)
    assert load("mnist").source.endswith("identical to the published files")
    arrays["y_train"][0] ^= 1
    np.savez(folder / "mnist.npz", **arrays)
    assert load("mnist").source.endswith("differ from the published files")
    assert load("mnist", "test").source.endswith("identical to the published files")


def test_cifar_batches_are_compared_one_by_one(monkeypatch):
    monkeypatch.setattr(formats, "CIFAR_BATCH", 4)
    x, y = images_and_labels(8, (32, 32, 3))
    checksums = tuple(
        "sha256:" + hashlib.sha256(formats.cifar10_bytes(x[i : i + 4], y[i : i + 4])).hexdigest()
        for i in (0, 4)
    )
    entry = replace(sources.CIFAR10, published={"train": checksums})
    assert is_published(entry, "train", x, y)
    assert not is_published(entry, "train", x[:4], y[:4])
    assert not is_published(entry, "train", x[::-1], y[::-1])


def smooth_images(n, seed=0):
    """Random images with the smoothness of photographs: noise averaged over neighbours."""
    noise = np.random.default_rng(seed).normal(size=(n, 40, 40, 3))
    for axis in (1, 2):
        noise = sum(np.roll(noise, k, axis) for k in range(5))
    return np.clip(128 + 8 * noise[:, :32, :32], 0, 255).astype(np.uint8)


def as_jpeg(image, quality=75):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "jpeg", quality=quality)
    return stream.getvalue()


def decoded(jpeg):
    return np.asarray(Image.open(io.BytesIO(jpeg)))


@pytest.mark.parametrize("seed", range(3))
def test_images_that_went_through_jpeg_are_recognised(seed):
    x = smooth_images(300, seed)
    assert not shows_jpeg_blocks(x)
    assert shows_jpeg_blocks(np.stack([decoded(as_jpeg(image)) for image in x]))


def test_decoded_jpeg_copies_are_called_so(folder):
    x = np.stack([decoded(as_jpeg(image)) for image in smooth_images(300)])
    np.savez(folder / "cifar10.npz", **small("cifar10", x_train=x, y_train=np.zeros(300, np.uint8)))
    assert load("cifar10").source.startswith("CIFAR-10 (JPEG copies): own copy cifar10.npz")


@pytest.fixture
def pack(folder):
    """Write cifar10_jpeg.npz and return its arrays and the images in it."""
    arrays, images = {}, {}
    for split, n in (("train", 6), ("test", 3)):
        files = [as_jpeg(image) for image in smooth_images(n)]
        images[split] = np.stack([decoded(file) for file in files])
        arrays[f"{split}_jpeg"] = np.frombuffer(b"".join(files), np.uint8)
        arrays[f"{split}_offsets"] = np.cumsum([0] + [len(file) for file in files])
        arrays[f"{split}_labels"] = np.arange(n, dtype=np.uint8)
    np.savez(folder / "cifar10_jpeg.npz", **arrays)
    return arrays, images


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_pack_of_jpeg_files_is_decoded_and_called_so(folder, pack, split):
    data = load("cifar10", split)
    assert np.array_equal(data.x, pack[1][split])
    assert data.y.tolist() == list(range(len(data)))
    assert data.source.startswith("CIFAR-10 (JPEG copies): own copy cifar10_jpeg.npz, sha256:")


def test_the_decoded_copy_goes_before_the_pack(folder, pack):
    np.savez(folder / "cifar10.npz", **small("cifar10"))
    assert len(load("cifar10")) == 9


@pytest.mark.parametrize(
    "damage", ["offsets", "type of offsets", "jpeg", "size in jpeg", "png", "labels"]
)
def test_a_damaged_pack_is_refused(folder, pack, damage):
    arrays = pack[0]
    if damage == "offsets":
        arrays["train_offsets"] = arrays["train_offsets"][:-1]
    elif damage == "type of offsets":
        arrays["train_offsets"] = arrays["train_offsets"].astype(float)
    elif damage == "size in jpeg":  # 60,000 x 60,000 pixels, at which pillow stops
        packed = arrays["train_jpeg"].tobytes()
        at = packed.index(b"\xff\xc0") + 5
        altered = packed[:at] + struct.pack(">HH", 60_000, 60_000) + packed[at + 4 :]
        arrays["train_jpeg"] = np.frombuffer(altered, np.uint8)
    elif damage == "png":
        stream = io.BytesIO()
        Image.fromarray(smooth_images(1)[0]).save(stream, "png")
        arrays["train_jpeg"] = np.frombuffer(stream.getvalue(), np.uint8)
        arrays["train_offsets"] = np.array([0, len(stream.getvalue())])
        arrays["train_labels"] = np.zeros(1, np.uint8)
    elif damage == "jpeg":
        arrays["train_jpeg"] = np.zeros_like(arrays["train_jpeg"])
    else:
        arrays["train_labels"] = arrays["train_labels"][:-1]
    np.savez(folder / "cifar10_jpeg.npz", **arrays)
    with pytest.raises(DataError, match=r"cifar10_jpeg\.npz is damaged or not in the layout"):
        load("cifar10")


def refused(name, split="train"):
    with pytest.raises(DataError) as info:
        load(name, split)
    return str(info.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"x_train": np.zeros((9, 28, 27), np.uint8)}, "shape (9, 28, 27) and type uint8"),
        ({"x_train": np.zeros((9, 28, 28), np.float32)}, "shape (9, 28, 28) and type float32"),
        ({"x_train": np.zeros((0, 28, 28), np.uint8)}, "shape (0, 28, 28)"),
        ({"x_train": np.zeros((8, 28, 28), np.uint8)}, "labels of shape (9,) and type uint8 for 8"),
        ({"y_train": np.zeros((9, 1), np.uint8)}, "labels of shape (9, 1)"),
        ({"y_train": np.zeros(9)}, "type float64 for 9 images"),
        ({"y_train": np.full(9, 10)}, "labels from 10 to 10"),
        ({"y_train": np.full(9, -1)}, "labels from -1 to -1"),
        ({"x_train": np.array([{}] * 9, dtype=object)}, "allow_pickle=False"),
        ({"x_test": None}, "it lacks x_test"),
    ],
)
def test_arrays_that_do_not_fit_the_layout_are_named(folder, changes, said):
    arrays = {key: value for key, value in small("mnist", **changes).items() if value is not None}
    np.savez(folder / "mnist.npz", **arrays)
    message = refused("mnist")
    assert said in message
    for part in (str(folder / "mnist.npz"), "x_train and x_test (n, 28, 28) uint8", "unset OTBOOK"):
        assert part in message


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_truncated_file_is_refused(folder, save, share, split):
    path = folder / "mnist.npz"
    save(path, **small("mnist"))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    message = refused("mnist", split)
    assert str(path) in message and "Put a good copy there" in message


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(where=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255), packed=st.booleans())
def test_no_altered_byte_alters_the_data_unnoticed(folder, where, flip, packed):
    path, arrays = folder / "mnist.npz", small("mnist")
    (np.savez_compressed if packed else np.savez)(path, **arrays)
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] ^= flip
    path.write_bytes(content)
    try:
        data = load("mnist")
    except DataError as error:
        assert str(path) in str(error)
    else:  # a byte that zip does not use, such as a time stamp
        assert np.array_equal(data.x, arrays["x_train"])
        assert np.array_equal(data.y, arrays["y_train"])


def test_damage_in_the_other_split_is_noticed_too(folder):
    path, arrays = folder / "mnist.npz", small("mnist")
    np.savez(path, **arrays)
    content = path.read_bytes()
    place = content.index(arrays["x_test"].tobytes()) + 1000
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    assert "x_test" in refused("mnist", "train")


def test_a_folder_that_is_not_there_is_named(folder, monkeypatch):
    monkeypatch.setenv("OTBOOK_DATA", str(folder / "nowhere"))
    assert "nowhere: OTBOOK_DATA must name a folder" in refused("mnist")


def test_a_directory_in_the_place_of_the_file_is_refused(folder):
    (folder / "mnist.npz").mkdir()
    assert re.search(r"mnist\.npz is damaged.*Is a directory", refused("mnist"))


def npy(header, data=bytes(100)):
    """Return an .npy file with a header made up."""
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


HUGE = "{'descr': '|u1', 'fortran_order': False, 'shape': (%s, 28, 28)}\n"


@pytest.mark.parametrize(
    "member",
    [
        npy(HUGE % 10**12),  # MemoryError
        npy(HUGE % 10**40),  # OverflowError
        npy("((((\n"),  # tokenize.TokenError
        b"no array",  # numpy hands out the bytes
        b"",
    ],
)
def test_a_member_with_good_checksums_and_a_senseless_header_is_refused(folder, member):
    np.savez(folder / "mnist.npz", **{k: v for k, v in small("mnist").items() if k != "x_train"})
    with zipfile.ZipFile(folder / "mnist.npz", "a") as archive:
        archive.writestr("x_train.npy", member)
    with pytest.raises(DataError, match=r"mnist\.npz is damaged or not in the layout"):
        load("mnist")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_is_noticed_however_the_archive_is_compressed(folder, method):
    np.savez(folder / "plain.npz", **small("mnist"))
    paths = folder / "plain.npz", folder / "mnist.npz"
    with zipfile.ZipFile(paths[0]) as plain, zipfile.ZipFile(paths[1], "w", method) as archive:
        for name in plain.namelist():
            archive.writestr(name, plain.read(name))
    assert np.array_equal(load("mnist").x, small("mnist")["x_train"])
    content = bytearray((folder / "mnist.npz").read_bytes())
    content[60:80] = bytes(255 - byte for byte in content[60:80])
    (folder / "mnist.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"mnist\.npz is damaged"):
        load("mnist")


def test_labels_that_are_durations_are_refused(folder):
    arrays = small("mnist")
    np.savez(folder / "mnist.npz", **arrays | {"y_train": arrays["y_train"].astype("m8[s]")})
    with pytest.raises(DataError, match=r"labels of shape \(9,\) and type timedelta64"):
        load("mnist")


def test_a_link_that_leads_nowhere_is_an_error_and_no_reason_to_fetch(folder):
    (folder / "mnist.npz").symlink_to(folder / "moved.npz")
    with pytest.raises(DataError, match=r"mnist\.npz is damaged.*No such file"):
        load("mnist")


def test_a_folder_of_an_unknown_user_is_an_error(folder, monkeypatch):
    monkeypatch.setenv("OTBOOK_DATA", "~no-such-user/data")
    with pytest.raises(DataError, match="OTBOOK_DATA must name a folder"):
        load("mnist")


def test_a_missing_file_is_named_with_what_to_do(folder):
    message = refused("fashion_mnist", "test")
    for part in ("t10k-images-idx3-ubyte.gz", "sha256:346e55b9", "has no fashion_mnist.npz"):
        assert part in message


def test_embedded_sets_do_not_look_into_the_folder(folder, monkeypatch):
    monkeypatch.setenv("OTBOOK_DATA", str(folder / "nowhere"))
    assert len(load("digits", "test")) == 360


def real(name):
    if not REAL or not any((Path(REAL) / f"{name}{end}.npz").exists() for end in ("", "_jpeg")):
        pytest.skip(f"OTBOOK_DATA names no folder with {name}")


@pytest.mark.parametrize(("split", "n"), [("train", 60_000), ("test", 10_000)])
def test_the_real_mnist_is_whole(split, n, monkeypatch):
    real("mnist")
    data = load("mnist", split)
    assert data.x.shape == (n, 28, 28)
    # The class frequencies that the original labels have.
    train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    test = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.counts.tolist() == (train if split == "train" else test)
    if re.search(r"sha256:06af5dfe", data.source):  # the lossless copy in the original order
        assert data.source.endswith("identical to the published files")


def test_the_real_cifar10_is_whole():
    real("cifar10")
    data = load("cifar10", "test")
    assert data.x.shape == (10_000, 32, 32, 3)
    assert data.counts.tolist() == [1000] * 10
    assert "JPEG copies" in data.source or data.source.endswith("identical to the published files")
