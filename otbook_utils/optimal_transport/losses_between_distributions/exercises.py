"""The checkers of the exercises of the chapter on losses between distributions."""

from collections.abc import Callable
from typing import Any

import numpy as np
import ot
import torch
from torch import Tensor

from otbook_utils.teaching import (
    Verdict,
    exercise,
    expect_function,
    expect_own_work,
    right,
    wrong,
)


@exercise("ot-06-1")
def check_tree(answer: Callable[..., float]) -> Verdict:
    """Check `tree_transport(p, q, parent, length)` against the solver on three trees."""
    own = "The solver is right, and slow. On a tree one pass over the nodes does it: write that."
    expect_function(answer, _transport_on_tree, _TREES, _slips_on_a_tree)
    expect_own_work(answer, "ot", "scipy", hint=own)
    return right(
        "One pass over the nodes, where the general problem needs about n³ steps. A line is a "
        "tree without branches, so the sum of |CDF differences| was a special case."
    )


def _transport_on_tree(p: np.ndarray, q: np.ndarray, parent: list[int], length: np.ndarray):
    return ot.emd2(p, q, _tree_distances(parent, length))


def _slips_on_a_tree(
    p: np.ndarray, q: np.ndarray, parent: list[int], length: np.ndarray
) -> dict[str, float]:
    """Return what each known mistake gives in place of the cost."""
    below = _below(p - q, parent)
    return {
        "You compared node by node. An edge carries what *everything* below lacks.": (
            np.abs(p - q) @ length
        ),
        "You went from the root down: when a node was charged, its children had not handed up "
        "what they lack. Children come first.": np.abs(_below_root_first(p - q, parent)) @ length,
        "You treated the tree as a line: mass is handed to `parent[k]`, not to node k + 1.": (
            np.abs(np.cumsum(p - q)) @ length
        ),
        "Half is right for a total variation, not here: each edge is crossed once.": (
            0.5 * np.abs(below) @ length
        ),
        "Every edge counts with its length.": np.abs(below[:-1]).sum(),
        "You squared the masses. Cost grows in proportion to mass: |·|.": below**2 @ length,
        "Mass that goes up and mass that goes down must not cancel: |·|.": below @ length,
        "Take |·| once, after adding up: what cancels below an edge stays below.": (
            _below(np.abs(p - q), parent) @ length
        ),
    }


def _below(mass: np.ndarray, parent: list[int]) -> np.ndarray:
    """Return for each node the mass at and below it; parents come after their children."""
    total = mass.copy()
    for node, above in enumerate(parent):
        if above >= 0:
            total[above] += total[node]
    return total


def _below_root_first(mass: np.ndarray, parent: list[int]) -> np.ndarray:
    """Return what the same pass gives in the wrong order: grandchildren do not arrive."""
    total = mass.copy()
    for node in reversed(range(len(parent))):
        if parent[node] >= 0:
            total[parent[node]] += total[node]
    return total


def _tree_distances(parent: list[int], length: np.ndarray) -> np.ndarray:
    """Return the length of the path between any two nodes of a tree."""
    paths = []
    for node in range(len(parent)):
        path = np.zeros(len(parent))
        while parent[node] >= 0:
            path[node] = 1
            node = parent[node]
        paths.append(path)
    return np.array([[np.abs(a - b) @ length for b in paths] for a in paths])


def _tree(parent: list[int], seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.ones(len(parent)), size=2)
    length = rng.uniform(0.5, 3, len(parent))
    length[-1] = 0  # above the root there is no edge
    return p, q, parent, length


_TREES = [
    _tree([5, 5, 6, 6, 6, 7, 7, -1], seed=3),
    _tree([2, 4, 4, 5, 5, -1], seed=1),
    _tree([1, 2, 3, -1], seed=2),
]


