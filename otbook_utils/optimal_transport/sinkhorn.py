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

from otbook_utils.optimal_transport.problems import (
    TransportProblem,
    positive_number,
    transport_problem,
)

# The kernel exp(-C / epsilon) and the scalings exp(f / epsilon) stay inside the range of the
# floating-point type as long as the spread of the cost is at most this many epsilons: scalings
# reach twice the spread, and float32 ends at exp(88), float64 at exp(709).
KERNEL_REACHES = {torch.float32: 40.0, torch.float64: 300.0}

# Rounding keeps a float32 kernel from meeting marginals much closer than this.
SINGLE_PRECISION_MEETS = 1e-6

# Where scaling the kernel has not converged by then, Newton steps on the potentials are faster.
KERNEL_ITERATIONS = 300

# Looking at the error costs a synchronisation on a GPU, so we look every few iterations.
LOOK_EVERY = 10

# How far to go, as a multiple of the step that meets the marginal: further where that is slow.
RELAXATION = 1.65

# Steps at each of the larger epsilons, on the way down to the one that is wanted.
SINKHORN_STEPS_ON_THE_WAY = 10
NEWTON_STEPS_ON_THE_WAY = 5

# The longest Newton step, in epsilons: an exponential is like its tangent only that far.
NEWTON_REACHES = 3.0

