"""Transport between Gaussians, which has a closed form, and the ellipses on the way."""

from numbers import Real

import torch
from torch import Tensor

from otbook_utils.optimal_transport.clouds import checked_points, common_type


def gaussian_wasserstein(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> Tensor:
    """Return the 2-Wasserstein distance between two Gaussians (not squared).

    mean1, mean2: (..., d); cov1, cov2: (..., d, d), symmetric, without negative eigenvalues; a
    singular covariance is a Gaussian on a subspace and welcome. Batch shapes are broadcast.
    Returns (...): the root of ‖m₁ − m₂‖² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁^½ Σ₂ Σ₁^½)^½.

    Computed in double precision as the least ‖Σ₁^½ − Σ₂^½ Q‖ over rotations Q, in which nothing
    cancels: also between nearly equal Gaussians it is right to rounding. No gradient is kept.

    Raises ValueError naming the argument that is not finite, not symmetric, has a negative
    eigenvalue, or does not fit.

    Source: Dowson and Landau 1982; Peyré and Cuturi 2019, remark 2.31.
    Taught in `book/optimal_transport/05_one_dimension_slices_gaussians.ipynb`.

    >>> zero, eye = torch.zeros(2), torch.eye(2)
    >>> gaussian_wasserstein(zero, eye, torch.tensor([3.0, 4.0]), eye)
    tensor(5.)
    """
    with torch.no_grad():
        mean1, cov1, mean2, cov2 = _checked(mean1, cov1, mean2, cov2)
        root1, root2 = symmetric_root(cov1.double()), symmetric_root(cov2.double())
        left, _, right = torch.linalg.svd(root1 @ root2)
        turned = root2 @ (left @ right).transpose(-1, -2)  # the nearest of all root2 @ Q
        spread = (root1 - turned).square().sum((-2, -1))
        shift = (mean1.double() - mean2.double()).square().sum(-1)
        return (shift + spread).sqrt().to(mean1.dtype)


def gaussian_interpolation(
    mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor, t: float
) -> tuple[Tensor, Tensor]:
    """Return mean and covariance of the Gaussian on the way from the first (t = 0) to the second.

    McCann's interpolation: every point x of the first goes straight to T x, where T is the linear
    map that carries the first onto the second, so that at t the covariance is
    ((1 − t) I + t T) Σ₁ ((1 − t) I + t T).

    mean1, mean2: (..., d); cov1: (..., d, d), positive definite; cov2: (..., d, d). t: from 0 to 1.

    Raises ValueError as `gaussian_wasserstein` does, for a singular cov1, and for t outside [0, 1].

    Source: McCann 1997; Peyré and Cuturi 2019, remark 2.31 and section 7.1.
    Taught in `book/optimal_transport/05_one_dimension_slices_gaussians.ipynb`.

    >>> one = torch.eye(1)
    >>> gaussian_interpolation(torch.zeros(1), one, torch.ones(1), 9 * one, t=0.5)
    (tensor([0.5000]), tensor([[4.]]))
    """
    if not isinstance(t, Real) or not 0 <= t <= 1:
        raise ValueError(f"t must be a number from 0 to 1, got {t!r}")
    with torch.no_grad():
        mean1, cov1, mean2, cov2 = _checked(mean1, cov1, mean2, cov2)
        step = (1 - t) * torch.eye(cov1.shape[-1]).to(cov1) + t * _linear_map(cov1, cov2)
        return (1 - t) * mean1 + t * mean2, step @ cov1 @ step


def symmetric_root(cov: Tensor) -> Tensor:
    """Return the symmetric matrix whose square is `cov`: (..., d, d), no negative eigenvalues.

    >>> symmetric_root(torch.tensor([[4.0, 0.0], [0.0, 0.0]]))
    tensor([[2., 0.],
            [0., 0.]])
    """
    values, vectors = torch.linalg.eigh(cov)
    return vectors * values.clamp(min=0).sqrt().unsqueeze(-2) @ vectors.transpose(-1, -2)


def _linear_map(cov1: Tensor, cov2: Tensor) -> Tensor:
    """Return T = Σ₁^−½ (Σ₁^½ Σ₂ Σ₁^½)^½ Σ₁^−½."""
    values, vectors = torch.linalg.eigh(cov1)
    least = torch.finfo(cov1.dtype).eps * cov1.shape[-1] * values.amax(-1, keepdim=True)
    if (values <= least).any():
        raise ValueError(
            "cov1 must be positive definite (no linear map spreads a Gaussian out of a subspace), "
            f"got the eigenvalue {values.min().item():.3g}"
        )
    root = vectors * values.sqrt().unsqueeze(-2) @ vectors.transpose(-1, -2)
    inverse = vectors * values.rsqrt().unsqueeze(-2) @ vectors.transpose(-1, -2)
    return inverse @ symmetric_root(root @ cov2 @ root) @ inverse


def _checked(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> list[Tensor]:
    means = [checked_points(name, m, 1) for name, m in (("mean1", mean1), ("mean2", mean2))]
    covs = [_covariance(name, c) for name, c in (("cov1", cov1), ("cov2", cov2))]
    sizes = {means[0].shape[-1], means[1].shape[-1], covs[0].shape[-1], covs[1].shape[-1]}
    shapes = ", ".join(str(tuple(t.shape)) for t in (means[0], covs[0], means[1], covs[1]))
    if len(sizes) > 1:
        raise ValueError(f"means and covariances must be of one dimension, got the shapes {shapes}")
    try:
        torch.broadcast_shapes(*(m.shape[:-1] for m in means), *(c.shape[:-2] for c in covs))
    except RuntimeError:
        raise ValueError(f"the batch shapes do not fit: {shapes}") from None
    return common_type(means[0], covs[0], means[1], covs[1])


def _covariance(name: str, cov: Tensor) -> Tensor:
    cov = checked_points(name, cov, 2)
    if cov.shape[-1] != cov.shape[-2]:
        raise ValueError(f"{name} must have the shape (..., d, d), got {tuple(cov.shape)}")
    scale = cov.abs().amax((-2, -1))
    allowed = 1e3 * torch.finfo(cov.dtype).eps * scale
    lopsided = (cov - cov.transpose(-1, -2)).abs().amax((-2, -1))
    if (lopsided > allowed).any():
        raise ValueError(f"{name} must be symmetric, got entries {lopsided.max():.3g} apart")
    lowest = torch.linalg.eigvalsh(cov)[..., 0]
    if (lowest < -allowed * cov.shape[-1]).any():
        raise ValueError(
            f"{name} must not have negative eigenvalues, got {lowest.min().item():.3g}"
        )
    return cov
