"""The drawings show the pictures, codes and errors that they are given."""

import numpy as np

from otbook_utils.generative_models.autoencoders.figures import (
    draw_codes,
    draw_digit,
    draw_line,
    draw_rows,
    draw_width,
)


def test_ink_is_dark_and_of_signed_numbers_zero_is_white(ax):
    draw_digit(ax, np.linspace(0, 1, 64))
    assert ax.images[0].cmap(0.0)[:3] == (1, 1, 1)
    draw_digit(ax, np.linspace(-3, 1, 64), signed=True)
    assert ax.images[1].get_clim() == (-3, 3)


def test_rows_keep_the_order_of_pictures():
    pictures = np.arange(2 * 3 * 64).reshape(2, 3, 64) / 400
    (ax,) = draw_rows({"a": pictures[0], "b": pictures[1]}).axes
    places = [(-image.get_extent()[2], image.get_extent()[0]) for image in ax.images]
    shown = [ax.images[k].get_array().ravel() for k in sorted(range(6), key=places.__getitem__)]
    assert np.allclose(shown, pictures.reshape(6, 64))
    names = {label.get_position()[1]: label.get_text() for label in ax.get_yticklabels()}
    assert [names[y] for y in sorted(names, reverse=True)] == ["a", "b"]
    for image in ax.images:  # all of them within the frame
        assert ax.viewLim.x0 <= image.get_extent()[0] and image.get_extent()[1] <= ax.viewLim.x1


def test_codes_stand_where_they_are_with_their_numeral(ax):
    codes = np.array([[0, 1], [2, 3], [4, 5.0]])
    draw_codes(ax, codes, [9, 2, 9])
    assert [line.get_marker() for line in ax.lines] == ["$2$", "$9$"]
    assert np.array_equal(ax.lines[1].get_xydata(), codes[[0, 2]])


def test_joints_are_at_right_angles_to_the_line():
    cloud = np.random.default_rng(0).normal(size=(9, 2))
    figure = draw_line(cloud, 30, np.ones(181))
    joints = np.array(figure.axes[0].collections[0].get_segments())
    along = [np.cos(np.pi / 6), np.sin(np.pi / 6)]
    assert np.allclose((joints[:, 1] - joints[:, 0]) @ along, 0)
    marked = figure.axes[1].lines[1].get_ydata()[0]
    assert np.isclose(marked, np.square(joints[:, 1] - joints[:, 0]).sum(1).mean())


def test_the_width_is_marked_on_both_curves():
    errors = np.arange(10.0).reshape(5, 2)
    figure = draw_width(3, errors, np.zeros((2, 64)), np.ones((2, 64)))
    dots = [line.get_xydata().tolist() for line in figure.axes[0].lines[1::2]]
    assert dots == [[[3, 6]], [[3, 7]]]
    assert figure.axes[2].images[0].get_array().max() == 1
