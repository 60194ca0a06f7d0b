"""The checkers of the exercises on optimal transport."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import ot
import torch

from otbook_utils.optimal_transport.digits_experiment import (
    Task,
    judge,
    noisy_digits,
    train_classifiers,
)
from otbook_utils.optimal_transport.transport_loss import TransportLoss
from otbook_utils.teaching import (
    Verdict,
    close,
    exercise,
    expect_array,
    expect_number,
    right,
    wrong,
)

# --- chapter 1: what transport is -----------------------------------------------------------

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
    for n, p in ((4, 1), (7, 2), (12, 3)):
        x, y = rng.normal(size=n), 2 + 3 * rng.normal(size=n)
        got = expect_number(answer(x.copy(), y.copy(), p), name="the result")
        wanted = ot.emd2([], [], np.abs(x[:, None] - y) ** p) ** (1 / p)
        if not close(got, wanted, tol=1e-6):
            slip = _slip_on_a_line(got, x, y, p)
            return wrong(slip or f"For p = {p}, n = {n}: expected {wanted:.4f}, got {got:.4f}.")
    return right(
        "By two sorts and a mean it takes about n log n steps, where the general problem needs "
        "about n³. Many fast approximations in higher dimensions are built on this function."
    )


def _slip_on_a_line(got: float, x: np.ndarray, y: np.ndarray, p: float) -> str:
    """Say which mistake gives this number in place of the distance, or nothing if none is known."""
    n, signed = len(x), np.sort(x) - np.sort(y)
    gaps, given = np.abs(signed) ** p, np.abs(x - y) ** p
    nearest = (np.abs(x[:, None] - y) ** p).min(axis=1).mean()
    slips = {
        "You paired the points in the order given. Who goes to the leftmost place?": [
            given.mean(),
            given.mean() ** (1 / p),
        ],
        f"Right for p = 1, but for p = {p} you return the same: each gap costs gap ** p.": [
            np.abs(signed).mean(),
        ],
        "Gaps to the left and to the right cancel here: take `np.abs` of each.": [
            signed.mean(),
            abs(signed.mean()),
        ],
        "You added up over the points. Each point carries the mass 1/n.": [
            gaps.sum(),
            gaps.sum() ** (1 / p),
        ],
        "The masses 1/n belong under the root, with the gaps: mean first, then root.": [
            gaps.sum() ** (1 / p) / n,
        ],
        f"For p = {p} this is the cost, in the unit of `x` to the power {p}. The root that brings "
        "it back to the unit of `x` is missing.": [gaps.mean()],
        "`** 1 / p` takes the first power and then divides by p. The root is `** (1 / p)`.": [
            gaps.mean() / p,
        ],
        "The root is the p-th one, `** (1 / p)`, not always the square root.": [
            gaps.mean() ** 0.5,
        ],
        "You sent every point to its nearest place: some places then get more than 1/n, and "
        "others nothing.": [nearest, nearest ** (1 / p)],
    }
    return next(
        (hint for hint, numbers in slips.items() if any(close(got, k) for k in numbers)), ""
    )


@exercise("ot-01-4")
def check_destination(answer: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Verdict:
    """Check `destination(P, Y)` on a plan that splits its rows, with unequal masses."""
    rng = np.random.default_rng(4)
    P, Y = np.array([[0.1, 0.2, 0.0], [0.0, 0.3, 0.4]]), rng.normal(size=(3, 2))
    got = expect_array(answer(P.copy(), Y.copy()), shape=(2, 2), name="the result")
    sent, got_mass = P.sum(axis=1, keepdims=True), P.sum(axis=0)
    if close(got, P @ Y / sent, tol=1e-6):
        return right(
            "This is the barycentric projection. It turns a plan into a map: with it people move "
            "colours from one photograph to another, or simulated data to where real data lie."
        )
    if close(got, Y[P.argmax(axis=1)]):
        return wrong("That follows the largest partner only. All partners count, by their mass.")
    if close(got, P @ Y):
        return wrong(
            "A weighted mean divides by the sum of its weights. What does row i of `P` sum to?"
        )
    if close(got, len(P) * P @ Y):
        return wrong("You divided by 1/n. The rows of this plan do not all sum to 1/n.")
    if close(got, P @ Y / P.sum(axis=1)):
        return wrong(
            "You divided column k by the sum of row k. `P.sum(axis=1, keepdims=True)` is a column: "
            "it divides each row by its own sum."
        )
    if close(got, [Y[row > 0].mean(axis=0) for row in P]):
        return wrong("You counted all partners alike. Each counts by the mass that it gets.")
    if close(got, (P / got_mass) @ Y):
        return wrong("You divided by the column sums: what arrives at j. What leaves i is needed.")
    return wrong(
        f"For `P = {P.tolist()}` row 0 must be a mean of `Y[0]` and `Y[1]`, weighted 1 to 2."
    )


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


# --- chapter 2: designing losses ------------------------------------------------------------

# Predicted in rows, truth in columns: road, car, bus, person, as in the chapter.
_DRIVER = np.array([[0.0, 30, 30, 100], [5, 0, 1, 60], [5, 1, 0, 60], [5, 10, 10, 0]])
_SEEN = np.array([0.5, 0.1, 0.0, 0.4])


@exercise("ot-02-1")
def check_driver(answer: Any) -> Verdict:
    """Check the two expected costs of the driver's prediction, for a person and for a road."""
    got = expect_array(answer, shape=(2,), name="`losses`")
    person, road = _SEEN @ _DRIVER[:, 3], _SEEN @ _DRIVER[:, 0]
    if close(got, [person, road]):
        return right(
            "The same prediction is 22 times as bad on one picture as on the other. Cross-entropy "
            "says 0.92 and 0.69: for it the two pictures are much the same."
        )
    if close(got, [road, person]):
        return wrong("Both numbers are right, in the wrong order: first the person.")
    if close(got, [_SEEN @ _DRIVER[3], _SEEN @ _DRIVER[0]]):
        return wrong(
            "You went along the row of the truth. Rows are what is predicted; the truth picks a "
            "column. (A matrix that is not symmetric notices, here by a factor of 16.)"
        )
    if close(got, [_DRIVER[0, 3], _DRIVER[0, 0]]):
        return wrong(
            "That is the cost of the likeliest class alone. All the predicted mass has to move to "
            "the truth, each part at its own cost."
        )
    if close(got, [_DRIVER[:, 3].sum(), _DRIVER[:, 0].sum()]):
        return wrong("You added the costs up. Each counts with the probability that it got.")
    if close(got, [person / 4, road / 4]):
        return wrong("You took the mean over the classes. The probabilities are the weights.")
    for name, given, wanted in zip(("person", "road"), got, (person, road), strict=True):
        if not close(given, wanted):
            return wrong(
                f"For the {name} {given:g} is not it. Go down the column of the truth: four "
                "probabilities, each times the cost that stands beside it."
            )
    raise AssertionError("unreachable: one of the two numbers is wrong")


