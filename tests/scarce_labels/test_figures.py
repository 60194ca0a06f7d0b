"""The shared drawings on scarce labels show the numbers that they are given."""

import numpy as np

from otbook_utils.scarce_labels.figures import (
    add_group_legend,
    draw_class_bars,
    draw_group_dots,
)


def test_bars_are_as_high_as_told_and_the_scarce_are_hatched(ax):
    draw_class_bars(ax, [3.0, 1.0, 2.0], scarce=[1])
    assert [bar.get_height() for bar in ax.patches] == [3, 1, 2]
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, True, False]


def test_dots_are_means_and_lines_reach_from_the_lowest_to_the_highest_seed(ax):
    draw_group_dots(
        ax,
        {"one": {"minority": [40, 50], "majority": [90, 94]}, "two": {"minority": [60, 61]}},
    )
    lines = [line.get_xdata() for line in ax.lines]
    assert [list(x) for x in lines[0::2]] == [[40, 50], [90, 94], [60, 61]]
    assert np.allclose([float(np.ravel(x)[0]) for x in lines[1::2]], [45, 92, 60.5])


def test_groups_differ_by_marker_and_not_by_colour_alone(ax):
    draw_group_dots(ax, {"one": {"minority": [40], "majority": [90], "all": [75]}})
    assert len({line.get_marker() for line in ax.lines[1::2]}) == 3


def test_reference_is_drawn_at_its_mean(ax):
    draw_group_dots(ax, {"one": {"all": [70, 80]}, "two": {"all": [90]}}, reference="one")
    assert list(ax.lines[-1].get_xdata()) == [75, 75]


def test_printed_numbers_are_hollow_and_need_no_runs(ax):
    draw_group_dots(ax, {"one": {}}, printed={"one": {"all": 80.0}})
    (dot,) = ax.lines
    assert dot.get_markerfacecolor() == "white"
    assert list(dot.get_xdata()) == [80.0]


def test_legend_tells_hollow_from_filled_where_both_occur(ax):
    for printed, ours, wanted in (
        (False, True, []),
        (True, False, []),
        (True, True, ["printed", "ours"]),
    ):
        add_group_legend(ax, printed=printed, ours=ours)
        minority = ax.get_legend().legend_handles[0]
        assert (minority.get_markerfacecolor() == "white") == (not ours)
        texts = [text.get_text() for text in ax.get_legend().get_texts()]
        assert texts == ["minority", "majority", "all", *wanted]
