"""Laws of entropic transport, and agreement with POT and geomloss."""

import warnings

import geomloss
import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from otbook_utils.optimal_transport import TransportLoss, sinkhorn
from tests.optimal_transport.some_problems import costs, masses, misplaced, on_a_line, problems

DTYPES = [torch.float32, torch.float64]
both_ways = pytest.mark.parametrize("accelerate", [True, False], ids=["accelerated", "plain"])


@settings(deadline=None, max_examples=60)
@given(problems(), st.sampled_from([1.0, 0.3, 0.1]))
def test_plan_has_the_given_marginals_and_no_negative_entry(problem, epsilon):
    a, b, cost = problem
    result = sinkhorn(a, b, cost, epsilon)
    assert (result.plan >= 0).all()
    torch.testing.assert_close(result.plan.sum(-1), a, atol=2e-6, rtol=0)
    torch.testing.assert_close(result.plan.sum(-2), b, atol=2e-6, rtol=0)


@settings(deadline=None, max_examples=60)
@given(problems(), st.sampled_from([1.0, 0.3, 0.1]))
def test_value_is_cost_plus_epsilon_times_the_divergence_from_the_product(problem, epsilon):
    a, b, cost = problem
    result = sinkhorn(a, b, cost, epsilon, tol=1e-9)
    plan, product = result.plan, a[:, None] * b
    divergence = torch.special.xlogy(plan, plan / product.where(product > 0, 1)).sum()
    assert result.cost.item() == pytest.approx((plan * cost).sum().item(), abs=1e-7)
    assert result.value.item() == pytest.approx(
        (result.cost + epsilon * divergence).item(), abs=1e-6
    )


