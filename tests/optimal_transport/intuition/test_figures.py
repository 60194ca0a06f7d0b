"""The drawings of moving sand show the numbers that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import ot
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import FancyArrowPatch

from otbook_utils.optimal_transport.intuition.figures import (
    draw_forecasts,
    draw_sand,
    draw_sweep,
    draw_two_ways,
    script,
)

PLACES = st.lists(st.integers(-9, 9), min_size=1, max_size=5)


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


@settings(max_examples=25)
@given(shift=st.integers(-40, 40).map(lambda quarters: quarters / 4))
def test_forecast_is_as_far_sideways_as_it_is_shifted_and_bars_count_where_they_meet(shift):
    figure, axes = plt.subplots()
    draw_forecasts(axes, 12.0 + shift, truth=12.0)
    title = axes.get_title()
    plt.close(figure)
    hours = np.arange(0.0, 30.0, 0.25)
    there, wanted = (
        0.5 * (np.isclose(hours, h) | np.isclose(hours, h + 1)) for h in (12 + shift, 12)
    )
    bars = np.abs(there - wanted).sum()
    sideways = ot.emd2(there, wanted, np.abs(hours[:, None] - hours))
    assert title == f"bar by bar: {bars:g}     sideways: {round(sideways, 6):g} hours"


def test_sand_writes_masses_and_draws_a_line_for_each_entry(ax):
    P = np.array([[2.0, 0.0], [1.0, 3.0]])
    draw_sand(ax, [2, 6], [2, 4], [0, 9], [3, 3], P, rows="AB", columns="KL")
    texts = [text.get_text() for text in ax.texts]
    assert sorted(texts) == sorted(["1", "2", "3", "A: 2", "B: 4", "K: 3", "L: 3"])
    widths = sorted(line.get_linewidth() for line in ax.lines[2:])
    assert np.allclose(np.array(widths) / widths[0], [1, 2, 3])


def test_sand_refuses_a_plan_of_the_wrong_shape(ax):
    with pytest.raises(ValueError, match=r"P must have the shape \(2, 3\), got \(3, 2\)"):
        draw_sand(ax, [0, 1], [1, 1], [0, 1, 2], [1] * 3, np.ones((3, 2)), rows="AB", columns="KLM")


@settings(max_examples=25)
@given(x=PLACES, y=PLACES, z=st.integers(-24, 24).map(lambda halves: halves / 2))
def test_sweep_tells_what_passes_and_the_area_and_ends_with_the_cost(x, y, z):
    x, y = np.array(x, dtype=float), np.array(y, dtype=float)
    a, b = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    told = {}
    for stop in (z, 20.0):
        figure = draw_sweep(x, a, y, b, z=stop)
        told[stop] = [float(title.split(": ")[1]) for title in titles(figure)]
        F, G = (line.get_ydata() for line in figure.axes[1].lines[:2])
        plt.close(figure)
        for curve in (F, G):
            assert curve[0] == 0
            assert np.isclose(curve[-1], 1)
            assert (np.diff(curve) >= -1e-12).all()
    assert abs(told[z][0] - abs(a[x <= z].sum() - b[y <= z].sum())) < 0.0051
    assert told[20.0][0] == 0
    assert abs(told[20.0][1] - ot.emd2(a, b, np.abs(x[:, None] - y))) < 0.0051
    # Left of z nothing else has been swept: what lies right of it may stand at z.
    cut = ot.emd2(a, b, np.abs(np.minimum(x, z)[:, None] - np.minimum(y, z)))
    assert abs(told[z][1] - cut) < 0.0051


@pytest.mark.parametrize("p", [0.5, 1, 1.7, 2])
def test_two_ways_cost_what_the_exponent_makes_of_them(p):
    figure = draw_two_ways(5, p)
    leap, costs, steps = figure.axes
    arcs = [sum(isinstance(q, FancyArrowPatch) for q in ax.patches) for ax in (leap, steps)]
    told = [float(ax.get_title(loc="left").split(": ")[1]) for ax in (leap, steps)]
    at_p = [line.get_ydata()[0] for line in costs.lines if len(line.get_xdata()) == 1]
    plt.close(figure)
    assert arcs == [1, 5]
    assert np.allclose(told, [5**p / 5, 1], atol=0.006)
    assert np.allclose(at_p, [5**p / 5, 1])


def test_a_script_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="name must be one of flight, points, sand, table"):
        script("mud")
