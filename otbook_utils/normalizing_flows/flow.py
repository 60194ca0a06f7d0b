"""A flow is a transform and a base: densities one way, samples the other; RealNVP for vectors."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from otbook_utils.generative_models.samples import checked_samples, checked_shape, dense_layers
from otbook_utils.normalizing_flows.coupling import AffineCoupling, alternating_mask
from otbook_utils.normalizing_flows.transforms import Chain, FlowBatchNorm, Transform


class Flow(Transform):
    """The density of x whose image under `transform` follows the base.

    transform: of samples (batch, *shape) to z of the same shape. shape: of one sample. base: a
    distribution of torch over one z; by default the standard normal.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, equations 2 and 3.

    Taught in `book/normalizing_flows/01_change_of_variables.ipynb`.

    >>> from otbook_utils.normalizing_flows.transforms import Scaling
    >>> flow = Flow(Scaling(2), 2)
    >>> flow.log_prob(torch.zeros(1, 2)).exp()  # 1 / 2π, as the scaling begins with 1
    tensor([0.1592], grad_fn=<ExpBackward0>)
    >>> flow.sample(3).shape
    torch.Size([3, 2])
    """

    def __init__(
        self, transform: Transform, shape: int | Sequence[int], base: Distribution | None = None
    ) -> None:
        super().__init__()
        self.transform, self.shape, self._base = transform, checked_shape(shape), base
        self.register_buffer("_zeros", torch.zeros(self.shape), persistent=False)

    @property
    def base(self) -> Distribution:
        """The distribution of z, on the device and in the precision of the model."""
        if self._base is not None:
            return self._base
        return Independent(Normal(self._zeros, torch.ones_like(self._zeros)), len(self.shape))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return z and ln |det ∂z/∂x| for x (batch, *shape)."""
        return self.transform(checked_samples(x, self.shape))

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return x and ln |det ∂x/∂z| for z (batch, *shape)."""
        return self.transform.inverse(checked_samples(z, self.shape, "z"))

    def log_prob(self, x: Tensor) -> Tensor:
        """Return ln p(x) in nats, (batch,), for x (batch, *shape).

        Raises TypeError or ValueError for what is no batch of floating-point samples.
        """
        z, log_det = self(x)
        return self.base.log_prob(z) + log_det

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """Return n samples (n, *shape): draws of the base, mapped back all at once."""
        (n,) = checked_shape(n, "n")
        return self.inverse(self.base.sample((n,)))[0]


class RealNVP(Flow):
    """Affine couplings in turns, for vectors: what one of them keeps, the next one changes.

    features: numbers of a sample, at least 2. layers: couplings. hidden: width of their two hidden
    layers, or several widths. batch_norm: whether a `FlowBatchNorm` follows each coupling.

    Raises ValueError for sizes that are no whole numbers of at least 1.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, sections 3.2 to 3.5.

    Taught in `book/normalizing_flows/01_change_of_variables.ipynb`.

    >>> flow = RealNVP(features=2, layers=4, hidden=32)
    >>> flow.log_prob(torch.randn(5, 2)).shape, flow.sample(3).shape
    (torch.Size([5]), torch.Size([3, 2]))
    """

    def __init__(
        self,
        features: int,
        layers: int = 6,
        hidden: int | Sequence[int] = 64,
        *,
        batch_norm: bool = False,
    ) -> None:
        (features,), (layers,) = (
            checked_shape(features, "features"),
            checked_shape(layers, "layers"),
        )
        widths = checked_shape(hidden, "hidden")
        widths = widths * 2 if isinstance(hidden, int) else widths
        steps: list[Transform] = []
        for layer in range(layers):
            net = dense_layers([features, *widths, 2 * features])
            _start_near_identity(net[-1])
            steps.append(AffineCoupling(alternating_mask(features, layer % 2 == 1), net))
            if batch_norm:
                steps.append(FlowBatchNorm(features))
        super().__init__(Chain(*steps), features)


def _start_near_identity(layer: nn.Linear | nn.Conv2d) -> None:
    """Shrink a net's last layer: a flow of many couplings then begins close to the identity."""
    with torch.no_grad():
        layer.weight.mul_(0.1)
        layer.bias.zero_()