@settings(deadline=None, max_examples=40)
@given(problems(), st.floats(-3, 3))
def test_a_constant_added_to_the_cost_is_added_to_the_value(problem, constant):
    a, b, cost = problem
    value = sinkhorn(a, b, cost, 0.3, tol=1e-9).value
    shifted = sinkhorn(a, b, cost + constant, 0.3, tol=1e-9).value
    assert shifted.item() == pytest.approx(value.item() + constant, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(problems())
def test_swapping_the_masses_transposes_the_plan(problem):
    a, b, cost = problem
    forth = sinkhorn(a, b, cost, 0.3, tol=1e-9)
    back = sinkhorn(b, a, cost.T, 0.3, tol=1e-9)
    torch.testing.assert_close(forth.plan, back.plan.T, atol=1e-6, rtol=0)
    assert forth.value.item() == pytest.approx(back.value.item(), abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(problems())
def test_value_lies_between_the_exact_cost_and_the_cost_of_the_product_plan(problem):
    a, b, cost = problem
    # POT's emd2 calls the 1 x 1 problem of cost -2 infeasible: give it costs of 0 and more.
    exact = ot.emd2(a.numpy(), b.numpy(), (cost + 2).numpy()) - 2
    value = sinkhorn(a, b, cost, 0.3).value.item()
    assert exact - 1e-6 <= value <= (a @ cost @ b).item() + 1e-6


@settings(deadline=None, max_examples=30)
@given(problems(), st.floats(0.1, 50))
def test_value_cost_and_plan_grow_in_proportion_to_the_mass(problem, factor):
    a, b, cost = problem
    one, many = sinkhorn(a, b, cost, 0.3), sinkhorn(factor * a, factor * b, cost, 0.3)
    assert many.value.item() == pytest.approx(factor * one.value.item(), abs=1e-5 * factor)
    assert many.cost.item() == pytest.approx(factor * one.cost.item(), abs=1e-5 * factor)
    torch.testing.assert_close(many.plan, factor * one.plan, atol=1e-5 * factor, rtol=0)


@both_ways
@pytest.mark.parametrize("epsilon", [1.0, 0.1, 0.01])
def test_value_and_cost_agree_with_pot(epsilon, accelerate):
    a, b, cost = masses(12), masses(9, seed=2), costs(12, 9)
    peer = ot.solve(
        cost.numpy(), a.numpy(), b.numpy(), reg=epsilon, reg_type="KL", max_iter=100_000, tol=1e-10
    )
    result = sinkhorn(a, b, cost, epsilon, tol=1e-10, max_iter=100_000, accelerate=accelerate)
    assert result.value.item() == pytest.approx(peer.value, abs=1e-8)
    assert result.cost.item() == pytest.approx(peer.value_linear, abs=1e-7)
    np.testing.assert_allclose(result.plan.numpy(), peer.plan, atol=1e-8)


def test_divergence_agrees_with_geomloss():
    """geomloss halves the squared distance and takes epsilon = blur²; three of our values give
    its debiased divergence, doubled."""
    blur = 0.3
    x = torch.randn(15, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = torch.randn(11, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64) + 1
    uniform = [torch.full((len(points),), 1 / len(points)).double() for points in (x, y)]

    def value(i, j):
        points = (x, y)
        cost = torch.cdist(points[i], points[j]) ** 2
        return sinkhorn(uniform[i], uniform[j], cost, 2 * blur**2, tol=1e-9).value

    ours = value(0, 1) - (value(0, 0) + value(1, 1)) / 2
    theirs = geomloss.SamplesLoss("sinkhorn", p=2, blur=blur, scaling=0.999, backend="tensorized")
    assert ours.item() == pytest.approx(2 * theirs(x, y).item(), rel=1e-4)


@pytest.mark.parametrize("dtype", DTYPES)
def test_cost_approaches_the_exact_cost_as_epsilon_shrinks(dtype):
    a, b, cost = (x.to(dtype) for x in (masses(20), masses(20, seed=2), costs(20, 20)))
    exact = ot.emd2(*(x.double().numpy() for x in (a, b, cost)), check_marginals=False)
    gaps = [
        sinkhorn(a, b, cost, epsilon * cost.max().item(), tol=1e-5).cost.item() - exact
        for epsilon in (0.1, 0.01, 0.001)
    ]
    assert gaps[0] > gaps[1] > gaps[2] > -1e-5
    # KL(P | a⊗b) is at most the entropy of a, so the cost is within epsilon log n of the exact one.
    assert gaps[2] < 0.001 * np.log(20)


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_underflows_at_a_thousandth_of_the_largest_cost(dtype):
    a, b = masses(20, dtype=dtype), masses(25, seed=2, dtype=dtype)
    cost = (costs(20, 25, dtype=dtype) * 30).square()
    result = sinkhorn(a, b, cost, 1e-3 * cost.max().item(), tol=1e-5)
    assert result.plan.dtype == dtype
    torch.testing.assert_close(result.plan.sum(-1), a, atol=2e-5, rtol=0)
    torch.testing.assert_close(result.plan.sum(-2), b, atol=2e-5, rtol=0)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("epsilon", [0.2, 0.002], ids=["kernel", "logarithms"])
def test_a_large_constant_in_a_float32_cost_spoils_no_marginal(epsilon):
    a, b = masses(20, dtype=torch.float32), masses(15, seed=2, dtype=torch.float32)
    result = sinkhorn(a, b, costs(20, 15, dtype=torch.float32) + 10_000, epsilon)
    torch.testing.assert_close(result.plan.sum(-1), a, atol=2e-6, rtol=0)
    torch.testing.assert_close(result.plan.sum(-2), b, atol=2e-6, rtol=0)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("offset", [-3e12, -1e8, 2e5, 1e8, 7e9])
@pytest.mark.parametrize(
    "share_of_spread, accelerate", [(0.5, True), (0.5, False), (0.05, True), (1e-5, True)]
)
def test_a_constant_in_the_cost_changes_no_bit_of_plan_and_gradient(
    offset, share_of_spread, accelerate
):
    """What rounding leaves of the cost beside the constant is solved as well as without it."""
    a, b, grain = masses(2, 6), masses(2, 5, seed=2), 2.0**-10
    cost = (costs(2, 6, 5) / grain).round() * grain  # with the constant still exact
    shifted = (cost + offset).requires_grad_()
    assert torch.equal(shifted - offset, cost)
    epsilon = share_of_spread * (cost.max() - cost.min()).item()
    with_constant = sinkhorn(a, b, shifted, epsilon, accelerate=accelerate)
    (gradient,) = torch.autograd.grad(with_constant.value.sum(), shifted)
    without = sinkhorn(a, b, cost, epsilon, accelerate=accelerate)
    assert torch.equal(with_constant.plan, without.plan) and torch.equal(gradient, without.plan)
    assert (misplaced(with_constant, a, b) < 2e-6).all()
    torch.testing.assert_close(with_constant.cost, without.cost + offset, rtol=1e-15, atol=1e-9)
    torch.testing.assert_close(with_constant.value, without.value + offset, rtol=1e-15, atol=1e-9)
    evenly = (b * with_constant.g).sum(-1)
    torch.testing.assert_close((a * with_constant.f).sum(-1), evenly, rtol=1e-15, atol=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("epsilon", [1e2, 1e4])
def test_large_epsilon_spreads_the_mass_independently(dtype, epsilon):
    a, b, cost = (x.to(dtype) for x in (masses(12), masses(9, seed=2), costs(12, 9)))
    result = sinkhorn(a, b, cost, epsilon)
    independent = (a @ cost @ b).item()
    # To first order the value falls below <a⊗b, C> by the variance of C over 2 epsilon.
    assert result.value.item() == pytest.approx(independent, abs=0.25 / epsilon + 1e-6)
    torch.testing.assert_close(result.plan, a[:, None] * b, atol=2 / epsilon, rtol=0)


def test_mixed_precision_around_it_changes_nothing():
    a, b = masses(30, dtype=torch.float32), masses(30, seed=2, dtype=torch.float32)
    cost = costs(30, 30, dtype=torch.float32)
    plain = sinkhorn(a, b, cost, 0.05)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = sinkhorn(a, b, cost, 0.05)
    assert mixed.n_iter == plain.n_iter
    torch.testing.assert_close(mixed.value, plain.value)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("epsilon", [1e-3, 1e-4, 1e-5])
def test_points_without_mass_and_single_points_stay_finite_at_tiny_epsilon(epsilon):
    a = torch.tensor([[0.5, 0.5, 0, 0], [0, 0, 0, 1]], dtype=torch.float64)
    b = torch.tensor([[0, 0, 1, 0], [0.2, 0, 0.8, 0]], dtype=torch.float64)
    result = sinkhorn(a, b, costs(4, 4), epsilon)
    for values in (result.plan, result.f, result.g, result.value):
        assert torch.isfinite(values).all()
    torch.testing.assert_close(result.plan.sum(-1), a)
    torch.testing.assert_close(result.plan.sum(-2), b)


@pytest.mark.parametrize("epsilon", [0.2, 0.002], ids=["kernel", "logarithms"])
@pytest.mark.parametrize("shared", [True, False], ids=["shared cost", "cost of its own"])
def test_a_batch_gives_what_its_problems_give_one_by_one(epsilon, shared):
    a, b = masses(2, 3, 6), masses(2, 3, 5, seed=2)
    cost = costs(6, 5) if shared else costs(2, 3, 6, 5)
    batch = sinkhorn(a, b, cost, epsilon, tol=1e-9, max_iter=50_000)
    assert batch.value.shape == batch.cost.shape == batch.error.shape == (2, 3)
    assert batch.f.shape == (2, 3, 6) and batch.g.shape == (2, 3, 5)
    for i in np.ndindex(2, 3):
        own_cost = cost if shared else cost[i]
        single = sinkhorn(a[i], b[i], own_cost, epsilon, tol=1e-9, max_iter=50_000)
        torch.testing.assert_close(batch.plan[i], single.plan, atol=1e-7, rtol=0)
        torch.testing.assert_close(batch.value[i], single.value, atol=1e-7, rtol=0)
        torch.testing.assert_close(batch.cost[i], single.cost, atol=1e-7, rtol=0)


def test_one_target_serves_a_whole_batch():
    a, b, cost = masses(4, 6), masses(5, seed=2), costs(6, 5)
    result = sinkhorn(a, b, cost, 0.2)
    torch.testing.assert_close(result.value, sinkhorn(a, b.expand(4, 5), cost, 0.2).value)


@pytest.mark.parametrize("epsilon", [0.3, 0.003], ids=["kernel", "logarithms"])
def test_gradients_are_those_of_finite_differences(epsilon):
    """gradcheck moves one entry at a time; a softmax keeps the totals equal while it does."""

    def value(a_logits, b_logits, cost):
        a, b = a_logits.softmax(-1), b_logits.softmax(-1)
        return sinkhorn(a, b, cost, epsilon, tol=1e-12, max_iter=100_000).value

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        arguments = [masses(2, 4), masses(2, 3, seed=2), costs(4, 3)]
        for argument in arguments:
            argument.requires_grad_()
        assert torch.autograd.gradcheck(value, arguments, eps=1e-5, atol=1e-5, rtol=1e-3)


def test_gradients_are_the_potentials_and_the_plan():
    a, b, cost = masses(3, 6), masses(3, 5, seed=2), costs(6, 5)
    for x in (a, b, cost):
        x.requires_grad_()
    result = sinkhorn(a, b, cost, 0.2)
    grad_a, grad_b, grad_cost = torch.autograd.grad(result.value.sum(), (a, b, cost))
    torch.testing.assert_close(grad_a, result.f)
    torch.testing.assert_close(grad_b, result.g)
    torch.testing.assert_close(grad_cost, result.plan.sum(0))


@both_ways
@pytest.mark.parametrize("epsilon", [0.2, 0.004], ids=["kernel", "logarithms"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_later_change_of_the_arguments_changes_neither_plan_nor_gradients(
    dtype, epsilon, accelerate
):
    """An optimiser that steps on a learnt cost does so in place."""
    arguments = [masses(3, 7), masses(3, 4, seed=5), costs(3, 7, 4, seed=6) * 0.1]
    leaves = [x.to(dtype).requires_grad_() for x in arguments]
    result = sinkhorn(*leaves, epsilon, accelerate=accelerate)
    plan = result.plan
    before = torch.autograd.grad(result.value.sum(), leaves, retain_graph=True)
    with torch.no_grad():
        for leaf in leaves:
            leaf.mul_(-3).add_(1)
    assert torch.equal(result.plan, plan)
    for x, y in zip(before, torch.autograd.grad(result.value.sum(), leaves), strict=True):
        assert torch.equal(x, y)
    torch.testing.assert_close(before[2], plan)


def test_changing_the_potentials_before_the_backward_pass_is_refused_as_by_torch():
    a = masses(6).requires_grad_()
    result = sinkhorn(a, masses(5, seed=2), costs(6, 5), 0.2)
    plan = result.plan
    result.f.add_(1)
    assert torch.equal(result.plan, plan)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        result.value.backward()


def test_a_transport_loss_whose_cost_changes_in_between_keeps_its_gradient():
    target, gradients = masses(3, 5, seed=2), []
    for change in (False, True):
        logits = masses(3, 4).log().requires_grad_()
        loss = TransportLoss(costs(4, 5), 0.1)
        value = loss(logits, target)
        if change:
            loss.cost.mul_(5).sub_(costs(4, 5, seed=9))
        gradients.append(torch.autograd.grad(value, logits)[0])
    assert torch.equal(*gradients)


def test_only_the_value_carries_a_gradient():
    result = sinkhorn(masses(4).requires_grad_(), masses(4, seed=2), costs(4, 4), 0.2)
    assert result.value.requires_grad
    assert not any(x.requires_grad for x in (result.cost, result.plan, result.f, result.g))


@pytest.mark.parametrize("epsilon", [0.2, 0.002], ids=["kernel", "logarithms"])
def test_a_point_without_mass_changes_nothing_and_has_a_potential(epsilon):
    a, b, cost = masses(5), masses(4, seed=2), costs(6, 4)
    with_zero = torch.cat([a, torch.zeros(1).double()])
    padded = sinkhorn(with_zero, b, cost, epsilon, tol=1e-9, max_iter=50_000)
    plain = sinkhorn(a, b, cost[:5], epsilon, tol=1e-9, max_iter=50_000)
    assert padded.value.item() == pytest.approx(plain.value.item(), abs=1e-7)
    assert (padded.plan[5] == 0).all()
    # The potential of an empty point is the price at which it would join: the soft minimum.
    soft_minimum = -epsilon * torch.logsumexp(b.log() + (padded.g - cost[5]) / epsilon, -1)
    assert padded.f[5].item() == pytest.approx(soft_minimum.item(), abs=1e-6)


@pytest.mark.parametrize("epsilon", [0.2, 0.002], ids=["kernel", "logarithms"])
def test_a_point_with_hardly_any_mass_has_an_accurate_potential(epsilon):
    """The potentials are the gradients: an error in f or g of a rare class misleads training."""
    a, b, cost = masses(6), masses(5, seed=2), costs(6, 5)
    a, b = a.index_fill(0, torch.tensor(2), 1e-13), b.index_fill(0, torch.tensor(3), 1e-13)
    a, b = a / a.sum(), b / b.sum()
    result = sinkhorn(a, b, cost, epsilon)
    f = -epsilon * torch.logsumexp(b.log() + (result.g - cost) / epsilon, -1)
    g = -epsilon * torch.logsumexp(a.log() + (result.f - cost.T) / epsilon, -1)
    # Masses of 0.05 and more and a marginal met within 1e-6: f and g within 2e-5 epsilons.
    torch.testing.assert_close(result.f, f, atol=1e-4 * epsilon, rtol=0)
    torch.testing.assert_close(result.g, g, atol=1e-4 * epsilon, rtol=0)


def test_potentials_share_the_value_evenly():
    a, b, cost = masses(6), masses(5, seed=2), costs(6, 5)
    result = sinkhorn(a, b, cost, 0.2)
    assert (a @ result.f).item() == pytest.approx(result.value.item() / 2, abs=1e-9)
    assert (b @ result.g).item() == pytest.approx(result.value.item() / 2, abs=1e-9)


@both_ways
@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-11])
@pytest.mark.parametrize("epsilon", [0.05, 0.02])
def test_error_is_the_misplaced_mass_of_the_plan_as_returned(epsilon, tol, accelerate):
    a, b = masses(4, 20), masses(4, 20, seed=2)
    result = sinkhorn(7 * a, 7 * b, on_a_line(20), epsilon, tol=tol, accelerate=accelerate)
    off = misplaced(result, 7 * a, 7 * b) / 7
    torch.testing.assert_close(result.error, off, rtol=1e-3, atol=1e-14)
    assert (off <= tol).all()


@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-10])
@pytest.mark.parametrize("epsilon", [0.005, 0.0005])
def test_error_is_the_misplaced_mass_where_newton_steps_find_it(epsilon, tol):
    a, b = masses(4, 20), masses(4, 20, seed=2)
    result = sinkhorn(a, b, on_a_line(20), epsilon, tol=tol)
    off = misplaced(result, a, b)
    # Rounding the exponents, of size 1 / epsilon, changes the plan by a few 1e-13.
    torch.testing.assert_close(result.error, off, rtol=1e-3, atol=3e-12)
    assert (off <= tol).all()


@pytest.mark.parametrize("epsilon", [0.05, 0.002, 0.0005])
def test_many_small_violations_count_together(epsilon):
    """With 300 points a largest violation of 1e-6 would hide a hundred times as much."""
    a, b = masses(300), masses(300, seed=2)
    cost = (on_a_line(300) * 2).square()
    result = sinkhorn(a, b, cost, epsilon)
    assert misplaced(result, a, b) <= 1e-6
    assert result.error.item() == pytest.approx(misplaced(result, a, b).item(), rel=0.01, abs=1e-11)


@both_ways
def test_stopping_early_is_reported(accelerate):
    a, b = masses(30), masses(30, seed=2)
    with pytest.warns(RuntimeWarning, match=r"stopped after 3 iterations with .*e-0\d of the mass"):
        result = sinkhorn(a, b, costs(30, 30), 0.01, max_iter=3, accelerate=accelerate)
    assert result.n_iter == 3
    assert result.error.item() == pytest.approx(misplaced(result, a, b).item(), rel=1e-3)


@pytest.mark.parametrize("epsilon", [0.2, 0.002], ids=["kernel", "logarithms"])
def test_a_tolerance_out_of_reach_stops_soon_and_is_reported(epsilon):
    with pytest.warns(RuntimeWarning, match="of the mass misplaced"):
        result = sinkhorn(masses(20), masses(20, seed=2), costs(20, 20), epsilon, tol=1e-30)
    assert result.n_iter < 1000
    assert result.error < 1e-12


def test_an_epsilon_beyond_double_precision_is_told():
    """Potentials of 1e8 with an epsilon of 1e-9 leave exponents rounded by more than 1."""
    per_row = 1e8 * costs(6, 1, seed=3)
    with pytest.warns(RuntimeWarning, match="of the mass misplaced"):
        result = sinkhorn(masses(6), masses(5, seed=2), costs(6, 5) + per_row, 1e-9)
    off = misplaced(result, masses(6), masses(5, seed=2)).item()
    assert result.error.item() == pytest.approx(off, rel=1e-6) and off > 1e-3


def test_repr_tells_size_epsilon_and_value():
    text = repr(sinkhorn(masses(3, 6), masses(3, 5, seed=2), costs(6, 5), 0.25))
    assert "6 x 5" in text and "batch (3,)" in text and "epsilon=0.25" in text


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("epsilon", [0.2, 0.002])
def test_the_gpu_agrees_with_the_cpu(epsilon):
    a, b, cost = masses(4, 6), masses(4, 5, seed=2), costs(6, 5)
    here = sinkhorn(a, b, cost, epsilon)
    there = sinkhorn(a.cuda(), b.cuda(), cost.cuda(), epsilon)
    torch.testing.assert_close(there.value.cpu(), here.value)


HALF = torch.tensor([0.5, 0.5])
SQUARE = torch.tensor([[0.0, 1.0], [1.0, 0.0]])

BAD_ARGUMENTS = {
    "negative mass": ((torch.tensor([1.5, -0.5]), HALF, SQUARE, 0.1), r"a must not.*-0\.5"),
    "NaN mass": ((HALF, torch.tensor([0.5, float("nan")]), SQUARE, 0.1), "b must hold.*nan"),
    "infinite mass": ((torch.tensor([float("inf"), 1]), HALF, SQUARE, 0.1), "a must hold.*inf"),
    "no mass": ((torch.zeros(2), torch.zeros(2), SQUARE, 0.1), "a must hold some mass"),
    "unequal totals": ((HALF, HALF * 2, SQUARE, 0.1), "same total mass, got 1 and 2"),
    "NaN cost": ((HALF, HALF, SQUARE * float("nan"), 0.1), "cost must be finite.*nan"),
    "infinite cost": ((HALF, HALF, SQUARE / 0, 0.1), "cost must be finite"),
    "spread that overflows": (
        (HALF, HALF, (SQUARE.double() - 0.5) * 1e308 * 3, 0.1),
        r"cost must have a finite spread, got -1\.5e\+308 to 1\.5e\+308",
    ),
    "transposed cost": (
        (HALF, torch.ones(3) / 3, torch.ones(3, 2), 0.1),
        r"cost must end in \(2, 3",
    ),
    "batches that do not fit": (
        (HALF.expand(3, 2), HALF.expand(4, 2), SQUARE, 0.1),
        r"batch shapes.*\(3, 2\)",
    ),
    "mass without an axis": ((torch.tensor(1.0), HALF, SQUARE, 0.1), r"a must be \(\.\.\., n\)"),
    "empty masses": ((torch.ones(0), HALF, torch.ones(0, 2), 0.1), "must not be empty"),
    "whole-number masses": ((torch.tensor([1, 1]), HALF, SQUARE, 0.1), "a must be float32.*int64"),
    "half precision": ((HALF.half(), HALF, SQUARE, 0.1), "a must be float32.*float16"),
    "epsilon of zero": ((HALF, HALF, SQUARE, 0.0), "epsilon must be positive.*0.0"),
    "negative epsilon": ((HALF, HALF, SQUARE, -0.1), "epsilon must be positive.*-0.1"),
    "epsilon for each problem": (
        (HALF, HALF, SQUARE, torch.tensor([0.1, 0.2])),
        r"epsilon must be a number.*0\.1",
    ),
    "epsilon to be learnt": (
        (HALF, HALF, SQUARE, torch.tensor(0.1, requires_grad=True)),
        "epsilon must be a number without gradient",
    ),
    "no epsilon": ((HALF, HALF, SQUARE, None), "epsilon must be a number, got None"),
    "total that overflows": (
        (*[torch.full((2,), 3e38)] * 2, SQUARE, 0.1),
        "a must have a finite total",
    ),
    "words": ((["half", "half"], HALF, SQUARE, 0.1), "a must be a tensor.*half"),
    "NaN epsilon": ((HALF, HALF, SQUARE, float("nan")), "epsilon must be positive.*nan"),
}


@pytest.mark.parametrize("arguments, message", BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        sinkhorn(*arguments)


@pytest.mark.parametrize(
    "limits",
    [{"tol": 0}, {"tol": -1e-3}, {"tol": float("nan")}, {"max_iter": 0}, {"max_iter": 1e4}],
)
def test_bad_limits_are_named(limits):
    with pytest.raises(ValueError, match=next(iter(limits))):
        sinkhorn(HALF, HALF, SQUARE, 0.1, **limits)
