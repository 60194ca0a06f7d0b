"""What the exercises of the chapter on adversarial networks accept and refuse."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, softplus

from otbook_utils.teaching import Verdict, exercise, expect_function, right


def _logits(*sizes: int, seed: int) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    return tuple(2 * torch.randn(n, generator=generator) for n in sizes)


@exercise("gm-05-1")
def check_smoothed(answer: Callable[[Tensor, Tensor, float], Tensor]) -> Verdict:
    """Check `smoothed_loss(real_logits, fake_logits, real_target)` and its gradient."""
    far = (torch.tensor([1.5, 200.0, -0.5]), torch.tensor([-150.0, 0.4]), 0.8)
    cases = [(*_logits(7, 4, seed=1), 0.9), (*_logits(3, 5, seed=2), 0.7), far]
    expect_function(
        answer,
        _smoothed,
        cases,
        _slips_of_smoothing,
        gradient_of=["real_logits", "fake_logits"],
        name="the loss",
    )
    return right(
        "D's best answer is now real_target · p/(p + q): it never gets sure of a real sample, and "
        "the fakes' target stays 0, or D would reward fakes where there is no data at all."
    )


def _smoothed(real_logits: Tensor, fake_logits: Tensor, real_target: float) -> Tensor:
    real = real_target * softplus(-real_logits) + (1 - real_target) * softplus(real_logits)
    return real.mean() + softplus(fake_logits).mean()


def _slips_of_smoothing(
    real_logits: Tensor, fake_logits: Tensor, real_target: float
) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the loss."""
    t = real_target
    real = t * softplus(-real_logits) + (1 - t) * softplus(real_logits)
    fake = softplus(fake_logits)
    both = (1 - t) * softplus(-fake_logits) + t * fake
    rounded = binary_cross_entropy(real_logits.sigmoid(), torch.full_like(real_logits, t))
    return {
        "At a logit of 200 the sigmoid rounds to 1: work on logits, not on probabilities.": (
            rounded + binary_cross_entropy(fake_logits.sigmoid(), torch.zeros_like(fake_logits))
        ),
        "The fakes' target stays 0: only the real side is smoothed.": real.mean() + both.mean(),
        "That is the loss without smoothing.": softplus(-real_logits).mean() + fake.mean(),
        "A target below 1 also charges 1 - target for the answer 0: half of it is missing.": (
            t * softplus(-real_logits).mean() + fake.mean()
        ),
        "Means, not sums, over either batch.": real.sum() + fake.sum(),
        "A mean for each batch, then their sum: batches may differ in size.": (
            torch.cat([real, fake]).mean(),
            2 * torch.cat([real, fake]).mean(),
        ),
        "The sum of both means, not half of it.": (real.mean() + fake.mean()) / 2,
        "The target belongs to the real samples, 1 - target to the answer 0.": (
            ((1 - t) * softplus(-real_logits) + t * softplus(real_logits)).mean() + fake.mean()
        ),
        "The signs are turned: D shall call real ones real, and this loss falls if it does not.": (
            (t * softplus(real_logits) + (1 - t) * softplus(-real_logits)).mean()
            + softplus(-fake_logits).mean()
        ),
    }


@exercise("gm-05-2")
def check_ratio(answer: Callable[[Tensor, int, int], Tensor]) -> Verdict:
    """Check `density_ratio(logits, n_real, n_fake)`: p/q read from a trained classifier."""
    cases = [
        (*_logits(6, seed=3), 900, 300),
        (*_logits(4, seed=4), 100, 800),
        (*_logits(5, seed=5), 50, 50),
    ]
    expect_function(answer, _ratio, cases, _slips_of_the_ratio, name="the ratio")
    return right(
        "A classifier knows the classes' sizes: they have to be divided out. With such ratios as "
        "weights, averages under q become averages under p."
    )


def _ratio(logits: Tensor, n_real: int, n_fake: int) -> Tensor:
    return logits.exp() * n_fake / n_real


