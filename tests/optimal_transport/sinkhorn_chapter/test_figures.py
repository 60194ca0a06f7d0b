"""The drawings of the chapter show the plan and the clouds that they are given."""

import numpy as np
import pytest

from otbook_utils.optimal_transport.sinkhorn_chapter.figures import (
    draw_flow,
    draw_groups,
    draw_marginals,
    draw_plan_image,
)


def test_plan_is_drawn_with_rows_to_the_right(ax):
    plan = np.arange(6.0).reshape(3, 2)
    draw_plan_image(ax, plan, [0, 0.5, 1], [0, 1], [0.2, 0.3, 0.5], [0.4, 0.6])
    mesh = ax.collections[-1]
    np.testing.assert_allclose(np.asarray(mesh.get_array()).reshape(2, 3), plan.T)


def test_marginals_are_the_plans_and_the_lines_the_wanted_ones(ax):
    right = ax.figure.add_subplot(1, 2, 2)
    plan = np.array([[0.2, 0.1, 0.0], [0.3, 0.0, 0.4]])
    draw_marginals((ax, right), plan, [0.5, 0.5], [0.4, 0.2, 0.4], [0, 1], [0, 1, 2])
    assert [bar.get_height() for bar in ax.patches] == pytest.approx([0.3, 0.7])
    assert [bar.get_height() for bar in right.patches] == pytest.approx([0.5, 0.1, 0.4])
    assert list(ax.lines[0].get_ydata()) == [0.5, 0.5]
    assert "off by 0.40 of" in ax.get_title()


def test_flow_keeps_its_window_wherever_the_cloud_goes(ax):
    target = np.array([[0.0, 0], [2, 1]])
    draw_flow(ax, np.zeros((3, 2)), target)
    window = ax.get_xlim(), ax.get_ylim()
    other = ax.figure.add_subplot(1, 2, 2)
    draw_flow(other, 100 * np.ones((3, 2)), target)
    assert (other.get_xlim(), other.get_ylim()) == window


def test_groups_have_shapes_of_their_own(ax):
    draw_groups(ax, np.arange(8.0).reshape(4, 2), [0, 1, 1, 2], np.zeros((3, 2)))
    assert [len(c.get_offsets()) for c in ax.collections] == [1, 2, 1, 1, 1, 1]
