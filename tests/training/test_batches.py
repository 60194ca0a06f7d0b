"""Batches on the device: every random choice is a function of seed and epoch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from otbook_utils.training.batches import DeviceBatches, pixel_statistics

PLAIN = {"mean": [0.0, 0.0, 0.0], "std": [1 / 255] * 3}  # pixels come out as they went in


def numbered(n: int, size: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Return images whose first pixel's red is their number, and their numbers as labels."""
    images = np.random.RandomState(0).randint(1, 256, size=(n, size, size, 3)).astype(np.uint8)
    return images, np.arange(n)


@given(
    n=st.integers(1, 40), size=st.integers(1, 40), seed=st.integers(0, 9), epoch=st.integers(0, 9)
)
def test_an_epoch_shows_no_image_twice_and_fills_every_batch(n, size, seed, epoch):
    size = min(size, n)
    batches = DeviceBatches(*numbered(n), size, shuffle=True, seed=seed)
    shown = [y for _, y in batches.epoch(epoch)]
    assert {len(y) for y in shown} == {size}
    assert len(torch.cat(shown).unique()) == len(batches) * size
    assert n - len(batches) * size < size


@given(n=st.integers(1, 40), size=st.integers(1, 40))
def test_without_shuffling_all_images_come_once_in_order(n, size):
    batches = DeviceBatches(*numbered(n), size)
    assert torch.cat([y for _, y in batches.epoch(0)]).tolist() == list(range(n))
    assert sum(1 for _ in batches.epoch(0)) == len(batches)


def test_same_seed_and_epoch_give_the_same_batches_and_others_do_not():
    def first(seed, epoch):
        batches = DeviceBatches(*numbered(40), 20, pad=2, shuffle=True, seed=seed)
        return next(batches.epoch(epoch))

    x, y = first(3, 2)
    again = first(3, 2)
    assert torch.equal(x, again[0]) and torch.equal(y, again[1])
    for seed, epoch in ((3, 1), (2, 2), (2, 3)):
        assert not torch.equal(y, first(seed, epoch)[1])


def test_global_generators_are_neither_read_nor_moved():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    list(DeviceBatches(*numbered(8), 4, pad=1, shuffle=True).epoch(0))
    assert torch.equal(torch.get_rng_state(), before)


@given(start=st.integers(0, 5))
def test_an_epoch_taken_up_in_the_middle_goes_on_as_it_would_have(start):
    batches = DeviceBatches(*numbered(50), 10, pad=2, shuffle=True, seed=1)
    whole, rest = list(batches.epoch(4)), list(batches.epoch(4, start=start))
    assert len(rest) == 5 - min(start, 5)
    for (x, y), (x2, y2) in zip(whole[start:], rest, strict=True):
        assert torch.equal(x, x2) and torch.equal(y, y2)


def test_every_crop_lies_in_the_padded_image_and_half_of_them_are_mirrored():
    images, labels = numbered(400, size=6)
    batches = DeviceBatches(images, labels, 400, pad=2, shuffle=True, seed=0, **PLAIN)
    plan, (x, y) = batches.plan(0), next(batches.epoch(0))
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    for got, label, (row, column), flip in zip(
        x, y.tolist(), plan.shift.tolist(), plan.flip.tolist(), strict=True
    ):
        crop = padded[label, row : row + 6, column : column + 6]
        want = crop[:, ::-1] if flip else crop
        np.testing.assert_allclose(got.permute(1, 2, 0), want, rtol=1e-6)
    # All 25 places occur (an absent one has a chance of 25 (24/25)^400 < 3e-6), half are mirrored.
    assert len({tuple(shift) for shift in plan.shift.tolist()}) == 25
    assert 0.35 < plan.flip.float().mean() < 0.65


def test_without_augmentation_pixels_are_standardised_per_channel():
    images, labels = numbered(50)
    x, _ = next(DeviceBatches(images, labels, 50).epoch(0))
    torch.testing.assert_close(x.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(x.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5, rtol=0)
    assert x.shape == (50, 3, 6, 6) and x.dtype == torch.float32


def test_pixel_statistics_are_those_of_numpy():
    images, _ = numbered(50)
    mean, std = pixel_statistics(images)
    np.testing.assert_allclose(mean, images.mean((0, 1, 2)) / 255, rtol=1e-6)
    np.testing.assert_allclose(std, images.std((0, 1, 2)) / 255, rtol=1e-6)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"images": np.zeros((3, 4, 4), np.uint8)}, r"images must be \(n, height.*got \(3, 4, 4\)"),
        ({"images": np.zeros((3, 4, 4, 1), np.float32)}, "images must be.*uint8.*float32"),
        ({"labels": [0, 1]}, r"labels must be one for each of the 3 images, got \(2,\)"),
        ({"batch_size": 0}, "batch_size must be a whole number of at least 1, got 0"),
        ({"batch_size": 4}, "batch_size must be at most the 3 images, got 4"),
        ({"pad": -1}, "pad must not be negative, got -1"),
    ],
)
def test_what_does_not_fit_is_named(change, message):
    good = {"images": np.zeros((3, 4, 4, 1), np.uint8), "labels": [0, 1, 2], "batch_size": 2}
    with pytest.raises(ValueError, match=message):
        DeviceBatches(**(good | {"shuffle": True} | change))