@exercise("ot-02-2")
def check_hard_label_loss(answer: Callable[..., torch.Tensor]) -> Verdict:
    """Check `hard_label_loss(logits, labels, C)` against transport on a matrix without symmetry."""
    generator = torch.Generator().manual_seed(2)
    logits = 2 * torch.randn(5, 3, generator=generator)
    labels = torch.tensor([0, 2, 2, 1, 0])
    C = torch.tensor([[0.0, 1.0, 7.0], [2.0, 0.0, 3.0], [9.0, 4.0, 0.0]])
    p = logits.softmax(-1)
    wanted = (p * C.T[labels]).sum(-1)
    given = answer(logits.clone(), labels.clone(), C.clone())
    got = torch.as_tensor(given).detach()
    if got.ndim == 1 and close(got, wanted):
        return wrong("Right for each sample; the mean over the batch is still missing.")
    if got.numel() != 1:
        return wrong(f"One number is wanted for the batch, and you return {tuple(got.shape)}.")
    if close(got, wanted.mean()):
        if isinstance(given, torch.Tensor):
            return right(
                "One line, no solver, any classifier. `TransportLoss` takes this very path when "
                "its target is a label."
            )
        return wrong("The number is right, but it is no tensor: it has no gradient to send back.")
    slips = {
        "These are the costs `C[labels]`, a row of each truth. The truth picks a column: a row of "
        "the transpose.": (p * C[labels]).sum(-1).mean(),
        "You weighted the costs by logits. Mass is never negative and sums to 1: which function "
        "turns logits into probabilities?": (logits * C.T[labels]).sum(-1).mean(),
        "You took the mean over the classes too. The probabilities are the weights: sum over "
        "classes, mean over samples.": (p * C.T[labels]).mean(),
        "You added up the batch; the mean is wanted, so that the step does not grow with the "
        "batch.": wanted.sum(),
        "You paid for the likeliest class alone. `argmax` has no gradient, so nothing could be "
        "learned from this.": C[logits.argmax(-1), labels].mean(),
        "You normalised over the batch. Each sample has its own distribution, along the last "
        "dimension.": (logits.softmax(0) * C.T[labels]).sum(-1).mean(),
        "You squared the costs. Some distances are squared by convention; a cost that somebody "
        "has set by hand already is what it should be.": (p * C.T[labels] ** 2).sum(-1).mean(),
    }
    for hint, slip in slips.items():
        if close(got, slip):
            return wrong(hint)
    return wrong(
        f"For logits of shape (5, 3) it should give {wanted.mean():.4f}, and yours gives "
        f"{got.item():.4f}. Compare with one sample by hand."
    )


