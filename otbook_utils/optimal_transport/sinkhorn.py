"""Entropic optimal transport for batches of problems, with gradients.

Between masses a and b with cost C, entropic transport is

    min over plans P with row sums a and column sums b of  <P, C> + epsilon KL(P | a⊗b),

and its dual is

    max over potentials f, g of  <a, f> + <b, g> - epsilon (sum_ij P_ij - 1),
    where P_ij = a_i b_j exp((f_i + g_j - C_ij) / epsilon).

Sinkhorn's algorithm maximises the dual over f and g in turn. Measuring the entropy against a⊗b
(and not against a uniform plan) makes the value equal to <P, C> whenever only one plan exists,
and gives a potential to a point that carries no mass.

Taught in `book/optimal_transport/02_designing_losses.ipynb`.
"""

import math
import warnings
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from otbook_utils.optimal_transport.problems import TransportProblem, transport_problem

# The kernel exp(-C / epsilon) and the scalings exp(f / epsilon) stay inside the range of the
# floating-point type as long as the spread of the cost is at most this many epsilons: scalings
# reach twice the spread, and float32 ends at exp(88), float64 at exp(709).
KERNEL_REACHES = {torch.float32: 40.0, torch.float64: 300.0}

# Where scaling the kernel has not converged by then, Newton steps on the potentials are faster.
KERNEL_ITERATIONS = 300

# Looking at the error costs a synchronisation on a GPU, so we look every few iterations.
LOOK_EVERY = 10

# Steps at each of the larger epsilons, on the way down to the one that is wanted.
SINKHORN_STEPS_ON_THE_WAY = 10
NEWTON_STEPS_ON_THE_WAY = 5

# The longest Newton step, in epsilons: an exponential is like its tangent only that far.
NEWTON_REACHES = 3.0


@dataclass(frozen=True, repr=False)
class SinkhornResult:
    """What Sinkhorn's algorithm found. Only `value` carries gradients.

    f: (..., n) and g: (..., m): the dual potentials, in units of the cost, with <a, f> = <b, g>.
    value: (...) <P, C> + epsilon KL(P | a⊗b).
    cost: (...) <P, C>, the transport cost of the plan without its entropy.
    n_iter: iterations made. error: (...) the largest violation of a marginal, as a share of the
    mass that is moved.
    """

    f: Tensor
    g: Tensor
    value: Tensor
    cost: Tensor
    n_iter: int
    error: Tensor
    _solution: "_Solution"

    @property
    def plan(self) -> Tensor:
        """(..., n, m) the plan; built when asked for, since neither cost nor value needs it."""
        problem = self._solution.problem
        plan = _plan(problem, self._solution.f, self._solution.g, problem.epsilon)
        return (plan * problem.total[..., None, None]).to(self.f.dtype)

    def __repr__(self) -> str:
        size = f"{self.f.shape[-1]} x {self.g.shape[-1]}"
        batch = f", batch {tuple(self.value.shape)}" if self.value.dim() else ""
        return (
            f"SinkhornResult({size}{batch}, epsilon={self._solution.problem.epsilon:g}, "
            f"value={self.value.detach().mean():.6g}{' on average' if batch else ''}, "
            f"n_iter={self.n_iter}, error={self.error.max():.1e})"
        )


