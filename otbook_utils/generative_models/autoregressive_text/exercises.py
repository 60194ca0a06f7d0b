"""The checkers of the exercises of the chapter on autoregressive text."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from otbook_utils.teaching import (
    Verdict,
    exercise,
    expect_array,
    expect_close,
    expect_function,
    right,
    wrong,
)


@exercise("gm-02-1")
def check_mask(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check `packed_weights(scores, document)`: hidden before the softmax, later and foreign."""
    generator = torch.Generator().manual_seed(1)
    packings = ([[0, 0, 0, 1, 1], [4, 2, 2, 2, 2]], [[0, 1, 1]] * 3, [[3, 3, 8, 8, 8, 5]])
    cases = [
        (3 * torch.randn(len(rows), *2 * [len(rows[0])], generator=generator), torch.tensor(rows))
        for rows in packings
    ]
    first = answer(*(given.clone() for given in cases[0]))
    if isinstance(first, Tensor) and first.shape == (2, 5, 5) and first[:, 0].isnan().all():
        return wrong(
            "You hid the place itself too, and the first place has nothing left to look at: 0 / 0. "
            "Its own token is known: it guesses the *next* one."
        )
    expect_function(answer, _weights, cases, _slips_of_the_mask, gradient_of=["scores"])
    return right("The first row of each document is all on itself: it has nothing else to look at.")


def _weights(scores: Tensor, document: Tensor) -> Tensor:
    return scores.masked_fill(_later(scores) | _foreign(document), -torch.inf).softmax(-1)


def _later(scores: Tensor) -> Tensor:
    return torch.ones_like(scores, dtype=torch.bool).triu(1)


def _foreign(document: Tensor) -> Tensor:
    return document[:, :, None] != document[:, None, :]


def _slips_of_the_mask(scores: Tensor, document: Tensor) -> dict[str, Any]:
    """Return what each known mistake gives in place of the weights."""
    later, foreign = _later(scores), _foreign(document)
    hidden, itself = later | foreign, torch.eye(scores.shape[-1], dtype=torch.bool)
    return {
        "There is no mask yet: a place must look neither at later ones nor into other documents.": (
            scores.softmax(-1)
        ),
        "Places still look into the documents before their own.": (
            scores.masked_fill(later, -torch.inf).softmax(-1)
        ),
        "One place of the future is still in view: hide from the first later place on.": (
            scores.masked_fill(later.triu(2) | foreign, -torch.inf).softmax(-1)
        ),
        "A place must not look at later ones of its own document either.": (
            scores.masked_fill(foreign, -torch.inf).softmax(-1)
        ),
        "You masked after the softmax: the rows no longer sum to 1, and hidden scores still take "
        "part through the denominator.": scores.softmax(-1).masked_fill(hidden, 0.0),
        "The mask is transposed: the past is hidden and the future in view.": (
            scores.masked_fill(hidden.transpose(-2, -1), -torch.inf).softmax(-1)
        ),
        "A score of 0 is no absence: exp(0) = 1 takes its share. What has exp = 0?": (
            scores.masked_fill(hidden, 0.0).softmax(-1)
        ),
        "You hid the place itself too. Its own token is known: it guesses the *next* one.": (
            scores.masked_fill(hidden | itself, -1e9).softmax(-1)
        ),
        "The softmax goes over what is looked at, the last axis: each row sums to 1.": (
            scores.masked_fill(hidden, -torch.inf).softmax(-2)
        ),
    }


@exercise("gm-02-2")
def check_perplexity(answer: Callable[[list[np.ndarray]], float]) -> Verdict:
    """Check `perplexity(documents)` on documents of unequal length with losses in bits."""
    rng = np.random.default_rng(2)
    cases = [([rng.exponential(2, n) for n in lengths],) for lengths in ((3, 40), (25, 2, 7), (9,))]
    expect_function(answer, _perplexity, cases, _slips_of_the_perplexity)
    return right("A mean over documents would let a telegram count as much as a novel.")


def _perplexity(documents: list[np.ndarray]) -> float:
    return 2 ** np.concatenate(documents).mean()


def _slips_of_the_perplexity(documents: list[np.ndarray]) -> dict[str, float]:
    """Return what each known mistake gives in place of the perplexity."""
    together, means = np.concatenate(documents), [d.mean() for d in documents]
    return {
        "The losses are in bits: e to the power of bits is no perplexity.": np.exp(together.mean()),
        "A bit is ln 2 = 0.69 nats: nats are bits times ln 2, not divided by it.": (
            np.exp(together.mean() / np.log(2))
        ),
        "That is the mean loss. Perplexity is an equal number of even choices.": together.mean(),
        "Mean first, then the power: you averaged the tokens' own perplexities.": (
            (2**together).mean()
        ),
        "That is the perplexity of the whole text, not for each token: take the mean.": (
            2 ** together.sum()
        ),
        "Perplexities do not average: 2 to the mean loss of *all tokens*.": (
            np.mean([2**mean for mean in means]),
            np.average([2**mean for mean in means], weights=[len(d) for d in documents]),
        ),
        "Divide the bits of all documents by the number of tokens, not of documents.": (
            2 ** (together.sum() / len(documents))
        ),
        "Each document counted alike. Each token shall count alike.": 2 ** np.mean(means),
    }


