"""The checkers of the exercises of the chapter on variational autoencoders."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from otbook_utils.teaching import Verdict, exercise, expect_function, right


def _randn(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


@exercise("gm-04-1")
def check_kl_to_each(answer: Callable[..., Tensor]) -> Verdict:
    """Check `kl_to_each(mean_q, log_var_q, mean_p, log_var_p)` of diagonal Gaussians."""
    cases = [
        (*_randn(seed, 2, batch, latent), *_randn(seed + 10, 2, classes, latent))
        for seed, (batch, classes, latent) in ((1, (3, 4, 2)), (2, (2, 3, 5)))
    ]
    expect_function(
        answer,
        _kl_to_each,
        cases,
        _slips_of_the_kl,
        gradient_of=["mean_q", "log_var_q", "mean_p", "log_var_p"],
        name="the divergences",
    )
    return right(
        "With one class, mean_p = 0 and log_var_p = 0 it is the chapter's formula. A prior that "
        "is itself learned, for each class or for each cluster, needs this one."
    )


def _kl_between(mean_q: Tensor, log_var_q: Tensor, mean_p: Tensor, log_var_p: Tensor) -> Tensor:
    ratio = log_var_q - log_var_p
    gap = (mean_q - mean_p).square() / log_var_p.exp()
    return 0.5 * (ratio.exp() + gap - 1 - ratio).sum(-1)


def _kl_to_each(mean_q: Tensor, log_var_q: Tensor, mean_p: Tensor, log_var_p: Tensor) -> Tensor:
    return _kl_between(mean_q[:, None], log_var_q[:, None], mean_p, log_var_p)


def _slips_of_the_kl(
    mean_q: Tensor, log_var_q: Tensor, mean_p: Tensor, log_var_p: Tensor
) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the divergences."""
    wanted = _kl_to_each(mean_q, log_var_q, mean_p, log_var_p)
    mean_q, log_var_q = mean_q[:, None], log_var_q[:, None]
    ratio, gap = log_var_q - log_var_p, (mean_q - mean_p).square()
    scaled = gap / log_var_p.exp()
    return {
        "The factor ½ is missing.": 2 * wanted,
        "Sum over the latent dimensions, do not average: independent units add their "
        "divergences.": wanted / mean_q.shape[-1],
        "A row for each image, a column for each class.": wanted.T,
        "One number for each image and class: sum over the last dimension alone.": (
            wanted.sum(1),
            wanted.sum(0),
            wanted.sum(),
            wanted.mean(),
        ),
        "The two are exchanged: the mean is taken under q.": (
            _kl_between(mean_p, log_var_p, mean_q, log_var_q)
        ),
        "The distance of the means counts in units of p's variance.": (
            0.5 * (ratio.exp() + gap - 1 - ratio).sum(-1)
        ),
        "The distance of the means counts in units of *p*'s variance, not of q's.": (
            0.5 * (ratio.exp() + gap / log_var_q.exp() - 1 - ratio).sum(-1)
        ),
        "The distance of the means is divided by the *variance*, exp(log_var_p).": (
            0.5 * (ratio.exp() + gap / (0.5 * log_var_p).exp() - 1 - ratio).sum(-1)
        ),
        "The variance of q, too, counts in units of p's.": (
            0.5 * (log_var_q.exp() + scaled - 1 - ratio).sum(-1)
        ),
        "Both logarithms stay: that of p's variance, too.": (
            0.5 * (ratio.exp() + scaled - 1 - log_var_q).sum(-1)
        ),
        "exp(log_var) is the variance already; its half would be the standard deviation.": (
            0.5 * ((0.5 * ratio).exp() + scaled - 1 - ratio).sum(-1)
        ),
        "You took log_var for a logarithm of the standard deviation: no square is left to take.": (
            0.5 * ((2 * ratio).exp() + gap / (2 * log_var_p).exp() - 1 - 2 * ratio).sum(-1)
        ),
        "The sign of the logarithm: a q that is narrower than p must pay for it.": (
            0.5 * (ratio.exp() + scaled - 1 + ratio).sum(-1)
        ),
        "Without the -1 two equal Gaussians would not be at 0.": (wanted + 0.5 * mean_q.shape[-1]),
        "That is for a standard normal p.": _kl_between(
            mean_q, log_var_q, torch.zeros_like(mean_p), torch.zeros_like(log_var_p)
        ),
    }


