"""A loss that knows which mistakes are grave."""

import torch
from torch import Tensor, nn

from otbook_utils.optimal_transport.problems import FLOAT_TYPES, positive_number
from otbook_utils.optimal_transport.sinkhorn import sinkhorn

LABEL_TYPES = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
MASS_TYPES = (torch.float16, torch.bfloat16, *FLOAT_TYPES)
REDUCTIONS = ("mean", "sum", "none")


class TransportLoss(nn.Module):
    """Entropic transport cost between the predicted distribution and the target.

    cost: (classes, target classes); cost[i, j] is what it costs to predict i where the truth is j.
    epsilon: the weight of the entropy, in units of the cost. It matters for target distributions
    only: a class label leaves a single plan, whose entropic term KL(P | a⊗b) is zero.
    reduction: "mean", "sum" or "none" over the batch, as in `torch.nn.CrossEntropyLoss`.

    Raises ValueError for a cost that is not a finite matrix, epsilon not positive, an unknown
    reduction, and in `forward` for shapes, types and labels that do not fit.

    Source: Frogner et al. 2015, https://arxiv.org/abs/1506.05439, sections 3 and 4 (theirs relaxes
    the marginals as well; here the prediction is a softmax, so both have mass 1 already).
    Taught in `book/optimal_transport/02_designing_losses.ipynb`.

    >>> loss = TransportLoss(torch.tensor([[0.0, 1.0], [4.0, 0.0]]), epsilon=0.1)
    >>> loss(torch.zeros(1, 2), torch.tensor([0]))
    tensor(2.)
    """

    def __init__(self, cost: Tensor, epsilon: float, reduction: str = "mean") -> None:
        super().__init__()
        cost = torch.as_tensor(cost)
        if cost.dtype not in FLOAT_TYPES or cost.dim() != 2 or cost.numel() == 0:
            given = f"{str(cost.dtype).removeprefix('torch.')} {tuple(cost.shape)}"
            raise ValueError(f"cost must be a float32 or float64 matrix, got {given}")
        if not torch.isfinite(cost).all():
            raise ValueError("cost must be finite everywhere, got NaN or infinite entries")
        epsilon = positive_number("epsilon", epsilon)
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be one of {', '.join(REDUCTIONS)}, got {reduction!r}")
        self.register_buffer("cost", cost)
        self.epsilon = epsilon
        self.reduction = reduction

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """logits: (..., classes). target: (...) class labels, or (..., target classes) masses.

        Returns a scalar, or (...) where the reduction is "none".
        """
        if logits.dim() < 1 or logits.shape[-1] != self.cost.shape[0]:
            wanted = f"(..., {self.cost.shape[0]})"
            raise ValueError(f"logits must be {wanted} to fit cost, got {tuple(logits.shape)}")
        if not (torch.is_tensor(target) and target.dtype in (*LABEL_TYPES, *MASS_TYPES)):
            given = getattr(target, "dtype", type(target).__name__)
            raise ValueError(f"target must be a tensor of labels or masses, got {given}")
        # Half precision is enough for logits but not for probabilities, which must sum to 1.
        predicted = logits.to(torch.promote_types(logits.dtype, torch.float32)).softmax(-1)
        cost = self.cost.to(predicted.dtype)
        if target.is_floating_point():
            losses = self._to_distribution(predicted, target, cost)
        else:
            losses = self._to_label(predicted, target, cost)
        return {"mean": losses.mean, "sum": losses.sum, "none": losses.clone}[self.reduction]()

    def _to_label(self, predicted: Tensor, labels: Tensor, cost: Tensor) -> Tensor:
        """All mass goes to the label: the only plan costs sum_i predicted_i cost[i, label]."""
        if labels.shape != predicted.shape[:-1]:
            wanted = tuple(predicted.shape[:-1])
            raise ValueError(f"target labels must be {wanted}, got {tuple(labels.shape)}")
        # Looking at the values would make a GPU wait; there index_select itself refuses them.
        if labels.device.type == "cpu" and labels.numel():
            low, high = labels.min().item(), labels.max().item()
            if low < 0 or high >= cost.shape[1]:
                wanted = f"0 to {cost.shape[1] - 1}"
                raise ValueError(f"target labels must be {wanted}, got {low} to {high}")
        costs_of_label = cost.mT.index_select(0, labels.reshape(-1).long())  # (labels, classes)
        return (predicted * costs_of_label.reshape(predicted.shape)).sum(-1)

    def _to_distribution(self, predicted: Tensor, target: Tensor, cost: Tensor) -> Tensor:
        wanted = (*predicted.shape[:-1], cost.shape[1])
        if target.shape != wanted:
            raise ValueError(f"target masses must be {wanted}, got {tuple(target.shape)}")
        try:
            return sinkhorn(predicted, target.to(predicted.dtype), cost, self.epsilon).value
        except ValueError as error:
            message = f"logits and target give no transport problem from a to b: {error}"
            raise ValueError(message) from error

    def extra_repr(self) -> str:
        classes = " x ".join(str(size) for size in self.cost.shape)
        return f"cost={classes}, epsilon={self.epsilon:g}, reduction={self.reduction!r}"
