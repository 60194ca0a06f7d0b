"""The Fréchet distance against torchmetrics' formula, scipy's root and singular covariances."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from torchmetrics.image.fid import _compute_fid

from otbook_utils.generative_models import frechet_distance
from otbook_utils.generative_models.frechet import moments


def some_features(n, d, seed):
    generator = torch.Generator().manual_seed(seed)
    mixed = torch.randn(n, d, generator=generator) @ torch.randn(d, d, generator=generator)
    return mixed + torch.randn(d, generator=generator)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(0, 9999))
def test_it_is_torchmetrics_formula(d, seed):
    (m1, c1), (m2, c2) = (moments(some_features(3 * d + 5, d, s)) for s in (seed, seed + 1))
    wanted = _compute_fid(m1, c1, m2, c2).item()
    assert frechet_distance(m1, c1, m2, c2).item() == pytest.approx(wanted, rel=1e-6, abs=1e-8)
    root = np.trace(sqrtm((c1 @ c2).numpy())).real
    by_scipy = ((m1 - m2) ** 2).sum() + c1.trace() + c2.trace() - 2 * root
    assert frechet_distance(m1, c1, m2, c2).item() == pytest.approx(
        by_scipy.item(), rel=1e-5, abs=1e-6
    )


def test_fewer_samples_than_dimensions_are_welcome():
    x, y = some_features(10, 32, 0), some_features(10, 32, 1)
    (m1, c1), (m2, c2) = moments(x), moments(y)
    found = frechet_distance(m1, c1, m2, c2).item()
    little = 1e-9 * torch.eye(32).double()
    near = frechet_distance(m1, c1 + little, m2, c2 + little).item()
    assert np.isfinite(found) and found == pytest.approx(near, rel=1e-3)
    assert frechet_distance(m1, c1, m1, c1).item() == pytest.approx(0, abs=1e-9)


def test_arrays_are_taken_as_tensors_are():
    m, c = moments(some_features(20, 3, 0))
    shifted = frechet_distance(m.numpy() + 2, c.numpy(), m.numpy(), c.numpy())
    assert shifted.item() == pytest.approx(12)


def test_moments_are_numpys():
    x = some_features(9, 4, 0)
    mean, cov = moments(x)
    np.testing.assert_allclose(mean, x.double().mean(0))
    np.testing.assert_allclose(cov, np.cov(x.double().numpy().T))
    assert moments(some_features(9, 1, 0))[1].shape == (1, 1)


@pytest.mark.parametrize("features", [torch.zeros(1, 3), torch.zeros(3), torch.zeros(0, 3)])
def test_moments_need_two_samples(features):
    with pytest.raises(ValueError, match="n at least 2"):
        moments(features)


def test_what_is_no_covariance_is_named():
    zero, eye = torch.zeros(2), torch.eye(2)
    with pytest.raises(ValueError, match="cov2 must be symmetric"):
        frechet_distance(zero, eye, zero, torch.tensor([[1.0, 0.5], [0.0, 1.0]]))
    with pytest.raises(ValueError, match="cov1 must not have negative eigenvalues"):
        frechet_distance(zero, -eye, zero, eye)
    with pytest.raises(ValueError, match="mean1 must be finite"):
        frechet_distance(torch.tensor([float("nan"), 0]), eye, zero, eye)
