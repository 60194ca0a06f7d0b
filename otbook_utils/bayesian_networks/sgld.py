"""Optimisers that do not stop at the minimum but draw from the posterior around it.

Both work on the negative log posterior U(p) = −ln p(D | p) − ln p(p), up to a constant: the loss
must be the *sum* over all data (for a mini-batch N/M times the batch's sum) plus the prior's term.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from otbook_utils.bayesian_networks.checks import below_one, positive


class _Sampler(torch.optim.Optimizer):
    """What both samplers share: checked groups, the loop over parameters, and their noise."""

    def __init__(self, params: Any, defaults: dict, generator: torch.Generator | None) -> None:
        if generator is not None and not isinstance(generator, torch.Generator):
            raise TypeError(f"generator must be a torch.Generator, got {type(generator).__name__}")
        self.generator = generator
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Take one step; parameters without a gradient stay. `closure` recomputes the loss."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                if p.grad.is_sparse:
                    raise ValueError("gradients must be dense, got a sparse one")
                self._move(p, group)
        return loss

    def _normal(self, p: Tensor) -> Tensor:
        return torch.randn(p.shape, dtype=p.dtype, device=p.device, generator=self.generator)

    def _move(self, p: Tensor, group: dict) -> None:
        raise NotImplementedError


class SGLD(_Sampler):
    """Stochastic-gradient Langevin dynamics: p ← p − lr/2 · G · p.grad + a normal of variance lr·G.

    params: parameters or groups of them. lr: the step size.
    scale: G, a positive number or a tensor that broadcasts to the parameters of the group: a fixed
    diagonal preconditioner. It changes how fast each number moves, not the law that is drawn from.
    generator: where the noise comes from; torch's own by default.
    Raises TypeError or ValueError for a bad lr, scale or generator.

    On U(p) = a p²/2 the steps settle into the variance (1/a) / (1 − lr·G·a/4), and diverge where
    lr·G·a ≥ 4.
    M. Welling, Y. W. Teh, Bayesian learning via stochastic gradient Langevin dynamics, 2011, eq. 4.
    Taught in `book/bayesian_networks/03_sampling_the_posterior.ipynb`.

    >>> _ = torch.manual_seed(0)
    >>> p = torch.nn.Parameter(torch.zeros(2000))
    >>> sampler = SGLD([p], lr=0.5)
    >>> for _ in range(50):  # 2,000 chains on the standard normal, U = p²/2
    ...     sampler.zero_grad()
    ...     (p.square().sum() / 2).backward()
    ...     _ = sampler.step()
    >>> abs(p.var().item() - 1 / (1 - 0.5 / 4)) < 0.1
    True
    """

    def __init__(
        self,
        params: Any,
        lr: float,
        *,
        scale: float | Tensor = 1.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(params, {"lr": positive(lr, "lr"), "scale": scale}, generator)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group, with its own lr or scale if it names them; a bad one raises."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        positive(group["lr"], "lr")
        scale = group["scale"]
        if isinstance(scale, Tensor):
            if not bool((scale > 0).all() and scale.isfinite().all()):
                raise ValueError("scale must be positive and finite everywhere")
            for p in group["params"]:
                if torch.broadcast_shapes(scale.shape, p.shape) != p.shape:
                    raise ValueError(
                        f"scale must broadcast to {tuple(p.shape)}, got {tuple(scale.shape)}"
                    )
        else:
            positive(scale, "scale")

    def _move(self, p: Tensor, group: dict) -> None:
        step = group["lr"] * group["scale"]
        root = step.sqrt() if isinstance(step, Tensor) else math.sqrt(step)
        p.sub_(step / 2 * p.grad).add_(root * self._normal(p))


class SGHMC(_Sampler):
    """Stochastic-gradient Hamiltonian Monte Carlo: SGD with momentum, and noise to match.

    Each step: v ← (1 − friction) v − lr · p.grad + a normal of variance 2 (friction − spared) lr,
    then p ← p + v.
    params, lr, generator: as for `SGLD`, but lr is the whole factor of the gradient.
    friction: above 0 and below 1; 1 − friction is what SGD calls momentum.
    spared: an estimate of the friction's share that the gradient's own noise makes up for, from 0
    up to friction.
    Raises TypeError or ValueError for a bad lr, friction or spared.

    On U(p) = a p²/2 with exact gradients p settles into the variance
    (1/a) / (1 − lr·a / (2 (2 − friction))).
    T. Chen, E. B. Fox, C. Guestrin, Stochastic gradient Hamiltonian Monte Carlo, 2014, eq. 15.
    Taught in `book/bayesian_networks/03_sampling_the_posterior.ipynb`.

    >>> _ = torch.manual_seed(0)
    >>> p = torch.nn.Parameter(torch.zeros(2000))
    >>> sampler = SGHMC([p], lr=0.1, friction=0.3)
    >>> for _ in range(100):
    ...     sampler.zero_grad()
    ...     (p.square().sum() / 2).backward()
    ...     _ = sampler.step()
    >>> abs(p.var().item() - 1 / (1 - 0.1 / 3.4)) < 0.1
    True
    """

    def __init__(
        self,
        params: Any,
        lr: float,
        friction: float = 0.1,
        *,
        spared: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> None:
        defaults = {"lr": positive(lr, "lr"), "friction": friction, "spared": spared}
        super().__init__(params, defaults, generator)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group, with its own lr, friction or spared; raises ValueError for bad ones."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        positive(group["lr"], "lr")
        friction = positive(below_one(group["friction"], "friction"), "friction")
        if below_one(group["spared"], "spared") > friction:
            raise ValueError(
                f"spared must be at most friction = {friction!r}, got {group['spared']!r}"
            )

    def _move(self, p: Tensor, group: dict) -> None:
        state = self.state[p]
        if "velocity" not in state:
            state["velocity"] = torch.zeros_like(p)
        noise = math.sqrt(2 * (group["friction"] - group["spared"]) * group["lr"])
        velocity = state["velocity"].mul_(1 - group["friction"])
        velocity.sub_(group["lr"] * p.grad).add_(noise * self._normal(p))
        p.add_(velocity)
