"""The checkers of the exercises of the chapter on computing transport."""

from collections.abc import Callable
from typing import Any

import numpy as np
import ot
from scipy.optimize import linprog

from otbook_utils.teaching import (
    Verdict,
    exercise,
    expect_array,
    expect_close,
    expect_function,
    expect_own_work,
    right,
    wrong,
)


@exercise("ot-03-1")
def check_counts(answer: Any) -> Verdict:
    """Check four counts of journeys and free prices."""
    most, fewest, forest, free = expect_array(answer, shape=(4,), name="`counts`")
    exact = {"tol": 1e-9}
    expect_close(
        most,
        11,
        {
            "(a) That many would close a cycle: a tree on 12 nodes has one line less.": 12,
            "(a) That is the whole table.": 35,
            "(a) One equation of the 12 follows from the others, not two.": 10,
        },
        otherwise="(a) A forest on 7 + 5 nodes: how many lines at most?",
        **exact,
    )
    expect_close(
        fewest,
        8,
        {
            "(b) That is one tree. Can a part of the bakeries balance a part of the cafés?": 9,
            "(b) A café that wants 1/4 needs two bakeries of 1/6 at least, and one is shared.": 6,
            "(b) That is the whole table.": 24,
            "(b) More trees than can balance: k/6 must be l/4.": 7,
        },
        otherwise="(b) Into how many trees can it fall, if each must balance? k/6 = l/4.",
        **exact,
    )
    expect_close(
        forest,
        9,
        {
            "(c) That is one tree. Each further tree has one line less.": 11,
            "(c) Of k trees on 12 nodes, each has one line less than nodes: 12 − k.": (8, 10, 12),
        },
        otherwise="(c) Each tree has one line less than it has nodes. Add up.",
        **exact,
    )
    expect_close(
        free,
        3,
        {
            "(d) So it is for one tree. Here three parts do not hear of each other.": 1,
            "(d) You fixed one of them beforehand. All are counted here.": 2,
            "(d) Those are the equations. How many unknowns do they leave?": 9,
        },
        otherwise="(d) 12 unknown prices, and an equation for each line.",
        **exact,
    )
    return right("More trees, more freedom in the prices: hence the kinks of the cost.")


def _problem(n: int, m: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    P = rng.uniform(0.1, 2, (n, m)) * (rng.uniform(size=(n, m)) < 0.7)
    return P, rng.normal(size=n) * 2, rng.normal(size=(n, m)) * 3


def _gap(P: np.ndarray, f: np.ndarray, C: np.ndarray) -> float:
    g = (C - f[:, None]).min(axis=0)
    return (P * C).sum() - P.sum(axis=1) @ f - P.sum(axis=0) @ g


def _slips_of_the_gap(P: np.ndarray, f: np.ndarray, C: np.ndarray) -> dict[str, Any]:
    """Return what each known mistake gives in place of the gap."""
    n, m = C.shape
    a, b, slack = P.sum(axis=1), P.sum(axis=0), C - f[:, None]
    cost, g = (P * C).sum(), slack.min(axis=0)
    square = n == m
    return {
        "That is the bill. How much dearer is the plan?": a @ f + b @ g,
        "The sign is turned: cost minus bill.": a @ f + b @ g - cost,
        "The largest g breaks f + g ≤ C on other journeys. Take the least.": (
            cost - a @ f - b @ slack.max(axis=0)
        ),
        "A café's price is C − f, not C + f.": cost - a @ f - b @ (C + f[:, None]).min(axis=0),
        "You took the minimum along each row. A café's price is limited by all bakeries: "
        "axis 0.": cost - a @ f - (b @ slack.min(axis=1) if square else np.nan),
        "You laid `f` along the columns: `f[:, None]` is the price of the rows.": (
            cost - a @ f - b @ (C - f).min(axis=0) if square else np.nan
        ),
        "Where are the crates? Each price counts with its mass.": cost - f.sum() - g.sum(),
        "The masses are the sums of `P` as they stand; do not divide by their total.": (
            _gap(P, f, C) / P.sum(),
            cost - (a @ f + b @ g) / P.sum(),
        ),
        "The haulier is paid for the loading too: ⟨a, f⟩ is missing.": cost - b @ g,
        "The unloading is missing: ⟨b, g⟩.": cost - a @ f,
        "With g = −f you assume that the cost is a distance, on one set of places.": (
            cost - a @ f + b @ f if square else np.nan
        ),
        "You improved the prices first: a tighter bound, but for other prices than `f`.": (
            cost - a @ (C - g).min(axis=1) - b @ g
        ),
        "That is the true distance from the best plan, by a solver. A certificate needs none.": (
            cost - ot.emd2(a, b * (a.sum() / b.sum()), C)
        ),
        "A price may be negative: leave it as it is.": cost - a @ f - b @ np.maximum(g, 0),
        "She may go to any café from any bakery: unused journeys limit g, too.": (
            cost - a @ f - b @ np.where(P > 0, slack, np.inf).min(axis=0)
            if (P > 0).any(axis=0).all()
            else np.nan
        ),
        "How much in euros, not as a share of the cost.": _gap(P, f, C) / cost,
        "That is what this plan loses on its worst journey, not in all.": (
            np.max((slack - g) * (P > 0))
        ),
        "Each journey's slack counts with the mass that travels it.": (slack - g)[P > 0].sum(),
    }


@exercise("ot-03-2")
def check_gap(answer: Callable[..., float]) -> Verdict:
    """Check `gap(P, f, C)` on plans of several shapes."""
    cases = [_problem(4, 4, 30), _problem(5, 3, 0), _problem(2, 6, 2), _problem(3, 3, 3)]
    expect_function(answer, _gap, cases, _slips_of_the_gap)
    rng = np.random.default_rng(5)
    a, b, C = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(3)), rng.normal(size=(4, 3))
    P, log = ot.emd(a, b, C, log=True)
    expect_close(answer(P, log["u"], C), 0, otherwise="Best plan and best prices have no gap.")
    return right("With the best prices the gap is zero, and the plan is proved best.")


