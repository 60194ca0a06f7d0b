"""What the exercises of the chapter on two uncertainties accept and refuse."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from otbook_utils.teaching import Verdict, exercise, expect_function, right
from otbook_utils.teaching.answers import WrongAnswer


@exercise("bn-04-1")
def check_binary(answer: Callable[[Tensor], tuple[Tensor, Tensor]]) -> Verdict:
    """Check `binary_parts(p)`: the variance of a yes-or-no label, taken apart."""
    generator = torch.Generator().manual_seed(1)
    cases = [(torch.rand(*shape, generator=generator).double(),) for shape in ((4, 3), (7, 2))]
    cases.append((torch.tensor([[0.0, 1.0, 0.5], [1.0, 1.0, 0.5]]).double(),))
    expect_function(
        lambda p: _stacked(answer(p)),
        lambda p: torch.stack(_binary(p)),
        cases,
        _slips_of_binary,
        name="the two parts, one over the other,",
    )
    return right(
        "Together they are p̄ (1 − p̄), whatever the samples: a single number p̄ cannot tell a coin "
        "from a quarrel."
    )


def _stacked(parts: tuple[Tensor, Tensor] | Tensor) -> Tensor:
    if isinstance(parts, Tensor) and parts.ndim == 2:
        return parts
    if not isinstance(parts, tuple | list) or len(parts) != 2:
        raise WrongAnswer("Return two things: the aleatoric part and the epistemic one.")
    return torch.stack([torch.as_tensor(part) for part in parts])


def _binary(p: Tensor) -> tuple[Tensor, Tensor]:
    return (p * (1 - p)).mean(0), p.var(0, unbiased=False)


def _slips_of_binary(p: Tensor) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the parts."""
    noise, doubt = _binary(p)
    mean = p.mean(0)
    return {
        "The first comes from the noise in the label, the second from the samples: exchanged.": (
            torch.stack([doubt, noise])
        ),
        "That first part is the total: it holds the doubt already.": (
            torch.stack([mean * (1 - mean), doubt]),
            torch.stack([mean * (1 - mean), p.var(0)]),
        ),
        "Divide by the number of samples, not by one less, or the parts do not add up.": (
            torch.stack([noise, p.var(0)])
        ),
        "Those are standard deviations.": (
            torch.stack([noise, doubt]).sqrt(),
            torch.stack([noise, doubt.sqrt()]),
        ),
        "Both are means over the samples, not sums.": (
            torch.stack([noise, doubt]) * len(p),
            torch.stack([noise * len(p), doubt]),
        ),
        "The first is the variance of a coin, p (1 − p), not its entropy.": (
            torch.stack([(torch.special.entr(p) + torch.special.entr(1 - p)).mean(0), doubt])
        ),
        "The total comes as p̄ (1 − p̄), and you return it in one of the two places.": (
            torch.stack([noise, mean * (1 - mean)])
        ),
        "The second part is a variance: the mean square less the squared mean.": (
            torch.stack([noise, p.square().mean(0)])
        ),
    }


