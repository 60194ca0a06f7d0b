"""The drawings of losses show the numbers that they are given."""

import numpy as np
import pytest

from otbook_utils.optimal_transport.designing_losses.figures import (
    draw_digits,
    draw_mistakes,
    draw_seeds,
)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_mistakes_are_counted_in_a_thousand_of_each_truth(ax):
    confusion = 90 * np.eye(10)
    confusion[2, 7], confusion[7, 2] = 10, 30  # of 100 and of 120
    draw_mistakes(ax, confusion, most=100)
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(7, 2): "100", (2, 7): "250"}


def test_confusion_of_another_size_is_refused(ax):
    with pytest.raises(ValueError, match=r"confusion must be \(10, 10\), got \(4, 4\)"):
        draw_mistakes(ax, np.eye(4), most=1)


def test_every_seed_is_a_dot_and_every_row_has_its_mean(ax):
    draw_seeds(ax, {"one": [1.0, 2.0, 6.0], "two": [0.0, 1.0]}, number="{:.1f}")
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in dots] == [[1, 2, 6], [0, 1]]
    assert texts(ax) == ["3.0", "0.5"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]


def test_pixels_of_digits_stay_in_place(ax):
    images = np.arange(2 * 3 * 64).reshape(2, 3, 64) / 400
    draw_digits(ax, {"top": images[0], "bottom": images[1]})
    drawn = np.ma.filled(ax.images[0].get_array(), np.nan)
    assert np.array_equal(drawn[9:17, 18:26], images[1, 2].reshape(8, 8))
    assert np.isnan(drawn[8]).all()
    assert np.isnan(drawn[:, 26]).all()
