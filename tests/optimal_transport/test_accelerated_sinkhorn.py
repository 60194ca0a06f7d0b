"""Laws of what makes Sinkhorn's algorithm fast: it finds the same, also where plain steps crawl."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from otbook_utils.optimal_transport import accelerated_sinkhorn, sinkhorn
from otbook_utils.optimal_transport.accelerated_sinkhorn import epsilon_scaling
from otbook_utils.optimal_transport.entropic_dual import EntropicDual
from tests.optimal_transport.some_problems import costs, masses, misplaced, on_a_line, problems

DTYPES = [torch.float32, torch.float64]


@settings(deadline=None, max_examples=60)
@given(problems(), st.sampled_from([2.0, 0.5, 0.05]))
def test_it_agrees_with_the_plain_algorithm(problem, epsilon):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where plain steps crawl
        plain = sinkhorn(*problem, epsilon, tol=1e-10, max_iter=2_000, accelerate=False)
    fast = sinkhorn(*problem, epsilon, tol=1e-10)
    # Whatever potentials give, the dual is a lower bound of the value: fast is never below plain.
    assert fast.value >= plain.value - 1e-8
    if plain.error <= 1e-10:
        assert fast.value.item() == pytest.approx(plain.value.item(), abs=1e-8)
        assert fast.cost.item() == pytest.approx(plain.cost.item(), abs=1e-6)
        torch.testing.assert_close(fast.plan, plain.plan, atol=1e-6, rtol=0)


@pytest.mark.parametrize("epsilon", [0.3, 0.03, 0.02], ids=["near", "float32", "float64"])
@pytest.mark.parametrize("shared", [True, False], ids=["shared cost", "cost of its own"])
def test_it_agrees_with_the_plain_algorithm_on_batches(epsilon, shared):
    a, b = masses(3, 4, 9), masses(3, 4, 7, seed=2)
    cost = costs(9, 7) if shared else costs(3, 4, 9, 7)
    fast = sinkhorn(a, b, cost, epsilon, tol=1e-9)
    plain = sinkhorn(a, b, cost, epsilon, tol=1e-9, accelerate=False)
    for name in ("f", "g", "value", "cost", "plan"):
        x, y = getattr(fast, name), getattr(plain, name)
        assert x.shape == y.shape
        torch.testing.assert_close(x, y, atol=1e-6, rtol=0)


def test_plain_steps_crawl_and_these_do_not():
    """Five ordered classes at a thousandth of the spread, the case of the book."""
    a, b, cost = masses(8, 5), masses(8, 5, seed=2), 4 * on_a_line(5)
    with pytest.warns(RuntimeWarning, match="stopped after 3000 iterations"):
        plain = sinkhorn(a, b, cost, 0.004, max_iter=3_000, accelerate=False)
    assert plain.error.max() > 1e-3
    fast = sinkhorn(a, b, cost, 0.004)
    assert fast.n_iter < 400 and (misplaced(fast, a, b) <= 1e-6).all()
    assert (fast.value >= plain.value - 1e-9).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("share_of_spread", [1e-2, 1e-3, 1e-4])
@pytest.mark.parametrize("dtype", DTYPES)
def test_ordered_classes_converge_where_alternating_steps_crawl(dtype, share_of_spread):
    """Closed form on a line: the exact cost is the area between the cumulative sums."""
    position = torch.arange(5, dtype=dtype)
    cost = (position[:, None] - position).abs()
    a, b = masses(8, 5, dtype=dtype), masses(8, 5, seed=2, dtype=dtype)
    epsilon = 4 * share_of_spread
    result = sinkhorn(a, b, cost, epsilon)
    exact = (a.cumsum(-1) - b.cumsum(-1)).abs().sum(-1)
    torch.testing.assert_close(result.plan.sum(-1), a, atol=3e-6, rtol=0)
    torch.testing.assert_close(result.plan.sum(-2), b, atol=3e-6, rtol=0)
    # The exact plan's divergence from a⊗b is at most the entropy of a, itself at most log 5.
    assert (result.value >= exact - 1e-5).all()
    assert (result.value <= exact + epsilon * np.log(5) + 1e-5).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("share_of_spread", [1e-2, 1e-3, 1e-4])
def test_totals_that_differ_by_a_rounding_converge(share_of_spread):
    """The dual of totals that differ has no maximum: Newton's steps would climb for ever."""
    position = torch.arange(40, dtype=torch.float32)
    cost = (position[:13, None] - position[:17]).abs()
    a, b = masses(20, 13, dtype=torch.float32), masses(20, 17, seed=2, dtype=torch.float32)
    a, b = a.where(a > 0.05, 0), b.where(b > 0.05, 0)
    a, b = a / a.sum(-1, keepdim=True), b / b.sum(-1, keepdim=True) * (1 + 3e-7)
    result = sinkhorn(a, b, cost, share_of_spread * 16)
    assert result.n_iter < 1000
    torch.testing.assert_close(result.plan.sum(-2), b, atol=2e-6, rtol=0)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_costs_converge_though_scaling_the_kernel_crawls(dtype):
    """Closed form: where every move costs 1, the exact cost is the total variation."""
    a, b = masses(6, 30, dtype=dtype), masses(6, 30, seed=2, dtype=dtype)
    result = sinkhorn(a, b, 1 - torch.eye(30, dtype=dtype), 0.03)
    assert result.n_iter < 330
    torch.testing.assert_close(result.plan.sum(-1), a, atol=2e-6, rtol=0)
    exact = (a - b).clamp_min(0).sum(-1)
    assert (result.value >= exact).all()
    assert (result.value <= exact + 0.03 * np.log(30)).all()