def sinkhorn(
    a: Tensor,
    b: Tensor,
    cost: Tensor,
    epsilon: float,
    *,
    tol: float = 1e-6,
    max_iter: int = 10_000,
) -> SinkhornResult:
    """Solve entropic optimal transport between masses `a` and `b`.

    a: (..., n) and b: (..., m): non-negative masses with the same total; zeros are allowed.
    cost: (n, m) shared by the whole batch, or (..., n, m). cost[i, j] is the cost of moving one
    unit of mass from i to j.
    epsilon: the weight of the entropy, in units of the cost.
    tol: stop when no marginal is further off than this share of the mass.
    max_iter: stop there in any case, with a RuntimeWarning.

    Masses are float32 or float64, on any device. Where they do not sum to 1, a⊗b stands for the
    plan that spreads them independently, so that cost and value grow in proportion to the mass.

    `value` is differentiable in a, b and cost by the envelope theorem: at the optimum its
    gradients are f, g and the plan, and nothing is unrolled. Along a and b they are meant for
    changes that keep the two totals equal.

    Where epsilon is small against the spread of the cost, the iterations run on logarithms and in
    double precision, so that nothing under-flows.

    Raises ValueError for negative or NaN mass, NaN or infinite cost, totals that differ, shapes
    that do not fit, epsilon, tol or max_iter not positive.

    Source: Cuturi 2013, https://arxiv.org/abs/1306.0895, algorithm 1; the form with KL(P | a⊗b)
    and its dual: Feydy et al. 2019, https://arxiv.org/abs/1810.08278.
    Taught in `book/optimal_transport/02_designing_losses.ipynb`.

    >>> a, b = torch.tensor([0.5, 0.5]), torch.tensor([0.5, 0.5])
    >>> result = sinkhorn(a, b, torch.tensor([[0.0, 1.0], [1.0, 0.0]]), epsilon=0.1)
    >>> result.plan.diagonal().sum() > 0.99
    tensor(True)
    """
    if not tol > 0:
        raise ValueError(f"tol must be positive, got {tol}")
    if max_iter < 1:
        raise ValueError(f"max_iter must be at least 1, got {max_iter}")
    problem = transport_problem(a, b, cost, epsilon)
    with torch.no_grad():
        solution = _split_evenly(_solve(problem, tol, max_iter))
    if not solution.error.max() <= tol:
        warnings.warn(
            f"sinkhorn stopped after {solution.n_iter} iterations with a marginal off by "
            f"{solution.error.max():.1e} (tol is {tol:.1e}); raise epsilon or max_iter",
            RuntimeWarning,
            stacklevel=2,
        )
    value = _EnvelopeValue.apply(problem.a, problem.b, problem.cost, solution)
    dtype = problem.a.dtype
    return SinkhornResult(
        f=solution.f.to(dtype),
        g=solution.g.to(dtype),
        value=problem.total * value,
        cost=problem.total * solution.cost.to(dtype),
        n_iter=solution.n_iter,
        error=solution.error.to(dtype),
        _solution=solution,
    )


@dataclass(frozen=True)
class _Solution:
    """Potentials in the precision they were found in, and the detached problem they solve."""

    problem: TransportProblem
    f: Tensor
    g: Tensor
    cost: Tensor
    n_iter: int
    error: Tensor


def _solve(problem: TransportProblem, tol: float, max_iter: int) -> _Solution:
    """Scale the kernel where it neither under-flows nor converges slowly, else use logarithms."""
    problem = _detached(problem, problem.a.dtype)
    spent = 0
    if _spread(problem) <= KERNEL_REACHES[problem.a.dtype] * problem.epsilon:
        solution = _scale_the_kernel(problem, tol, min(max_iter, KERNEL_ITERATIONS))
        spent = solution.n_iter
        if solution.error.max() <= tol or spent == max_iter:
            return solution
    # In float32, rounding C / epsilon at epsilon = spread / 1000 changes entries of the plan by one
    # part in ten thousand: the marginals could not be met. Apple's GPUs have no float64; there we
    # stay in float32, and the error tells what was reached.
    if problem.a.device.type != "mps":
        problem = _detached(problem, torch.float64)
    solution = _climb_on_logarithms(problem, tol, max_iter - spent)
    return replace(solution, n_iter=solution.n_iter + spent)


def _detached(problem: TransportProblem, dtype: torch.dtype) -> TransportProblem:
    return TransportProblem(
        a=problem.a.detach().to(dtype),
        b=problem.b.detach().to(dtype),
        cost=problem.cost.detach().to(dtype),
        total=problem.total.to(dtype),
        epsilon=problem.epsilon,
    )


def _spread(problem: TransportProblem) -> float:
    return (problem.cost.max() - problem.cost.min()).item()


def _scale_the_kernel(problem: TransportProblem, tol: float, max_iter: int) -> _Solution:
    """Scale the rows and columns of one kernel in turn (Cuturi 2013, algorithm 1).

    With a cost shared by the batch the kernel is one (n, m) matrix, and an iteration is two
    matrix products for all problems together.
    """
    a, b, cost, epsilon = problem.a, problem.b, problem.cost, problem.epsilon
    # A constant added to the cost changes no plan; the middle of the cost keeps scalings near 1.
    middle = (cost.max() + cost.min()) / 2
    kernel = torch.exp((middle - cost) / epsilon)
    u, v = torch.ones_like(a), torch.ones_like(b)
    row_sums = _times(kernel, b * v)  # (..., n): row i of the plan sums to a_i u_i row_sums_i
    for n_iter in range(1, max_iter + 1):
        # Over-relaxed steps may overshoot while the scalings are still far from their place.
        move = _plain if n_iter < LOOK_EVERY else _over_relaxed
        u = move(u, 1 / row_sums)
        v = move(v, 1 / _times(kernel.mT, a * u))
        row_sums = _times(kernel, b * v)
        last = n_iter == max_iter
        if last or (n_iter % LOOK_EVERY == 0 and _row_error(a, u, row_sums).max() <= tol):
            v = 1 / _times(kernel.mT, a * u)  # meets the columns exactly; only rows can be off
            row_sums = _times(kernel, b * v)
            error = _row_error(a, u, row_sums)
            if last or error.max() <= tol:
                break
    moved = (a * u * _times(kernel * cost, b * v)).sum(-1)
    return _Solution(problem, epsilon * u.log() + middle, epsilon * v.log(), moved, n_iter, error)