_SAMPLES = ((6, 6), (5, 8), (9, 4), (1, 3))
_ROUNDING = 3e-5  # of float32, at places up to 12


@exercise("ot-03-3")
def check_critic(answer: Callable[..., np.ndarray]) -> Verdict:
    """Check `critic_at(z, x, y)`: no steeper than 1, and its difference of means is W1."""
    hint = "That is a solver. Slopes from sorted places do it: write those."
    expect_own_work(answer, "ot", "scipy", hint=hint)
    for seed, (n, m) in enumerate(_SAMPLES):
        rng = np.random.default_rng(seed)
        x, y = 3 * rng.normal(size=n), 2 + rng.normal(size=m)
        z = np.concatenate([x, y, rng.uniform(-12, 12, 40)])
        heights = expect_array(
            answer(z.copy(), x.copy(), y.copy()), shape=z.shape, name="the critic"
        )
        steep = np.abs(heights[:, None] - heights) - np.abs(z[:, None] - z)
        wanted = ot.wasserstein_1d(x, y)
        means = heights[:n].mean() - heights[n : n + m].mean()
        if steep.max() > _ROUNDING:
            i, j = np.unravel_index(steep.argmax(), steep.shape)
            return wrong(
                f"Not 1-Lipschitz: between {z[i]:.3g} and {z[j]:.3g} it changes by "
                f"{abs(heights[i] - heights[j]):.3g}. Are the places sorted, and does the function "
                "have one value at each place, wherever `z` asks?"
            )
        apart = np.abs(z[:, None] - z)
        slope = np.max(np.abs(heights[:, None] - heights)[apart > 0] / apart[apart > 0])
        if 0 < slope < 0.99:
            return wrong(f"Its slope is nowhere above {slope:.3g}, and 1 is allowed: use it.")
        expect_close(
            means,
            wanted,
            {
                "The sign is turned: it should be high where x has mass to spare.": -wanted,
                "It is level everywhere. Let it fall with slope 1 where F > G.": 0,
            },
            otherwise=f"For n = {n} and m = {m} the difference of means is {means:.4g}, and W₁ is "
            f"{wanted:.4g}. Does each cumulative share count 1/n or 1/m, at the sorted places?",
            name="the difference of means",
        )
        alone = expect_array(answer(z[:1].copy(), x.copy(), y.copy()), shape=(1,))
        if abs(alone[0] - heights[0]) > _ROUNDING:
            return wrong("A place has another value when it is asked for alone: fix the constant.")
    return right("A Wasserstein GAN trains a network towards this function, from samples alone.")


@exercise("ot-03-4")
def check_design(answer: Any) -> Verdict:
    """Check a problem of 3 x 3 with one best plan and many best prices."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        return wrong("Give three things: a, b and C.")
    a = expect_array(answer[0], shape=(3,), name="`a`")
    b = expect_array(answer[1], shape=(3,), name="`b`")
    C = expect_array(answer[2], shape=(3, 3), name="`C`")
    if min(a.min(), b.min()) <= 0:
        return wrong("All masses must be positive: an empty place has no journey to fix its price.")
    if not np.isclose(a.sum(), b.sum(), rtol=1e-9):
        return wrong(f"a sums to {a.sum():g} and b to {b.sum():g}: no plan exists.")
    if min(a.min() / a.sum(), b.min() / b.sum()) < 1e-3:
        return wrong("Give each place at least a thousandth of the mass: less escapes the check.")
    a, b = a / a.sum(), b / b.sum()
    C = C / max(np.abs(C).max(), 1e-300)
    P = ot.emd(a, b, C)
    if (other := _most_mass_elsewhere(a, b, C, P)) > 1e-5:
        return wrong(
            f"There is a second best plan: it moves {other:.2g} of the mass along journeys that "
            "the first does not use. Let the costs not tie."
        )
    if _freedom(a, b, C) < 1e-5:
        return wrong(
            "The prices are unique once f₁ = 0. Let a part of a have the same mass as a part of "
            "b, so that the plan falls into two trees."
        )
    return right("The plan's journeys form several trees, each with a constant of its own.")


def _marginals(n: int, m: int) -> np.ndarray:
    return np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])


def _most_mass_elsewhere(a: np.ndarray, b: np.ndarray, C: np.ndarray, P: np.ndarray) -> float:
    """Return the most mass that a best plan can have where `P`, a vertex, has none."""
    found = linprog(
        -(P.ravel() < 1e-12).astype(float),
        A_eq=_marginals(*C.shape),
        b_eq=np.concatenate([a, b]),
        A_ub=C.reshape(1, -1),
        b_ub=[(P * C).sum() + 1e-10],
    )
    return -found.fun


def _freedom(a: np.ndarray, b: np.ndarray, C: np.ndarray) -> float:
    """Return how far apart two best prices of one place can lie, with f_1 = 0."""
    n, m = C.shape
    masses = np.concatenate([a, b])
    limits = {
        "A_ub": np.vstack([_marginals(n, m).T, -masses]),
        "b_ub": np.append(C.ravel(), 1e-10 - ot.emd2(a, b, C)),
        "bounds": [(0, 0)] + [(None, None)] * (n + m - 1),
    }
    apart = 0.0
    for place in range(1, n + m):
        one = np.eye(n + m)[place]
        apart = max(apart, -linprog(-one, **limits).fun - linprog(one, **limits).fun)
    return apart
