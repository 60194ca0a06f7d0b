"""Axes that are drawn once for many frames look as they would if each frame had drawn them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from otbook_utils.teaching import use_book_style
from otbook_utils.teaching.repeating import Repeated, _look
from otbook_utils.teaching.vector import svg_lines


def plain(k):
    _, axes = plt.subplots(figsize=(3, 2))
    axes.plot([0, k])
    axes.set(xlim=(0, 1), ylim=(0, 4), xlabel="$x_1$", ylabel="height")


def growing(k):
    _, axes = plt.subplots(figsize=(3, 2))
    axes.plot([0, 10**k])


def two_scales(k):
    _, (left, right) = plt.subplots(1, 2, figsize=(5, 2), sharey=True)
    left.set(xscale="log", xlim=(1, 100), ylim=(0, 1))
    right.set(xlim=(0, 1), xlabel=f"frame {k}")
    right.twinx().set_ylim(0, k)


def dressed(k):
    _, axes = plt.subplots(figsize=(3, 2))
    axes.set_xticks([0, 0.5, 1], ["a", "b", "c"])
    axes.get_xticklabels()[k % 3].set_color("#123456")
    axes.tick_params(axis="y", labelsize=8 + k % 2)


def rotated(k):
    _, axes = plt.subplots(figsize=(3, 2))
    axes.set(xlim=(0, 1), ylim=(0, 1), ylabel="y", title=f"{k}")
    axes.yaxis.label.set_color("#654321" if k % 2 else "black")
    axes.grid(k > 2)
    if k % 2:
        axes.spines["bottom"].set_visible(False)
        axes.xaxis.tick_top()


def offset(k):
    _, axes = plt.subplots(figsize=(3, 2))
    axes.set(xlim=(0, 10 ** (5 + k)), ylim=(1e6, 1e6 + k))


def image_and_bar(k):
    figure, axes = plt.subplots(figsize=(3, 2))
    figure.colorbar(axes.imshow(np.eye(4) * k, cmap="viridis", vmin=0, vmax=4))


def polar(k):
    plt.subplots(figsize=(3, 2), subplot_kw={"projection": "polar"})[1].plot([0, k], [0, 1])


@pytest.mark.parametrize("style", [True, False])
@pytest.mark.parametrize(
    "draw", [plain, growing, two_scales, dressed, rotated, offset, image_and_bar, polar]
)
def test_frames_are_the_same_whether_their_axes_were_drawn_or_remembered(draw, style):
    if style:
        use_book_style()
    repeated = Repeated()
    for k in (1, 2, 3, 4, 1):
        texts = []
        for memory in (None, repeated):
            draw(k)
            texts.append(svg_lines(plt.gcf(), repeated=memory))
            plt.close("all")
        assert texts[0] == texts[1]


def test_an_axis_that_stands_still_is_drawn_once(monkeypatch):
    drawn = []
    draw = plt.matplotlib.axis.XAxis.draw
    monkeypatch.setattr(
        "matplotlib.axis.XAxis.draw", lambda axis, renderer: (drawn.append(1), draw(axis, renderer))
    )
    repeated = Repeated()
    for k in (1, 2, 3):
        plain(k)
        svg_lines(plt.gcf(), repeated=repeated)
        plt.close()
    assert len(drawn) == 1


def test_ticks_that_were_dressed_one_by_one_are_not_remembered():
    dressed(1)
    axes = plt.gca()
    assert _look(axes.xaxis) is None
    assert _look(axes.yaxis) is not None
    plt.close()
