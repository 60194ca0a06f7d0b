"""The checkers of the exercises of the chapter on change of variables."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from otbook_utils.teaching import (
    Verdict,
    WrongAnswer,
    exercise,
    expect_array,
    expect_choices,
    expect_close,
    expect_function,
    right,
)

_PEAK = 1 / math.sqrt(2 * math.pi)


@exercise("nf-01-1")
def check_by_hand(answer: Any) -> Verdict:
    """Check four densities and a logarithm of a determinant, worked out by hand."""
    square, line, plane, coupling = expect_array(answer, shape=(4,), name="`numbers`")
    exact = {"tol": 2e-3}
    expect_close(
        square,
        2,
        {
            "(a) You multiplied by the slope 1/2. Here the density before the map is known, so "
            "divide: where the map is flat, mass piles up in y.": 0.5,
            "(a) The slope belongs at x = 1/4, which is where y = 1/16 comes from.": (8, 1 / 8),
            "(a) x is uniform, y is not: 1 is the density before.": 1.0,
        },
        otherwise="(a) p(y) = p(x) / |dy/dx| at the x with x² = 1/16.",
        **exact,
    )
    expect_close(
        line,
        _PEAK / 3,
        {
            "(b) A density is not negative: the slope's absolute value.": -_PEAK / 3,
            "(b) You multiplied by 3. The bell becomes three times as wide, so it is lower: "
            "divide.": 3 * _PEAK,
            "(b) That is the bell's height before it was stretched.": _PEAK,
            "(b) y = 2 comes from x = 0, the bell's middle.": (
                _PEAK * math.exp(-2) / 3,
                _PEAK * math.exp(-2 / 9) / 3,
            ),
        },
        otherwise="(b) Which x gives y = 2, how high is the bell there, and how steep is the map?",
        **exact,
    )
    expect_close(
        plane,
        1 / 6,
        {
            "(c) The square became 6 times as large, so its mass is 6 times as thin.": 6.0,
            "(c) A determinant multiplies the diagonal of a triangle; it does not add it.": (
                1 / 5,
                5.0,
            ),
        },
        otherwise="(c) One over the area of the parallelogram.",
        **exact,
    )
    expect_close(
        coupling,
        -1,
        {
            "(d) The logarithm of the determinant is asked for: the sum of s itself.": (
                math.exp(-1),
                math.exp(0.5) + math.exp(-1.5),
            ),
            "(d) ln |det| may be negative: s is added with its sign.": (2.0, 1.0),
            "(d) The sum, not the mean.": -0.5,
            "(d) t moves the mass and does not stretch it.": 4.0,
        },
        otherwise="(d) The Jacobian is a triangle with 1, 1, e^0.5 and e^-1.5 on its diagonal.",
        **exact,
    )
    return right("In (c) and (d) nothing but the diagonal counted: that is the whole trick.")


Coupling = tuple[Tensor, Callable, Callable]
Undo = Callable[[Tensor, Tensor, Callable, Callable], tuple[Tensor, Tensor]]


def _undo_one(z: Tensor, mask: Tensor, s: Callable, t: Callable) -> tuple[Tensor, Tensor]:
    """Return x and ln |det ∂x/∂z| for one coupling."""
    kept, change = z * mask, 1 - mask
    scale, shift = s(kept) * change, t(kept) * change
    return (z - shift) * (-scale).exp(), -scale.sum(1)


def _walk(z: Tensor, couplings: list[Coupling], one: Undo = _undo_one) -> Tensor:
    """Go through couplings as they are listed: x and ln |det| side by side, (batch, n + 1)."""
    log_det = z.new_zeros(len(z))
    for coupling in couplings:
        z, more = one(z, *coupling)
        log_det = log_det + more
    return _beside(z, log_det)


def _undone(z: Tensor, couplings: list[Coupling]) -> Tensor:
    return _walk(z, couplings[::-1])


def _beside(x: Tensor, log_det: Tensor) -> Tensor:
    return torch.cat([x, log_det.expand(len(x))[:, None]], dim=1)


def _forth(z: Tensor, mask: Tensor, s: Callable, t: Callable) -> tuple[Tensor, Tensor]:
    kept, change = z * mask, 1 - mask
    scale = s(kept) * change
    return z * scale.exp() + t(kept) * change, scale.sum(1)


def _in_wrong_order(z: Tensor, mask: Tensor, s: Callable, t: Callable) -> tuple[Tensor, Tensor]:
    kept, change = z * mask, 1 - mask
    scale = s(kept) * change
    return z * (-scale).exp() - t(kept) * change, -scale.sum(1)


def _asking_all(z: Tensor, mask: Tensor, s: Callable, t: Callable) -> tuple[Tensor, Tensor]:
    change = 1 - mask
    scale = s(z) * change
    return (z - t(z) * change) * (-scale).exp(), -scale.sum(1)


def _changing_all(z: Tensor, mask: Tensor, s: Callable, t: Callable) -> tuple[Tensor, Tensor]:
    scale = s(z * mask)
    return (z - t(z * mask)) * (-scale).exp(), -scale.sum(1)


def _with_the_mask_reversed(z: Tensor, mask: Tensor, s: Callable, t: Callable) -> Any:
    return _undo_one(z, 1 - mask, s, t)


def _times_the_factor(z: Tensor, mask: Tensor, s: Callable, t: Callable) -> tuple[Tensor, Tensor]:
    kept, change = z * mask, 1 - mask
    scale = s(kept) * change
    return (z - t(kept) * change) * scale.exp(), -scale.sum(1)


def _counting_kept(z: Tensor, mask: Tensor, s: Callable, t: Callable) -> tuple[Tensor, Tensor]:
    return _undo_one(z, mask, s, t)[0], -s(z * mask).sum(1)


def _slips(z: Tensor, couplings: list[Coupling]) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of x or of the determinant."""
    back, right_one = couplings[::-1], _undone(z, couplings)
    x, log_det = right_one[:, :-1], right_one[:, -1]
    last = _undo_one(_walk(z, back[:-1])[:, :-1], *back[-1])[1]
    slips = {
        "That is the way forth. Coming back, take away t first, then divide by e^s.": (
            _walk(z, couplings, _forth)
        ),
        "The coupling that came last is undone first: go through the list from its end.": (
            _walk(z, couplings)
        ),
        "Undo in reverse order: t was added last, so it goes first.": (
            _walk(z, back, _in_wrong_order)
        ),
        "s and t must be asked about the *kept* part alone, z · mask: that is all you have of x.": (
            _walk(z, back, _asking_all)
        ),
        "What the mask keeps must come back as it is: switch s and t off there.": (
            _walk(z, back, _changing_all)
        ),
        "1 marks what is *kept*: you changed that part.": _walk(z, back, _with_the_mask_reversed),
        "Division by e^s: the sign of s.": _walk(z, back, _times_the_factor),
        "x is right. Where the mask keeps, nothing is stretched: leave s out there.": (
            _walk(z, back, _counting_kept)
        ),
    }
    in_log_det = {
        "x is right. ln |det| of the way *back*: the sign.": -log_det,
        "x is right. One ln |det| for each sample: sum over dimension 1 alone.": log_det.sum(),
        "x is right. ln |det| is a sum over the numbers of a sample, not a mean.": (
            log_det / z.shape[1]
        ),
        "x is right. The *logarithm* of the determinant: sum −s, not e^−s.": log_det.exp(),
        "x is right. The logarithms of all couplings add up; this is the first's alone.": last,
    }
    slips |= {hint: _beside(x, wrong) for hint, wrong in in_log_det.items()}
    return slips


