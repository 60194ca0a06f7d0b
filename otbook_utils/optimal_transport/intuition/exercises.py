"""The checkers of the exercises of the chapter on what transport is."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import ot

from otbook_utils.teaching import (
    Verdict,
    close,
    exercise,
    expect_array,
    expect_close,
    expect_function,
    expect_number,
    expect_own_work,
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
    if close(cost, best):
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
    if (plan < -1e-9).any():
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
def check_destination(answer: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Verdict:
    """Check `destination(P, Y)` on plans that split their rows, of unequal masses and no square."""
    rng = np.random.default_rng(4)
    tall = np.array([[0.1, 0.2, 0.0], [0.0, 0.3, 0.4], [0.5, 0.0, 0.0], [0.2, 0.1, 0.6]])
    wide = np.array([[0.1, 0.2, 0.0, 0.3], [0.4, 0.0, 0.3, 0.1]])
    square = np.array([[0.1, 0.2, 0.3], [0.0, 0.3, 0.4], [0.5, 0.0, 0.1]])
    cases = [(P, rng.normal(size=(P.shape[1], d))) for P, d in ((square, 3), (tall, 2), (wide, 5))]
    expect_function(answer, _destination, cases, _slips_of_destination)
    return right(
        "This is the barycentric projection. It turns a plan into a map: with it people move "
        "colours from one photograph to another, or simulated data to where real data lie."
    )


def _destination(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return P @ Y / P.sum(axis=1, keepdims=True)


def _slips_of_destination(P: np.ndarray, Y: np.ndarray) -> dict[str, Any]:
    """Return what known mistakes give; two of them make sense for a square plan alone."""
    square = P.shape[0] == P.shape[1] == Y.shape[1]
    return {
        "That follows the largest partner only. All partners count, by their mass.": Y[
            P.argmax(axis=1)
        ],
        "A weighted mean divides by the sum of its weights. What does row i of `P` sum to?": P @ Y,
        "You divided by 1/n. The rows of this plan do not all sum to 1/n.": len(P) * P @ Y,
        "You divided by all the mass. Each row has a sum of its own.": P @ Y / P.sum(),
        "You divided by the number of places. The weights of row i sum to the mass of row i.": (
            P @ Y / len(Y)
        ),
        "You counted all partners alike. Each counts by the mass that it gets.": np.array(
            [Y[row > 0].mean(axis=0) for row in P]
        ),
        "You divided by the column sums: what arrives at j. What leaves i is needed.": (
            (P / P.sum(axis=0)) @ Y
        ),
        "These are the destinations as columns. Row i of the result belongs to row i of `P`.": (
            _destination(P, Y).T
        ),
        "You divided column k by the sum of row k. `P.sum(axis=1, keepdims=True)` is a column: "
        "it divides each row by its own sum.": P @ Y / P.sum(axis=1) if square else np.nan,
        "You went down the columns of `P`: that is where the mass at j came from.": (
            (P.T @ Y, _destination(P.T, Y)) if square else (np.nan, np.nan)
        ),
    }


@exercise("ot-01-3")
def check_legs(answer: Any) -> Verdict:
    """Check four numbers about a trip of 6 km, squared, in legs."""
    direct, two, legs, roots = expect_array(answer, shape=(4,), name="`predicted`")
    expect_close(
        direct,
        36,
        {
            "(a) That is the distance, and W₂. The cost is the distance squared, in km².": 6,
            "(a) You counted both clouds. Each unit of mass pays once, for its way.": (12, 72),
        },
        otherwise="(a) All the mass goes 6 km, and a trip over d costs d².",
    )
    expect_close(
        two,
        18,
        {
            "(b) That is the cost of one of the two legs: add the other.": 9,
            "(b) Each leg is 3 km long. What does 3 km cost, squared?": (36, 6, 72),
            "(b) The costs are added, without a root: 9 + 9.": (18**0.5, 3),
        },
        otherwise="(b) Two legs of 3 km each: twice 3².",
    )
    expect_close(
        legs,
        37,
        {
            "(c) With 36 legs the total is exactly 1 km². It is to be below.": 36,
            "(c) You divided once too often or too rarely: k legs of 6/k km cost k · (6/k)².": (
                6,
                7,
                12,
                13,
            ),
        },
        otherwise="(c) k legs of 6/k km cost k · (6/k)² = 36/k. When is that below 1, first?",
        tol=1e-9,
    )
    expect_close(
        roots,
        6,
        {
            "(d) That is one leg. Add up all of them.": (6 / 37, 3),
            "(d) You took the root of the total. Each leg has a W₂ of its own: add those.": (
                (36 / 37) ** 0.5,
                1,
                18**0.5,
            ),
            "(d) Those are the costs. W₂ is the root of each.": (36 / 37, 36, 18),
        },
        otherwise="(d) W₂ of a leg is its length. How long are all legs together?",
    )
    return right(
        "A squared cost makes every stop a bargain, down to nothing; the roots add up to the same "
        "6 km however you cut. Is your proof of the factor 2 ready, too?"
    )


_TABLE_OF = 3_000  # places on each side, where a table would have nine million entries
_A_SMALL_PART = 20e6  # bytes: of such a table, which has 72 million


@exercise("ot-01-4")
def check_line(answer: Callable[..., float]) -> Verdict:
    """Check `wasserstein_line(x, a, y, b, p)` against the linear programme, and its memory."""
    hint = "That is a solver. Use sorting and sums of your own: then you know why it is right."
    expect_own_work(answer, "ot", "scipy", hint=hint)
    rng = np.random.default_rng(3)
    cases = []
    for n, m, p in ((4, 4, 1), (6, 3, 2), (3, 8, 3), (5, 5, 2)):
        x, y = rng.normal(size=n), 2 + 3 * rng.normal(size=m)
        cases.append((x, rng.dirichlet(np.ones(n)), y, rng.dirichlet(np.ones(m)), p))
    cases.append((np.array([1.0, 0, 1]), np.array([0.5, 0.25, 0.25]), *2 * (np.ones(2) / 2,), 2))
    expect_function(answer, _line, cases, _slips_on_a_line, tol=1e-6)
    x, y = rng.normal(size=(2, _TABLE_OF))
    a, b = rng.dirichlet(np.ones(_TABLE_OF), size=2)
    tracemalloc.start()
    try:
        got = expect_number(answer(x, a, y, b, 1), name="the result")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if most > _A_SMALL_PART:
        return wrong(
            f"Right, but for {_TABLE_OF:,} places on each side it fills {most / 1e6:.0f} million "
            "bytes: somewhere it makes a table of all pairs. Only about n + m of them trade."
        )
    expect_close(got, ot.wasserstein_1d(x, y, a, b), name=f"W₁ of {_TABLE_OF} places", tol=1e-6)
    return right(
        "It takes about n log n steps, for sorting, where the general problem needs about n³. "
        "Many fast approximations in higher dimensions are built on this function."
    )


def _line(x: np.ndarray, a: np.ndarray, y: np.ndarray, b: np.ndarray, p: float) -> float:
    return ot.emd2(a, b, np.abs(x[:, None] - y) ** p) ** (1 / p)


def _slips_on_a_line(
    x: np.ndarray, a: np.ndarray, y: np.ndarray, b: np.ndarray, p: float
) -> dict[str, Any]:
    """Return what known mistakes give in place of the distance."""
    i, j = np.argsort(x), np.argsort(y)
    mass, trips = _trips(x[i], a[i], y[j], b[j])
    cost = mass @ np.abs(trips) ** p
    z = np.sort(np.concatenate([x, y]))
    F, G = (np.array([m[q <= place].sum() for place in z[:-1]]) for q, m in ((x, a), (y, b)))
    heights, widths = np.abs(F - G), np.diff(z)
    given, sorted_alone = (
        mass @ np.abs(trips) ** p for mass, trips in (_trips(x, a, y, b), _trips(x[i], a, y[j], b))
    )
    costs = np.abs(x[:, None] - y) ** p
    nearest, fair = a @ costs.min(axis=1), a @ costs @ b
    paired = (np.abs(x[i] - y[j]) ** p).mean() if len(x) == len(y) else np.nan
    return {
        "You handed over in the order given. Who is the leftmost?": (given, given ** (1 / p)),
        "You sorted the places and left the masses behind: sort them along, by `np.argsort`.": (
            sorted_alone,
            sorted_alone ** (1 / p),
        ),
        "Trips to the left and to the right cancel here: take the absolute value of each.": (
            abs(mass @ trips),
            mass @ trips,
        ),
        "You paired the places one to one. The masses differ: a big pile serves several.": (
            paired,
            paired ** (1 / p),
        ),
        "You sent all mass to its nearest place: some places then get more than they want.": (
            nearest,
            nearest ** (1 / p),
        ),
        "That is the cost of fair shares: every pile sends to every place. Less is possible.": (
            fair,
            fair ** (1 / p),
        ),
        f"That is W₁, which is the area between the curves, too. For p = {p} every trip, which "
        "lies sideways between the curves, counts to the power p.": mass @ np.abs(trips),
        "You raised the heights between the curves to the power p. The trips, which lie "
        "sideways, are raised.": (heights**p @ widths, (heights**p @ widths) ** (1 / p)),
        f"For p = {p} this is the cost, in the unit of `x` to the power {p}. The root that "
        "brings it back to the unit of `x` is missing.": cost,
        "`** 1 / p` takes the first power and then divides by p. The root is `** (1 / p)`.": (
            cost / p
        ),
        "The root is the p-th one, `** (1 / p)`, not always the square root.": cost**0.5,
    }


def _trips(
    x: np.ndarray, a: np.ndarray, y: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how much mass goes how far, when it is handed over in the order given."""
    A, B = np.cumsum(a), np.cumsum(b)
    levels = np.sort(np.concatenate([A, B]))
    mass = np.diff(levels, prepend=0.0)
    middle = levels - mass / 2
    i = np.minimum(np.searchsorted(A, middle), len(x) - 1)
    j = np.minimum(np.searchsorted(B, middle), len(y) - 1)
    return mass, x[i] - y[j]


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
