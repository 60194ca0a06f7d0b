"""What the exercises of the chapter on dropout as variational inference accept and refuse."""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from otbook_utils.teaching import Verdict, exercise, expect_choices, expect_function, right


@exercise("bn-02-1")
def check_error_bars(answer: Mapping[str, str]) -> Verdict:
    """Check which pieces of code give the spread of the masks around what `eval()` computes."""
    wanted = {"a": "zero", "b": "spoiled", "c": "good", "d": "good", "e": "zero"}
    hints = {
        "a": "After `eval()` no unit is dropped: a hundred times the same.",
        "b": "The masks are drawn, and batch normalisation uses the test batch and overwrites its "
        "running averages.",
        "c": "It switches on what draws noise, and leaves batch normalisation as `eval()` would.",
        "d": "One layer may be switched on by itself, after `eval()`; each call draws a mask.",
        "e": "Which mode is set last? And what has `inference_mode` to do with masks?",
    }
    expect_choices(answer, wanted, hints, name="answers_of")
    return right(
        "`train()` and `eval()` are switches for layers; gradients have their own. With "
        "a hundred copies in one batch each row gets its own mask, so that is as good as a loop."
    )


@exercise("bn-02-2")
def check_covariance(answer: Callable[[Tensor, float], Tensor]) -> Verdict:
    """Check `predictive_covariance(answers, tau)`: noise plus doubt, for all pairs of outputs."""
    generator = torch.Generator().manual_seed(1)
    cases = []
    for samples, batch, outputs, tau in ((7, 4, 3, 2.0), (5, 6, 2, 0.5), (12, 1, 4, 10.0)):
        mixing = torch.randn(outputs, outputs, generator=generator)
        noise = torch.randn(samples, batch, outputs, generator=generator) @ mixing
        cases.append((noise + torch.randn(batch, outputs, generator=generator), tau))
    expect_function(answer, _covariance, cases, _slips_of_the_covariance, name="the covariance")
    return right(
        "The noise stands on the diagonal only; what the sub-networks share in their mistakes "
        "stands beside it, and the difference of two outputs may be far surer than either."
    )


def _covariance(answers: Tensor, tau: float) -> Tensor:
    rest = answers - answers.mean(0)
    doubt = (rest[..., :, None] * rest[..., None, :]).mean(0)
    return doubt + torch.eye(answers.shape[-1]) / tau


def _slips_of_the_covariance(answers: Tensor, tau: float) -> dict[str, Tensor | tuple[Tensor, ...]]:
    """Return what each known mistake gives in place of the covariance."""
    noise = torch.eye(answers.shape[-1]) / tau
    second = torch.einsum("tbi,tbj->bij", answers, answers) / len(answers)
    doubt = _covariance(answers, tau) - noise
    mean, T = answers.mean(0), len(answers)

    def about(centre: Tensor) -> Tensor:
        rest = answers - centre
        return torch.einsum("tbi,tbj->bij", rest, rest) / T + noise

    return {
        "That is the second moment, as on slide 21: subtract the mean times itself.": (
            second,
            second + noise,
        ),
        "Subtract, for each x by itself, the mean over the T samples.": (
            about(answers.mean(1, keepdim=True)),
            about(answers.mean((0, 1))),
            about(answers.mean()),
        ),
        "The noise of the data is missing: I/τ.": (doubt, doubt * T / (T - 1)),
        "The noise has the variance 1/τ, the inverse of the precision.": (
            doubt + tau * torch.eye(len(noise)),
            doubt + noise.square(),
        ),
        "Noise and doubt add up.": doubt - noise,
        "More passes average the sub-networks, not the noise of the data: 1/τ stays.": (
            doubt + noise / T
        ),
        "The noise has the variance 1/τ; its root is a deviation.": (
            doubt + torch.eye(len(noise)) / math.sqrt(tau)
        ),
        "The noise of two outputs is independent: 1/τ stands on the diagonal only.": (
            doubt + 1 / tau
        ),
        "Divide by T here, not by T − 1.": doubt * T / (T - 1) + noise,
        "Divide by T: a mean over the samples, not a sum.": doubt * T + noise,
        "Variances alone: the covariances beside the diagonal are missing.": (
            torch.diag_embed(doubt.diagonal(dim1=1, dim2=2)) + noise,
            doubt.diagonal(dim1=1, dim2=2) + 1 / tau,
        ),
        "The squared mean is to be subtracted once.": (
            second - 2 * mean[:, :, None] * mean[:, None, :] + noise
        ),
        "That is the noise alone, the mean of the sub-networks' variances.": (
            noise.expand_as(doubt)
        ),
    }


