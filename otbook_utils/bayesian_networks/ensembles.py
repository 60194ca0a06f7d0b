"""Deep ensembles: networks that differ in their initial weights, trained and asked side by side."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from otbook_utils.bayesian_networks.uncertainty_measures import Uncertainty, decompose_variance
from otbook_utils.training import History, SideBySide, State, train


class DeepEnsemble(SideBySide):
    """`members` networks that begin at different weights: one module, answers stacked first.

    make: called without arguments, makes one network. members: how many. seed: of the first; the
    others follow it by one each.
    Called with x (batch, …) it answers (members, batch, …).
    Raises TypeError or ValueError if members is not a whole number of at least 1.

    B. Lakshminarayanan, A. Pritzel, C. Blundell, Simple and scalable predictive uncertainty
    estimation using deep ensembles, 2017 (without the adversarial examples of its section 2.3).

    >>> ensemble = DeepEnsemble(lambda: nn.Linear(3, 2), members=4)
    >>> ensemble(torch.zeros(7, 3)).shape
    torch.Size([4, 7, 2])
    """

    def __init__(self, make: Callable[[], nn.Module], members: int = 5, *, seed: int = 0) -> None:
        if isinstance(members, bool) or not isinstance(members, int):
            raise TypeError(f"members must be a whole number, got {type(members).__name__}")
        if members < 1:
            raise ValueError(f"members must be at least 1, got {members}")
        super().__init__(make, range(seed, seed + members))

    def fit(
        self,
        loss: Callable[..., Tensor],
        batches: Any,
        *,
        optimizer: Callable[..., torch.optim.Optimizer],
        **how: Any,
    ) -> History:
        """Train all members on the same batches, each by its own loss; return the history.

        loss: `loss(network, *batch)`, a scalar, as if for one network. optimizer: called with the
        parameters. batches, how: as in `otbook_utils.training.train`.
        """
        state = State(members=self, optimizer=optimizer(self.parameters()))

        def step(state: State, batch: Any) -> dict[str, Tensor]:
            batch = batch if isinstance(batch, list | tuple) else (batch,)
            losses = state.members.each(lambda network: loss(network, *batch))
            state.optimizer.zero_grad()
            losses.sum().backward()
            state.optimizer.step()
            return {"loss": losses.mean()}

        return train(state, step, batches, **how)

    @torch.no_grad()
    def probabilities(self, x: Tensor) -> Tensor:
        """Return each member's softmax, (members, batch, classes); average for the prediction."""
        return self(x).softmax(-1)

    @torch.no_grad()
    def moments(self, x: Tensor) -> tuple[Tensor, Uncertainty]:
        """Return mean and variance of the mixture of the members' Gaussians, each (batch, d).

        Members answer (batch, 2 d): d means, then d logarithms of variances.
        Raises ValueError if the last dimension is odd.

        >>> ensemble = DeepEnsemble(lambda: nn.Linear(1, 2), members=3)
        >>> mean, variance = ensemble.moments(torch.zeros(4, 1))
        >>> mean.shape, bool((variance.total >= variance.aleatoric).all())
        (torch.Size([4, 1]), True)
        """
        answers = self(x)
        if answers.shape[-1] % 2:
            raise ValueError(
                "members must answer d means and then d logarithms of variances, got a last "
                f"dimension of {answers.shape[-1]}"
            )
        means, log_vars = answers.chunk(2, -1)
        return means.mean(0), decompose_variance(means, log_vars.exp())