def _cases() -> list[tuple[Tensor, list[Coupling]]]:
    draw = torch.Generator().manual_seed(0)
    cases = []
    for batch, masks in (
        (5, [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]),
        (2, [[0.0, 0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0, 0.0]]),
        (3, [[0.0, 1.0], [1.0, 0.0]]),
    ):
        n, couplings = len(masks[0]), []
        for mask in masks:
            # The nets answer for every number, also the kept ones, and need no order of them.
            one, two = torch.randn(2, n, n, generator=draw)

            def s(x: Tensor, weights: Tensor = one) -> Tensor:
                return (x @ weights + 0.3).tanh()

            def t(x: Tensor, weights: Tensor = two) -> Tensor:
                return (x @ weights - 0.7).sin()

            couplings.append((torch.tensor(mask), s, t))
        cases.append((torch.randn(batch, n, generator=draw), couplings))
    return cases


@exercise("nf-01-2")
def check_undo(answer: Callable[..., tuple[Tensor, Tensor]]) -> Verdict:
    """Check `undo(z, couplings)`: the way back through affine couplings, and its determinant."""

    def joined(*case: Any) -> Tensor:
        both = answer(*case)
        if isinstance(both, Tensor) and both.shape[1:] != case[0].shape[1:]:
            return both
        if not isinstance(both, tuple | list) or len(both) != 2:
            raise WrongAnswer("Return two things: x (batch, n) and ln |det ∂x/∂z| (batch,).")
        x, log_det = (torch.as_tensor(part) for part in both)
        if x.shape != case[0].shape or log_det.shape not in ((), (len(x),)):
            raise WrongAnswer(
                "x has the shape of z, and ln |det| one number a sample, (batch,): got "
                f"{tuple(x.shape)} and {tuple(log_det.shape)} for {tuple(case[0].shape)}."
            )
        return _beside(x, log_det)

    expect_function(
        joined,
        _undone,
        _cases(),
        _slips,
        otherwise="Not the way back. Try it: go forth by hand with `s` and `t`, then back.",
    )
    return right("Neither s nor t was inverted: these could be anything, also waves.")