class LargestTensor(TorchDispatchMode):
    """Records the number of entries of the largest tensor made inside."""

    entries = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor):
            self.entries = max(self.entries, made.numel())
        return made


def test_value_cost_and_gradients_of_masses_build_no_plan():
    batch, n = 64, 30
    a = masses(batch, n).requires_grad_()
    with LargestTensor() as largest:
        result = sinkhorn(a, masses(batch, n, seed=2), costs(n, n), 0.05)
        (result.value + result.cost).sum().backward()
    assert largest.entries <= batch * n  # a plan of the batch has n times as many
    with LargestTensor() as largest:
        _ = result.plan
    assert largest.entries == batch * n * n


def test_both_ways_of_solving_agree():
    """The spread of 0.95 at epsilon = 0.0032 is just within reach of the float64 kernel."""
    a, b, cost = masses(8), masses(8, seed=2), costs(8, 8)
    spread = (cost.max() - cost.min()).item()
    with_kernel = sinkhorn(a, b, cost, spread / 299, tol=1e-9, max_iter=200_000)
    on_logarithms = sinkhorn(a, b, cost, spread / 301, tol=1e-9, max_iter=200_000)
    # d value / d epsilon is KL(P | a⊗b), at most log 8, and epsilon differs by spread * 2.2e-5.
    assert with_kernel.value.item() == pytest.approx(on_logarithms.value.item(), abs=5e-5)


def test_a_problem_whose_cost_is_shifted_holds_up_no_other():
    """Centred one by one, a batch with one shifted cost takes as many iterations as without."""
    a, b, cost = masses(16, 12), masses(16, 12, seed=2), costs(16, 12, 12)
    alone = sinkhorn(a, b, cost, 0.05)
    cost[5] += 2.0**14
    shifted = sinkhorn(a, b, cost, 0.05)
    assert alone.n_iter == shifted.n_iter < 60
    torch.testing.assert_close(shifted.plan, alone.plan, atol=1e-9, rtol=0)


@pytest.mark.parametrize("factor", [100.0, 1e5])
def test_a_hard_problem_leaves_the_others_on_the_kernel(factor, monkeypatch):
    a, b, cost = masses(16, 12), masses(16, 12, seed=2), costs(16, 12, 12)
    alone, climbed = sinkhorn(a, b, cost, 0.05), []
    climb = accelerated_sinkhorn.climb

    def watched(dual, *rest):
        climbed.append(dual.a)
        return climb(dual, *rest)

    monkeypatch.setattr(accelerated_sinkhorn, "climb", watched)
    cost[5] *= factor
    together = sinkhorn(a, b, cost, 0.05)
    assert len(climbed) == 1 and torch.allclose(climbed[0], a[5])
    others = torch.arange(16) != 5
    torch.testing.assert_close(together.plan[others], alone.plan[others], atol=1e-9, rtol=0)
    assert (misplaced(together, a, b) <= 1e-6).all()


@pytest.mark.parametrize("relaxation", [2.5, 40.0, float("nan")])
@pytest.mark.parametrize("epsilon", [0.05, 0.005], ids=["float32", "float64"])
def test_a_kernel_that_ends_in_nan_is_saved_by_logarithms(epsilon, relaxation, monkeypatch):
    """Steps far too long make the scalings overflow; NaN compares as neither met nor unmet."""
    a, b, cost = masses(4, 9), masses(4, 8, seed=2), costs(9, 8)
    good = sinkhorn(a, b, cost, epsilon, tol=1e-9)
    monkeypatch.setattr(accelerated_sinkhorn, "RELAXATION", relaxation)
    dual = EntropicDual(a, b, cost - cost.min(), epsilon)
    spoilt = accelerated_sinkhorn.scale_kernel(dual, 1e-9, 300)
    assert not (spoilt.error <= 1e-9).all() and (relaxation < 40 or spoilt.error.isnan().any())
    saved = sinkhorn(a, b, cost, epsilon, tol=1e-9)
    assert (misplaced(saved, a, b) <= 1e-9).all()
    torch.testing.assert_close(saved.plan, good.plan, atol=1e-7, rtol=0)


def test_plans_on_logarithms_are_held_a_few_at_a_time(monkeypatch):
    a, b, cost = masses(25, 20), masses(25, 18, seed=2), costs(20, 18)
    whole = sinkhorn(a, b, cost, 0.001)
    monkeypatch.setattr(accelerated_sinkhorn, "ENTRIES_AT_A_TIME", 3 * 20 * 18)
    with LargestTensor() as largest:
        pieces = sinkhorn(a, b, cost, 0.001)
    assert largest.entries <= 3 * 20 * 20
    torch.testing.assert_close(pieces.value, whole.value, atol=1e-9, rtol=0)
    assert (misplaced(pieces, a, b) <= 1e-6).all()


@pytest.mark.parametrize("max_iter", [1, 2, 12, 40])
def test_no_more_iterations_are_made_than_allowed(max_iter):
    for epsilon in (0.2, 0.005, 0.0005):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            result = sinkhorn(
                masses(30), masses(30, seed=2), on_a_line(30), epsilon, tol=1e-14, max_iter=max_iter
            )
        assert 1 <= result.n_iter <= max_iter
        assert result.error.item() == pytest.approx(
            misplaced(result, masses(30), masses(30, seed=2)).item(), abs=1e-9
        )


def test_epsilon_scaling_halves_from_the_spread_to_the_epsilon():
    a = torch.ones(1, 2).double() / 2
    dual = EntropicDual(a, a, torch.tensor([[0.0, 10.0], [3.0, 0.0]]).double(), 0.7)
    epsilons = epsilon_scaling(dual)
    assert epsilons[-1] == 0.7 and 10 <= epsilons[0] < 20
    assert all(x == 2 * y for x, y in pairwise(epsilons))