@exercise("ot-02-3")
def check_gradient(answer: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Verdict:
    """Check `transport_gradient(p, c)`: the derivative of the loss p·c along the logits."""
    p, c = np.array([0.7, 0.2, 0.1]), np.array([5.0, 0.0, 2.0])
    got = expect_array(answer(p.copy(), c.copy()), shape=(3,), name="the gradient")
    if close(got, p * (c - p @ c)):
        sure = answer(np.array([0.998, 0.001, 0.001]), c.copy())
        if not close(sure, np.array([0.998, 0.001, 0.001]) * (c - 4.992)):
            return wrong("Right for one prediction, but not for a surer one.")
        return right(
            "Now put in p = (0.998, 0.001, 0.001), surely wrong: the largest entry is 0.008, on a "
            "loss of 5. The factor p in front is why; cross-entropy has none and answers -0.999."
        )
    if close(got, c):
        return wrong(
            "That is the derivative along p. A logit moves all of p at once: how does softmax "
            "pass it on?"
        )
    if close(got, p * c):
        return wrong(
            "Your entries do not sum to 0, but adding a constant to all logits changes nothing. "
            "The softmax takes something away from c."
        )
    if close(got, c - p @ c):
        return wrong("Nearly: the factor that makes the gradient small is missing.")
    if close(got, p - np.eye(3)[1]):
        return wrong("That is the gradient of cross-entropy, and it does not know the costs.")
    if close(got, p * (p @ c - c)):
        return wrong("The sign: a class that costs more than average must have its logit lowered.")
    if close(got, p * (1 - p) * c):
        return wrong(
            "You kept the diagonal of the softmax's derivative only. Raising one logit lowers the "
            "probability of all the others."
        )
    return wrong(f"For p = {p.tolist()} and c = {c.tolist()} check one entry by a small step.")


@exercise("ot-02-4")
def check_tree(answer: Callable[..., float]) -> Verdict:
    """Check `tree_transport(p, q, parent, length)` against the solver on three trees."""
    for tree in _TREES:
        given = answer(
            tree["p"].copy(), tree["q"].copy(), list(tree["parent"]), tree["length"].copy()
        )
        got = expect_number(given, name="the result")
        wanted = ot.emd2(tree["p"], tree["q"], _tree_distances(tree["parent"], tree["length"]))
        if close(got, wanted, tol=1e-6):
            continue
        difference, length = tree["p"] - tree["q"], tree["length"]
        below = _below(difference, tree["parent"])
        if close(got, np.abs(difference) @ length):
            return wrong(
                "You compared node by node. An edge carries what *everything* below lacks."
            )
        if close(got, 0.5 * np.abs(below) @ length):
            return wrong(
                "Half is right for a total variation, not here: each edge is crossed once."
            )
        if close(got, np.abs(below).sum()):
            return wrong("Every edge counts with its length.")
        if close(got, below**2 @ length):
            return wrong("You squared the masses. Cost grows in proportion to mass: |·|.")
        if close(got, below @ length):
            return wrong("Mass that goes up and mass that goes down must not cancel: |·|.")
        if close(got, _below(np.abs(difference), tree["parent"]) @ length):
            return wrong("Take |·| once, after adding up: what cancels below an edge stays below.")
        return wrong(
            f"For parents {tree['parent']}: expected {wanted:.4f}, and yours is {got:.4f}."
        )
    return right(
        "One pass over the nodes, where the general problem needs about n³ steps. A line is a "
        "tree without branches, so the sum of |CDF differences| was a special case."
    )


def _below(mass: np.ndarray, parent: list[int]) -> np.ndarray:
    """Return for each node the mass at and below it; parents come after their children."""
    total = mass.copy()
    for node, above in enumerate(parent):
        if above >= 0:
            total[above] += total[node]
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


def _tree(parent: list[int], seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.ones(len(parent)), size=2)
    length = rng.uniform(0.5, 3, len(parent))
    length[-1] = 0  # above the root there is no edge
    return {"p": p, "q": q, "parent": parent, "length": length}


_TREES = [
    _tree([3, 3, 4, 4, -1], seed=1),
    _tree([1, 2, 3, -1], seed=2),
    _tree([5, 5, 6, 6, 6, 7, 7, -1], seed=3),
]


@exercise("ot-02-5")
def check_forbidden(answer: Any) -> Verdict:
    """Check costs that keep 9 from being read as 3 and 8 as 1, by training with them."""
    costs = expect_array(answer, shape=(10, 10), name="`my_costs`")
    if (costs < 0).any():
        return wrong("A negative cost is a reward for a mistake: one of your entries is below 0.")
    if np.diag(costs).any():
        return wrong("You charge for right answers: the diagonal must be 0.")
    if not costs.any():
        return wrong("If no mistake costs anything, nothing is learned from the costs.")
    accuracy, nines, eights = _misread(costs)
    plain_accuracy, plain_nines, plain_eights = _misread(1 - np.eye(10))
    told = (
        f"9 read as 3: {nines:.0f} in 1,000 (with all mistakes alike: {plain_nines:.0f}). "
        f"8 read as 1: {eights:.0f} ({plain_eights:.0f}). "
        f"Accuracy {accuracy:.1%} ({plain_accuracy:.1%})."
    )
    stubborn = [
        name
        for name, now, plain in (("9 as 3", nines, plain_nines), ("8 as 1", eights, plain_eights))
        if now > plain / 2
    ]
    if stubborn and (costs[9, 3] > costs[3, 9] or costs[8, 1] > costs[1, 8]):
        return wrong(f"{told} Your matrix lies on its side: `my_costs[predicted, truth]`.")
    if stubborn:
        return wrong(f"{told} Too many are left: {' and '.join(stubborn)}. Charge more for these.")
    if accuracy < plain_accuracy - 0.03:
        return wrong(
            f"{told} The two are gone, but so are more than 3 points of accuracy. Ask for less: "
            "what do you charge for the mistakes that you do not mind?"
        )
    return right(
        f"{told} Which confusions grew in their place? And what happens to the 3s and 1s, which "
        "are now named less readily?"
    )


@cache
def _training_digits() -> Task:
    return noisy_digits(6)


def _misread(costs: np.ndarray) -> tuple[float, float, float]:
    """Train as in the chapter; return the accuracy, and 9s read as 3 and 8s as 1 in 1,000."""
    C = torch.tensor(costs, dtype=torch.float32)
    # In units of the average mistake, so that only ratios of costs matter.
    transport = TransportLoss(C / (C.sum() / 90), epsilon=1.0)
    entropy, task = torch.nn.CrossEntropyLoss(), _training_digits()
    model = train_classifiers(
        task.train, lambda logits, y: 0.2 * entropy(logits, y) + 0.8 * transport(logits, y)
    )
    verdicts = judge(model(task.test.images).argmax(-1), task.test.targets, C)
    confusion = 10_000 * verdicts.confusion.mean(0)  # a tenth of the images are of each digit
    return verdicts.accuracy.mean().item(), confusion[9, 3].item(), confusion[8, 1].item()