@exercise("gm-04-2")
def check_score_gradient(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check `score_gradient(f, score)` with the mean of the other draws as baseline."""
    cases = [(_randn(3, 4) + 5, _randn(4, 4, 3)), (_randn(5, 7) - 2, _randn(6, 7, 2))]
    expect_function(
        answer, _score_gradient, cases, _slips_of_the_score_gradient, name="the gradient"
    )
    return right(
        "A draw's own baseline does not know this draw, so it is independent of its score, and "
        "costs no bias. The same trick trains samplers of discrete tokens."
    )


def _score_gradient(f: Tensor, score: Tensor) -> Tensor:
    others = (f.sum() - f) / (len(f) - 1)
    return ((f - others)[:, None] * score).mean(0)


def _slips_of_the_score_gradient(f: Tensor, score: Tensor) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the gradient."""
    n, wanted = len(f), _score_gradient(f, score)
    others = (f.sum() - f) / (n - 1)
    return {
        "The baseline is missing: unbiased, and as noisy as f is far from 0.": (
            (f[:, None] * score).mean(0)
        ),
        "Your baseline knows the draw it is subtracted from. That shrinks the gradient by "
        "(K - 1)/K: leave the draw itself out.": ((f - f.mean())[:, None] * score).mean(0),
        "Mean over the draws, not the sum.": wanted * n,
        "Divide the final sum by K: the K - 1 belongs in the baseline.": wanted * n / (n - 1),
        "The sign: draws that are better than the others pull q towards themselves.": -wanted,
        "Mean over the draws: what is left has one entry for each parameter.": (
            ((f - others)[:, None] * score).mean()
        ),
        "The others are K - 1 draws, and their mean divides by as many.": (
            (f - (f.sum() - f) / n)[:, None] * score
        ).mean(0),
        "The baseline is the *mean* of the others, not their sum.": (
            ((f - (f.sum() - f))[:, None] * score).mean(0)
        ),
        "Do not sum over the parameters: each has its own derivative.": (
            ((f - others)[:, None] * score).mean(0).sum()
        ),
    }


@exercise("gm-04-3")
def check_posterior_mean(answer: Callable[..., Tensor]) -> Verdict:
    """Check `posterior_mean(z, log_likelihood, log_prior, log_q)` from weighted draws."""
    cases = []
    for seed, (draws, batch, latent) in ((7, (5, 2, 3)), (8, (4, 6, 2))):
        logs = _randn(seed, 3, draws, batch)
        cases.append((_randn(seed + 9, draws, batch, latent), 2 * logs[0] - 2000, *logs[1:]))
    expect_function(answer, _posterior_mean, cases, _slips_of_the_posterior_mean, name="the mean")
    return right(
        "The weights that tighten the bound also correct the encoder: with enough draws this is "
        "the mean of the true posterior, not of q."
    )


def _posterior_mean(z: Tensor, log_likelihood: Tensor, log_prior: Tensor, log_q: Tensor) -> Tensor:
    weights = (log_likelihood + log_prior - log_q).softmax(0)
    return (weights[..., None] * z).sum(0)


def _slips_of_the_posterior_mean(
    z: Tensor, log_likelihood: Tensor, log_prior: Tensor, log_q: Tensor
) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the posterior's mean."""
    weights = (log_likelihood + log_prior - log_q).softmax(0)
    zeros = torch.zeros_like(log_q)
    return {
        "That is the mean under q: the weights are missing.": z.mean(0),
        "The prior is left out: a weight is p(x | z) p(z) / q(z | x).": (
            _posterior_mean(z, log_likelihood, zeros, log_q)
        ),
        "Divide by q: a place from which q draws often must not count twice for it.": (
            _posterior_mean(z, log_likelihood, log_prior, zeros)
        ),
        "q stands in the denominator: its logarithm is subtracted.": (
            _posterior_mean(z, log_likelihood, log_prior, -log_q)
        ),
        "The likelihood is left out: then x plays no part.": (
            _posterior_mean(z, zeros, log_prior, log_q)
        ),
        "The weights of one sample's draws sum to 1: normalise over the draws, not the batch.": (
            ((log_likelihood + log_prior - log_q).softmax(1)[..., None] * z).sum(0)
        ),
        "The weights sum to 1 already: add up, do not average.": ((weights[..., None] * z).mean(0)),
        "exp(-2000) is 0 in floating point: subtract the largest logarithm of each sample first, "
        "as softmax does.": torch.zeros_like(z[0]),
    }


@exercise("gm-04-4")
def check_unit(answer: Callable[[float, float, float], tuple[float, float, float]]) -> Verdict:
    """Check `unit(variance, noise, beta)`: the best encoder a, v and the best weight w."""
    cases = [(2.0, 0.5, 1.0), (3.0, 0.6, 2.5), (0.7, 1.0, 1.0), (0.7, 0.5, 4.0), (1.9, 1.2, 1.0)]
    cases.append((0.7, 1.0, 0.5))  # between β · noise² and noise²
    expect_function(answer, _unit, cases, _slips_of_the_unit, name="(a, v, w)")
    return right(
        "β is nothing but a larger noise variance, β · noise², and averaging over D pixels in "
        "place of summing is β = D. The divergence there is ½ ln(variance / (β · noise²)), or 0."
    )


def _unit(variance: float, noise: float, beta: float) -> np.ndarray:
    return _fitted(variance, beta * noise**2)


def _fitted(variance: float, t: float) -> np.ndarray:
    """Return a, v and w for data of this variance and noise of variance t."""
    w = math.sqrt(max(variance - t, 0))
    return _posterior_of(w, t)


def _posterior_of(w: float, t: float) -> np.ndarray:
    return np.array([w / (w**2 + t), t / (w**2 + t), w])


def _slips_of_the_unit(variance: float, noise: float, beta: float) -> dict[str, np.ndarray]:
    """Return what each known mistake gives in place of the best a, v and w."""
    t = beta * noise**2
    a, v, w = _fitted(variance, t)
    silent = variance <= t
    return {
        "noise is a standard deviation: its square is the variance.": (
            _fitted(variance, beta * noise)
        ),
        "β multiplies the noise *variance*, not the deviation.": (
            _fitted(variance, (beta * noise) ** 2)
        ),
        "β also moves the threshold: a unit dies where its variance falls below β · noise², not "
        "noise².": np.array([a, v, w]) if variance > noise**2 else np.array([0, 1, 0]),
        "β is missing.": _fitted(variance, noise**2),
        "β makes the divergence dearer: the best unit then says less.": (
            _fitted(variance, noise**2 / beta)
        ),
        "For this w the posterior is right, but a part of the variance is noise: "
        "w² = variance - β · noise².": _posterior_of(math.sqrt(variance), t),
        "The encoder does not invert the decoder: it shrinks, a = w / (w² + β · noise²).": (
            np.array([1 / w if w else 0, v, w])
        ),
        "A silent unit answers with the prior, whose variance is 1.": (
            np.array([a, 0 if silent else v, w])
        ),
        "v is a variance, not a deviation.": np.array([a, math.sqrt(v), w]),
        "w is wanted, not w².": np.array([a, v, w**2]),
        "The order is a, v, w.": (np.array([w, v, a]), np.array([v, a, w]), np.array([a, w, v])),
        "In v, too, β makes the noise larger.": np.array([a, noise**2 / (w**2 + noise**2), w]),
    }
