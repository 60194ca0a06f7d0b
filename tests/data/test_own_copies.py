"""Laws of reading one's own copies from the folder that OTBOOK_DATA names."""

import hashlib
import io
import os
import re
import struct
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from genuine_files import images_and_labels
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from otbook_utils.data import DataError, load, own_copies, sources

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
        assert data.source.endswith("; not compared with the published files")
        assert "JPEG" not in data.source


def test_a_provenance_in_the_file_is_reported(folder):
    np.savez(folder / "cifar10.npz", **small("cifar10"), provenance="CIFAR-10 (cropped by hand)")
    assert load("cifar10").source.startswith("CIFAR-10 (cropped by hand): own copy cifar10.npz")


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


def test_images_in_another_order_are_not_called_jpeg_copies(folder):
    """Nothing is guessed from pixels: these have edges at every eighth row and column."""
    blocks = np.random.default_rng(0).integers(256, size=(300, 4, 4, 3), dtype=np.uint8)
    x = np.kron(blocks, np.ones((1, 8, 8, 1), np.uint8))
    arrays = small("cifar10", x_train=x, y_train=np.zeros(300, np.uint8))
    np.savez(folder / "cifar10.npz", **arrays)
    assert load("cifar10").source.startswith("CIFAR-10: own copy cifar10.npz, sha256:")


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


def as_png(image):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "png")
    return stream.getvalue()


