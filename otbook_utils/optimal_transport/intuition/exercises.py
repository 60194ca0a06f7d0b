"""The checkers of the exercises of the chapter on what transport is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import ot

from otbook_utils.teaching import (
    Verdict,
    close,
    exercise,
    expect_array,
    expect_function,
    right,
    wrong,
)

_BAKED, _ORDERED = np.array([5.0, 2.0, 3.0]), np.array([3.0, 3.0, 4.0])
_BLOCKS = np.array([[5.0, 4.0, 9.0], [2.0, 7.0, 4.0], [8.0, 3.0, 4.0]])
_SHORTEST_FIRST = np.array([[1.0, 0.0, 4.0], [2.0, 0.0, 0.0], [0.0, 3.0, 0.0]])


@exercise("ot-01-1")
def check_plan_by_hand(answer: Any) -> Verdict:
    """Check the plan of bakeries A, B, C (rows) for cafés K, L, M (columns), in trays."""
    plan = expect_array(answer, shape=(3, 3), name="`my_plan`")
    fault = _fault_of_plan(plan)
    if fault:
        return wrong(fault)
    cost, best = (plan * _BLOCKS).sum(), ot.emd2(_BAKED, _ORDERED, _BLOCKS)
    if close(cost, best, tol=1e-6):
        return right(
            f"It costs {cost:g} tray·blocks, and no plan costs less. You left C→L unused, one of "
            "the shortest trips in town: could you say why to somebody who wants it used?"
        )
    told = f"This is a plan, and it costs {cost:g} tray·blocks. Less is possible."
    if close(plan, _SHORTEST_FIRST):
        return wrong(
            f"{told} You took the shortest trips first. Look at what is left for A: who pays for "
            "the bargain of C?"
        )
    return wrong(f"{told} {_exchange(plan)}")


def _fault_of_plan(plan: np.ndarray) -> str:
    """Say why the table is no plan for the bakeries, or nothing if it is one."""
    sent, got = plan.sum(axis=1), plan.sum(axis=0)
    if (plan < 0).any():
        return "A tray cannot be un-delivered: one of your entries is negative."
    if close(plan.sum(), 1) and close(10 * sent, _BAKED):
        return "These are shares of the whole. Count in trays here: all entries sum to 10."
    if close(sent, _ORDERED) and close(got, _BAKED):
        return (
            "Your rows sum to what the cafés ordered: the table lies on its side. Row A says where "
            "the 5 trays of bakery A go."
        )
    for name, has, wants in zip("ABC", sent, _BAKED, strict=True):
        if not close(has, wants):
            return f"Row {name} sums to {has:g}, but bakery {name} baked {wants:g} trays."
    for name, has, wants in zip("KLM", got, _ORDERED, strict=True):
        if not close(has, wants):
            return f"Column {name} sums to {has:g}, but café {name} ordered {wants:g} trays."
    return ""


def _exchange(plan: np.ndarray) -> str:
    """Name two deliveries whose partners, exchanged, save blocks."""
    used = [(int(i), int(j)) for i, j in np.argwhere(plan > 1e-6)]
    for i, j in used:
        for k, m in used:
            saved = _BLOCKS[i, j] + _BLOCKS[k, m] - _BLOCKS[i, m] - _BLOCKS[k, j]
            if saved > 0:
                return (
                    f"Exchange the partners of {'ABC'[i]}→{'KLM'[j]} and {'ABC'[k]}→{'KLM'[m]}: "
                    f"every tray exchanged saves {saved:g} blocks."
                )
    best = ot.emd(_BAKED, _ORDERED, _BLOCKS)
    idle = next(f"{'ABC'[i]}→{'KLM'[j]}" for i, j in used if best[i, j] < 1e-6)
    return (
        "No exchange between two deliveries helps any more: three have to turn together. Try to "
        f"do without {idle}."
    )


@exercise("ot-01-2")
def check_units(answer: Any) -> Verdict:
    """Check the four numbers about a cloud that moves by 3 km east and 4 km north."""
    plain, squared, w2, metres = expect_array(answer, shape=(4,), name="`predicted`")
    if close(plain, 1000) or close(squared, 5000):
        return wrong(
            "That is the sum over all 200 vans. Each carries the mass 1/200: the cost is the "
            "average over the vans."
        )
    if close(plain, 7):
        return wrong("(a) The Euclidean distance is the straight line, not 3 km and then 4 km.")
    if not close(plain, 5):
        return wrong("(a) Every van moves by the same vector. How long is it?")
    if close(squared, 5):
        return wrong("(b) Without a metric, `ot.dist` does not return a distance. What does it?")
    if not close(squared, 25):
        return wrong("(b) Each entry of `ot.dist(X, Y)` is a squared distance, in km².")
    if close(w2, 25):
        return wrong("(c) W₂ is a distance, in km: one step is missing after (b).")
    if not close(w2, 5):
        return wrong("(c) W₂ is the square root of (b).")
    if close(metres, 25_000):
        return wrong("(d) One km is 1,000 m; how many m² is one km²?")
    if not close(metres, 25e6):
        return wrong(
            "(d) The cost is a squared length. What happens to it if lengths grow 1,000-fold?"
        )
    return right(
        "Remember (d) when you choose a threshold or, in later chapters, an epsilon: a squared "
        "cost grows with the square of the unit."
    )


@exercise("ot-01-3")
def check_line(answer: Callable[[np.ndarray, np.ndarray, float], float]) -> Verdict:
    """Check `wasserstein_line(x, y, p)` against the linear programme on unsorted samples."""
    rng = np.random.default_rng(3)
    samples = ((rng.normal(size=n), 2 + 3 * rng.normal(size=n), p) for n, p in _SIZES)
    expect_function(answer, _by_linear_programme, samples, _slips_on_a_line)
    return right(
        "By two sorts and a mean it takes about n log n steps, where the general problem needs "
        "about n³. Many fast approximations in higher dimensions are built on this function."
    )


_SIZES = ((4, 1), (7, 2), (12, 3))  # points in each sample, and the exponent p


def _by_linear_programme(x: np.ndarray, y: np.ndarray, p: float) -> float:
    return ot.emd2([], [], np.abs(x[:, None] - y) ** p) ** (1 / p)


def _slips_on_a_line(x: np.ndarray, y: np.ndarray, p: float) -> dict[str, Any]:
    """Return what each known mistake gives in place of the distance."""
    n, signed = len(x), np.sort(x) - np.sort(y)
    gaps, given = np.abs(signed) ** p, np.abs(x - y) ** p
    nearest = (np.abs(x[:, None] - y) ** p).min(axis=1).mean()
    return {
        "You paired the points in the order given. Who goes to the leftmost place?": (
            given.mean() ** (1 / p),
            given.mean(),
        ),
        f"Right for p = 1, but for p = {p} you return the same: each gap costs gap ** p.": (
            np.abs(signed).mean()
        ),
        "Gaps to the left and to the right cancel here: take `np.abs` of each.": (
            signed.mean(),
            abs(signed.mean()),
        ),
        "You added up over the points. Each point carries the mass 1/n.": (
            gaps.sum() ** (1 / p),
            gaps.sum(),
        ),
        "The masses 1/n belong under the root, with the gaps: mean first, then root.": (
            gaps.sum() ** (1 / p) / n
        ),
        f"For p = {p} this is the cost, in the unit of `x` to the power {p}. The root that brings "
        "it back to the unit of `x` is missing.": gaps.mean(),
        "`** 1 / p` takes the first power and then divides by p. The root is `** (1 / p)`.": (
            gaps.mean() / p
        ),
        "The root is the p-th one, `** (1 / p)`, not always the square root.": gaps.mean() ** 0.5,
        "You sent every point to its nearest place: some places then get more than 1/n, and "
        "others nothing.": (nearest ** (1 / p), nearest),
        "One number is asked for, the mean over all gaps.": gaps,
    }


@exercise("ot-01-4")
def check_destination(answer: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Verdict:
    """Check `destination(P, Y)` on a plan that splits its rows, with unequal masses."""
    P = np.array([[0.1, 0.2, 0.0], [0.0, 0.3, 0.4]])
    Y = np.random.default_rng(4).normal(size=(3, 2))
    hint = f"For `P = {P.tolist()}` row 0 must be a mean of `Y[0]` and `Y[1]`, weighted 1 to 2."
    expect_function(answer, _destination, [(P, Y)], _slips_of_destinations, otherwise=hint)
    return right(
        "This is the barycentric projection. It turns a plan into a map: with it people move "
        "colours from one photograph to another, or simulated data to where real data lie."
    )


def _destination(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return P @ Y / P.sum(axis=1, keepdims=True)


def _slips_of_destinations(P: np.ndarray, Y: np.ndarray) -> dict[str, Any]:
    """Return what each known mistake gives in place of the mean destinations."""
    return {
        "That follows the largest partner only. All partners count, by their mass.": (
            Y[P.argmax(axis=1)]
        ),
        "A weighted mean divides by the sum of its weights. What does row i of `P` sum to?": P @ Y,
        "You divided by 1/n. The rows of this plan do not all sum to 1/n.": len(P) * P @ Y,
        "You divided column k by the sum of row k. `P.sum(axis=1, keepdims=True)` is a column: it "
        "divides each row by its own sum.": P @ Y / P.sum(axis=1),
        "You counted all partners alike. Each counts by the mass that it gets.": (
            np.array([Y[row > 0].mean(axis=0) for row in P])
        ),
        "You divided by the column sums: what arrives at j. What leaves i is needed.": (
            P / P.sum(axis=0) @ Y
        ),
    }


@exercise("ot-01-5")
def check_disagreement(answer: Any) -> Verdict:
    """Check three clouds of five places each for which W1 and W2 name different neighbours."""
    clouds = expect_array(answer, shape=(3, 5), name="`clouds`")
    if clouds.min() < 0 or clouds.max() > 10:
        return wrong("All places must lie between 0 and 10.")
    a, b, c = np.sort(clouds, axis=1)
    far_b, far_c = np.abs(a - b), np.abs(a - c)
    w1_b, w1_c = far_b.mean(), far_c.mean()
    w2_b, w2_c = (far_b**2).mean() ** 0.5, (far_c**2).mean() ** 0.5
    told = (
        f"W₁(a, b) = {w1_b:.3g}, W₁(a, c) = {w1_c:.3g}; "
        f"W₂(a, b) = {w2_b:.3g}, W₂(a, c) = {w2_c:.3g}."
    )
    if w1_b < w1_c and w2_b < w2_c:
        return wrong(f"{told} Both call b the nearer one. Let one single place of b run far away.")
    if w1_b > w1_c and w2_b > w2_c:
        return wrong(f"{told} Both call c the nearer one. Let all places of c move a little.")
    if w1_b > w1_c and w2_b < w2_c:
        return wrong(f"{told} You have it the other way round: exchange b and c.")
    if min(w1_c / max(w1_b, 1e-9), w2_b / max(w2_c, 1e-9)) < 1.1:
        return wrong(f"{told} Make c farther by W₁ and b farther by W₂, each by at least 10 %.")
    return right(
        f"{told} The two ratios multiply to {w1_c / w1_b * w2_b / w2_c:.2f}; with five places "
        "nobody can reach more than √5 = 2.24. Which would you report if one sensor in five may "
        "be faulty?"
    )
