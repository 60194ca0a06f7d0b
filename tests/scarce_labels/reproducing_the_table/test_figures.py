"""The drawings of the table's chapter show the numbers that they are given."""

import numpy as np

from otbook_utils.scarce_labels.reproducing_the_table.figures import (
    VERDICTS,
    draw_best_epochs,
    draw_gaps,
    draw_over_beta,
)
from otbook_utils.scarce_labels.reproducing_the_table.reading_tables import Gap


def test_curve_over_beta_passes_through_means_and_skips_places_without_runs(ax):
    draw_over_beta(ax, ["none", "0.9", "0.99"], {"all": [[70, 72], [], [80]]}, here=0)
    assert ax.lines[-1].get_xydata().tolist() == [[0, 71], [2, 80]]


def test_rings_stand_at_each_groups_best_epoch(ax):
    history = [
        {"majority": 50, "minority": 30, "all": 44},
        {"majority": 60, "minority": 20, "all": 48},
    ]
    draw_best_epochs(ax, history)
    rings = [line.get_xydata()[0].tolist() for line in ax.lines if line.get_markersize() > 10]
    assert sorted(rings) == [[1, 30], [2, 48], [2, 60]]


def test_a_gap_is_drawn_with_its_interval_and_verdict_and_an_open_one_is_not(ax):
    draw_gaps(ax, {"helps": Gap(3.0, 1.0), "open": None, "once": Gap(2.0, None)})
    interval, mean, once, _ = ax.lines[1:]
    assert interval.get_xdata().tolist() == [2, 4]
    assert mean.get_color() == VERDICTS["holds"][0]
    assert np.isnan(once.get_xdata()).all()  # one seed has no interval
    assert [label.get_text() for label in ax.get_yticklabels()] == ["helps", "open", "once"]