@exercise("bn-02-3")
def check_sigma(answer: Callable[[float, int, float, float], float]) -> Verdict:
    """Check `assumed_sigma(p, N, c, length)`: what mse_loss, Adam and nn.Dropout assume."""
    cases = [(0.2, 100, 1e-3, 1.3), (0.5, 60, 0.02, 3.0), (0.1, 7, 0.4, 0.6)]
    expect_function(answer, _sigma, cases, _slips_of_sigma, name="sigma")
    return right(
        "Doubling the weight decay assumes noise √2 times as large. That is a way to notice a "
        "decay that was tuned for other reasons: does its sigma look like your residuals?"
    )


def _sigma(p: float, N: int, c: float, length: float) -> float:
    return math.sqrt(N * c * (1 - p) / 2) / length


def _slips_of_sigma(p: float, N: int, c: float, length: float) -> dict[str, float]:
    """Return what each known mistake gives in place of sigma."""
    sigma = _sigma(p, N, c, length)
    return {
        "That is the precision τ: sigma is its root, upside down.": sigma**-2,
        "That is the variance: take the root.": sigma**2,
        "That is 1/σ, the root of the precision.": 1 / sigma,
        "With `nn.Dropout` the stored weights are 1 − p times those that the data see, and the "
        "decay acts on the stored ones.": sigma / (1 - p),
        "`mse_loss` has no ½: halve the whole objective first, the decay included.": (
            sigma * math.sqrt(2)
        ),
        "`weight_decay=c` is the penalty c/2 ‖V‖², and the lack of a ½ in `mse_loss` halves it "
        "again: λ' = c/4.": sigma * 2,
        "Halving the objective makes λ' smaller, not larger: c/2, halved, is c/4.": (
            2 * math.sqrt(2) * sigma
        ),
        "That is τ = l² (1 − p)/(2 N λ') with c or c/2 for λ'. Several rows of the chapter's table "
        "hold at once: what do `mse_loss`, `weight_decay` and `nn.Dropout` each change?": (
            sigma * 2 / (1 - p),
            sigma * math.sqrt(2) / (1 - p),
        ),
        "1 − p, the share that is kept, is wanted, not p.": sigma * math.sqrt(p / (1 - p)),
        "A standard deviation is the positive root.": -sigma,
        "The length scale stands in τ as a square.": sigma * math.sqrt(length),
        "N is missing: the loss is a mean, so λ' is λ/N.": sigma / math.sqrt(N),
        "The length scale is missing: its square stands in τ.": sigma * length,
        "Large l are small weights: sigma falls with l.": sigma * length**2,
        "The weights that the data see are the stored ones over 1 − p, squared in the penalty: "
        "one factor too many.": sigma * (1 - p),
        "1 − p is missing: a dropped column costs nothing.": sigma / math.sqrt(1 - p),
    }


