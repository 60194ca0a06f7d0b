"""Divergences between discrete distributions, in nats: Kullback-Leibler and what is built on it."""

import torch
from torch import Tensor

# How far the sum of a distribution may be from 1: what a softmax or a division leaves.
SUMS_TO_ONE_WITHIN = {torch.float32: 1e-4, torch.float64: 1e-6}


def kl_divergence(p: Tensor, q: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence KL(p‖q) = Σ p ln(p / q), in nats.

    p, q: (..., n) distributions along the last dimension, float32 or float64; batch shapes
    broadcast. Returns (...). Entries with p = 0 count 0 and send no gradient; where q is 0 and
    p is not, the divergence is infinite. Zero (up to rounding) if p = q, else positive.

    Raises ValueError naming the argument that is no distribution, or does not fit.

    Source: Kullback and Leibler 1951, https://doi.org/10.1214/aoms/1177729694, equation 2.4.
    Taught in `book/generative_models/01_likelihood_and_divergences.ipynb`.

    >>> kl_divergence(torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.25, 0.25, 0.5]))
    tensor(0.6931)
    >>> kl_divergence(torch.tensor([0.25, 0.25, 0.5]), torch.tensor([0.5, 0.5, 0.0]))
    tensor(inf)
    """
    return _kl(*_fitting(p, q))


def js_divergence(p: Tensor, q: Tensor) -> Tensor:
    """Return the Jensen-Shannon divergence ½ KL(p‖m) + ½ KL(q‖m), where m = (p + q) / 2, in nats.

    p, q: (..., n) distributions, as for `kl_divergence`. Returns (...), symmetric in p and q,
    between 0 (equal) and ln 2 (no common support). SciPy's `jensenshannon` is its square root.

    Raises ValueError naming the argument that is no distribution, or does not fit.

    Source: Lin 1991, https://doi.org/10.1109/18.61115, section IV.
    Taught in `book/generative_models/01_likelihood_and_divergences.ipynb`.

    >>> js_divergence(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))
    tensor(0.6931)
    """
    p, q = _fitting(p, q)
    middle = (p + q) / 2
    return (_kl(p, middle) + _kl(q, middle)) / 2


def mutual_information(joint: Tensor) -> Tensor:
    """Return KL(p(x, y) ‖ p(x) p(y)): what one variable tells about the other, in nats.

    joint: (..., n, m), probabilities of all pairs, which sum to 1. Returns (...), zero (up to
    rounding) if and only if the two are independent.

    Raises ValueError if joint is no distribution over pairs.

    Source: Cover and Thomas 2006, "Elements of Information Theory", equation 2.28.
    Taught in `book/generative_models/01_likelihood_and_divergences.ipynb`.

    >>> mutual_information(torch.tensor([[0.5, 0.0], [0.0, 0.5]]))
    tensor(0.6931)
    """
    joint = _distribution("joint", joint, trailing=2)
    independent = joint.sum(-1, keepdim=True) * joint.sum(-2, keepdim=True)  # (..., n, m)
    return _kl(joint.flatten(-2), independent.flatten(-2))


def _kl(p: Tensor, q: Tensor) -> Tensor:
    counted = p > 0
    # 1 in the place of what is not counted: ln 0 there would make NaN of values and gradients.
    ratio = torch.where(counted, p, 1.0).log() - torch.where(counted, q, 1.0).log()
    return (p * ratio).sum(-1)


def _fitting(p: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    """Return p and q, checked, in the wider of their types."""
    p, q = _distribution("p", p), _distribution("q", q)
    shapes = f"{tuple(p.shape)} and {tuple(q.shape)}"
    if p.shape[-1] != q.shape[-1]:
        raise ValueError(f"p and q must have equally many entries, got the shapes {shapes}")
    try:
        torch.broadcast_shapes(p.shape, q.shape)
    except RuntimeError:
        raise ValueError(f"the batch shapes of p and q do not fit: {shapes}") from None
    dtype = torch.promote_types(p.dtype, q.dtype)
    return p.to(dtype), q.to(dtype)


def _distribution(name: str, values: Tensor, trailing: int = 1) -> Tensor:
    """Return `values` if they are distributions over their last `trailing` dimensions."""
    wanted = "(..., n)" if trailing == 1 else "(..., n, m)"
    if not isinstance(values, Tensor) or values.dtype not in SUMS_TO_ONE_WITHIN:
        kind = values.dtype if isinstance(values, Tensor) else type(values).__name__
        raise ValueError(f"{name} must be a float32 or float64 tensor, got {kind}")
    if values.dim() < trailing or 0 in values.shape:
        raise ValueError(
            f"{name} must have the shape {wanted} and not be empty, got {tuple(values.shape)}"
        )
    if not torch.isfinite(values).all():
        first = values[~torch.isfinite(values)][0].item()
        raise ValueError(f"{name} must be finite, got an entry of {first}")
    if (values < 0).any():
        raise ValueError(f"{name} must not be negative, got an entry of {values.min().item():.6g}")
    totals = values.sum(tuple(range(-trailing, 0)))
    apart = (totals - 1).abs()
    if (apart > SUMS_TO_ONE_WITHIN[values.dtype]).any():
        worst = totals.flatten()[apart.argmax()].item()
        raise ValueError(f"{name} must sum to 1, got a sum of {worst:.6g}")
    return values