@exercise("bn-04-2")
def check_mixture(answer: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Verdict:
    """Check `mixture_nll(means, log_vars, target)`: the ensemble's own likelihood."""
    generator = torch.Generator().manual_seed(2)
    cases = []
    for members, batch in ((3, 4), (5, 2), (1, 3)):
        means, log_vars = torch.randn(2, members, batch, generator=generator)
        cases.append((means, log_vars, torch.randn(batch, generator=generator)))
    cases.append((torch.tensor([[0.0], [1.0]]), torch.zeros(2, 1), torch.tensor([60.0])))
    expect_function(
        lambda *case: _not_rounded(answer(*case)),
        _mixture,
        cases,
        _slips_of_mixture,
        gradient_of=["means", "log_vars"],
        name="the loss",
    )
    return right(
        "By Jensen's inequality it is never above the members' *mean* loss: that is the part of an "
        "ensemble's gain which needs no luck. It may be above the best member's."
    )


def _not_rounded(loss: Tensor) -> Tensor:
    if isinstance(loss, Tensor) and not loss.isfinite().all():
        raise WrongAnswer(
            "That is not finite where a target lies 60 deviations away: there densities round to "
            "0. Stay with their logarithms, and add by `logsumexp`."
        )
    return loss


def _nll(means: Tensor, log_vars: Tensor, target: Tensor) -> Tensor:
    return (log_vars + (target - means).square() / log_vars.exp() + math.log(2 * math.pi)) / 2


def _mixture(means: Tensor, log_vars: Tensor, target: Tensor) -> Tensor:
    return math.log(len(means)) - (-_nll(means, log_vars, target)).logsumexp(0)


def _slips_of_mixture(means: Tensor, log_vars: Tensor, target: Tensor) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the loss."""
    parts = _nll(means, log_vars, target)
    moment = log_vars.exp().mean(0) + means.var(0, unbiased=False)
    return {
        "That is the mean of the members' losses: average the densities, not their logarithms.": (
            parts.mean(0)
        ),
        "That is one Gaussian with the mixture's moments: a mixture has another shape.": (
            _nll(means.mean(0), moment.log(), target)
        ),
        "That is one Gaussian, and without the doubt: its variance lacks that of the means.": (
            _nll(means.mean(0), log_vars.exp().mean(0).log(), target),
            _nll(means.mean(0), log_vars.mean(0), target),
        ),
        "That is the best member's loss, and nobody tells beforehand who that is.": parts.amin(0),
        "Average the densities: the 1/members is missing.": -(-parts).logsumexp(0),
        "Average over the members, which come first; you divide by the batch.": (
            math.log(means.shape[1]) - (-parts).logsumexp(0)
        ),
        "The constant ½ ln 2π belongs to a density.": (
            _mixture(means, log_vars, target) - math.log(2 * math.pi) / 2
        ),
        "log_vars are logarithms of variances, not of standard deviations.": (
            _mixture(means, 2 * log_vars, target)
        ),
        "The loss is minus the logarithm.": -_mixture(means, log_vars, target),
        "A value for each element of the batch is asked for.": (
            _mixture(means, log_vars, target).mean(),
            _mixture(means, log_vars, target).sum(),
        ),
    }


@exercise("bn-04-3")
def check_needed(answer: Callable[[float, float, float], int]) -> Verdict:
    """Check `data_needed(prior_variance, noise_variance, share)`."""
    cases = [
        (0.5, 2.3, 0.0474),
        (2.0, 5.0, 0.1),
        (0.3, 2.0, 0.2),
        (1.0, 9.0, 0.25),
        (5.0, 0.5, 0.01),
        (4.0, 2.0, 0.2),
    ]
    # On the boundary "at most" counts; these are exact in binary, whichever way they are computed.
    cases += [(2.0, 3.0, 0.5), (2.0, 4.0, 0.2), (1.0, 1.0, 0.5)]
    expect_function(answer, _needed, cases, _slips_of_needed, name="the number")
    return right(
        "It is 1/share − 1, less what the prior is worth, noise/prior: noisy places need fewer "
        "data for the doubt to be a tenth of the whole. To know the mean to a fixed width they "
        "need more."
    )


def _needed(prior_variance: float, noise_variance: float, share: float) -> int:
    exact = (1 - share) / share - noise_variance / prior_variance
    return max(0, math.ceil(exact - 1e-9))


def _slips_of_needed(
    prior_variance: float, noise_variance: float, share: float
) -> dict[str, float | int]:
    """Return what each known mistake gives in place of the number."""
    ratio = noise_variance / prior_variance
    exact = (1 - share) / share - ratio
    return {
        "At most `share`: where it is met exactly, no further measurement is needed.": (
            max(0, math.floor(exact + 1e-9) + 1)
        ),
        "The share is of the total variance, noise and doubt together.": max(
            0, math.ceil(1 / share - ratio - 1e-9)
        ),
        "Where the prior is sure enough the answer is 0: no first measurement is needed.": (
            max(1, math.ceil(exact - 1e-9))
        ),
        "The prior counts like noise / prior variance data, not like its inverse.": max(
            0, math.ceil((1 - share) / share - 1 / ratio - 1e-9)
        ),
        "Both are variances already, and they are not squared, nor is a root taken.": (
            max(0, math.ceil((1 - share) / share - ratio * noise_variance - 1e-9)),
            max(0, math.ceil((1 - share) / share - math.sqrt(ratio) - 1e-9)),
        ),
        "`share` is a share of the next measurement's variance, not a variance.": max(
            0, math.ceil(noise_variance / share - ratio - 1e-9)
        ),
        "The prior counts like noise / prior variance data: it is missing.": (
            math.ceil((1 - share) / share - 1e-9)
        ),
        "A whole number of data is asked for, the smallest that will do: round up.": (
            exact,
            max(0, math.floor(exact)),
        ),
        "Where the prior is sure enough no data are needed: never fewer than 0.": (
            math.ceil(exact - 1e-9)
        ),
        "Precisions add up, 1/prior + n/noise, not variances.": max(
            0, math.ceil((1 - share) / share * ratio - 1e-9)
        ),
        "The prior's precision is subtracted: what it gives need not come from data.": (
            math.ceil((1 - share) / share + ratio - 1e-9)
        ),
    }