@exercise("ot-06-2")
def check_logit_gradient(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check `logit_gradient(logits, f)`: prices of masses carried back through a softmax."""
    generator = torch.Generator().manual_seed(6)
    cases = [
        (torch.randn(2, 4, generator=generator).double(), torch.tensor([[3.0, -1, 0, 2]]).double()),
        (torch.randn(5, 3, generator=generator).double(), torch.tensor([[7.0, 9, 4]]).double()),
    ]
    cases = [(z, f.repeat(len(z), 1) * torch.arange(1, len(z) + 1)[:, None]) for z, f in cases]
    expect_function(
        answer, _logit_gradient, cases, _slips_of_the_logit_gradient, name="the gradient"
    )
    return right(
        "Add 100 to all prices: nothing changes, so the constant that no solver can know never "
        "reaches the network. And where p is near 0 the price is hardly heard."
    )


def _logit_gradient(logits: Tensor, f: Tensor) -> Tensor:
    p = logits.softmax(-1)
    return p * (f - (p * f).sum(-1, keepdim=True))


def _slips_of_the_logit_gradient(logits: Tensor, f: Tensor) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the gradient."""
    p = logits.softmax(-1)
    mean = (p * f).sum(-1, keepdim=True)
    return {
        "That is the gradient along p. A logit moves all of p at once: how does softmax pass it "
        "on?": f,
        "Your rows do not sum to 0, but adding a constant to all logits changes nothing.": p * f,
        "The factor p in front is missing: a logit moves its class in proportion to p.": f - mean,
        "Each price is compared with the average *under p*, not with the plain mean.": (
            p * (f - f.mean(-1, keepdim=True))
        ),
        "The sign: a class whose price is above average must have its logit lowered.": (
            p * (mean - f)
        ),
        "You kept the diagonal of the softmax's derivative only: raising one logit lowers the "
        "probability of all the others.": p * (1 - p) * f,
        "You normalised over the batch. Each row is a distribution of its own.": (
            logits.softmax(0) * (f - (logits.softmax(0) * f).sum(-1, keepdim=True))
        ),
    }


JOBS = {"a": "bayes", "b": "cross-entropy", "c": "cumulative", "d": "transport"}
_HINTS = {
    ("a", "transport"): "(a) The classifier is calibrated, and one action is wanted for one truth: "
    "its expected cost can be computed for each action. No training is needed.",
    ("a", "cross-entropy"): "(a) The network exists and is calibrated. What is left is to decide, "
    "and the costs can enter there.",
    ("b", "transport"): "(b) The costs are alike and a label is given: transport is then 1 - p of "
    "the truth, which has no calibrated minimum and pulls weakly where p is small.",
    ("c", "transport"): "(c) Single ratings: the plain transport loss is then least with all mass "
    "on the median. Which loss on cumulative shares is least at the truth?",
    ("c", "cross-entropy"): "(c) Cross-entropy is calibrated too, but it does not see how "
    "far a miss is, and these forecasts are scored by distance.",
    ("d", "cross-entropy"): "(d) There are no classes and no pairs: what would a point's label be?",
    ("d", "cumulative"): "(d) Points in the plane have no order in which to cumulate.",
    ("d", "bayes"): "(d) There is nothing to decide afterwards: the points themselves are sought.",
}


@exercise("ot-06-3")
def check_jobs(answer: Any) -> Verdict:
    """Check which tool is named for each of four jobs."""
    tools = sorted(set(JOBS.values()))
    if not isinstance(answer, dict) or set(answer) != set(JOBS):
        return wrong("`tools` must be a dictionary with the keys a, b, c and d.")
    for job, wanted in JOBS.items():
        named = str(answer[job]).strip().lower()
        if named not in tools:
            return wrong(f"({job}) {answer[job]!r} is none of {', '.join(tools)}.")
        if named != wanted:
            general = f"({job}) Not {named}: what is known here, and what is wanted?"
            return wrong(_HINTS.get((job, named), general))
    return right("Three of the four jobs need no transport loss. Say so before you build one.")


@exercise("ot-06-4")
def check_expected(answer: Callable[[float, float, int], Any]) -> Verdict:
    """Check `expected(s, A, d)`: the plain and the corrected batch loss as functions of a scale."""
    cases = [(0.5, 1.3, 2), (1.7, 4.1, 10), (0.2, 0.6, 3)]
    expect_function(answer, _expected, cases, _slips_of_the_expectation)
    return right(
        "The plain loss is least at s = A/d, below 1 for every finite batch; the corrected one is "
        "2A(s - 1)², least at 1 as soon as A > 0, which is so from batches of two on."
    )


def _expected(s: float, A: float, d: int) -> np.ndarray:
    return np.array([d * (1 + s**2) - 2 * s * A, 2 * A * (s - 1) ** 2])


def _slips_of_the_expectation(s: float, A: float, d: int) -> dict[str, np.ndarray]:
    """Return what each known mistake gives in place of the two expectations."""
    plain = d * (1 + s**2) - 2 * s * A
    own = 2 * (d - A)  # between two batches of the target's law
    return {
        "The second is not corrected yet: what do two batches of one law cost?": (
            np.array([plain, plain])
        ),
        "The loss between two batches of the *model* grows with s²: both batches are scaled.": (
            np.array([plain, 2 * plain - s * own - own])
        ),
        "Twice the mixed term: 2 OT(x, y) - OT(x, x′) - OT(y, y′).": (
            np.array([plain, plain - s**2 * own - own])
        ),
        "That is half of it: 2 OT(x, y), and each own term once.": (
            np.array([plain, A * (s - 1) ** 2])
        ),
        "Squares: |s z - y|² = s²|z|² - 2 s z·y + |y|². The scale of the first is missing.": (
            np.array([2 * d - 2 * s * A, 2 * A * (s - 1) ** 2])
        ),
        "The mean of |z|² is d, for a batch of any size, not 1.": (
            np.array([1 + s**2 - 2 * s * A, 2 * A * (s - 1) ** 2])
        ),
        "The two are exchanged: the plain loss first.": np.array([2 * A * (s - 1) ** 2, plain]),
    }
