"""Laws of the sets that need no download, and of the door itself."""

import dataclasses
import hashlib

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_sample_image

from otbook_utils.data import Dataset, load, names
from otbook_utils.data.embedded import EMBEDDED

EVERY = [(name, split) for name, (splits, _) in EMBEDDED.items() for split in splits]


@pytest.fixture(autouse=True)
def no_folder(monkeypatch):
    monkeypatch.delenv("OTBOOK_DATA", raising=False)


@pytest.mark.parametrize(("name", "split"), EVERY)
def test_every_embedded_set_keeps_to_the_form(name, split):
    data = load(name, split)
    assert (data.name, data.split) == (name, split)
    assert data.x.dtype == (np.float32 if data.x.ndim == 2 else np.uint8)
    assert data.y.dtype == np.int64 and data.y.shape == (len(data.x),) == (len(data),)
    assert data.y.min() >= 0 and data.y.max() < len(data.classes)
    assert data.counts.sum() == len(data) and len(data.counts) == len(data.classes)
    assert data.source
    for part in (f"{name}/{split}", str(data.x.shape), data.source):
        assert part in repr(data)


@pytest.mark.parametrize(("name", "split"), EVERY)
def test_loading_twice_gives_equal_arrays_that_are_not_shared(name, split):
    first, second = load(name, split), load(name, split)
    assert np.array_equal(first.x, second.x) and np.array_equal(first.y, second.y)
    first.x[:] = 0
    assert np.array_equal(load(name, split).x, second.x)


def test_the_two_parts_of_digits_are_scikit_learns_digits_divided():
    parts = [load("digits", split) for split in ("train", "test")]
    together = sorted(
        hashlib.sha256(x.tobytes() + bytes([y])).hexdigest()
        for part in parts
        for x, y in zip(part.x, part.y, strict=True)
    )
    bunch = load_digits()
    expected = sorted(
        hashlib.sha256(x.astype(np.uint8).tobytes() + bytes([y])).hexdigest()
        for x, y in zip(bunch.images, bunch.target, strict=True)
    )
    assert together == expected


def test_the_parts_of_digits_are_stratified():
    train, test = load("digits", "train"), load("digits", "test")
    assert (len(train), len(test)) == (1437, 360)
    assert (np.abs(test.counts - (train.counts + test.counts) / 5) < 1).all()


@pytest.mark.parametrize("name", ["china", "flower"])
def test_the_photographs_are_scikit_learns(name):
    assert np.array_equal(load(name).x[0], load_sample_image(f"{name}.jpg"))


@pytest.mark.parametrize("split", ["train", "test"])
def test_eight_gaussians_lie_where_they_should(split):
    data = load("eight_gaussians", split)
    assert set(data.counts) == {len(data) // 8}
    for k in range(8):
        points = data.x[data.y == k]
        centre = 2 * np.array([np.cos(k * np.pi / 4), np.sin(k * np.pi / 4)])
        # Standard error of the mean: 0.02 / sqrt(125) = 0.0018 or less.
        assert np.abs(points.mean(axis=0) - centre).max() < 0.01
        assert np.abs(points.std(axis=0) - 0.02).max() < 0.006


@pytest.mark.parametrize("split", ["train", "test"])
def test_two_moons_lie_on_two_half_circles(split):
    data = load("two_moons", split)
    centres = np.array([[0.0, 0.0], [1.0, 0.5]])[data.y]
    radii = np.linalg.norm(data.x - centres, axis=1)
    assert abs(radii.mean() - 1) < 0.01
    assert abs(radii.std() - 0.05) < 0.01


@pytest.mark.parametrize("name", ["two_moons", "eight_gaussians"])
def test_the_points_to_test_on_are_others(name):
    train = {tuple(x) for x in load(name, "train").x.tolist()}
    assert not train & {tuple(x) for x in load(name, "test").x.tolist()}


def test_a_dataset_cannot_be_altered():
    data = load("digits", "test")
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.source = "elsewhere"
    assert isinstance(data, Dataset)


def test_train_is_what_one_gets_without_asking():
    assert load("digits").split == "train"


@pytest.mark.parametrize("name", ["imagenet", "", None, "MNIST"])
def test_an_unknown_name_is_told_the_known_ones(name):
    with pytest.raises(ValueError, match=r"^name must be one of digits, .*cifar10.*got ") as info:
        load(name)
    assert str(info.value).endswith(repr(name))
    assert all(known in str(info.value) for known in names())


@pytest.mark.parametrize(
    ("name", "split", "said"),
    [
        ("digits", "valid", "split of digits must be one of train, test, got 'valid'"),
        ("mnist", "Train", "split of mnist must be one of train, test, got 'Train'"),
        ("china", "test", "split of china must be one of train, got 'test'"),
    ],
)
def test_an_unknown_split_is_told_the_known_ones(name, split, said):
    with pytest.raises(ValueError, match=said):
        load(name, split)
