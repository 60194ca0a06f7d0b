"""The checkers of the exercises of the chapter on Wasserstein GANs and the Fréchet distance."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.stats import wasserstein_distance
from torch import Tensor, nn

from otbook_utils.generative_models.frechet import frechet_distance
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


@exercise("gm-07-1")
def check_by_hand(answer: Any) -> Verdict:
    """Check four numbers: two readings of a critic, a slope, and a Fréchet distance."""
    read, scaled, slope, frechet = expect_array(answer, shape=(4,), name="`numbers`")
    expect_close(
        read,
        3.6,
        {
            "(a) The loss has the other sign: it is minus the distance, plus the penalty.": -3.6,
            "(a) The penalty is no part of the distance: take it off the loss.": 3.1,
            "(a) The penalty was printed before it was multiplied: by λ, first.": (3.15, 3.05),
            "(a) The loss is −W + 10 · penalty: off the loss, the penalty makes W larger.": 2.6,
        },
        otherwise="(a) loss = −W + 10 · penalty, with loss −3.1 and penalty 0.05.",
    )
    expect_close(
        scaled,
        25,
        {
            "(b) The critic's slope is nowhere above 0.02: divide by it, do not multiply.": 0.01,
            "(b) That is what it says; a critic of slope 1 would say more.": 0.5,
            "(b) Upwards: W₁ is *at least* 0.5 divided by the steepest slope.": 0.04,
        },
        otherwise="(b) f/0.02 is a critic of slope 1 at most. What does it say?",
    )
    expect_close(
        slope,
        1.1,
        {
            "(c) a = 1 would be best without −aW: where is the derivative of the sum 0?": 1.0,
            "(c) The penalty's derivative is 2λ(a − 1).": (1.2, 1.4),
            "(c) The sign: −aW pulls a up.": 0.9,
        },
        otherwise="(c) Put the derivative of −aW + λ(a − 1)² to zero: W = 2, λ = 10.",
    )
    expect_close(
        frechet,
        5,
        {
            "(d) Deviations, not variances, are subtracted: (3 − 1)².": (1 + 64, 1 + 8),
            "(d) The means' distance is squared and added too.": 4.0,
            "(d) It is the *squared* distance that bears Fréchet's name here.": 5**0.5,
            "(d) Add the two squares.": 3.0,
        },
        otherwise="(d) In one dimension: (m₁ − m₂)² + (s₁ − s₂)².",
    )
    return right("(b) is why values of clipped critics are not distances, whatever they are.")


def _penalty(critic: Callable[[Tensor], Tensor], between: Tensor) -> Tensor:
    between = between.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (slopes.flatten(1).norm(dim=1) - 1).square().mean()


def _slips_of_penalty(critic: Callable[[Tensor], Tensor], between: Tensor) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the penalty."""
    between = between.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    flat = slopes.flatten(1)
    return {
        "One norm for each *sample*: you took the norm of the whole batch.": (
            flat.norm() - 1
        ).square(),
        "All numbers of a sample count together: flatten each sample before the norm.": (
            (slopes.norm(dim=1) - 1).square().mean()
        ),
        "The norm, not its square, is to be 1.": (flat.square().sum(1) - 1).square().mean(),
        "Square first, then the mean: steep and flat samples must not cancel.": (
            flat.norm(dim=1).mean() - 1
        ).square(),
        "Square the distance from 1.": (flat.norm(dim=1) - 1).mean(),
        "This forgives slopes below 1. A one-sided penalty exists, but both sides are asked for.": (
            (flat.norm(dim=1) - 1).clamp(min=0).square().mean()
        ),
        "The Euclidean norm: the root of the sum of squares, not the sum of sizes.": (
            (flat.norm(p=1, dim=1) - 1).square().mean()
        ),
        "λ is for the caller to multiply: return the mean alone.": (
            10 * (flat.norm(dim=1) - 1).square().mean()
        ),
        "The mean over samples, not the sum.": (flat.norm(dim=1) - 1).square().sum(),
        "The gradient of the *mean* is smaller by the batch: sum the critic's answers.": (
            (flat.norm(dim=1) / len(flat) - 1).square().mean()
        ),
        "A penalty on the slope itself (its square) pulls it to 0, not to 1.": (
            flat.square().sum(1).mean()
        ),
    }


