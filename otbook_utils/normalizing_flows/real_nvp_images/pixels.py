"""What the chapter and its recorded runs share: a torus of latents, and flows to compare."""

import torch
from torch import Tensor

from otbook_utils.normalizing_flows.coupling import AffineCoupling, channel_mask, checkerboard_mask
from otbook_utils.normalizing_flows.flow import Flow, RealNVP
from otbook_utils.normalizing_flows.images import (
    MultiScaleRealNVP,
    ResidualNet,
    squeeze,
    unsqueeze,
)
from otbook_utils.normalizing_flows.transforms import Chain, Transform

SHAPE = (1, 8, 8)  # of the small digits


class Squeezed(Transform):
    """A transform of squeezed images as one of images: squeeze, transform, unsqueeze.

    >>> z, log_det = Squeezed(Chain())(torch.ones(2, 1, 4, 4))
    >>> z.shape, log_det
    (torch.Size([2, 1, 4, 4]), tensor([0., 0.]))
    """

    def __init__(self, inner: Transform) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return z, of x's shape, and the log-determinant: moving pixels changes no volume."""
        z, log_det = self.inner(squeeze(x))
        return unsqueeze(z), log_det

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo it: (x, log_det)."""
        x, log_det = self.inner.inverse(squeeze(z))
        return unsqueeze(x), log_det


class OnVectors(Transform):
    """A transform of vectors as one of images, whose neighbourhoods it does not know."""

    def __init__(self, inner: Transform) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return z, of x's shape, and the log-determinant."""
        z, log_det = self.inner(x.flatten(1))
        return z.reshape(x.shape), log_det

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo it: (x, log_det)."""
        x, log_det = self.inner.inverse(z.flatten(1))
        return x.reshape(z.shape), log_det


ARRANGEMENTS = {
    "vectors": "six couplings of dense nets, every other number",
    "checkerboard": "six couplings, checkerboards",
    "channels": "squeezing, six couplings, channels",
    "both": "three, squeezing, three",
    "both-ten": "three, squeezing, three, four more",
    "multi-scale": "three, squeezing, three, half leaves, four more",
}


def arrangement(name: str, width: int = 16) -> Flow:
    """Return one of the flows of 8 × 8 images that are compared, of ARRANGEMENTS.

    >>> arrangement("both")(torch.randn(2, 1, 8, 8))[0].shape
    torch.Size([2, 1, 8, 8])
    """
    if name not in ARRANGEMENTS:
        raise ValueError(f"name must be one of {', '.join(ARRANGEMENTS)}, got {name!r}")
    if name == "multi-scale":
        return MultiScaleRealNVP(SHAPE, width, blocks=1)
    if name == "vectors":
        return Flow(OnVectors(RealNVP(64, layers=6, hidden=64).transform), SHAPE)
    boards = [checkerboard_mask(8, 8, flip) for flip in (False, True)] * 3
    halves = [channel_mask(4, flip) for flip in (False, True)] * 3
    small = [checkerboard_mask(4, 4, flip) for flip in (False, True)] * 2

    def couplings(masks: list[Tensor], channels: int) -> list[Transform]:
        nets = [ResidualNet(mask, channels, width, blocks=1) for mask in masks]
        return [AffineCoupling(mask, net) for mask, net in zip(masks, nets, strict=True)]

    if name == "checkerboard":
        return Flow(Chain(*couplings(boards, 1)), SHAPE)
    if name == "channels":
        return Flow(Squeezed(Chain(*couplings(halves, 4))), SHAPE)
    further = couplings(small, 4) if name == "both-ten" else []
    squeezed = Squeezed(Chain(*couplings(halves[:3], 4), *further))
    return Flow(Chain(*couplings(boards[:3], 1), squeezed), SHAPE)


def manifold(z: Tensor, phi: Tensor, other: Tensor) -> Tensor:
    """Return cos φ (cos φ′ z₁ + sin φ′ z₂) + sin φ (cos φ′ z₃ + sin φ′ z₄), (n, *shape).

    z: four latents (4, *shape). phi, other: φ and φ′ in radians, (n,).

    The squares of the four weights add up to 1: combinations of independent standard normal z are
    standard normal again, so none of them falls into the empty middle of the bell.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, equation 19.

    >>> z = torch.eye(4)
    >>> manifold(z, torch.tensor([0.0]), torch.tensor([torch.pi / 2])).round().abs()
    tensor([[0., 1., 0., 0.]])
    """
    if len(z) != 4:
        raise ValueError(f"z must hold four latents, got {len(z)}")
    weights = [
        phi.cos() * other.cos(),
        phi.cos() * other.sin(),
        phi.sin() * other.cos(),
        phi.sin() * other.sin(),
    ]
    return torch.einsum("kn,k...->n...", torch.stack(weights), z)