def _slips_of_the_ratio(logits: Tensor, n_real: int, n_fake: int) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of p/q."""
    return {
        "With unequal numbers D = n p / (n p + m q): divide the numbers out.": logits.exp(),
        "The numbers are the wrong way round: more real samples make every D larger.": (
            logits.exp() * n_real / n_fake
        ),
        "The odds of real before x is seen are n_real / n_fake, not a share of all.": (
            logits.exp() * n_fake / (n_real + n_fake),
            logits.exp() * n_real / (n_real + n_fake),
        ),
        "That is q/p.": (-logits).exp() * n_real / n_fake,
        "That is D, a probability: the ratio is D/(1 - D), corrected for the numbers.": (
            logits.sigmoid(),
            logits.sigmoid() * n_fake / n_real,
        ),
        "That is the ratio's logarithm.": logits + math.log(n_fake / n_real),
    }


@exercise("gm-05-3")
def check_forgotten(answer: Callable[[int, int], tuple[float, float]]) -> Verdict:
    """Check `forgotten(kept, modes)`: JS and the softened KL of a model that forgot some modes."""
    expect_function(
        answer, _forgotten, [(1, 8), (3, 5), (7, 8), (4, 4)], _slips_of_forgetting, name="the pair"
    )
    return right(
        "With 1 of n modes kept, JS tends to ln 2 and the softened KL to infinity as n grows, but "
        "as slowly as ln n. Neither depends on where the forgotten modes lie: W1 does."
    )


def _two_divergences(p: np.ndarray, q: np.ndarray) -> tuple[float, float, float, float]:
    m = (p + q) / 2
    there = q > 0
    from_q = float((q[there] * np.log(q[there] / m[there])).sum())
    from_p = float((p * np.log(p / m)).sum())
    return from_p, from_q, float((m * np.log(m / p)).sum()), float((p * np.log(p / m)).sum())


def _forgotten(kept: int, modes: int) -> tuple[float, float]:
    p = np.full(modes, 1 / modes)
    q = np.where(np.arange(modes) < kept, 1 / kept, 0.0)
    from_p, from_q, soft, _ = _two_divergences(p, q)
    return (from_p + from_q) / 2, 2 * soft


def _slips_of_forgetting(kept: int, modes: int) -> dict[str, tuple[np.ndarray, ...] | np.ndarray]:
    """Return what each known mistake gives in place of the pair."""
    p = np.full(modes, 1 / modes)
    q = np.where(np.arange(modes) < kept, 1 / kept, 0.0)
    from_p, from_q, soft, back = _two_divergences(p, q)
    js = (from_p + from_q) / 2
    return {
        "JS is the mean of the two KL divergences to the mixture, not their sum.": (
            np.array([2 * js, 2 * soft])
        ),
        "That JS holds for two boxes of equal height. Here q is higher than p where both are: "
        "the kept modes count, too.": np.array([math.log(2) * (1 - kept / modes), 2 * soft]),
        "The factor 2 before the softened KL is missing.": np.array([js, soft]),
        "The second is KL(mixture ‖ p), not KL(p ‖ mixture).": np.array([js, 2 * back]),
        "That is KL(q ‖ p): the mixture belongs in its first place, with a factor 2.": (
            np.array([js, math.log(modes / kept)])
        ),
        "Only q's part: p gives its mass to the forgotten modes too, where the mixture is p/2.": (
            np.array([from_q / 2, 2 * soft]),
            np.array([from_q, 2 * soft]),
        ),
        "That is in bits: take natural logarithms.": np.array([js, 2 * soft]) / math.log(2),
        "The pair is the wrong way round: JS comes first.": np.array([2 * soft, js]),
    }


@exercise("gm-05-4")
def check_extragradient(
    answer: Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]],
) -> Verdict:
    """Check `extragradient(x, y, A, rate)`: one step on x·A y, which x lowers and y raises."""
    generator = torch.Generator().manual_seed(6)
    cases = []
    for rows, columns, rate in ((3, 2, 0.4), (2, 4, 0.25), (1, 1, 0.5)):
        sizes = ((rows,), (columns,), (rows, columns))
        cases.append((*(torch.randn(*size, generator=generator) for size in sizes), rate))
    expect_function(
        lambda *case: _joined(answer(*case)),
        lambda x, y, A, rate: _joined(_extragradient(x, y, A, rate)),
        cases,
        _slips_of_extragradient,
        name="x and y, one after the other,",
    )
    return right(
        "On each pair of singular vectors with the singular value s the step multiplies the "
        "squared distance by 1 − (rate s)² + (rate s)⁴, which is below 1 while 0 < rate · s < 1."
    )


def _joined(places: Tensor | tuple[Tensor, Tensor]) -> Tensor:
    if isinstance(places, Tensor):
        return places
    return torch.cat([torch.as_tensor(part) for part in places])


def _extragradient(x: Tensor, y: Tensor, A: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    ahead_x, ahead_y = x - rate * A @ y, y + rate * A.T @ x
    return x - rate * A @ ahead_y, y + rate * A.T @ ahead_x


def _slips_of_extragradient(x: Tensor, y: Tensor, A: Tensor, rate: float) -> dict[str, Tensor]:
    """Return where each known mistake leads."""
    ahead_x, ahead_y = x - rate * A @ y, y + rate * A.T @ x
    second_x = x - rate * A @ y
    return {
        "Look ahead in the direction in which you would step: x downhill, y uphill.": torch.cat(
            [x - rate * A @ (y - rate * A.T @ x), y + rate * A.T @ (x + rate * A @ y)]
        ),
        "That is one plain step of both: look ahead first.": torch.cat([ahead_x, ahead_y]),
        "That is two plain steps: the second starts again from x and y.": torch.cat(
            [ahead_x - rate * A @ ahead_y, ahead_y + rate * A.T @ ahead_x]
        ),
        "Those are alternating steps: y sees the new x, but x looks nowhere ahead.": torch.cat(
            [second_x, y + rate * A.T @ second_x]
        ),
        "x looks ahead, and y then uses x's final place: both take the gradient at the place "
        "ahead.": torch.cat([x - rate * A @ ahead_y, y + rate * A.T @ (x - rate * A @ ahead_y)]),
        "y shall raise the value, so it steps along its gradient.": torch.cat(
            [x - rate * A @ (y - rate * A.T @ x), y - rate * A.T @ (x - rate * A @ y)]
        ),
    }