def _critic(*shape: int, seed: int) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        size = int(np.prod(shape))
        net = nn.Sequential(nn.Flatten(), nn.Linear(size, 9), nn.Tanh(), nn.Linear(9, 1))
        with torch.no_grad():
            net[1].weight.mul_(3)
            net[3].weight.mul_(3)
    return net


@exercise("gm-07-2")
def check_penalty(answer: Callable[..., Tensor]) -> Verdict:
    """Check `penalty(critic, between)`, its gradient for the critic included."""
    draw = torch.Generator().manual_seed(0)
    cases = [
        (_critic(*shape, seed=i), torch.randn(n, *shape, generator=draw))
        for i, (n, shape) in enumerate([(7, (1, 3, 2)), (4, (5,)), (1, (2, 2))])
    ]
    expect_function(
        answer,
        _penalty,
        cases,
        _slips_of_penalty,
        otherwise="For each sample: gradient of the critic there, its norm, minus 1, squared.",
        name="the penalty",
    )
    critic, between = cases[0]
    found = answer(critic, between)
    if not (isinstance(found, Tensor) and found.requires_grad):
        raise WrongAnswer(
            "The value is right, but the critic cannot learn from it: keep the graph of the "
            "gradient (`create_graph=True`), and return the tensor itself."
        )
    first = critic[1].weight
    got = torch.autograd.grad(found, first, allow_unused=True)[0]
    (wanted,) = torch.autograd.grad(_penalty(critic, between), first)
    if got is None or not torch.allclose(got, wanted, atol=1e-5):
        raise WrongAnswer("The value is right, but its gradient for the critic's weights is not.")
    return right("With λ in front and the critic's loss beside it this is WGAN-GP.")


@exercise("gm-07-3")
def check_blind_pair(answer: Any) -> Verdict:
    """Check two sets that the Fréchet distance takes for one, and transport does not."""
    try:
        x, y = (np.asarray(part, dtype=float).ravel() for part in answer)
    except (TypeError, ValueError):
        raise WrongAnswer("Answer with two lists of numbers, `pair = x, y`.") from None
    if min(len(x), len(y)) < 2 or not np.isfinite(np.concatenate([x, y])).all():
        raise WrongAnswer("Each list needs two numbers at least, all of them finite.")
    both = np.concatenate([x, y])
    if not both.std() > 0:
        raise WrongAnswer("All your numbers are equal: then nothing is to be told apart.")
    x, y = x / both.std(), y / both.std()
    # Variances with n or with n − 1: either habit shall pass.
    distance = min(
        float(frechet_distance([x.mean()], [[x.var(ddof=k)]], [y.mean()], [[y.var(ddof=k)]]))
        for k in (0, 1)
    )
    if abs(x.mean() - y.mean()) > 1e-3:
        raise WrongAnswer("The means differ, and the Fréchet distance sees that.")
    if distance > 1e-4:
        raise WrongAnswer(
            f"The means agree, but the deviations do not: {x.std():.3f} and {y.std():.3f} (in "
            "units of the whole). Stretch one of them around its mean."
        )
    transport = wasserstein_distance(x, y)
    if transport < 0.3:
        raise WrongAnswer(
            f"For transport they are near, too: {transport:.2f} deviations; 0.3 is wanted. Two "
            "heaps against one, or a few numbers far out?"
        )
    return right(
        f"Fréchet {distance:.0e}, transport {transport:.2f} deviations: two moments are not a "
        "distribution."
    )


_CAUSES = {"a": "sign", "b": "scale", "c": "size", "d": "copies"}
_HINTS = {
    "a": "What is the loss minus of? And is a small distance good or bad?",
    "b": "Whose unit is a critic's value in, once its slope is bounded at an unknown value?",
    "c": "What does the Fréchet distance of a perfect model do when n grows tenfold?",
    "d": "Held-out images are the best that an honest model can hope for. What lies nearer?",
}


@exercise("gm-07-4")
def check_reports(answer: Any) -> Verdict:
    """Check what is behind four reports."""
    expect_choices(answer, _CAUSES, _HINTS, name="`causes`")
    return right("Three of the four would have been a paper's table.")
