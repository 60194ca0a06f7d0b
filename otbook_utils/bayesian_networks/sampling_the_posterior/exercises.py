"""What the exercises of the chapter on sampling the posterior accept and refuse."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from otbook_utils.teaching import Verdict, exercise, expect_function, right


@exercise("bn-03-1")
def check_batch_noise(answer: Callable[[Tensor, int], Tensor]) -> Verdict:
    """Check `batch_noise(gradients, M)`: the covariance of (N/M) Σ over a batch without repeats."""
    generator = torch.Generator().manual_seed(1)
    cases = []
    for n, d, batch in ((7, 2, 3), (5, 3, 4), (6, 2, 6), (9, 4, 1)):
        cases.append((torch.randn(n, d, generator=generator).double() + 1, batch))
    expect_function(answer, _batch_noise, cases, _slips_of_batch_noise, name="the covariance")
    return right(
        "At M = N it is 0, as it must. For M much smaller than N it is N²/M times the data's "
        "covariance: the noise of independent draws, of which batches of half the data have half."
    )


def _centred(gradients: Tensor) -> Tensor:
    off = gradients - gradients.mean(0)
    return off.T @ off


def _batch_noise(gradients: Tensor, M: int) -> Tensor:
    n = len(gradients)
    return n * (n - M) / M * _centred(gradients) / (n - 1)


def _slips_of_batch_noise(gradients: Tensor, M: int) -> dict[str, Tensor | tuple[Tensor, ...]]:
    """Return what each known mistake gives in place of the covariance."""
    n, scatter, off = len(gradients), _centred(gradients), gradients - gradients.mean()
    return {
        "That is the noise of draws with repeats. Without repeats a batch of all N has none.": (
            n**2 / M * scatter / n,
            n**2 / M * scatter / (n - 1),
        ),
        "The sample covariance with N − 1 and the factor 1 − M/N belong together; so do N and "
        "(N − M)/(N − 1). You mixed them.": (
            n * (n - M) / M * scatter / n,
            n**2 / M * (n - M) / (n - 1) * scatter / (n - 1),
        ),
        "A factor N/M of the gradient is squared in its covariance.": (n - M) * scatter / (n - 1),
        "That is the covariance of the sum over the batch, without the factor N/M.": (
            M * (n - M) / n * scatter / (n - 1)
        ),
        "A covariance is a mean of products, not their sum.": (
            n * (n - M) / M * scatter,
            n**2 / M * (n - M) / (n - 1) * scatter,
        ),
        "Each component has a mean of its own: `gradients.mean(0)`.": (
            n * (n - M) / M * off.T @ off / (n - 1)
        ),
        "That is the covariance of the batch's mean gradient; the posterior wants N times it.": (
            (n - M) / (n * M) * scatter / (n - 1)
        ),
        "A covariance is about the mean: take the mean gradient off first.": (
            n * (n - M) / M * gradients.T @ gradients / (n - 1)
        ),
        "The whole covariance (d, d) is asked for.": (
            _batch_noise(gradients, M).diag(),
            _batch_noise(gradients, M).diag().diag(),
            _batch_noise(gradients, M).trace(),
        ),
    }


@exercise("bn-03-2")
def check_acceptance(answer: Callable[..., Tensor]) -> Verdict:
    """Check `log_acceptance(w, new, potential, gradient, lr)`: Metropolis on a Langevin step."""
    generator = torch.Generator().manual_seed(2)
    cases = []
    for shape, lr in (((4, 3), 0.3), ((2, 1), 0.7), ((5, 2), 0.05)):
        w, new = torch.randn(2, *shape, generator=generator).double()
        cases.append((w, new, _quartic, _quartic_gradient, lr))
    # And a likely proposal, which the other three are not: its acceptance lies between 0 and 1.
    w = torch.tensor([[0.5, -1.0], [1.2, 0.3]]).double()
    nudge = torch.tensor([[0.6, -0.4], [0.7, 1.1]]).double()
    new = w - 0.6 / 2 * _quartic_gradient(w) + 0.6**0.5 * nudge
    cases.append((w, new, _quartic, _quartic_gradient, 0.6))
    expect_function(answer, _log_acceptance, cases, _slips_of_acceptance, name="the logarithm")
    return right(
        "With it the stationary law is exact for each step size: the Metropolis-adjusted Langevin "
        "algorithm. Each step needs U and its gradient over all data at the new place (those at w "
        "are kept from the step before), which is what SGLD saves."
    )


def _quartic(w: Tensor) -> Tensor:
    return (w**4 / 4 + w).sum(-1)


def _quartic_gradient(w: Tensor) -> Tensor:
    return w**3 + 1


def _log_q(to: Tensor, start: Tensor, gradient: Callable[[Tensor], Tensor], lr: float) -> Tensor:
    return -(to - start + lr / 2 * gradient(start)).square().sum(-1) / (2 * lr)


def _log_acceptance(
    w: Tensor,
    new: Tensor,
    potential: Callable[[Tensor], Tensor],
    gradient: Callable[[Tensor], Tensor],
    lr: float,
) -> Tensor:
    back, there = _log_q(w, new, gradient, lr), _log_q(new, w, gradient, lr)
    return (potential(w) - potential(new) + back - there).clamp(max=0)


def _slips_of_acceptance(
    w: Tensor,
    new: Tensor,
    potential: Callable[[Tensor], Tensor],
    gradient: Callable[[Tensor], Tensor],
    lr: float,
) -> dict[str, Tensor | tuple[Tensor, ...]]:
    """Return what each known mistake gives in place of the logarithm."""
    gain = potential(w) - potential(new)
    back, there = _log_q(w, new, gradient, lr), _log_q(new, w, gradient, lr)
    drift = lr * (back - there)
    # With the whole lr as drift, or with a normal of variance lr² in place of lr.
    ways = (w, new), (new, w)
    whole = [-(a - b + lr * gradient(b)).square().sum(-1) / (2 * lr) for a, b in ways]
    uphill = [-(a - b - lr / 2 * gradient(b)).square().sum(-1) / (2 * lr) for a, b in ways]
    rooted = [-(a - b + lr / 2 * gradient(b)).norm(dim=-1) / (2 * lr) for a, b in ways]
    from_w = -(w - new + lr / 2 * gradient(w)).square().sum(-1) / (2 * lr)
    return {
        "A probability is at most 1, so its logarithm at most 0: a better place is accepted.": (
            gain + back - there
        ),
        "The proposal is not symmetric: the way back has another density than the way there.": (
            gain.clamp(max=0)
        ),
        "Way there and way back are exchanged: q(w | new) stands above, q(new | w) below.": (
            (gain + there - back).clamp(max=0)
        ),
        "The target is e^(−U): a lower U at the new place raises the ratio.": (
            (-gain + back - there).clamp(max=0)
        ),
        "lr is the variance of the noise, not its standard deviation.": (
            (gain + drift / lr**2).clamp(max=0)
        ),
        "The way back starts at `new`, and drifts down the gradient there.": (
            (gain + from_w - there).clamp(max=0)
        ),
        "A step goes down the gradient: its mean is w − lr/2 ∇U(w).": (
            (gain + uphill[0] - uphill[1]).clamp(max=0)
        ),
        "That accepts each of these steps. Is the way back missing, or a sign or bound turned?": (
            torch.zeros_like(gain)
        ),
        "Both ways are wanted: q(w | new) above the line, q(new | w) below.": (
            (gain + back).clamp(max=0)
        ),
        "A normal density of variance lr is exp(−distance²/(2 lr)), up to a constant.": (
            (gain + 2 * (back - there)).clamp(max=0),
            (gain + rooted[0] - rooted[1]).clamp(max=0),
        ),
        "The step drifts by lr/2 times the gradient.": (gain + whole[0] - whole[1]).clamp(max=0),
        "That is the probability; its logarithm is asked for.": (
            (gain + back - there).clamp(max=0).exp()
        ),
    }


@exercise("bn-03-3")
def check_momentum(answer: Callable[[float, float, float, float], float]) -> Verdict:
    """Check `momentum_variance(a, lr, keep, s2)`: stationary variance of SGD with momentum."""
    cases = [
        (2.0, 0.15, 0.8, 3.0),
        (0.5, 1.0, 0.3, 0.7),
        (4.0, 0.4, 0.0, 1.0),
        (1.0, 0.5, 0.5, 2.0),
    ]
    expect_function(answer, _momentum, cases, _slips_of_momentum, name="the variance")
    return right(
        "With s² = 2 (1 − keep) / lr the factor before the step's own is 1/a: that is the noise of "
        "SGHMC. At the same small lr momentum 0.9 gives SGD's cloud ten times the variance. All "
        "this holds for lr · a < 2 (1 + keep); beyond that the walk diverges."
    )


def _momentum(a: float, lr: float, keep: float, s2: float) -> float:
    return lr * s2 * (1 + keep) / ((1 - keep) * a * (2 * (1 + keep) - lr * a))


def _slips_of_momentum(
    a: float, lr: float, keep: float, s2: float
) -> dict[str, float | tuple[float, ...]]:
    """Return what each known mistake gives in place of the variance."""
    one, two = 1 + keep - lr * a, -keep
    return {
        "That is the limit of small steps: keep the term in lr².": lr * s2 / (2 * a * (1 - keep)),
        "That is plain SGD, without momentum.": lr * s2 / (a * (2 - lr * a)),
        "Momentum is not only a larger step, lr/(1 − keep): solve the recursion of second order.": (
            (lr / (1 - keep)) * s2 / (a * (2 - lr / (1 - keep) * a)),
            lr * s2 / ((1 - keep) * a * (2 - lr * a)),
        ),
        "That is the variance of v; the place w is asked for.": (
            2 * lr * a / (1 + keep) * _momentum(a, lr, keep, s2)
        ),
        "A factor 1 + keep is missing: only for small steps does it cancel.": (
            lr * s2 / ((1 - keep) * a * (2 * (1 + keep) - lr * a))
        ),
        "The noise is multiplied by lr, so its variance by lr².": _momentum(a, lr, keep, s2) / lr,
        "s2 is a variance already: do not square it.": _momentum(a, lr, keep, s2) * s2,
        "That is the standard deviation.": math.sqrt(_momentum(a, lr, keep, s2)),
        "That is the variance of w(t+1) given w(t) and w(t−1).": lr**2 * s2,
        "Of the second-order recursion that is the covariance of neighbours in time.": (
            _momentum(a, lr, keep, s2) * one / (1 - two)
        ),
    }