@exercise("gm-02-3")
def check_nucleus(answer: Callable[[np.ndarray, float], Any]) -> Verdict:
    """Check `nucleus(p, threshold)` on unsorted distributions, on and between the steps."""
    cases = [
        (np.array([0.1, 0.45, 0.05, 0.25, 0.15]), 0.6),
        (np.array([0.125, 0.25, 0.5, 0.125]), 0.75),
        (np.array([0.2, 0.7, 0.1]), 0.3),
        (np.array([0.05, 0.15, 0.3, 0.1, 0.4]), 0.97),
    ]
    expect_function(answer, _nucleus, cases, _slips_of_the_nucleus)
    tied = expect_array(answer(np.array([0.25, 0.5, 0.25]), 0.7), shape=(3,))
    hint = "Of two equal entries one may be enough: the *fewest* stay. Count, and do not compare p."
    expect_close(np.sort(tied), [0, 1 / 3, 2 / 3], otherwise=hint)
    return right("It cannot be empty: before the likeliest token nothing has been kept yet.")


def _nucleus(p: np.ndarray, threshold: float) -> np.ndarray:
    return _scaled(_kept(p, lambda before, _: before < threshold))


def _kept(p: np.ndarray, stays: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """Return p with 0 where `stays(sum before, sum with it)` is false, from the likeliest down."""
    order = np.argsort(-p, kind="stable")
    together = np.cumsum(p[order])
    kept = np.zeros_like(p)
    chosen = order[stays(together - p[order], together)]
    kept[chosen] = p[chosen]
    return kept


def _scaled(p: np.ndarray) -> np.ndarray:
    return p / max(p.sum(), 1e-300)


def _slips_of_the_nucleus(p: np.ndarray, threshold: float) -> dict[str, np.ndarray]:
    """Return what each known mistake gives in place of the nucleus."""
    order = np.argsort(-p, kind="stable")
    kept = _kept(p, lambda before, _: before < threshold)
    return {
        "What stays has to sum to 1.": kept,
        "The token that reaches the threshold stays as well: without it the threshold is not "
        "reached, and with a tall first bar nothing would be left.": (
            _scaled(_kept(p, lambda _, together: together < threshold)),
            _scaled(_kept(p, lambda _, together: together <= threshold)),
            _kept(p, lambda _, together: together < threshold),
        ),
        "One too many: where the threshold is reached exactly, it is reached.": (
            _scaled(_kept(p, lambda before, _: before <= threshold))
        ),
        "Sort first: from the likeliest down, not in the order of the alphabet.": (
            _scaled(np.where(np.cumsum(p) - p < threshold, p, 0))
        ),
        "The sums are in sorted order, and p is not: which token does each of them belong to?": (
            _scaled(np.where(np.cumsum(p[order]) - p[order] < threshold, p, 0))
        ),
        "You started from the unlikeliest.": (
            _scaled(np.where(_ascending_before(p) < threshold, p, 0))
        ),
        "The threshold is for the sum, not for single probabilities.": (
            _scaled(np.where(p >= threshold, p, 0))
        ),
        "These are the right values in sorted order: put each back to its own token.": (
            _scaled(kept)[order]
        ),
    }


def _ascending_before(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p, kind="stable")
    before = np.empty_like(p)
    before[order] = np.cumsum(p[order]) - p[order]
    return before


@exercise("gm-02-4")
def check_total_mass(answer: Callable[..., float]) -> Verdict:
    """Check `total_mass(rule, V, T)` with honest, leaking and half-leaking rules."""
    cases = [
        (_honest, 3, 4),
        (_leaking, 3, 3),
        (_half_leaking, 2, 3),
        (_half_leaking, 3, 2),
        (_honest, 2, 5),
    ]
    expect_function(answer, _total_mass, cases, _slips_of_the_total)
    return right(
        "V to the power of T in place of 1: each text is declared certain. A leaked loss is no "
        "likelihood, however small it is."
    )


def _whole(x: tuple[int, ...], t: int) -> None:
    """Raise ValueError if a rule is handed less than the place that it is to judge."""
    if len(x) <= t:
        raise ValueError("hand each rule the whole text x: what it looks at is its own affair.")


def _honest(x: tuple[int, ...], t: int) -> np.ndarray:
    """Return chances that follow from the past alone."""
    _whole(x, t)
    V = max(max(x) + 1, 3) if len(x) != 5 else 2
    weights = 1.0 + np.arange(V) * (1 + sum(x[:t])) % 4
    return weights / weights.sum()


def _leaking(x: tuple[int, ...], t: int) -> np.ndarray:
    _whole(x, t)
    return np.eye(3)[x[t]]


def _half_leaking(x: tuple[int, ...], t: int) -> np.ndarray:
    """Return even chances, half of them given up for the token that came."""
    _whole(x, t)
    V = 2 if len(x) == 3 else 3
    return 0.5 / V + 0.5 * np.eye(V)[x[t]]


def _factors(rule: Callable, V: int, T: int) -> np.ndarray:
    """Return each text's factors: (V ** T, T)."""
    texts = product(range(V), repeat=T)
    return np.array([[rule(x, t)[x[t]] for t in range(T)] for x in texts])


def _total_mass(rule: Callable, V: int, T: int) -> float:
    return _factors(rule, V, T).prod(axis=1).sum()


def _slips_of_the_total(rule: Callable, V: int, T: int) -> dict[str, float]:
    """Return what each known mistake gives in place of the sum."""
    factors = _factors(rule, V, T)
    return {
        "That is 1 for a rule that sees the past alone. Add up the products for this one.": 1.0,
        "It is V to the power of T just if each factor is 1: multiply each text's factors.": (
            float(V**T)
        ),
        "That is a mean over texts: add them up.": factors.prod(axis=1).mean(),
        "Probabilities of a chain multiply: you added the factors.": factors.sum(),
        "A factor is missing: each token has one, from t = 0 to t = T - 1.": (
            factors[:, 1:].prod(axis=1).sum(),
            factors[:, :-1].prod(axis=1).sum(),
        ),
        "Each text once: not all of its places may be exchanged for their mean.": (
            (factors.mean(axis=1) ** T).sum()
        ),
    }