@exercise("bn-02-4")
def check_gaussian(answer: Callable[[Tensor, float, float], Tensor]) -> Verdict:
    """Check `kl_gaussian(w, alpha, length)`: the divergence of multiplicative normal noise."""
    generator = torch.Generator().manual_seed(2)
    cases = []
    for shape, alpha, length in (((3, 4), 0.25, 2.0), ((5,), 1.5, 0.7), ((2, 3), 0.1, 1.0)):
        w = torch.randn(shape, generator=generator)
        cases.append((w + 0.1 * w.sign(), alpha, length))
    expect_function(
        answer, _gaussian, cases, _slips_of_gaussian, gradient_of=["w"], name="the divergence"
    )
    return right(
        "The term −ln|w| has the slope −1/w: no multiple of w, so no weight decay matches it. It "
        "drives small weights away from 0; the improper prior 1/|w| would take it away."
    )


def _gaussian(w: Tensor, alpha: float, length: float) -> Tensor:
    square = (length * w).square()
    return ((1 + alpha) * square / 2 - 0.5 - 0.5 * torch.log(alpha * square)).sum()


def _slips_of_gaussian(
    w: Tensor, alpha: float, length: float
) -> dict[str, Tensor | tuple[Tensor, ...]]:
    """Return what each known mistake gives in place of the divergence."""
    square = (length * w).square()
    logs = torch.log(alpha * square)
    each = ((1 + alpha) * square - 1 - logs) / 2
    variance = alpha * w.square()
    back = (length**-2 + w.square()) / (2 * variance) - 0.5 + 0.5 * logs
    wide = alpha * length * w.square()  # l times the variance of q

    def of_variances(w_l: Tensor, spread: Tensor) -> Tensor:  # taken for deviations
        return ((w_l.square() + spread.square() - 1) / 2 - spread.log()).sum()

    return {
        "A variance was taken for a deviation: that of q is √α |w|, that of the prior 1/l.": (
            of_variances(length * w, wide),
            of_variances(length**2 * w, math.sqrt(alpha) * length**2 * w.abs()),
            of_variances(length**2 * w, length * wide),
        ),
        "The sum over all weights is asked for.": (each.mean(), each, each.sum(-1)),
        "A factor ½ is missing: the exponent of a normal density is halved.": (
            2 * each.sum(),
            ((1 + alpha) * square - 0.5 - logs / 2).sum(),
        ),
        "In the logarithm stands the quotient of both variances, α w² and 1/l².": (
            ((1 + alpha) * square / 2 - 0.5 - torch.log(alpha * w.square()) / 2).sum(),
            ((1 + alpha) * square / 2 - 0.5 - torch.log(square) / 2).sum(),
        ),
        "q has the deviation √α |w|, which is another one for each weight.": (
            ((square + alpha * length**2 - 1 - math.log(alpha * length**2)) / 2).sum()
        ),
        "In nats: with natural logarithms.": each.sum() / math.log(2),
        "The second moment of q is w² + α w²: the mean counts, too.": (
            (alpha * square / 2 - 0.5 - logs / 2).sum()
        ),
        "The second moment of q is (1 + α) w²: its variance is missing.": (
            (square / 2 - 0.5 - logs / 2).sum()
        ),
        "α is the factor's variance, not its deviation.": (
            ((1 + alpha**2) * square / 2 - 0.5 - torch.log(alpha * square.sqrt())).sum()
        ),
        "The prior has the variance 1/l², not l².": _gaussian(w / length**2, alpha, length),
        "The prior has the variance 1/l², not 1/l.": _gaussian(w / length**0.5, alpha, length),
        "The logarithm of the quotient of *deviations* is half of that of variances.": (
            ((1 + alpha) * square / 2 - 0.5 - logs).sum()
        ),
        "The sign of the logarithm: a narrow q is far from the prior.": (
            ((1 + alpha) * square / 2 - 0.5 + logs / 2).sum()
        ),
        "The constant −½ belongs to each weight.": (
            ((1 + alpha) * square / 2 - logs / 2).sum(),
            ((1 + alpha) * square / 2 - logs / 2).sum() - 0.5,
        ),
        "That is the decay alone: the entropy of q depends on w, too.": (
            ((1 + alpha) * square / 2).sum()
        ),
        "That is KL(prior ‖ q): q stands first.": back.sum(),
    }