def _row_error(a: Tensor, u: Tensor, row_sums: Tensor) -> Tensor:
    return (a * (u * row_sums - 1)).abs().amax(-1)


def _plain(scaling: Tensor, wanted: Tensor) -> Tensor:
    return wanted


def _over_relaxed(scaling: Tensor, wanted: Tensor) -> Tensor:
    """Go half as far again as wanted: scaling * (wanted / scaling) ** 1.5.

    Where plain steps are slow they all fall short in the same direction; this takes ordered
    classes from 180 iterations to 70. Source: Thibault et al. 2017,
    https://arxiv.org/abs/1711.01851.
    """
    return wanted * (wanted / scaling).sqrt()


def _times(matrix: Tensor, vectors: Tensor) -> Tensor:
    """matrix (n, m) or (..., n, m) times vectors (..., m), giving (..., n)."""
    if matrix.dim() == 2:
        return vectors @ matrix.mT
    return (matrix @ vectors.unsqueeze(-1)).squeeze(-1)


def _climb_on_logarithms(problem: TransportProblem, tol: float, max_iter: int) -> _Solution:
    """Maximise the dual on logarithms: Sinkhorn steps, then Newton steps, as epsilon shrinks.

    The plan of a small epsilon is nearly a matching: distant points hear of each other only
    through entries of size exp(-gap / epsilon), and Sinkhorn's steps crawl. With five ordered
    classes at epsilon = 1e-3, ten thousand of them leave a marginal off by 9e-3; Newton's steps,
    which see how the columns hang together, need thirty. Larger epsilons come first because each
    leaves the potentials where a Newton step at the next is safe.

    Source: Brauer et al. 2017, https://arxiv.org/abs/1710.06635 (Newton's method);
    Schmitzer 2019, https://arxiv.org/abs/1610.06519 (decreasing epsilon).
    """
    g = torch.zeros_like(problem.b)
    n_iter = 0
    for epsilon in _decreasing_epsilons(problem):
        for _ in range(min(SINKHORN_STEPS_ON_THE_WAY, max_iter - n_iter)):
            g = _meet_columns(problem, _meet_rows(problem, g, epsilon), epsilon)
            n_iter += 1
        last = epsilon == problem.epsilon
        allowed = max_iter - n_iter
        steps = allowed if last else min(NEWTON_STEPS_ON_THE_WAY, allowed)
        f, g, made, error = _newton(problem, g, epsilon, tol, steps)
        n_iter += made
    # A column without mass takes no part in the climb; its potential follows from the others.
    g = torch.where(problem.b > 0, g, _meet_columns(problem, f, problem.epsilon))
    moved = (_plan(problem, f, g, problem.epsilon) * problem.cost).sum((-2, -1))
    return _Solution(problem, f, g, moved, n_iter, error)


def _decreasing_epsilons(problem: TransportProblem) -> list[float]:
    """Halvings from the spread of the cost down to the epsilon that is wanted."""
    halvings = max(0, math.ceil(math.log2(max(_spread(problem), 1e-300) / problem.epsilon)))
    return [problem.epsilon * 2**k for k in range(halvings, -1, -1)]


def _meet_rows(problem: TransportProblem, g: Tensor, epsilon: float) -> Tensor:
    """The f for which every row of the plan sums to its mass, given g."""
    scores = (problem.b.log() + g / epsilon).unsqueeze(-2) - problem.cost / epsilon
    return -epsilon * torch.logsumexp(scores, -1)


def _meet_columns(problem: TransportProblem, f: Tensor, epsilon: float) -> Tensor:
    """The g for which every column of the plan sums to its mass, given f."""
    scores = (problem.a.log() + f / epsilon).unsqueeze(-1) - problem.cost / epsilon
    return -epsilon * torch.logsumexp(scores, -2)


