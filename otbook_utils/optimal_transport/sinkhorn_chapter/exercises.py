"""The checkers of the exercises of the chapter on Sinkhorn's algorithm."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from otbook_utils.teaching import (
    Verdict,
    exercise,
    expect_choices,
    expect_function,
    expect_own_work,
    right,
    wrong,
)


def _value_with_kl(P: np.ndarray, C: np.ndarray, epsilon: float) -> float:
    spread, used = np.outer(P.sum(1), P.sum(0)), P > 0
    return (P * C).sum() + epsilon * (P[used] * np.log(P[used] / spread[used])).sum()


def _slips_of_the_value(P: np.ndarray, C: np.ndarray, epsilon: float) -> dict[str, Any]:
    """Return what each known mistake gives in place of the value with KL."""
    a, b = P.sum(1), P.sum(0)
    spread, used, cost = np.outer(a, b), P > 0, (P * C).sum()
    divergence = (P[used] * np.log(P[used] / spread[used])).sum()
    entropy = (P[used] * np.log(P[used])).sum()
    return {
        "That is ⟨P, C⟩ alone, the number of `ot.sinkhorn2`.": cost,
        "The divergence has a plus: it is a price, not a discount.": cost - epsilon * divergence,
        "That is ε Σ P log P: it is measured from nothing. KL is measured from a ⊗ b.": (
            cost + epsilon * entropy
        ),
        "The divergence counts with the weight ε.": cost + divergence,
        "Divided by ε in place of multiplied.": cost + divergence / epsilon,
        "KL(P ‖ a ⊗ b), not the other way round: the logarithm is weighted by P.": (
            cost + epsilon * (spread[used] * np.log(spread[used] / P[used])).sum()
        ),
        "Each logarithm counts with the mass P that has it.": (
            cost + epsilon * np.log(P[used] / spread[used]).sum()
        ),
        "The plan is compared with a ⊗ b, not with equal masses everywhere.": (
            cost + epsilon * (entropy + np.log(P.size))
        ),
        "That −1 of the objective in Cuturi's form is a constant, but this number is without it.": (
            cost + epsilon * (entropy - P.sum())
        ),
        "The cost is a sum over all entries, not their mean.": (
            cost / P.size + epsilon * divergence
        ),
    }


def _has_nan(answer: Any) -> bool:
    """Say whether numbers came back with a nan among them, whatever else came."""
    try:
        return bool(np.isnan(np.asarray(answer, dtype=float)).any())
    except (TypeError, ValueError, RuntimeError):
        return False


def _plan(n: int, m: int, seed: int, empty: float) -> tuple[np.ndarray, np.ndarray, float]:
    rng = np.random.default_rng(seed)
    P = rng.uniform(0.1, 1, (n, m)) * (rng.uniform(size=(n, m)) >= empty)
    P[0, 0] = P[-1, -1] = 0.5
    return P / P.sum(), rng.normal(size=(n, m)), 0.3 + 0.2 * seed


@exercise("ot-04-1")
def check_value(answer: Callable[..., float]) -> Verdict:
    """Check `value_with_kl(P, C, epsilon)` on plans with and without empty entries."""
    cases = [_plan(3, 5, 0, 0.0), _plan(5, 3, 1, 0.4), _plan(4, 4, 2, 0.3)]
    P, C, epsilon = cases[1]
    with np.errstate(all="ignore"):
        if _has_nan(answer(P.copy(), C.copy(), epsilon)):
            return wrong(
                "0 · log 0 is 0, but a computer says nan: leave out the entries without mass."
            )
    expect_function(answer, _value_with_kl, cases, _slips_of_the_value, tol=1e-6)
    return right("For uniform masses it exceeds the entropy's number by ε (log n + log m).")


def _entropic_map(z: Tensor, y: Tensor, g: Tensor, b: Tensor, epsilon: float) -> Tensor:
    costs = (z[:, None] - y).square().sum(-1)
    return (b.log() + (g - costs) / epsilon).softmax(-1) @ y


def _slips_of_the_map(z: Tensor, y: Tensor, g: Tensor, b: Tensor, epsilon: float) -> dict[str, Any]:
    """Return what each known mistake gives in place of the map."""
    costs = (z[:, None] - y).square().sum(-1)
    exponents = (g - costs) / epsilon
    shares = (b.log() + exponents).softmax(-1)
    return {
        "A mean has weights that sum to 1: divide by the row's sum.": (b * exponents.exp()) @ y,
        "A target with more mass pulls more: where is `b`?": exponents.softmax(-1) @ y,
        "`b` multiplies the exponential, so its logarithm is what you add.": (
            (b + exponents).softmax(-1) @ y
        ),
        "Where is the potential `g`?": (b.log() - costs / epsilon).softmax(-1) @ y,
        "g and the cost both go through ε.": (b.log() + g - costs / epsilon).softmax(-1) @ y,
        "The sign of `g`: the exponent is (g − C) / ε.": (
            (b.log() - (g + costs) / epsilon).softmax(-1) @ y
        ),
        "The sign of the cost: near targets should pull most.": (
            (b.log() + (g + costs) / epsilon).softmax(-1) @ y
        ),
        "The cost is the squared distance.": (
            (b.log() + (g - costs.sqrt()) / epsilon).softmax(-1) @ y
        ),
        "The cost is the squared distance without a half.": (
            (b.log() + (g - costs / 2) / epsilon).softmax(-1) @ y
        ),
        "That is the step away from `z`. Where does the point arrive?": shares @ y - z,
        "That is the nearest target once prices are taken off. The blurred plan takes a mean.": (
            y[(costs - g).argmin(-1)]
        ),
        "Normalise over the targets: each new point spreads its own mass, whoever else comes.": (
            (b.log() + exponents).softmax(0) @ y
        ),
    }


def _trained(k: int, m: int, d: int, seed: int, epsilon: float) -> tuple:
    draw = torch.Generator().manual_seed(seed)
    z, y = (2 * torch.randn(n, d, generator=draw).double() for n in (k, m))
    b = torch.rand(m, generator=draw).double() + 0.1
    return z, y, torch.randn(m, generator=draw).double(), b / b.sum(), epsilon


@exercise("ot-04-3")
def check_map(answer: Callable[..., Tensor]) -> Verdict:
    """Check `entropic_map(z, y, g, b, epsilon)`, also where a kernel would underflow."""
    expect_own_work(answer, "ot", hint="Write the row of the plan yourself: it is one line.")
    cases = [
        _trained(7, 3, 3, 1, 0.8),
        _trained(4, 6, 2, 0, 1.5),
        _trained(5, 5, 1, 2, 2.0),
        _trained(3, 4, 2, 3, 1e-3),
    ]
    if _has_nan(answer(*(t.clone() if isinstance(t, Tensor) else t for t in cases[-1]))):
        return wrong(
            "For a small ε all exponentials underflow: 0 / 0. Take the largest exponent out first, "
            "as softmax does."
        )
    expect_function(answer, _entropic_map, cases, _slips_of_the_map, tol=1e-5)
    return right("So a plan for some points gives a map for all: nothing is solved again.")


def _slips_of_the_variance(sigma2: float, epsilon: float) -> dict[str, Any]:
    """Return what each known mistake gives in place of the best variance."""
    return {
        "Below nothing there is no variance. What is best when ε/2 exceeds σ²?": (
            sigma2 - epsilon / 2
        ),
        "From which ε on is a single point best? D = ε/2 has to exceed σ².": (
            sigma2 - epsilon / 2 if epsilon < sigma2 else 0.0
        ),
        "The slope of ε · ½ log(σ²/D) along D is −ε/(2D): mind the half. (So it would be for the "
        "cost ½ (x − y)².)": max(sigma2 - epsilon, 0.0),
        "That is the noise D. The variance of x is what D leaves of σ².": min(epsilon / 2, sigma2),
        "The noise is on the side of y: x has less variance than y, not more.": (
            sigma2 + epsilon / 2
        ),
        "So it would be without a blur.": sigma2,
        "The variance is asked, not its root.": max(sigma2 - epsilon / 2, 0.0) ** 0.5,
        "You halved twice: set the slope 1 − ε/(2D) to 0.": max(sigma2 - epsilon / 4, 0.0),
        "That never reaches 0. Minimise D + ε/2 · log(σ²/D) along D, then look at D ≤ σ².": (
            sigma2**2 / (sigma2 + epsilon),
            sigma2 / (1 + epsilon),
        ),
        "Variances are subtracted, not standard deviations.": (
            max(sigma2**0.5 - (epsilon / 2) ** 0.5, 0.0) ** 2
        ),
    }


@exercise("ot-04-4")
def check_variance(answer: Callable[[float, float], float]) -> Verdict:
    """Check `best_variance(sigma2, epsilon)` for small and large epsilon."""

    def best_variance(sigma2: float, epsilon: float) -> float:
        return max(sigma2 - epsilon / 2, 0.0)

    cases = [(3.0, 0.7), (0.5, 0.3), (2.0, 1.9), (1.0, 1.5), (1.0, 3.0), (0.25, 0.5)]
    expect_function(answer, best_variance, cases, _slips_of_the_variance)
    return right("From ε = 2σ² on the best cloud is a single point: the bias in its purest form.")


_CAUSES = {"a": "scale", "b": "underflow", "c": "convention", "d": "bias"}
_WHY = {
    "a": "Compare ε with the costs: what are distances within one street, in kilometres?",
    "b": "What is the exponent of the smallest kernel entry, and what can single precision hold?",
    "c": "The plans agree, so both solved the same problem. Which numbers do they report of it?",
    "d": "All is solved as it should be. What does the loss itself want?",
}


@exercise("ot-04-2")
def check_causes(answer: Mapping[str, str]) -> Verdict:
    """Check what went wrong in four reports."""
    expect_choices(answer, _CAUSES, _WHY, name="causes")
    return right("Look first at ε against the costs, then at the numbers' names, then at the loss.")
