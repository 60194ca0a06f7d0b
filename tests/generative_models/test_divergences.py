"""Laws of the divergences, and agreement with SciPy, scikit-learn and torch."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr
from sklearn.metrics import mutual_info_score

from otbook_utils.generative_models import js_divergence, kl_divergence, mutual_information

counts = st.integers(0, 5)


@st.composite
def pairs(draw):
    """Two distributions over the same n values, zeros included."""
    n = draw(st.integers(1, 7))
    both = [draw(st.lists(counts, min_size=n, max_size=n).filter(any)) for _ in range(2)]
    return tuple(torch.tensor(c, dtype=torch.float64) / sum(c) for c in both)


def drawn(seed, *shape):
    weights = torch.rand(*shape, generator=torch.Generator().manual_seed(seed)).double() + 0.01
    return weights / weights.sum(-1, keepdim=True)


@given(pairs())
def test_kl_is_scipys_sum_of_relative_entropies(both):
    p, q = both
    wanted = rel_entr(p.numpy(), q.numpy()).sum()
    assert kl_divergence(p, q).item() == pytest.approx(wanted, abs=1e-12)


@given(pairs())
def test_kl_is_zero_for_equals_alone(both):
    p, q = both
    assert kl_divergence(p, p).item() == 0
    found = kl_divergence(p, q).item()
    assert found == pytest.approx(0, abs=1e-12) if torch.equal(p, q) else found > 1e-6


@given(pairs())
def test_js_is_the_square_of_scipys_distance(both):
    p, q = both
    wanted = jensenshannon(p.numpy(), q.numpy()) ** 2
    assert js_divergence(p, q).item() == pytest.approx(wanted, abs=1e-12)


@given(pairs())
def test_js_is_symmetric_and_at_most_log_2(both):
    p, q = both
    found = js_divergence(p, q).item()
    assert found == pytest.approx(js_divergence(q, p).item(), abs=1e-12)
    assert -1e-12 <= found <= math.log(2) + 1e-12
    if not (p * q).any():
        assert found == pytest.approx(math.log(2))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=30))
def test_mutual_information_is_scikit_learns(observed):
    table = np.zeros((3, 4))
    for x, y in observed:
        table[x, y] += 1 / len(observed)
    wanted = mutual_info_score(*zip(*observed, strict=True))
    assert mutual_information(torch.tensor(table)).item() == pytest.approx(wanted, abs=1e-9)


def test_independent_variables_tell_nothing():
    x, y = drawn(0, 5, 3), drawn(1, 5, 4)
    joint = x[:, :, None] * y[:, None, :]
    torch.testing.assert_close(mutual_information(joint), torch.zeros(5).double())


def test_a_copy_tells_its_entropy():
    p = drawn(2, 6)
    entropy = torch.distributions.Categorical(p).entropy()
    torch.testing.assert_close(mutual_information(torch.diag(p)), entropy)


def test_batches_are_torchs_and_broadcast():
    p, q = drawn(3, 4, 1, 5), drawn(4, 3, 5)
    of = torch.distributions.Categorical
    found = kl_divergence(p, q)
    assert found.shape == (4, 3)
    wanted = torch.distributions.kl_divergence(of(p.expand(4, 3, 5)), of(q.expand(4, 3, 5)))
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(js_divergence(p, q)[2, 1], js_divergence(p[2, 0], q[1]))


@pytest.mark.parametrize("divergence", [kl_divergence, js_divergence])
def test_gradients_are_those_of_finite_differences(divergence):
    logits = [
        torch.randn(3, 4, generator=torch.Generator().manual_seed(k)).double() for k in (0, 1)
    ]

    def of_logits(a, b):
        return divergence(a.softmax(-1), b.softmax(-1))

    assert torch.autograd.gradcheck(of_logits, [z.clone().requires_grad_() for z in logits])


def test_gradient_of_kl_along_logits_is_the_difference():
    # The cross-entropy's gradient, softmax(z) − p: the entropy of p does not depend on z.
    p, z = drawn(5, 4), torch.zeros(4, dtype=torch.float64, requires_grad=True)
    kl_divergence(p, z.softmax(-1)).backward()
    torch.testing.assert_close(z.grad, 0.25 - p)


def test_zeros_leave_values_and_gradients_finite():
    p = torch.tensor([0.5, 0.5, 0.0], requires_grad=True)
    q = torch.tensor([0.5, 0.5, 0.0], requires_grad=True)
    for value in (kl_divergence(p, q), js_divergence(p, q), mutual_information(torch.diag(p))):
        grads = torch.autograd.grad(value, [p, q], allow_unused=True)
        assert all(torch.isfinite(g).all() for g in grads if g is not None)


def test_float32_stays_and_mixed_types_are_promoted():
    p = drawn(6, 3)
    assert kl_divergence(p.float(), p.float()).dtype == torch.float32
    assert js_divergence(p.float(), p).dtype == torch.float64


@pytest.mark.parametrize(
    ("p", "message"),
    [
        (torch.tensor([0.5, 0.6]), "p must sum to 1, got a sum of 1.1"),
        (torch.tensor([[1.0, 0.0], [3.0, 1.0]]), "p must sum to 1, got a sum of 4"),
        (torch.tensor([1.5, -0.5]), "p must not be negative, got an entry of -0.5"),
        (torch.tensor([float("nan"), 1.0]), "p must be finite, got an entry of nan"),
        (torch.tensor([1, 0]), "p must be a float32 or float64 tensor, got torch.int64"),
        ([0.5, 0.5], "p must be a float32 or float64 tensor, got list"),
        (torch.tensor(1.0), r"p must have the shape \(..., n\) and not be empty, got \(\)"),
        (torch.ones(0, 2), r"p must have the shape \(..., n\) and not be empty, got \(0, 2\)"),
        (torch.ones(3) / 3, r"p and q must have equally many entries, got the shapes \(3,\)"),
        (torch.ones(3, 2) / 2, r"the batch shapes of p and q do not fit: \(3, 2\) and \(2, 2\)"),
    ],
)
def test_what_is_no_distribution_is_refused(p, message):
    q = torch.full((2, 2), 0.5)
    for divergence in (kl_divergence, js_divergence):
        with pytest.raises(ValueError, match=message):
            divergence(p, q)


def test_a_table_that_is_no_joint_distribution_is_refused():
    with pytest.raises(ValueError, match=r"joint must have the shape \(..., n, m\)"):
        mutual_information(torch.tensor([0.5, 0.5]))
    with pytest.raises(ValueError, match="joint must sum to 1, got a sum of 2"):
        mutual_information(torch.eye(2))
