"""The drawings of losses for unbalanced labels show the numbers that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from otbook_utils.scarce_labels.imbalance_losses.figures import (
    draw_answers,
    draw_covering,
    draw_cut,
    draw_joint,
    draw_pull,
    draw_run,
    draw_seen,
    draw_weights,
)
from otbook_utils.scarce_labels.losses import focal_terms


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=6, max_size=6))
def test_covering_writes_how_often_and_leaves_the_unseen_white(times):
    figure, axes = plt.subplots()
    draw_covering(axes, times, columns=3)
    texts = [text.get_text() for text in axes.texts]
    white = [cell.get_facecolor()[:3] == (1, 1, 1) for cell in axes.patches]
    plt.close(figure)
    assert texts == [str(n) for n in times if n]
    assert white == [n == 0 for n in times]


def test_covering_refuses_cells_that_do_not_fill_rows(ax):
    with pytest.raises(ValueError, match="times must fill rows of 3 cells, got 4 cells"):
        draw_covering(ax, [0, 1, 0, 2], columns=3)


def test_joint_marks_the_boundary_and_tells_classes_by_line_style(ax):
    draw_joint(ax, [0, 1], [0.5, 0.1], [0.1, 0.3], boundary=0.6)
    common, rare, boundary = ax.lines
    assert common.get_linestyle() != rare.get_linestyle()
    assert list(boundary.get_xdata()) == [0.6, 0.6]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.5])
def test_pull_is_minus_the_gradient_along_the_own_logit(gamma):
    line = draw_pull(gamma).axes[0].lines[1]
    p, pull = line.get_xdata()[40], line.get_ydata()[40]
    logits = torch.tensor([[np.log(p / (1 - p)), 0.0]], dtype=torch.double, requires_grad=True)
    focal_terms(logits, torch.tensor([0]), gamma).sum().backward()
    assert -logits.grad[0, 0].item() == pytest.approx(pull)


def test_cut_marks_the_nearest_number_that_was_run():
    recalls = {3: np.arange(10.0), 40: np.full(10, 90.0)}
    groups = {k: {"minority": [k], "majority": [98], "all": [80]} for k in recalls}
    bars, curve = draw_cut(recalls, groups, keep=30).axes
    assert [bar.get_height() for bar in bars.patches] == [90.0] * 10
    assert [bool(bar.get_hatch()) for bar in bars.patches] == [k in (1, 4, 6) for k in range(10)]
    assert list(curve.lines[0].get_ydata()) == [3, 40]


def test_answers_are_divided_by_their_truths():
    truths = {"two": [0.9, 0.1], "three": [0.5, 0.25, 0.25]}
    told = {"two": [[0.9, 0.1], [0.8, 0.2]], "three": [[0.5, 0.25, 0.25], [0.4, 0.3, 0.3]]}
    figure = draw_answers(truths, told, place=1)
    for ax, name in zip(figure.axes, truths, strict=True):
        ratio = np.array(told[name][1]) / truths[name]
        assert np.allclose(ax.lines[-1].get_ydata(), ratio)
        assert ax.get_ylim()[0] < min(1, ratio.min()) and ax.get_ylim()[1] > ratio.max()
    assert [t.get_text() for t in figure.axes[1].get_xticklabels()] == ["0.5", "0.25"]


def test_seen_counts_each_prototype_once():
    cells, curve = draw_seen([4, 4, 9], simulated=[1, 2], formula=[1, 1.99]).axes
    assert cells.get_title() == "3 samples, 2 of 100 seen"
    assert curve.lines[-1].get_xydata().tolist() == [[3, 2]]


@pytest.mark.parametrize(("prototypes", "ratio"), [(1, "1"), (1e9, "20.4"), (10, "1.92")])
def test_weights_tell_how_often_a_rare_one_counts(prototypes, ratio):
    # (1 - .9^143) / (1 - .9^7) = 1.92; in the limits 1 and 143/7
    ratios = draw_weights(prototypes).axes[1]
    assert ratios.get_title() == f"a rare one counts {ratio} times"


def test_label_of_beta_is_not_rounded_to_one():
    assert "0.9999" in draw_weights(10_000).axes[0].get_title()


def test_run_draws_training_left_and_test_right():
    curves = {"CE": {"train": [50, 99], "test": [40, 70]}}
    left, right = draw_run([5, 100], curves).axes
    assert list(left.lines[0].get_ydata()) == [50, 99]
    assert list(right.lines[0].get_ydata()) == [40, 70]
