"""The judge: the same each time, fooled by no copy, and sure of noise."""

import numpy as np
import pytest
import torch

from otbook_utils.generative_models.evaluation import (
    Judge,
    image_set,
    judge_of,
    mosaic,
    read_mosaic,
    show_picture,
)


@pytest.fixture(scope="module")
def judge():
    return judge_of("digits")


def test_it_knows_the_digits_and_is_the_same_each_time(judge):
    real, labels = image_set("digits", "test")
    assert (judge.classes(real) == labels).float().mean() > 0.93
    torch.testing.assert_close(Judge("digits").features(real), judge.features(real))


def test_the_test_images_are_no_distance_from_themselves(judge):
    real, _ = image_set("digits", "test")
    assert judge.feature_fid(real) == pytest.approx(0, abs=1e-6)
    assert judge.transport_distance(real) == pytest.approx(0, abs=1e-3)


def test_damage_is_further_the_worse_it_is(judge):
    torch.manual_seed(0)
    images, _ = image_set("digits", "train")
    noise = torch.rand_like(images)
    damaged = [torch.lerp(images, noise, t) for t in (0.0, 0.3, 0.6, 1.0)]
    fids = [judge.feature_fid(x) for x in damaged]
    distances = [judge.transport_distance(x, 300) for x in damaged]
    assert fids == sorted(fids) and fids[0] == pytest.approx(judge.floor)
    assert distances == sorted(distances)


def test_a_missing_digit_is_noticed_though_each_image_is_real(judge):
    images, labels = image_set("digits", "train")
    assert judge.feature_fid(images[labels != 4]) > 2 * judge.floor


def test_images_off_the_scale_are_refused(judge):
    with pytest.raises(ValueError, match="images must lie from 0 to 1"):
        judge.feature_fid(torch.full((4, 1, 8, 8), 2.0))
    with pytest.raises(ValueError, match="images must have the shape"):
        judge.feature_fid(torch.zeros(4, 64))


def test_a_mosaic_is_read_back():
    images = torch.arange(4.0).reshape(4, 1, 1, 1).expand(4, 1, 2, 3) / 3
    picture = read_mosaic(mosaic(images, columns=2))
    assert picture.shape == (4, 6)
    assert picture[0, 0] == 0 and picture[0, 3] == 85 and picture[2, 0] == 170


def test_a_mosaic_in_colour_keeps_its_channels():
    images = torch.rand(4, 3, 2, 5)
    picture = read_mosaic(mosaic(images, columns=2))
    assert picture.shape == (4, 10, 3)
    wanted = (images[3] * 255).round().permute(1, 2, 0).numpy()
    assert (picture[2:, 5:] == wanted).all()


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3)])
def test_a_picture_is_shown_as_it_is(ax, shape):
    show_picture(ax, np.full(shape, 7, dtype=np.uint8), "seven")
    assert ax.images[0].get_array().shape == shape and ax.get_title() == "seven"
