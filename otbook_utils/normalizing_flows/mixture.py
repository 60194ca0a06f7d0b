"""FlowGMM: a flow with one Gaussian a class in latent space, for many samples and few labels."""

import math

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from otbook_utils.generative_models.samples import checked_samples, checked_shape
from otbook_utils.normalizing_flows.flow import Flow


class FlowGMM(nn.Module):
    """A mixture of Gaussians, one a class, seen through a flow.

    flow: any `Flow`; its own base is not used. classes: how many. means: (classes, *shape) of the
    Gaussians in latent space, which all have unit variances and the same weight and are not
    learnt; by default `separation` apart from each other (`spread_means`).

    Raises ValueError for means of another shape.

    Source: Izmailov, Kirichenko, Finzi and Wilson 2020, equations 2 to 6.

    Taught in `book/normalizing_flows/03_flow_gmm.ipynb`.

    >>> from otbook_utils.normalizing_flows.flow import RealNVP
    >>> model = FlowGMM(RealNVP(2, 4, 32), classes=3)
    >>> x = torch.randn(5, 2)
    >>> model.log_prob(x).shape, model.class_probabilities(x).shape, model.sample(4).shape
    (torch.Size([5]), torch.Size([5, 3]), torch.Size([4, 2]))
    """

    def __init__(
        self, flow: Flow, classes: int, means: Tensor | None = None, separation: float = 5.0
    ) -> None:
        super().__init__()
        (classes,) = checked_shape(classes, "classes")
        shape = flow.shape
        if means is None:
            means = spread_means(classes, math.prod(shape), separation).reshape(classes, *shape)
        if tuple(means.shape) != (classes, *shape):
            raise ValueError(
                f"means must have the shape {(classes, *shape)}, got {tuple(means.shape)}"
            )
        self.flow, self.shape, self.classes = flow, shape, classes
        self.register_buffer("means", means)

    @property
    def latent(self) -> MixtureSameFamily:
        """The mixture in latent space, as a distribution of torch."""
        weights = Categorical(logits=self.means.new_zeros(self.classes))
        return MixtureSameFamily(weights, self._gaussians())

    def log_prob(self, x: Tensor) -> Tensor:
        """Return ln p(x), whatever the class, in nats: (batch,)."""
        z, log_det = self.flow(x)
        return self.latent.log_prob(z) + log_det

    def joint_log_prob(self, x: Tensor) -> Tensor:
        """Return ln p(x, class) for each class in nats: (batch, classes)."""
        z, log_det = self.flow(x)
        each = self._gaussians().log_prob(z.unsqueeze(1))
        return each + log_det[:, None] - math.log(self.classes)

    def class_probabilities(self, x: Tensor) -> Tensor:
        """Return p(class | x) by Bayes' rule, (batch, classes). The determinant cancels."""
        return self.joint_log_prob(x).softmax(dim=1)

    @torch.no_grad()
    def sample(self, n: int, labels: Tensor | None = None) -> Tensor:
        """Return n samples (n, *shape), of these classes (n,), or of classes by chance."""
        (n,) = checked_shape(n, "n")
        if labels is None:
            labels = torch.randint(self.classes, (n,), device=self.means.device)
        if tuple(labels.shape) != (n,):
            raise ValueError(f"labels must have the shape ({n},), got {tuple(labels.shape)}")
        return self.flow.inverse(self.means[labels] + torch.randn_like(self.means[labels]))[0]

    def _gaussians(self) -> Independent:
        return Independent(Normal(self.means, torch.ones_like(self.means)), len(self.shape))


def semi_supervised_loss(
    model: FlowGMM, x: Tensor, labels: Tensor, unlabelled: Tensor, weight: float = 1.0
) -> Tensor:
    """Return −ln p(x, label) − weight · ln p(unlabelled), a scalar in nats.

    x, labels: (batch, *shape) and (batch,); unlabelled: (any number, *shape). Both are means.

    Source: Izmailov et al. 2020, equation 5, with means in place of sums.

    Taught in `book/normalizing_flows/03_flow_gmm.ipynb`.

    >>> from otbook_utils.normalizing_flows.flow import RealNVP
    >>> model = FlowGMM(RealNVP(2, 2, 8), classes=2)
    >>> semi_supervised_loss(model, torch.zeros(1, 2), torch.tensor([0]), torch.zeros(3, 2)).shape
    torch.Size([])
    """
    labels = torch.as_tensor(labels)
    checked_samples(x, model.shape)
    if tuple(labels.shape) != (len(x),) or labels.is_floating_point():
        raise ValueError(f"labels must be {len(x)} whole numbers, got {tuple(labels.shape)}")
    known = model.joint_log_prob(x).gather(1, labels.long()[:, None]).mean()
    return -known - weight * model.log_prob(unlabelled).mean()


def spread_means(classes: int, features: int, separation: float) -> Tensor:
    """Return (classes, features): points that are all `separation` apart, around the origin.

    With as many features as classes, corners of a regular simplex; with fewer, points on a circle,
    neighbours `separation` apart (on a line if there is one feature).

    >>> torch.pdist(spread_means(3, 10, separation=4.0)).round(decimals=3)
    tensor([4., 4., 4.])
    """
    if classes <= features:
        points = torch.eye(classes, features) * separation / math.sqrt(2)
    elif features == 1:
        points = separation * torch.arange(classes, dtype=torch.float32)[:, None]
    else:
        angles = 2 * math.pi * torch.arange(classes) / classes
        radius = separation / (2 * math.sin(math.pi / classes))
        points = torch.zeros(classes, features)
        points[:, 0], points[:, 1] = radius * angles.cos(), radius * angles.sin()
    return points - points.mean(0)
