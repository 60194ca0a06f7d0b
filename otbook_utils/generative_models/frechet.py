"""The Fréchet distance between two sets of features, each taken for a Gaussian."""

import numpy as np
import torch
from torch import Tensor

from otbook_utils.optimal_transport import gaussian_wasserstein


def frechet_distance(
    mean1: Tensor | np.ndarray,
    cov1: Tensor | np.ndarray,
    mean2: Tensor | np.ndarray,
    cov2: Tensor | np.ndarray,
) -> Tensor:
    """Return ‖m₁ − m₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½): a scalar, or (...) for batches.

    mean1, mean2: (..., d); cov1, cov2: (..., d, d), symmetric, without negative eigenvalues;
    singular ones, as from fewer samples than dimensions, are welcome. It is the squared
    2-Wasserstein distance between the two Gaussians; of Inception's features it is the FID, of any
    other network's a "feature-FID". Computed in double precision; no gradient is kept.

    Raises ValueError naming the argument that is not finite, not symmetric, has a negative
    eigenvalue, or does not fit.

    Source: Dowson and Landau 1982; Heusel et al. 2017, section 2.
    Taught in `book/generative_models/07_wasserstein_gan_and_fid.ipynb`.

    >>> frechet_distance(torch.zeros(2), torch.eye(2), torch.tensor([3.0, 4.0]), 4 * torch.eye(2))
    tensor(27., dtype=torch.float64)
    """
    doubles = (torch.as_tensor(t).double() for t in (mean1, cov1, mean2, cov2))
    return gaussian_wasserstein(*doubles).square()


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean (d,) and unbiased covariance (d, d) of features (n, d), in double precision.

    Raises ValueError for fewer than two samples or another shape.

    >>> moments(torch.tensor([[0.0, 0.0], [2.0, 0.0]]))[1]
    tensor([[2., 0.],
            [0., 0.]], dtype=torch.float64)
    """
    if features.dim() != 2 or len(features) < 2:
        raise ValueError(
            f"features must have the shape (n, d) with n at least 2, got {tuple(features.shape)}"
        )
    features = features.double()
    return features.mean(0), torch.cov(features.T).reshape(features.shape[1], features.shape[1])