def of_size(jpeg, height, width):
    """Return the JPEG file with another size in its header."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def packed(files, split):
    return {
        f"{split}_jpeg": np.frombuffer(b"".join(files), np.uint8),
        f"{split}_offsets": np.cumsum([0] + [len(file) for file in files]),
        f"{split}_labels": np.zeros(len(files), np.uint8),
    }


DAMAGED_PACKS = {
    "an offset missing": lambda a, s: {f"{s}_offsets": a[f"{s}_offsets"][:-1]},
    "offsets that are no whole numbers": lambda a, s: {f"{s}_offsets": a[f"{s}_offsets"] * 1.0},
    "a label missing": lambda a, s: {f"{s}_labels": a[f"{s}_labels"][:-1]},
    "a label too high": lambda a, s: {f"{s}_labels": a[f"{s}_labels"] + 9},
    "no labels": lambda a, s: {f"{s}_labels": None},
    "no JPEG": lambda a, s: {f"{s}_jpeg": np.zeros_like(a[f"{s}_jpeg"])},
    "a PNG": lambda a, s: packed([as_png(smooth_images(1)[0])], s),
    "other sizes": lambda a, s: packed([as_jpeg(smooth_images(1)[0][:31])], s),
    # At 60,000 x 60,000 pixels pillow would stop, at 5,000 x 5,000 it would not.
    "a bomb": lambda a, s: packed([of_size(as_jpeg(smooth_images(1)[0]), 5_000, 5_000)], s),
    "a large bomb": lambda a, s: packed([of_size(as_jpeg(smooth_images(1)[0]), 60_000, 60_000)], s),
}


@pytest.mark.parametrize("damaged", ["train", "test"])
@pytest.mark.parametrize("damage", DAMAGED_PACKS.values(), ids=DAMAGED_PACKS)
def test_a_damaged_pack_is_refused_whichever_split_is_asked_for(folder, pack, damage, damaged):
    arrays = pack[0] | damage(pack[0], damaged)
    arrays = {key: value for key, value in arrays.items() if value is not None}
    np.savez(folder / "cifar10_jpeg.npz", **arrays)
    for split in ("train", "test"):
        with pytest.raises(DataError, match=r"cifar10_jpeg\.npz is damaged or not in the layout"):
            load("cifar10", split)


def refused(name, split="train"):
    with pytest.raises(DataError) as info:
        load(name, split)
    return str(info.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"x_{}": np.zeros((9, 28, 27), np.uint8)}, "shape (9, 28, 27) and type uint8"),
        ({"x_{}": np.zeros((9, 28, 28), np.float32)}, "shape (9, 28, 28) and type float32"),
        ({"x_{}": np.zeros((0, 28, 28), np.uint8)}, "shape (0, 28, 28)"),
        ({"x_{}": np.zeros((8, 28, 28), np.uint8)}, "labels of shape (9,) and type uint8 for 8"),
        ({"y_{}": np.zeros((9, 1), np.uint8)}, "labels of shape (9, 1)"),
        ({"y_{}": np.zeros(9)}, "type float64 for 9 images"),
        ({"y_{}": np.full(9, 10)}, "labels from 10 to 10"),
        ({"y_{}": np.full(9, -1)}, "labels from -1 to -1"),
        ({"x_{}": np.array([{}] * 9, dtype=object)}, "allow_pickle=False"),
        ({"x_{}": None}, "it lacks x_{}"),
        ({"y_{}": None, "x_{}": None}, "it lacks x_{0}, y_{0}"),
    ],
)
@pytest.mark.parametrize("damaged", ["train", "test"])
def test_arrays_that_do_not_fit_the_layout_are_named_whichever_split_is_asked_for(
    folder, changes, said, damaged
):
    x, y = images_and_labels(9, (28, 28))
    arrays = small("mnist", **{f"x_{damaged}": x, f"y_{damaged}": y})
    arrays |= {key.format(damaged): value for key, value in changes.items()}
    arrays = {key: value for key, value in arrays.items() if value is not None}
    np.savez(folder / "mnist.npz", **arrays)
    for split in ("train", "test"):
        message = refused("mnist", split)
        assert said.format(damaged) in message
        for part in (
            str(folder / "mnist.npz"),
            "x_train and x_test (n, 28, 28) uint8",
            "unset OTBOOK",
        ):
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


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a pipe", "link to a device"])
@pytest.mark.parametrize("name", ["mnist.npz", "mnist_jpeg.npz"])
def test_what_is_no_file_is_refused_and_not_read(folder, kind, name):
    os.mkfifo(folder / "pipe")
    {
        "folder": (folder / name).mkdir,
        "pipe": lambda: os.mkfifo(folder / name),
        "link to a pipe": lambda: (folder / name).symlink_to(folder / "pipe"),
        "link to a device": lambda: (folder / name).symlink_to("/dev/zero"),
    }[kind]()
    assert re.search(rf"{name} is damaged.*it is no regular file", refused("mnist"))


def test_a_folder_that_cannot_be_searched_is_named(cache, as_anybody, monkeypatch):
    inside = as_anybody / "closed" / "inside"
    inside.mkdir(parents=True)
    np.savez(inside.parent / "mnist.npz", **small("mnist"))
    inside.parent.chmod(0o600)
    monkeypatch.setenv("OTBOOK_DATA", str(inside.parent))
    assert re.search(r"closed cannot be searched for mnist\.npz.*ermission", refused("mnist"))
    monkeypatch.setenv("OTBOOK_DATA", str(inside))
    assert re.search(r"OTBOOK_DATA must name a folder.*ermission", refused("mnist"))


def test_a_file_that_may_not_be_read_is_named(cache, as_anybody, monkeypatch):
    np.savez(as_anybody / "mnist.npz", **small("mnist"))
    (as_anybody / "mnist.npz").chmod(0o000)
    monkeypatch.setenv("OTBOOK_DATA", str(as_anybody))
    assert re.search(r"mnist\.npz.*ermission denied.*unset OTBOOK_DATA", refused("mnist"))


@pytest.mark.parametrize("split", ["train", "test"])
def test_an_archive_that_unpacks_to_more_than_allowed_is_refused(folder, split, monkeypatch):
    arrays = small("mnist")
    np.savez_compressed(folder / "mnist.npz", **arrays, other=np.zeros(10**6, np.uint8))
    size = sum(array.nbytes + 128 for array in arrays.values())  # an .npy header has 128 bytes
    monkeypatch.setattr(own_copies, "MOST_BYTES", size)
    assert len(load("mnist", "test")) == 4
    monkeypatch.setattr(own_copies, "MOST_BYTES", size - 1)
    assert f"it unpacks to {size:,} bytes, of which {size - 1:,} are allowed" in refused(
        "mnist", split
    )


def test_images_in_a_pack_count_as_they_unpack(folder, pack, monkeypatch):
    monkeypatch.setattr(own_copies, "MOST_BYTES", 6 * 32 * 32 * 3)
    assert "train_jpeg unpacks to more than 18,432 bytes" in refused("cifar10", "test")
    monkeypatch.setattr(own_copies, "MOST_BYTES", 7 * 32 * 32 * 3)
    assert len(load("cifar10", "test")) == 3


def test_a_directory_that_lies_about_a_size_unpacks_no_more(folder):
    """40 MB in the guise of 7,184 bytes."""
    arrays = {name: array for name, array in small("mnist").items() if name != "x_train"}
    np.savez(folder / "mnist.npz", **arrays)
    with zipfile.ZipFile(folder / "mnist.npz", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", bytes(40_000_000))
        archive.getinfo("x_train.npy").file_size = 9 * 28 * 28 + 128
    tracemalloc.start()
    try:
        assert "mnist.npz is damaged" in refused("mnist")
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


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
def test_what_numpy_never_compresses_so_is_refused(folder, method):
    np.savez(folder / "plain.npz", **small("mnist"))
    paths = folder / "plain.npz", folder / "mnist.npz"
    with zipfile.ZipFile(paths[0]) as plain, zipfile.ZipFile(paths[1], "w", method) as archive:
        for name in plain.namelist():
            archive.writestr(name, plain.read(name))
    assert "x_train.npy is compressed as numpy never does" in refused("mnist")


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


def test_the_real_cifar10_is_whole():
    real("cifar10")
    data = load("cifar10", "test")
    assert data.x.shape == (10_000, 32, 32, 3)
    assert data.counts.tolist() == [1000] * 10
    assert "own copy" in data.source
