"""Sinkhorn's algorithm for batches of transport problems, with gradients.

`entropic_dual.py` has the problem, its dual and the softmin; `accelerated_sinkhorn.py` finds the
same potentials faster.
"""

import warnings
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from otbook_utils.optimal_transport.accelerated_sinkhorn import accelerated
from otbook_utils.optimal_transport.entropic_dual import DualSolution, EntropicDual, dual_of
from otbook_utils.optimal_transport.problems import positive_number, transport_problem


def alternate(dual: EntropicDual, tol: float, max_iter: int) -> DualSolution:
    """Sinkhorn's algorithm on logarithms: meet the rows, then the columns, until both are met.

    Each half-step maximises the dual over f or over g while the other stands still.

    Source: Cuturi 2013, https://arxiv.org/abs/1306.0895, algorithm 1; on logarithms: Peyré and
    Cuturi 2019, https://arxiv.org/abs/1803.00567, section 4.4.
    """
    g = torch.zeros_like(dual.b)
    for n_iter in range(1, max_iter + 1):
        f = dual.meet_rows(g)
        g = dual.meet_columns(f)
        found = dual.solution(f, g, n_iter)
        if (found.error <= tol).all():
            break
    return found


def sinkhorn(
    a: Tensor,
    b: Tensor,
    cost: Tensor,
    epsilon: float,
    *,
    tol: float = 1e-6,
    max_iter: int = 10_000,
    accelerate: bool = True,
) -> "SinkhornResult":
    """Solve min <P, C> + epsilon KL(P | a⊗b) over the plans P between masses `a` and `b`.

    a: (..., n) and b: (..., m): non-negative masses with the same total; zeros are allowed.
    cost: (n, m) shared by the whole batch, or (..., n, m). cost[i, j] is the cost of moving one
    unit of mass from i to j.
    epsilon: the weight of the entropy, in units of the cost.
    tol: stop when every problem misplaces at most this share of its mass: the sum of what its rows
    and its columns are off.
    max_iter: stop there in any case, with a RuntimeWarning.
    accelerate: whether to take the short cuts of `accelerated_sinkhorn.py`. Without them Sinkhorn's
    steps run on logarithms: the same result, many times slower where epsilon is small.

    Masses are float32 or float64, on any device. Where they do not sum to 1, a⊗b stands for the
    plan that spreads them independently, so that cost and value grow in proportion to the mass.

    `value` is differentiable in a, b and cost by the envelope theorem: at the optimum its
    gradients are f, g and the plan, and nothing is unrolled. Along a and b they are meant for
    changes that keep the two totals equal.

    The work is done in double precision on a copy of the cost, less its smallest entry: a constant
    added to the cost changes no plan, and neither does a later change of the caller's tensor. An
    epsilon down to about 1e-9 of the spread of the cost is resolved.

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
        dual, lowest = dual_of(problem)
        found = (accelerated if accelerate else alternate)(dual, tol, max_iter)
        f, g = _reported_potentials(dual, found, lowest)
    worst = found.error.max().item()
    if not worst <= tol:  # so that NaN is reported as well
        warnings.warn(
            f"sinkhorn stopped after {found.n_iter} iterations with {worst:.1e} of the mass "
            f"misplaced (tol is {tol:.1e}); raise epsilon, tol or max_iter",
            RuntimeWarning,
            stacklevel=2,
        )
    value = _EnvelopeValue.apply(problem.a, problem.b, problem.cost, f, g, dual, found)
    dtype = problem.a.dtype
    return SinkhornResult(
        f=f.to(dtype),
        g=g.to(dtype),
        value=problem.total * value,
        cost=problem.total * (found.cost + lowest).to(dtype),
        n_iter=found.n_iter,
        error=found.error.to(dtype),
        _total=problem.total,
        _dual=dual,
        _found=found,
    )


@dataclass(frozen=True, repr=False)
class SinkhornResult:
    """What Sinkhorn's algorithm found. Only `value` carries gradients.

    f: (..., n) and g: (..., m): the dual potentials, in units of the cost, with <a, f> = <b, g>.
    value: (...) <P, C> + epsilon KL(P | a⊗b).
    cost: (...) <P, C>, the transport cost of the plan without its entropy.
    n_iter: iterations made. error: (...) the misplaced mass, the sum of what the rows and the
    columns of the plan are off, as a share of the mass that is moved.
    """

    f: Tensor
    g: Tensor
    value: Tensor
    cost: Tensor
    n_iter: int
    error: Tensor
    _total: Tensor
    _dual: EntropicDual
    _found: DualSolution

    @property
    def plan(self) -> Tensor:
        """(..., n, m) the plan; built when asked for, since neither cost nor value needs it."""
        plan = self._dual.plan(self._found.f, self._found.g)
        return (plan * self._total[..., None, None]).to(self.f.dtype)

    def __repr__(self) -> str:
        size = f"{self.f.shape[-1]} x {self.g.shape[-1]}"
        batch = f", batch {tuple(self.value.shape)}" if self.value.dim() else ""
        return (
            f"SinkhornResult({size}{batch}, epsilon={self._dual.epsilon:g}, "
            f"value={self.value.detach().mean():.6g}{' on average' if batch else ''}, "
            f"n_iter={self.n_iter}, error={self.error.max():.1e})"
        )


def _reported_potentials(
    dual: EntropicDual, found: DualSolution, lowest: Tensor
) -> tuple[Tensor, Tensor]:
    """The pair with <a, f> = <b, g> among all (f + c, g - c), which belong to one plan."""
    gap = ((dual.a * found.f).sum(-1) - (dual.b * found.g).sum(-1) - lowest) / 2
    return found.f - gap.unsqueeze(-1), found.g + (gap + lowest).unsqueeze(-1)


class _EnvelopeValue(torch.autograd.Function):
    """The dual value, with the gradients of the envelope theorem.

    At the optimum the value changes with a, b and C as if f and g stood still: by f, g and P.
    """

    @staticmethod
    def forward(ctx, a, b, cost, f, g, dual, found):
        ctx.save_for_backward(f, g)
        ctx.dual, ctx.found, ctx.cost_shape = dual, found, cost.shape
        # The last half-step meets one side exactly, so the plan sums to 1 and the last term of
        # the dual is zero.
        return ((dual.a * f).sum(-1) + (dual.b * g).sum(-1)).to(a.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx, upstream):
        f, g = ctx.saved_tensors
        weight = upstream.to(f.dtype).unsqueeze(-1)
        grad_a = (weight * f).to(upstream.dtype) if ctx.needs_input_grad[0] else None
        grad_b = (weight * g).to(upstream.dtype) if ctx.needs_input_grad[1] else None
        grad_cost = None
        if ctx.needs_input_grad[2]:
            plan = weight.unsqueeze(-1) * ctx.dual.plan(ctx.found.f, ctx.found.g)
            # A cost shared by the batch collects the plans of all its problems.
            grad_cost = plan.sum_to_size(ctx.cost_shape).to(upstream.dtype)
        return grad_a, grad_b, grad_cost, None, None, None, None