def _hears(masks: np.ndarray) -> np.ndarray:
    """Return (features, features): whether number i of z depends on number j of x."""
    hears = np.eye(masks.shape[1], dtype=bool)
    for mask in masks.astype(bool):
        heard = hears[mask].any(axis=0)  # all that the kept ones know
        hears = np.where(mask[:, None], hears, hears | heard)
    return hears


@exercise("nf-01-3")
def check_masks(answer: Any) -> Verdict:
    """Check that a few masks let every number hear every other, in as few couplings as can be."""
    try:
        masks = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        masks = np.zeros(0)
    if masks.ndim != 2 or masks.shape[1] != 4 or not np.isin(masks, (0, 1)).all():
        raise WrongAnswer("`masks` is a list of lists of four numbers, each 0 or 1.")
    if (masks.sum(1) == 0).any() or (masks.sum(1) == 4).any():
        raise WrongAnswer("A coupling keeps something and changes something: no row of one kind.")
    hears = _hears(masks)
    if not hears.all():
        i, j = np.argwhere(~hears)[0]
        raise WrongAnswer(
            f"z{i + 1} does not depend on x{j + 1} yet. Follow the news: who is kept (1) tells "
            "all that it has heard so far, who is changed (0) hears it."
        )
    if len(masks) > 2:
        raise WrongAnswer(
            f"Every number hears every other, after {len(masks)} couplings. Fewer will do: could "
            "one number first hear all the others, and then tell them?"
        )
    return right(
        "One number hears the three others, then tells them. Fewest is not best: all that the "
        "three learn of each other has passed through one number."
    )


_CLAIMS = {"a": False, "b": False, "c": True, "d": False, "e": False, "f": True}
_HINTS = {
    "a": "Additive couplings change no volume. How high can the model's density be, and how "
    "high is that of two numbers of deviation 0.5?",
    "b": "The plane is in one piece, and a continuous image of it is in one piece.",
    "c": "A density is mass per area, and may be as high as it likes: ln of 5 is 1.6.",
    "d": "Which slope has x³ at x = 0, and what does the density of y divide by there?",
    "e": "Centimetres to metres divides each number by 100: the same density gains ln 100 for "
    "each of the D numbers, and 4.6 is ln 100.",
    "f": "Write each coupling as a shear, (1, a; 0, 1) or (1, 0; b, 1), and multiply three: "
    "can the product be (cos, −sin; sin, cos)?",
}


@exercise("nf-01-4")
def check_claims(answer: Any) -> Verdict:
    """Check six claims about flows, each to be called True or False."""
    expect_choices(answer, _CLAIMS, _HINTS, name="`claims`")
    return right("For (a), (b) and (f) an exam would want the proof in three lines each.")
