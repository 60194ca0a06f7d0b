"""Laws of comparing rows: pairing, margins, and what counts as decided."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from otbook_utils.experiments import RunResult
from otbook_utils.scarce_labels.reproducing_the_table.reading_tables import (
    CONCLUSIONS,
    GROUPS,
    Conclusion,
    Gap,
    article_scores,
    best_epoch_deviation,
    best_epochs,
    deviations,
    judge,
    judge_all,
    paired_gap,
    power,
    recorded_scores,
)
from otbook_utils.scarce_labels.reproducing_the_table.table import ROWS, SEEDS

percent = st.floats(0, 100)
pairs = st.lists(st.tuples(percent, percent), min_size=2, max_size=8)


def run_of(row, seed, value):
    final = {"majority": value, "minority": value - 1, "all": value - 0.5}
    return RunResult(
        experiment="imbalance",
        row=row,
        label=row,
        seed=seed,
        reduced=False,
        recipe={"epochs": 1},
        units=dict.fromkeys(final, ""),
        history=({"epoch": 1} | final,),
        final=final,
        data={},
        environment={},
        timing={},
    )


@settings(deadline=None)
@given(pairs)
def test_margin_is_that_of_students_test(pairs):
    better, worse = np.array(pairs).T
    gap = paired_gap(better, worse)
    difference = better - worse
    if difference.std() > 1e-6:
        low, high = stats.ttest_1samp(difference, 0).confidence_interval(0.95)
        assert (gap.mean - gap.margin, gap.mean + gap.margin) == pytest.approx((low, high))


@settings(deadline=None)
@given(pairs, st.lists(percent, min_size=8, max_size=8))
def test_what_a_seed_does_to_both_rows_cancels(pairs, shared):
    better, worse = np.array(pairs).T
    shared = np.array(shared[: len(pairs)])
    plain, shifted = paired_gap(better, worse), paired_gap(better + shared, worse + shared)
    assert shifted.mean == pytest.approx(plain.mean, abs=1e-9)
    assert shifted.margin == pytest.approx(plain.margin, abs=1e-9)


@settings(deadline=None)
@given(pairs)
def test_exchanging_the_rows_reverses_the_verdict(pairs):
    better, worse = np.array(pairs).T
    opposite = {"holds": "reversed", "reversed": "holds", "undecided": "undecided"}
    assert paired_gap(worse, better).verdict == opposite[paired_gap(better, worse).verdict]


def test_one_seed_decides_nothing():
    assert paired_gap([90.0], [10.0]) == Gap(80.0, None)
    assert paired_gap([90.0], [10.0]).verdict == "undecided"


def test_seeds_that_agree_to_the_last_image_decide_nothing_below_an_image():
    one_digit = 100 / 360
    gap = paired_gap([80 + one_digit] * 3, [80.0] * 3, least=one_digit)
    assert gap.margin == pytest.approx(one_digit)
    assert gap.verdict == "undecided"


def test_unpaired_seeds_are_refused():
    with pytest.raises(ValueError, match=r"got the shapes \(2,\) and \(3,\)"):
        paired_gap([1.0, 2.0], [1.0, 2.0, 3.0])


def test_false_verdicts_are_as_rare_as_the_margin_says():
    """Of equal rows about 5 in 100 are called different."""
    rng = np.random.default_rng(0)
    rows = rng.normal(80, 1, size=(4000, 2, 3))
    decided = [paired_gap(one, two).verdict != "undecided" for one, two in rows]
    assert np.mean(decided) == pytest.approx(0.05, abs=0.015)


def test_every_conclusion_is_about_rows_of_the_table_and_the_articles_numbers_say_it():
    article, keys = article_scores(), {row.key for row in ROWS}
    for conclusion in CONCLUSIONS:
        assert {conclusion.better, conclusion.worse} <= keys
        assert conclusion.group in GROUPS
        better = article[conclusion.better][conclusion.group]
        assert better > article[conclusion.worse][conclusion.group], conclusion.text


def test_deviations_are_what_7000_and_3000_images_leave_unexplained():
    for row in ROWS:
        majority, minority, printed = row.article
        off = printed - (0.7 * majority + 0.3 * minority)
        assert deviations()[row.key] == pytest.approx(off, abs=1e-9)


epochs = st.lists(st.tuples(percent, percent), min_size=1, max_size=12)


@given(epochs)
def test_each_group_at_its_best_epoch_never_adds_up_to_too_little(epochs):
    history = [{"majority": M, "minority": m, "all": 0.7 * M + 0.3 * m} for M, m in epochs]
    off = best_epoch_deviation(history)
    assert off <= 1e-9
    if len(set(best_epochs(history).values())) == 1:  # one network has all three
        assert off == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("gap", "seeds"), [(0.0, 3), (1.0, 3), (0.8, 14), (-1.5, 6)])
def test_power_is_how_often_the_margin_leaves_zero_out(gap, seeds):
    rng = np.random.default_rng(0)
    d = rng.normal(gap, 1, size=(40_000, seeds))
    p = stats.ttest_1samp(d, 0, axis=1).pvalue
    assert power(gap, 1.0, seeds) == pytest.approx(np.mean(p < 0.05), abs=0.01)


def test_power_depends_on_the_ratio_alone_and_refuses_what_has_none():
    assert power(3.0, 2.0, 5) == pytest.approx(power(1.5, 1.0, 5))
    with pytest.raises(ValueError, match="scatter must be positive, got 0"):
        power(1.0, 0, 3)
    with pytest.raises(ValueError, match="seeds must be at least 2, got 1"):
        power(1.0, 1.0, 1)


def test_judging_all_takes_the_first_seeds_and_leaves_open_what_was_not_run():
    scores = {
        "ce": {"all": [70.0, 71.0, 72.0, 90.0]},
        "inverse": {"all": [60.0, 61.5, 62.0, 95.0]},
    }
    gaps = judge_all(
        {k: v | {"majority": v["all"], "minority": v["all"]} for k, v in scores.items()}, seeds=3
    )
    assert gaps["… and loses all in all"].verdict == "holds"
    assert gaps["Focal γ = 1 helps all in all"] is None


def test_rows_without_all_seeds_are_not_read_as_results():
    whole = [run_of("ce", seed, 70.0 + seed) for seed in SEEDS]
    part = [run_of("inverse", SEEDS[0], 75.0)]
    scores = recorded_scores(part + whole[::-1])
    assert set(scores) == {"ce"}
    assert scores["ce"]["majority"].tolist() == [70.0 + seed for seed in SEEDS]


def test_conclusion_about_a_row_that_was_not_run_is_left_open():
    scores = {"ce": {"all": [70.0, 71.0, 72.0]}, "inverse": {"all": [60.0, 61.5, 62.0]}}
    assert judge(Conclusion("…", "ce", "focal-1", "all"), scores) is None
    assert judge(Conclusion("…", "ce", "inverse", "all"), scores).verdict == "holds"