# After so many Newton steps without a gain that stands out from rounding, there is none to come.
NEWTON_PATIENCE = 10


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

    Where epsilon is small against the spread of the cost, or convergence slow, the iterations run
    on logarithms, so that nothing under-flows; only these need memory for whole plans. Whatever
    the type of the masses, the last iterations run in double precision, which resolves an epsilon
    down to about 1e-9 of the spread.

    Raises ValueError for negative or NaN mass, NaN or infinite cost, totals that differ, shapes
    that do not fit, types other than float32 and float64, epsilon, tol or max_iter not positive.

    Source: Cuturi 2013, https://arxiv.org/abs/1306.0895, algorithm 1; the form with KL(P | a⊗b)
    and its dual: Feydy et al. 2019, https://arxiv.org/abs/1810.08278.
    Taught in `book/optimal_transport/02_designing_losses.ipynb`.

    >>> a, b = torch.tensor([0.5, 0.5]), torch.tensor([0.5, 0.5])
    >>> result = sinkhorn(a, b, torch.tensor([[0.0, 1.0], [1.0, 0.0]]), epsilon=0.1)
    >>> result.plan.diagonal().sum() > 0.99
    tensor(True)
    """
    tol = positive_number("tol", tol)
    if not (isinstance(max_iter, int) and max_iter >= 1):
        raise ValueError(f"max_iter must be a whole number, at least 1, got {max_iter!r}")
    problem = transport_problem(a, b, cost, epsilon)
    # Mixed precision around us must not halve the precision of the matrix products in here.
    with torch.no_grad(), torch.autocast(problem.a.device.type, enabled=False):
        solution = _split_evenly(_solve(problem, tol, max_iter))
    worst = solution.error.max().item()
    if not worst <= tol:  # so that NaN is reported as well
        warnings.warn(
            f"sinkhorn stopped after {solution.n_iter} iterations with a marginal off by "
            f"{worst:.1e} (tol is {tol:.1e}); raise epsilon, tol or max_iter",
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
    lowest, highest = (extreme.item() for extreme in problem.cost.detach().aminmax())
    # A constant added to the cost changes no plan; around zero the cost is rounded least.
    middle, spread = (lowest + highest) / 2, highest - lowest
    centred = _in_double_precision(problem, middle)
    solution = None
    if spread <= KERNEL_REACHES[centred.a.dtype] * problem.epsilon:
        solution = _scale_the_kernel(centred, spread, tol, min(max_iter, KERNEL_ITERATIONS))
    if solution is None or (solution.error.max() > tol and solution.n_iter < max_iter):
        solution = _climb_on_logarithms(centred, spread, tol, max_iter, solution)
    return replace(
        solution,
        problem=replace(centred, cost=problem.cost.detach()),
        f=solution.f + middle,
        cost=solution.cost + middle,
    )


def _in_double_precision(problem: TransportProblem, middle: float) -> TransportProblem:
    """The problem without gradients, its cost less `middle`.

    In float32, rounding C / epsilon at epsilon = spread / 1000 changes entries of the plan by one
    part in ten thousand: the marginals could not be met. Apple's GPUs have no float64; there we
    stay in float32, and the error tells what was reached.
    """
    dtype = torch.float32 if problem.a.device.type == "mps" else torch.float64
    a, b = problem.a.detach().to(dtype), problem.b.detach().to(dtype)
    return TransportProblem(
        # Totals that differ by a rounding in float32 would leave the dual without a maximum.
        a=a / a.sum(-1, keepdim=True),
        b=b / b.sum(-1, keepdim=True),
        cost=problem.cost.detach().to(dtype) - middle,
        total=problem.total,
        epsilon=problem.epsilon,
    )


def _scale_the_kernel(
    problem: TransportProblem, spread: float, tol: float, max_iter: int
) -> _Solution:
    """Scale the rows and columns of one kernel in turn (Cuturi 2013, algorithm 1).

    With a cost shared by the batch the kernel is one (n, m) matrix, and an iteration is two
    matrix products for all problems together. They run in float32 where it reaches, which costs
    half; the last of them, at least one, in float64, so that error and value are exact.
    """
    a, b, epsilon = problem.a, problem.b, problem.epsilon
    kernel = torch.exp(-problem.cost / epsilon)
    log_v, n_iter = torch.zeros_like(b), 0
    if spread <= KERNEL_REACHES[torch.float32] * epsilon and max_iter > 1:
        single = (x.float() for x in (kernel, a, b, log_v))
        coarse = max(tol, SINGLE_PRECISION_MEETS)
        _, log_v, n_iter, _ = _alternate(*single, coarse, max_iter - 1)
    log_u, log_v, made, error = _alternate(kernel, a, b, log_v.to(b), tol, max_iter - n_iter)
    moved = a * log_u.exp() * _times(kernel * problem.cost, b * log_v.exp())
    return _Solution(problem, epsilon * log_u, epsilon * log_v, moved.sum(-1), n_iter + made, error)


def _alternate(
    kernel: Tensor, a: Tensor, b: Tensor, log_v: Tensor, tol: float, max_iter: int
) -> tuple[Tensor, Tensor, int, Tensor]:
    """Scale rows by u and columns by v in turn until the plan a u kernel v b has marginals a, b.

    Steps go further than the marginal asks: where plain steps are slow they all fall short in the
    same direction. This takes ordered classes from 215 iterations to 50. Source: Thibault et al.
    2017, https://arxiv.org/abs/1711.01851.
    """
    log_u = torch.zeros_like(a)
    rows = _times(kernel, b * log_v.exp())  # (..., n): row i of the plan sums to a_i u_i rows_i
    for n_iter in range(1, max_iter + 1):
        look = n_iter % LOOK_EVERY == 1 or n_iter == max_iter
        # Long steps may overshoot while the scalings are far from their place. And a look follows
        # plain steps, which meet the columns exactly, so that only the rows can be off.
        length = 1.0 if look or n_iter < LOOK_EVERY else RELAXATION
        log_u = torch.lerp(log_u, -rows.log(), length)
        log_v = torch.lerp(log_v, -_times(kernel.mT, a * log_u.exp()).log(), length)
        rows = _times(kernel, b * log_v.exp())
        if look:
            error = (a * (log_u.exp() * rows - 1)).abs().amax(-1)
            if error.max() <= tol:
                break
    return log_u, log_v, n_iter, error


def _times(matrix: Tensor, vectors: Tensor) -> Tensor:
    """matrix (n, m) or (..., n, m) times vectors (..., m), giving (..., n)."""
    if matrix.dim() == 2:
        return vectors @ matrix.mT
    return (matrix @ vectors.unsqueeze(-1)).squeeze(-1)


def _climb_on_logarithms(
    problem: TransportProblem,
    spread: float,
    tol: float,
    max_iter: int,
    start: _Solution | None,
) -> _Solution:
    """Maximise the dual on logarithms: Sinkhorn steps, then Newton steps, as epsilon shrinks.

    The plan of a small epsilon is nearly a matching: distant points hear of each other only
    through entries of size exp(-gap / epsilon), and Sinkhorn's steps crawl. In the worst of eight
    random problems on five ordered classes at epsilon = 1e-3, ten thousand of them leave a
    marginal off by 2e-2; with Newton's steps, which see how the columns hang together, fewer than
    two hundred of both kinds meet it. Larger epsilons come first because each leaves the
    potentials where a Newton step at the next is safe; a `start` does as much.

    Source: Brauer et al. 2017, https://arxiv.org/abs/1710.06635 (Newton's method);
    Schmitzer 2019, https://arxiv.org/abs/1610.06519 (decreasing epsilon).
    """
    g, n_iter = torch.zeros_like(problem.b), start.n_iter if start else 0
    epsilons, alternations = (
        _decreasing_epsilons(spread, problem.epsilon),
        SINKHORN_STEPS_ON_THE_WAY,
    )
    if start and torch.isfinite(start.g).all():
        g, epsilons, alternations = start.g, [problem.epsilon], 0
    for epsilon in epsilons:
        for _ in range(min(alternations, max_iter - n_iter)):
            g = _meet_columns(problem, _meet_rows(problem, g, epsilon), epsilon)
            n_iter += 1
        allowed = max_iter - n_iter
        steps = allowed if epsilon == problem.epsilon else min(NEWTON_STEPS_ON_THE_WAY, allowed)
        f, g, made = _newton(problem, g, epsilon, tol, 1e-14 * spread, steps)
        n_iter += made
    # Newton's steps may leave the potential of a column with hardly any mass far from its place.
    g = _meet_columns(problem, f, problem.epsilon)
    plan = _plan(problem, f, g, problem.epsilon)
    moved = (plan * problem.cost).sum((-2, -1))
    error = (plan.sum(-1) - problem.a).abs().amax(-1)
    return _Solution(problem, f, g, moved, n_iter, error)


def _decreasing_epsilons(spread: float, epsilon: float) -> list[float]:
    """Halvings from the spread of the cost down to the epsilon that is wanted."""
    halvings = math.ceil(math.log2(spread) - math.log2(epsilon))
    return [math.ldexp(epsilon, k) for k in range(halvings, -1, -1)]


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


def _newton(
    problem: TransportProblem, g: Tensor, epsilon: float, tol: float, noise: float, max_steps: int
) -> tuple[Tensor, Tensor, int]:
    """Newton steps on g for the dual in which f always meets the rows; gives f, g and their number.

    That dual is concave in g; its gradient is what the columns lack, and its second derivative
    is -(diag(columns) - P' diag(1/a) P) / epsilon, which sees only differences of g.
    """

    def dual_and_rows(g):
        f = _meet_rows(problem, g, epsilon)
        return (problem.a * f).sum(-1) + (problem.b * g).sum(-1), f

    value, f = dual_and_rows(g)
    idle = 0
    for n_steps in range(max_steps + 1):
        plan = _plan(problem, f, g, epsilon)
        lacking = problem.b - plan.sum(-2)
        # What the columns lack together bounds what any row will lack once they are met.
        met = lacking.abs().sum(-1).max() <= tol
        if met or idle == NEWTON_PATIENCE or n_steps == max_steps:
            break
        step = epsilon * _newton_direction(problem, plan, lacking)
        longest = step.abs().amax(-1, keepdim=True)
        step = step * (NEWTON_REACHES * epsilon / longest.clamp_min(1e-300)).clamp_max(1)
        before = value
        value, f, g = _longest_step_that_climbs(dual_and_rows, value, f, g, step, noise)
        idle = 0 if (value > before + noise).any() else idle + 1
    return f, g, n_steps


def _newton_direction(problem: TransportProblem, plan: Tensor, lacking: Tensor) -> Tensor:
    """Solve (diag(columns) - P' diag(1/a) P) direction = lacking, for every problem at once."""
    m = lacking.shape[-1]
    share = plan / problem.a.where(problem.a > 0, 1).unsqueeze(-1)
    # A trace of the identity keeps groups of columns that exchange no mass from making this
    # singular; a column without mass has no curvature at all.
    diagonal = plan.sum(-2) + torch.where(problem.b > 0, 1e-12, 1.0)
    curvature = torch.diag_embed(diagonal) - plan.mT @ share
    # A constant added to g changes nothing: pin it.
    direction, _ = torch.linalg.solve_ex(curvature + 1 / m**2, lacking)
    return direction


def _longest_step_that_climbs(dual_and_rows, value, f, g, step, noise):
    """Halve the step, problem by problem, until the dual no longer falls by more than noise."""
    length = torch.ones_like(value)
    for _ in range(20):
        g_next = g + length.unsqueeze(-1) * step
        value_next, f_next = dual_and_rows(g_next)
        fell = ~(value_next >= value - noise)
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
