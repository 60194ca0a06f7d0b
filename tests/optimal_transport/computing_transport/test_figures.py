"""The drawings of the chapter show the plan, the prices and the bill that they are given."""

import numpy as np

from otbook_utils.optimal_transport.computing_transport.figures import (
    draw_bill,
    draw_critic,
    draw_tree,
)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_tree_shows_a_line_a_journey_and_the_price_of_every_node(ax):
    P = np.array([[2.0, 3, 0], [0, 1, 4]])
    draw_tree(ax, P, [(0, 0), (0, 1), (1, 1), (1, 2)], [0, -1.5], [7, 8, 9])
    assert len(ax.lines) == 4
    assert {"2", "3", "1", "4", "0", "−1.5", "7", "8", "9"} <= set(texts(ax))


def test_entering_journey_is_dashed_and_what_gives_bears_a_minus(ax):
    P = np.array([[2.0, 3], [0, 1]])
    tree = [(0, 0), (0, 1), (1, 1)]
    draw_tree(ax, P, tree, [0, 0], [0, 0], entering=(1, 0), giving=[(0, 0), (1, 1)])
    assert [line.get_linestyle() for line in ax.lines] == ["-", "-", "-", "--"]
    assert {"2−", "1−", "3"} <= set(texts(ax))


def test_without_prices_none_are_written(ax):
    draw_tree(ax, [[1.0, 5]], [(0, 0), (0, 1)])
    assert sorted(texts(ax)) == ["1", "1", "2", "5", "A"]


def test_heavier_journeys_are_thicker(ax):
    draw_tree(ax, [[1.0, 5]], [(0, 0), (0, 1)], [0], [0, 0])
    thin, thick = (line.get_linewidth() for line in ax.lines)
    assert thin < thick


def test_bill_is_drawn_as_far_as_the_price_and_the_cost_above_it(ax):
    draw_bill(ax, [0, 1, 2], [3, 5, 4], 1, 5, 6)
    assert list(ax.lines[0].get_ydata()) == [3, 5]
    assert list(ax.lines[1].get_ydata()) == [6, 6]
    assert (ax.lines[-1].get_xdata()[0], ax.lines[-1].get_ydata()[0]) == (1, 5)


def test_second_histogram_hangs_down(ax):
    right = ax.figure.add_subplot(1, 2, 2)
    draw_critic(ax, right, np.arange(2.0), [0.25, 0.75], [0.5, 0.5], [0, -1])
    assert [bar.get_height() for bar in ax.patches] == [0.25, 0.75, -0.5, -0.5]
    assert list(right.lines[0].get_ydata()) == [0, -1]