def _plan(problem: TransportProblem, f: Tensor, g: Tensor, epsilon: float) -> Tensor:
    exponent = (f.unsqueeze(-1) + g.unsqueeze(-2) - problem.cost) / epsilon
    # Masses enter as logarithms: 0 times an overflowing exponential would be NaN.
    return torch.exp(problem.a.log().unsqueeze(-1) + problem.b.log().unsqueeze(-2) + exponent)


def _newton(problem: TransportProblem, g: Tensor, epsilon: float, tol: float, max_steps: int):
    """Newton steps on g for the dual in which f always meets the rows.

    That dual is concave in g; its gradient is what the columns lack, and its second derivative
    is -(diag(columns) - P' diag(1/a) P) / epsilon, which sees only differences of g.
    """

    def dual_and_rows(g):
        f = _meet_rows(problem, g, epsilon)
        return (problem.a * f).sum(-1) + (problem.b * g).sum(-1), f

    value, f = dual_and_rows(g)
    step_count = 0
    while True:
        plan = _plan(problem, f, g, epsilon)
        columns = plan.sum(-2)
        lacking = problem.b - columns
        error = lacking.abs().amax(-1)
        if error.max() <= tol or step_count == max_steps:
            return f, g, step_count, error
        step = epsilon * _newton_direction(problem, plan, columns, lacking)
        longest = step.abs().amax(-1, keepdim=True)
        step = step * (NEWTON_REACHES * epsilon / longest.clamp_min(1e-300)).clamp_max(1)
        value, f, g = _longest_step_that_climbs(dual_and_rows, value, f, g, step)
        step_count += 1


def _newton_direction(problem: TransportProblem, plan: Tensor, columns: Tensor, lacking: Tensor):
    """Solve (diag(columns) - P' diag(1/a) P) direction = lacking, for every problem at once."""
    m = columns.shape[-1]
    share = plan / problem.a.where(problem.a > 0, 1).unsqueeze(-1)
    curvature = torch.diag_embed(columns) - plan.mT @ share
    # A constant added to g changes nothing: pin it. A trace of the identity does the same for
    # columns without mass and for groups of columns that exchange none.
    pinned = curvature + 1 / m**2
    pinned = pinned + 1e-12 * torch.eye(m, dtype=plan.dtype, device=plan.device)
    return torch.linalg.solve(pinned, lacking)


def _longest_step_that_climbs(dual_and_rows, value, f, g, step):
    """Halve the step, problem by problem, until the dual no longer falls."""
    length = torch.ones_like(value)
    for _ in range(20):
        g_next = g + length.unsqueeze(-1) * step
        value_next, f_next = dual_and_rows(g_next)
        fell = ~(value_next >= value - 1e-14 * value.abs())
        if not fell.any():
            break
        length = torch.where(fell, length / 2, length)
    stay = fell.unsqueeze(-1)
    return (
        torch.where(fell, value, value_next),
        torch.where(stay, f, f_next),
        torch.where(stay, g, g_next),
    )


def _split_evenly(solution: _Solution) -> _Solution:
    """Choose among the equivalent pairs (f + c, g - c) the one with <a, f> = <b, g>."""
    a, b, f, g = solution.problem.a, solution.problem.b, solution.f, solution.g
    gap = ((a * f).sum(-1) - (b * g).sum(-1)).unsqueeze(-1) / 2
    return replace(solution, f=f - gap, g=g + gap)


class _EnvelopeValue(torch.autograd.Function):
    """The dual value, with the gradients of the envelope theorem.

    At the optimum the value changes with a, b and C as if f and g stood still: by f, g and P.
    """

    @staticmethod
    def forward(ctx, a, b, cost, solution):
        ctx.solution = solution
        # The last half-step meets one side exactly, so the plan sums to 1 and the last term of
        # the dual is zero.
        problem = solution.problem
        value = (problem.a * solution.f).sum(-1) + (problem.b * solution.g).sum(-1)
        return value.to(a.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx, upstream):
        problem, f, g = ctx.solution.problem, ctx.solution.f, ctx.solution.g
        dtype = upstream.dtype
        weight = upstream.to(f.dtype).unsqueeze(-1)
        grad_a = (weight * f).to(dtype) if ctx.needs_input_grad[0] else None
        grad_b = (weight * g).to(dtype) if ctx.needs_input_grad[1] else None
        grad_cost = None
        if ctx.needs_input_grad[2]:
            plan = weight.unsqueeze(-1) * _plan(problem, f, g, problem.epsilon)
            # A cost shared by the batch collects the plans of all its problems.
            grad_cost = plan.sum_to_size(problem.cost.shape).to(dtype)
        return grad_a, grad_b, grad_cost, None
