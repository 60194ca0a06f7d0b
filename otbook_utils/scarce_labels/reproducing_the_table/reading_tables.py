"""Reading a published table: does it add up, and which conclusions do other runs bear out?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from otbook_utils.experiments import RunResult
from otbook_utils.scarce_labels.reproducing_the_table.table import ROWS, SEEDS

GROUPS = ("majority", "minority", "all")
TEST_IMAGES = {"majority": 7000, "minority": 3000, "all": 10_000}  # of CIFAR-10
CONFIDENCE = 0.95

# row's key -> group -> per cent right, one number a seed
Scores = Mapping[str, Mapping[str, ArrayLike]]


@dataclass(frozen=True)
class Conclusion:
    """One sentence of a table's text, as a comparison: on `group`, row `better` beats row `worse`.

    >>> CONCLUSIONS[0]
    Conclusion(text='Imbalance costs the minority', better='balanced', worse='ce', group='minority')
    """

    text: str
    better: str
    worse: str
    group: str


CONCLUSIONS = (
    Conclusion("Imbalance costs the minority", "balanced", "ce", "minority"),
    Conclusion("Inverse frequency helps it", "inverse", "ce", "minority"),
    Conclusion("… but costs the majority", "ce", "inverse", "majority"),
    Conclusion("… and loses all in all", "ce", "inverse", "all"),
    Conclusion("Focal γ = 1 helps all in all", "focal-1", "ce", "all"),
    Conclusion("CB β = 0.999 helps all in all", "cb-0.999", "ce", "all"),
    Conclusion("… beats inverse frequency", "cb-0.999", "inverse", "all"),
    Conclusion("… beats β = 0.9999", "cb-0.999", "cb-0.9999", "all"),
    Conclusion("Balancing helps focal, too", "cb-focal-0.99", "focal-1", "all"),
    Conclusion("… but β = 0.9999 ruins it", "focal-1", "cb-focal-0.9999", "all"),
)


@dataclass(frozen=True)
class Gap:
    """By how much one row beats another: mean over seeds, and its 95 % margin (None for one seed).

    >>> Gap(3.0, 1.0).verdict, Gap(0.5, 1.0).verdict, Gap(-3.0, 1.0).verdict
    ('holds', 'undecided', 'reversed')
    """

    mean: float
    margin: float | None

    @property
    def verdict(self) -> str:
        """Say "holds", "reversed" or "undecided"; one seed decides nothing."""
        if self.margin is None or abs(self.mean) <= self.margin * (1 + 1e-9):
            return "undecided"
        return "holds" if self.mean > 0 else "reversed"


def article_scores() -> dict[str, dict[str, float]]:
    """Return the article's numbers as printed, by row and group.

    >>> article_scores()["cb-focal-0.99"]["all"]
    80.6
    """
    return {row.key: dict(zip(GROUPS, row.article, strict=True)) for row in ROWS}


def deviations() -> dict[str, float]:
    """Return by row what the article prints for all minus 0.7 majority + 0.3 minority, in points.

    Of one and the same network the difference is zero, up to rounding. Where each column shows the
    best of its own epochs it cannot be positive.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> round(deviations()["inverse"], 2)
    -0.69
    """
    off = {}
    for row in ROWS:
        majority, minority, printed = row.article
        hits = TEST_IMAGES["majority"] * majority + TEST_IMAGES["minority"] * minority
        off[row.key] = printed - hits / TEST_IMAGES["all"]
    return off


def best_epochs(history: Sequence[Mapping[str, float]]) -> dict[str, int]:
    """Return for each group the first epoch, counted from 0, with its highest accuracy.

    history: a record an epoch.

    >>> best_epochs([{"majority": 50, "minority": 30, "all": 44},
    ...              {"majority": 60, "minority": 20, "all": 48}])
    {'majority': 1, 'minority': 0, 'all': 1}
    """
    return {g: int(np.argmax([record[g] for record in history])) for g in GROUPS}


def best_epoch_deviation(history: Sequence[Mapping[str, float]]) -> float:
    """Return the deviation of a row that prints each group at its own best epoch, in points.

    The best of a sum is at most the sum of the bests, so it is never positive.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> best_epoch_deviation([{"majority": 50, "minority": 30, "all": 44},
    ...                       {"majority": 60, "minority": 20, "all": 48}])
    -3.0
    """
    best = {g: history[epoch][g] for g, epoch in best_epochs(history).items()}
    hits = TEST_IMAGES["majority"] * best["majority"] + TEST_IMAGES["minority"] * best["minority"]
    return best["all"] - hits / TEST_IMAGES["all"]


def power(gap: float, scatter: float, seeds: int) -> float:
    """Return the chance that so many paired seeds decide a true gap, between 0 and 1.

    gap: the true mean difference. scatter: the standard deviation of one paired difference, in
    the same unit; differences are taken to be normal. Decided: zero lies outside the 95 % margin
    of Student's t, which then has a non-central t distribution.

    Raises ValueError if scatter is not positive or seeds is below 2.

    >>> round(power(gap=1.0, scatter=1.0, seeds=10), 2), round(power(0.0, 1.0, 3), 2)
    (0.8, 0.05)
    """
    if not scatter > 0:
        raise ValueError(f"scatter must be positive, got {scatter!r}")
    if seeds < 2:
        raise ValueError(f"seeds must be at least 2, got {seeds!r}")
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, seeds - 1)
    shift = gap / scatter * np.sqrt(seeds)
    above, below = (stats.nct.sf(quantile, seeds - 1, side) for side in (shift, -shift))
    return float(above + below)


def recorded_scores(
    results: Sequence[RunResult], seeds: Sequence[int] = SEEDS
) -> dict[str, dict[str, np.ndarray]]:
    """Return recorded runs by row and group, (seeds,) per cent each, in the article's order.

    Rows for which not all of `seeds` are recorded are left out: half a row is not a result, and
    rows are compared seed by seed.

    >>> recorded_scores([])
    {}
    """
    final = {(run.row, run.seed): run.final for run in results}
    return {
        row.key: {g: np.array([final[row.key, seed][g] for seed in seeds]) for g in GROUPS}
        for row in ROWS
        if all((row.key, seed) in final for seed in seeds)
    }


def paired_gap(better: ArrayLike, worse: ArrayLike, least: float = 0.0) -> Gap:
    """Return how much `better` exceeds `worse` on average, seed by seed, with a 95 % margin.

    better, worse: (seeds,) per cent, in the same order of seeds: what a seed decides for both rows
    (images kept, first weights) then cancels in the difference. The margin is Student's t times
    the standard error of the mean difference, and not below `least`: three seeds may agree by
    chance to the last test image, and yet one image more or less proves nothing.

    Raises ValueError if they are not as many, or none.

    >>> gap = paired_gap([12.0, 22.0, 32.0], [10.0, 21.0, 29.0])
    >>> round(gap.mean, 2), round(gap.margin, 2), gap.verdict
    (2.0, 2.48, 'undecided')
    """
    better, worse = np.asarray(better, dtype=float), np.asarray(worse, dtype=float)
    if better.shape != worse.shape or better.ndim != 1 or not len(better):
        raise ValueError(
            "better and worse must hold one number a seed, for the same seeds, "
            f"got the shapes {better.shape} and {worse.shape}"
        )
    differences = better - worse
    n = len(differences)
    if n == 1:
        return Gap(float(differences[0]), None)
    error = differences.std(ddof=1) / np.sqrt(n)
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)
    return Gap(float(differences.mean()), max(least, float(quantile * error)))


def judge(
    conclusion: Conclusion, scores: Scores, images: Mapping[str, int] = TEST_IMAGES
) -> Gap | None:
    """Return the gap that a conclusion is about, or None where one of its rows has no runs.

    images: how many test images each group has; no margin is smaller than one of them.

    Raises ValueError if the two rows were not run with equally many seeds.

    >>> judge(CONCLUSIONS[0], {}) is None
    True
    """
    group = conclusion.group
    if conclusion.better not in scores or conclusion.worse not in scores:
        return None
    better, worse = scores[conclusion.better][group], scores[conclusion.worse][group]
    return paired_gap(better, worse, least=100 / images[group])


def judge_all(
    scores: Scores, images: Mapping[str, int] = TEST_IMAGES, seeds: int | None = None
) -> dict[str, Gap | None]:
    """Return the gap of each conclusion by its text, from the first `seeds` seeds (None: all).

    >>> judge_all({})["Imbalance costs the minority"] is None
    True
    """
    first = {
        key: {group: np.asarray(values)[:seeds] for group, values in groups.items()}
        for key, groups in scores.items()
    }
    return {c.text: judge(c, first, images) for c in CONCLUSIONS}
