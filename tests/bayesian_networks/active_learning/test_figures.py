"""The drawings show what they are given."""

import numpy as np

from otbook_utils.bayesian_networks.active_learning.figures import (
    draw_committee,
    draw_cycle,
    draw_differences,
    draw_errors,
    draw_images,
    draw_intervals,
)
from otbook_utils.teaching.vector import shows_data


def test_the_interval_left_lies_between_the_answers(ax):
    draw_intervals(ax, {"a": [0.9, 0.1, 0.4], "b": [0.2, 0.3, 0.7]}, threshold=0.35, asked=3)
    bars = [line.get_xdata() for line in ax.lines if line.get_linewidth() == 6]
    np.testing.assert_allclose(bars, [(0.1, 0.4), (0.3, 0.7)])
    assert [text.get_text().split()[4] for text in ax.texts] == ["0.3", "0.4"]


def test_a_narrow_interval_is_not_told_as_nothing(ax):
    halves = [1 / 3 + 2.0**-k for k in range(2, 15)]
    draw_intervals(ax, {"halves": halves}, threshold=1 / 3, asked=13)
    assert "0.33" in ax.texts[0].get_text()
    draw_intervals(ax, {"both": [1 / 3 - 2.0**-15, *halves]}, threshold=1 / 3, asked=14)
    assert "an interval of 0.000092 is left" in ax.texts[1].get_text()


def test_nothing_asked_leaves_all(ax):
    draw_intervals(ax, {"a": [0.5]}, threshold=0.35, asked=0)
    np.testing.assert_allclose(ax.lines[0].get_xdata(), (0, 1))


def test_the_committee_is_a_point_on_the_plane(ax):
    draw_committee(ax, 0.3, 0.9)
    assert tuple(ax.lines[-1].get_xydata()[0]) == (0.3, 0.9)
    (levels,) = ax.collections
    assert not shows_data(levels)  # or its black letters stay black on dark pages


def test_differences_are_paired_and_in_points(ax):
    base = np.array([[0.5, 0.7], [0.6, 0.8]])
    more = np.array([[0.0, 0.02], [0.1, 0.1]])
    draw_differences(ax, [20, 30], {"random": base, "other": base + more}, 12)
    np.testing.assert_allclose(ax.lines[-1].get_ydata(), [1, 10])
    (band,) = ax.collections
    heights = band.get_paths()[0].vertices[:, 1]
    np.testing.assert_allclose(heights.max(), 1 + 12 * np.std([0, 2], ddof=1) / 2**0.5)


def test_each_image_gets_its_place():
    assert len(draw_images({"a": np.ones((4, 8, 8))}).axes) == 4
    assert len(draw_cycle().axes) == 1


def test_errors_have_a_band_from_the_least_to_the_largest(ax):
    errors = {"one": np.array([[40.0, 10.0], [60.0, 20.0]]), "other": np.array([[30.0, 3.0]])}
    draw_errors(ax, [20, 40], errors)
    corners = {tuple(corner) for corner in ax.collections[0].get_paths()[0].vertices}
    assert {(20, 40), (20, 60), (40, 10), (40, 20)} == corners
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "other"]
    assert {line.get_ydata()[0] for line in ax.lines[:2]} == {5, 10}
