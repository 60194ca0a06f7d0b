"""Invertible maps that tell by how much they stretch volume, and simple ones of them."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from otbook_utils.generative_models.samples import checked_range, checked_samples, checked_shape


class Transform(nn.Module):
    """What every map of a flow is: called on x it returns (z, log_det), and it has an inverse.

    log_det: ln |det ∂z/∂x| of each sample, (batch,). `inverse(z)` returns (x, log_det) with
    ln |det ∂x/∂z|, which is minus the other one at the same place.
    """

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the x that is mapped to z, and ln |det ∂x/∂z| of each sample."""
        raise NotImplementedError


class Chain(Transform):
    """Several transforms one after another; their logarithms of determinants add up.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, equations 10 to 12.

    Taught in `book/normalizing_flows/01_change_of_variables.ipynb`.

    >>> chain = Chain(Scaling(2), Scaling(2))
    >>> z, log_det = chain(torch.ones(5, 2))
    >>> z.shape, log_det.shape
    (torch.Size([5, 2]), torch.Size([5]))
    """

    def __init__(self, *transforms: Transform) -> None:
        super().__init__()
        self.transforms = nn.ModuleList(transforms)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map x through all of them: (z, log_det)."""
        total = x.new_zeros(len(x))
        for transform in self.transforms:
            x, log_det = transform(x)
            total = total + log_det
        return x, total

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Go the way back, the last transform first: (x, log_det)."""
        total = z.new_zeros(len(z))
        for transform in reversed(self.transforms):
            z, log_det = transform.inverse(z)
            total = total + log_det
        return z, total


class Scaling(Transform):
    """One learnt factor e^s for each number of a sample: the last layer of NICE.

    shape: of one sample. The factors begin at 1.

    Source: Dinh, Krueger and Bengio 2015, section 3.3.

    Taught in `book/normalizing_flows/01_change_of_variables.ipynb`.

    >>> scaling = Scaling(2)
    >>> _ = nn.init.constant_(scaling.log_scale, math.log(3))
    >>> scaling(torch.ones(1, 2))  # 3, and twice ln 3
    (tensor([[3., 3.]], grad_fn=<MulBackward0>), tensor([2.1972], grad_fn=<ExpandBackward0>))
    """

    def __init__(self, shape: int | Sequence[int]) -> None:
        super().__init__()
        self.shape = checked_shape(shape)
        self.log_scale = nn.Parameter(torch.zeros(self.shape))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Stretch x (batch, *shape): (z, log_det)."""
        x = checked_samples(x, self.shape)
        return x * self.log_scale.exp(), self.log_scale.sum().expand(len(x))

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Shrink z (batch, *shape) again: (x, log_det)."""
        z = checked_samples(z, self.shape, "z")
        return z * (-self.log_scale).exp(), -self.log_scale.sum().expand(len(z))


class LogitTransform(Transform):
    """From values between 0 and 1 to the whole line: the logit of alpha + (1 − 2 alpha) x.

    alpha: how far from 0 and from 1 the logit is taken, so that x = 0 and x = 1 stay finite. With
    alpha + (1 − alpha) x, as it is often printed, x = 1 would go to infinity.

    Raises ValueError unless 0 < alpha < ½, and for x outside 0 to 1.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, section 4.1.

    Taught in `book/normalizing_flows/02_real_nvp_images.ipynb`.

    >>> z, log_det = LogitTransform(0.05)(torch.tensor([[0.0, 0.5, 1.0]]))
    >>> z
    tensor([[-2.9444,  0.0000,  2.9444]])
    """

    def __init__(self, alpha: float = 0.05) -> None:
        super().__init__()
        if not (isinstance(alpha, int | float) and 0 < alpha < 0.5):
            raise ValueError(f"alpha must lie between 0 and 1/2, got {alpha!r}")
        self.alpha = alpha

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map x (batch, …) from 0 to 1 to the line: (z, log_det)."""
        inside = self.alpha + (1 - 2 * self.alpha) * checked_range(x, 0, 1)
        z = torch.logit(inside)
        return z, self._log_slopes(z)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Map z (batch, …) back: (x, log_det).

        A z beyond the images of 0 and 1 gives an x slightly outside 0 to 1: the model's own mass
        there, alpha / (1 − 2 alpha) at most.
        """
        x = (z.sigmoid() - self.alpha) / (1 - 2 * self.alpha)
        return x, -self._log_slopes(z)

    def _log_slopes(self, z: Tensor) -> Tensor:
        # d logit(u)/du = 1/(u (1 − u)), and −ln u = softplus(−z), −ln(1 − u) = softplus(z).
        each = F.softplus(z) + F.softplus(-z) + math.log(1 - 2 * self.alpha)
        return each.flatten(1).sum(1)


class FlowBatchNorm(Transform):
    """Batch normalisation as one more layer of a flow, with its determinant.

    shape: of one sample, (features,) or (channels, height, width); of images each channel has one
    mean and one variance. In training, the batch's own statistics are used, as (z, log_det), and
    their running averages are kept; in evaluation the running averages are used. The inverse knows
    no batch of x and always uses the averages: so it undoes the map in evaluation alone.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, equations 17 and 18.

    >>> norm = FlowBatchNorm(2).eval()
    >>> x = torch.randn(5, 2)
    >>> torch.allclose(norm.inverse(norm(x)[0])[0], x)
    True
    """

    def __init__(
        self, shape: int | Sequence[int], momentum: float = 0.1, eps: float = 1e-4
    ) -> None:
        super().__init__()
        self.shape, self.momentum, self.eps = checked_shape(shape), momentum, eps
        ones = (self.shape[0], *[1] * (len(self.shape) - 1))
        self.sites = math.prod(self.shape[1:])  # numbers that share one mean
        self.register_buffer("mean", torch.zeros(ones))
        self.register_buffer("var", torch.ones(ones))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Normalise x (batch, *shape): (z, log_det). Raises ValueError for a batch without spread:
        in training at least two numbers must share each mean."""
        x = checked_samples(x, self.shape)
        mean, var = self.mean, self.var
        if self.training:
            if len(x) * self.sites < 2:
                raise ValueError(f"x must hold two samples or more in training, got {len(x)}")
            over = (0, *range(2, x.dim()))
            var, mean = torch.var_mean(x, over, correction=0, keepdim=True)
            var, mean = var[0], mean[0]
            with torch.no_grad():
                self.mean.lerp_(mean, self.momentum)
                self.var.lerp_(var, self.momentum)
        z = (x - mean) * (var + self.eps).rsqrt()
        return z, self._log_det(var).expand(len(x))

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the normalisation by the running averages: (x, log_det)."""
        z = checked_samples(z, self.shape, "z")
        return z * (self.var + self.eps).sqrt() + self.mean, -self._log_det(self.var).expand(len(z))

    def _log_det(self, var: Tensor) -> Tensor:
        return -0.5 * self.sites * (var + self.eps).log().sum()
