"""Laws of the focal and the class-balanced loss."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kornia.losses import focal_loss as kornia_focal_loss
from torch.nn import functional as F

from otbook_utils.scarce_labels import (
    ClassBalancedLoss,
    FocalLoss,
    class_balanced_weights,
    focal_terms,
    inverse_frequency_weights,
)

REDUCTIONS = ["mean", "sum", "none"]
GAMMAS = [0.0, 1e-3, 0.3, 0.5, 1.0, 1.5, 2.0, 5.0]
COUNTS = [5000, 250, 5000, 1]


def batch(seed, classes=4, size=16, scale=3.0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    logits = scale * torch.randn(size, classes, generator=generator, dtype=torch.float64)
    target = torch.randint(classes, (size,), generator=generator)
    return logits.to(dtype), target


def gradient(loss, logits, target):
    logits = logits.detach().requires_grad_()
    return torch.autograd.grad(loss(logits, target).sum(), logits)[0]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_gamma_zero_is_cross_entropy_in_value_and_gradient(reduction, weighted, seed):
    logits, target = batch(seed)
    weight = inverse_frequency_weights(COUNTS) if weighted else None
    ours = FocalLoss(0.0, weight, reduction)

    def theirs(z, y):
        return F.cross_entropy(z, y, weight=weight, reduction=reduction)

    torch.testing.assert_close(ours(logits, target), theirs(logits, target), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(
        gradient(ours, logits, target), gradient(theirs, logits, target), rtol=1e-11, atol=1e-14
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("beta", [0.0, 0.9, 0.999, 1 - 1e-12])
def test_class_balanced_softmax_is_weighted_cross_entropy(reduction, beta):
    logits, target = batch(1)
    expected = F.cross_entropy(
        logits, target, weight=class_balanced_weights(COUNTS, beta), reduction=reduction
    )
    actual = ClassBalancedLoss(COUNTS, beta, reduction=reduction)(logits, target)
    torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_focal_sum_agrees_with_kornia(gamma):
    logits, target = batch(2)
    expected = kornia_focal_loss(logits, target, alpha=None, gamma=gamma, reduction="sum")
    actual = FocalLoss(gamma, reduction="sum")(logits, target)
    torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_weighted_focal_terms_agree_with_kornia(gamma):
    logits, target = batch(3)
    weight = inverse_frequency_weights(COUNTS)
    dense = kornia_focal_loss(
        logits, target, alpha=None, gamma=gamma, weight=weight, reduction="none"
    )  # (batch, classes), zero but for the target
    actual = FocalLoss(gamma, weight, "none")(logits, target)
    torch.testing.assert_close(actual, dense.sum(dim=1), rtol=1e-12, atol=1e-14)


@given(
    st.lists(st.floats(-1000, 1000), min_size=2, max_size=6),
    st.floats(0, 5),
    st.integers(0, 5),
)
def test_focal_terms_agree_with_many_digits(row, gamma, label):
    label %= len(row)
    with mpmath.workdps(1000):
        total = mpmath.fsum(mpmath.exp(mpmath.mpf(z)) for z in row)
        wrong = mpmath.fsum(mpmath.exp(mpmath.mpf(z)) for i, z in enumerate(row) if i != label)
        p = mpmath.exp(mpmath.mpf(row[label])) / total
        factor = mpmath.mpf(1) if gamma == 0 else (wrong / total) ** mpmath.mpf(gamma)
        expected = float(-factor * mpmath.log(p))
    logits = torch.tensor([row], dtype=torch.float64)
    actual = focal_terms(logits, torch.tensor([label]), gamma).item()
    # The log-odds are a difference of numbers up to 1000, so 1e-13 off; the factor's exponent
    # multiplies that by gamma.
    assert actual == pytest.approx(expected, rel=3e-12, abs=1e-300)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_gradient_is_the_closed_form(gamma):
    logits, target = batch(4)
    p = logits.softmax(dim=1)
    p_y = p.gather(1, target[:, None])  # (batch, 1)
    # d/d log p of -(1 - p)^gamma log p, times d log p / d logits = onehot - p
    slope = gamma * (1 - p_y) ** (gamma - 1) * p_y * p_y.log() - (1 - p_y) ** gamma
    expected = slope * (F.one_hot(target, 4) - p)
    actual = gradient(FocalLoss(gamma, reduction="sum"), logits, target)
    torch.testing.assert_close(actual, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_gradient_and_its_gradient_are_finite_differences(gamma, reduction):
    logits, target = batch(5, size=4)
    loss = ClassBalancedLoss(COUNTS, 0.999, gamma, reduction)
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda z: loss(z, target), logits)
    assert torch.autograd.gradgradcheck(lambda z: loss(z, target), logits)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_value_and_gradient_are_finite_at_huge_logits(dtype, gamma, reduction):
    rows = [[1000, -1000, 0, 0], [-1000, 1000, 0, 0], [1000, 1000, 1000, 1000], [0, 0, 0, -1000]]
    logits = torch.tensor(rows, dtype=dtype).repeat_interleave(4, dim=0)
    target = torch.arange(4).repeat(4)
    loss = ClassBalancedLoss(COUNTS, 0.999, gamma, reduction)
    value, slope = loss(logits, target), gradient(loss, logits, target)
    assert value.isfinite().all() and slope.isfinite().all()
    assert value.dtype == (dtype if dtype == torch.float64 else torch.float32)
    assert slope.dtype == dtype


@pytest.mark.parametrize("gamma", GAMMAS)
def test_a_certain_and_wrong_answer_costs_the_difference_of_its_logits(gamma):
    logits = torch.tensor([[1000.0, -1000.0]], dtype=torch.float16)
    target = torch.tensor([1])
    loss = FocalLoss(gamma)
    assert loss(logits, target).item() == 2000.0
    assert gradient(loss, logits, target).tolist() == [[1.0, -1.0]]


@pytest.mark.parametrize("gamma", [1e-3, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("margin", [1.0, 10.0, 40.0, 87.0, 104.0, 500.0, 2000.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_fractional_gamma_has_a_finite_gradient_up_to_certainty(gamma, margin, dtype):
    logits, target = torch.tensor([[margin, 0.0]], dtype=dtype), torch.tensor([0])
    slope = gradient(FocalLoss(gamma), logits, target)
    with mpmath.workdps(2000):
        q = 1 / (1 + mpmath.exp(mpmath.mpf(margin)))  # 1 - p
        expected = (q**gamma * -q) + gamma * q**gamma * (1 - q) * mpmath.log1p(-q)
        expected = float(expected)
    tiny = torch.finfo(dtype).tiny
    assert slope[0, 0].item() == pytest.approx(expected, rel=2e-5, abs=tiny)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 5), st.floats(0, 5))
def test_more_gamma_never_costs_more(seed, gamma, more):
    logits, target = batch(seed)
    low, high = (FocalLoss(g, reduction="none")(logits, target) for g in sorted((gamma, more)))
    assert (high <= low * (1 + 1e-12)).all()


@given(st.integers(0, 10**6), st.floats(-100, 100), st.floats(0, 3))
def test_the_loss_does_not_see_a_shift_of_all_logits(seed, shift, gamma):
    logits, target = batch(seed)
    loss = FocalLoss(gamma)
    torch.testing.assert_close(
        loss(logits + shift, target), loss(logits, target), rtol=1e-9, atol=1e-12
    )


def test_weighted_mean_divides_by_the_weights_of_the_batch():
    logits, target = batch(6)
    weight = torch.tensor([1.0, 10.0, 2.0, 0.5], dtype=torch.float64)
    each = FocalLoss(2.0, reduction="none")(logits, target)
    expected = (weight[target] * each).sum() / weight[target].sum()
    torch.testing.assert_close(FocalLoss(2.0, weight)(logits, target), expected)


def test_a_scaled_weight_leaves_the_mean_alone():
    logits, target = batch(7)
    weight = inverse_frequency_weights(COUNTS)
    torch.testing.assert_close(
        FocalLoss(1.0, weight)(logits, target), FocalLoss(1.0, 7 * weight)(logits, target)
    )


def test_pixelwise_logits_are_treated_as_cross_entropy_treats_them():
    generator = torch.Generator().manual_seed(8)
    logits = torch.randn(2, 4, 3, 5, generator=generator)
    target = torch.randint(4, (2, 3, 5), generator=generator)
    weight = inverse_frequency_weights(COUNTS).float()
    for reduction in REDUCTIONS:
        torch.testing.assert_close(
            FocalLoss(0.0, weight, reduction)(logits, target),
            F.cross_entropy(logits, target, weight=weight, reduction=reduction),
        )


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
def test_labels_of_every_integer_type_are_the_same_labels(dtype):
    logits, target = batch(9)
    assert FocalLoss(1.0)(logits, target.to(dtype)) == FocalLoss(1.0)(logits, target)


def test_the_weight_is_a_buffer_that_is_saved_and_moved():
    loss = ClassBalancedLoss(COUNTS, 0.99)
    assert [name for name, _ in loss.named_buffers()] == ["weight"]
    assert not list(loss.parameters())
    other = ClassBalancedLoss([1, 1, 1, 1], 0.99)
    other.load_state_dict(loss.state_dict())
    assert torch.equal(other.weight, loss.weight)
    assert loss.to("meta").weight.device.type == "meta"
    assert not list(FocalLoss(1.0).buffers())


def test_the_weight_given_is_not_shared():
    weight = torch.ones(4, dtype=torch.float64)
    loss = FocalLoss(0.0, weight)
    weight.zero_()
    assert loss.weight.tolist() == [1, 1, 1, 1]


def test_half_precision_agrees_with_the_same_logits_in_double():
    logits, target = batch(10, dtype=torch.float16)
    loss = ClassBalancedLoss(COUNTS, 0.999, gamma=0.5)
    torch.testing.assert_close(
        loss(logits, target).double(), loss(logits.double(), target), rtol=1e-5, atol=1e-6
    )
    torch.testing.assert_close(
        gradient(loss, logits, target).double(),
        gradient(loss, logits.double(), target),
        rtol=2e-3,
        atol=1e-6,
    )


def test_the_loss_compiles_into_one_graph():
    logits, target = batch(11, dtype=torch.float32)
    loss = ClassBalancedLoss(COUNTS, 0.99, gamma=1.0)
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(logits, target), loss(logits, target))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU on this machine")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_the_gpu_agrees_with_the_cpu(dtype):
    logits, target = batch(12, dtype=dtype)
    logits[0] = torch.tensor([1000.0, -1000.0, 0.0, 0.0])
    for gamma in GAMMAS:
        loss = ClassBalancedLoss(COUNTS, 0.999, gamma)
        value, slope = loss(logits, target), gradient(loss, logits, target)
        loss, z, y = loss.cuda(), logits.cuda(), target.cuda()
        torch.testing.assert_close(loss(z, y).cpu(), value, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(gradient(loss, z, y).cpu(), slope, rtol=5e-3, atol=1e-5)
    counts = torch.tensor(COUNTS, device="cuda")
    assert class_balanced_weights(counts, 0.9).device.type == "cuda"


@pytest.mark.parametrize("gamma", [-0.1, -1, 10**400, math.nan, math.inf, None, "2"])
def test_an_impossible_gamma_is_named(gamma):
    with pytest.raises(ValueError, match=r"^gamma must be a number of at least 0, got"):
        FocalLoss(gamma)
    with pytest.raises(ValueError, match=r"^gamma must be a number of at least 0, got"):
        ClassBalancedLoss(COUNTS, 0.9, gamma)


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        ([1.0, -1.0], "got -1 for class 1"),
        ([math.nan, 1.0], "got nan for class 0"),
        ([math.inf, 1.0], "got inf for class 0"),
        ([[1.0, 1.0]], r"shape \(1, 2\)"),
        ("ab", "got 'ab'"),
        (["a"], "got .'a'."),
        ({0: 1.0}, "got {0: 1.0}"),
        ([1 + 1j, 2], "got torch.complex64"),
    ],
)
def test_an_impossible_weight_is_named(weight, said):
    with pytest.raises(ValueError, match=rf"^weight must.*{said}"):
        FocalLoss(1.0, weight)


def test_impossible_settings_of_the_class_balanced_loss_are_named():
    with pytest.raises(ValueError, match=r"^beta must"):
        ClassBalancedLoss(COUNTS, 1.0)
    with pytest.raises(ValueError, match=r"^counts must"):
        ClassBalancedLoss([5, 0], 0.9)
    with pytest.raises(ValueError, match=r"^reduction must be one of mean, sum, none, got 'avg'"):
        ClassBalancedLoss(COUNTS, 0.9, reduction="avg")


@pytest.mark.parametrize(
    ("logits", "target", "said"),
    [
        (torch.zeros(3, 4), torch.tensor([0, 1, 4]), "labels from 0 to 3, got 4"),
        (torch.zeros(3, 4), torch.tensor([0, -1, 2]), "labels from 0 to 3, got -1"),
        (torch.zeros(3, 4), torch.tensor([0.0, 1.0, 2.0]), "integer class labels, got torch.fl"),
        (torch.zeros(3, 4), torch.tensor([True, True, False]), "labels, got torch.bool"),
        (torch.zeros(3, 4), torch.tensor([0, 1]), r"shape \(3,\), got \(2,\)"),
        (torch.zeros(3, 4), torch.zeros(3, 4).long(), r"shape \(3,\), got \(3, 4\)"),
        (torch.zeros(3, 1), torch.zeros(3).long(), "at least 2 classes"),
        (torch.zeros(4), torch.tensor(0), "at least 2 classes"),
        (torch.zeros(3, 4).long(), torch.tensor([0, 1, 2]), "floating point, got torch.int64"),
        (torch.zeros(3, 4), [0, 1, 2], "^target must be a tensor, got list"),
        (torch.zeros(3, 4).numpy(), torch.tensor([0, 1, 2]), "^logits must be a tensor, got nd"),
        (torch.zeros(3, 5), torch.tensor([0, 1, 2]), r"4 weights, got shape \(3, 5\)"),
    ],
)
def test_logits_and_labels_that_do_not_fit_are_named(logits, target, said):
    with pytest.raises(ValueError, match=said):
        ClassBalancedLoss(COUNTS, 0.9)(logits, target)


def test_repr_shows_the_settings():
    assert repr(FocalLoss(2)) == "FocalLoss(gamma=2, reduction='mean')"
    assert repr(ClassBalancedLoss(COUNTS, 0.9999, 1)) == (
        "ClassBalancedLoss(beta=0.9999, gamma=1, weight=4 classes, reduction='mean')"
    )


def test_weights_restore_the_gradient_that_a_rare_class_loses():
    # With logits at zero every example pulls equally; what a class pulls is its count times its
    # weight, so inverse frequency makes all classes pull the same.
    counts = [90, 9, 1]
    target = torch.repeat_interleave(torch.arange(3), torch.tensor(counts))
    loss = FocalLoss(0.0, inverse_frequency_weights(counts), "sum")
    each = gradient(loss, torch.zeros(100, 3, dtype=torch.float64), target)
    pulls = [each[target == k].abs().sum().item() for k in range(3)]
    np.testing.assert_allclose(pulls, pulls[0])
