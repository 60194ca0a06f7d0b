"""The dual of entropic transport: what every way of solving it is made of.

Between masses a and b with cost C, entropic transport is

    min over plans P with row sums a and column sums b of  <P, C> + epsilon KL(P | a⊗b),

and its dual is

    max over potentials f, g of  <a, f> + <b, g> - epsilon (sum_ij P_ij - 1),
    where P_ij = a_i b_j exp((f_i + g_j - C_ij) / epsilon).

Measuring the entropy against a⊗b (and not against a uniform plan) makes the value equal to <P, C>
whenever only one plan exists, and gives a potential to a point that carries no mass.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from otbook_utils.optimal_transport.problems import TransportProblem


def softmin(values: Tensor, mass: Tensor, epsilon: float) -> Tensor:
    """-epsilon log sum_j mass_j exp(-values_j / epsilon) along the last axis.

    It tends to the smallest value that has mass as epsilon goes to 0, and to the mean as it grows.

    >>> values, mass = torch.tensor([1.0, 3.0]), torch.tensor([0.5, 0.5])
    >>> softmin(values, mass, 0.01), softmin(values, mass, 10.0)
    (tensor(1.0069), tensor(1.9501))
    """
    return -epsilon * torch.logsumexp(mass.log() - values / epsilon, -1)


@dataclass(frozen=True)
class EntropicDual:
    """A batch of transport problems, ready to be solved.

    a: (..., n) and b: (..., m), each with a total of 1. cost: (n, m) shared by the batch, or
    (..., n, m), with a smallest entry of 0 in each problem. epsilon: in units of the cost.
    """

    a: Tensor
    b: Tensor
    cost: Tensor
    epsilon: float

    def meet_rows(self, g: Tensor) -> Tensor:
        """f (..., n), the softened c-transform of g: with it every row of the plan sums to a."""
        return softmin(self.cost - g.unsqueeze(-2), self.b.unsqueeze(-2), self.epsilon)

    def meet_columns(self, f: Tensor) -> Tensor:
        """g (..., m), the softened c-transform of f: with it every column of the plan sums to b."""
        return softmin(self.cost.mT - f.unsqueeze(-2), self.a.unsqueeze(-2), self.epsilon)

    def plan(self, f: Tensor, g: Tensor) -> Tensor:
        """(..., n, m) the plan that belongs to the potentials."""
        exponent = (f.unsqueeze(-1) + g.unsqueeze(-2) - self.cost) / self.epsilon
        # Masses enter as logarithms: 0 times an overflowing exponential would be NaN.
        return torch.exp(self.a.log().unsqueeze(-1) + self.b.log().unsqueeze(-2) + exponent)

    def misplaced(self, plan: Tensor) -> Tensor:
        """(...) the mass that the plan takes from or brings to the wrong points, in all.

        This is the one measure of error here: the sum, not the largest, of what the rows and the
        columns are off. A largest entry of 1e-6 may hide a thousand times as much.
        """
        return (plan.sum(-1) - self.a).abs().sum(-1) + (plan.sum(-2) - self.b).abs().sum(-1)

    def solution(self, f: Tensor, g: Tensor, n_iter: int) -> "DualSolution":
        """The potentials with the transport cost and the error of their plan."""
        plan = self.plan(f, g)
        return DualSolution(f, g, (plan * self.cost).sum((-2, -1)), self.misplaced(plan), n_iter)


@dataclass(frozen=True)
class DualSolution:
    """Potentials f (..., n) and g (..., m), with the cost <P, C> and the error (...) of their plan.

    The error is the misplaced mass; n_iter counts the iterations that led there.
    """

    f: Tensor
    g: Tensor
    cost: Tensor
    error: Tensor
    n_iter: int


def dual_of(problem: TransportProblem) -> tuple[EntropicDual, Tensor]:
    """The problem without gradients, in double precision, and the smallest cost (...) taken off it.

    A constant added to the cost of a problem changes no plan. And in float32, rounding C / epsilon
    at epsilon = spread / 1000 changes entries of the plan by one part in ten thousand: the
    marginals could not be met. Apple's GPUs have no float64; there we stay in float32, and the
    error tells what was reached. All tensors are copies.
    """
    dtype = torch.float32 if problem.a.device.type == "mps" else torch.float64
    a, b, cost = (x.detach().to(dtype) for x in (problem.a, problem.b, problem.cost))
    lowest = cost.amin((-2, -1))
    # Totals that differ by a rounding in float32 would leave the dual without a maximum.
    a, b = a / a.sum(-1, keepdim=True), b / b.sum(-1, keepdim=True)
    return EntropicDual(a, b, cost - lowest[..., None, None], problem.epsilon), lowest
