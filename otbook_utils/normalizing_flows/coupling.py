"""Coupling layers: one part of a sample decides how the other part is moved and stretched."""

import math

import torch
from torch import Tensor, nn

from otbook_utils.generative_models.samples import checked_samples, checked_shape, dense_layers
from otbook_utils.normalizing_flows.transforms import Transform


def alternating_mask(features: int, flip: bool = False) -> Tensor:
    """Return 1, 0, 1, 0, … of the shape (features,), or 0, 1, 0, 1, … with `flip`.

    Raises ValueError for fewer than two features, of which none could decide about the other.

    >>> alternating_mask(5)
    tensor([1., 0., 1., 0., 1.])
    """
    (features,) = checked_shape(features, "features")
    if features < 2:
        raise ValueError(f"features must be at least 2, got {features}")
    return (torch.arange(features) % 2 == int(flip)).float()


def checkerboard_mask(height: int, width: int, flip: bool = False) -> Tensor:
    """Return (1, height, width): 1 where row + column is odd, 0 elsewhere; the reverse with `flip`.

    Raises ValueError for fewer than two pixels.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, section 3.4.

    Taught in `book/normalizing_flows/02_real_nvp_images.ipynb`.

    >>> checkerboard_mask(2, 3)
    tensor([[[0., 1., 0.],
             [1., 0., 1.]]])
    """
    height, width = checked_shape((height, width), "height and width")
    if height * width < 2:
        raise ValueError("height and width must make at least two pixels, got 1 x 1")
    odd = (torch.arange(height)[:, None] + torch.arange(width)) % 2
    return (odd != int(flip)).float().unsqueeze(0)


def channel_mask(channels: int, flip: bool = False) -> Tensor:
    """Return (channels, 1, 1): 1 for the first half of the channels, 0 for the others, or reversed.

    Raises ValueError for fewer than two channels.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, section 3.4.

    Taught in `book/normalizing_flows/02_real_nvp_images.ipynb`.

    >>> channel_mask(4).flatten()
    tensor([1., 1., 0., 0.])
    """
    (channels,) = checked_shape(channels, "channels")
    if channels < 2:
        raise ValueError(f"channels must be at least 2, got {channels}")
    first = torch.arange(channels) < channels // 2
    return (first != flip).float()[:, None, None]


class _Coupling(Transform):
    """What additive and affine coupling share: a mask, and the net that sees what is kept.

    mask: 1 where a sample is kept and 0 where it is changed; of a sample's shape, or one that can
    be spread over it. net: from masked samples (batch, *shape) to as many numbers for each answer
    that is wanted, side by side in dimension 1. Without a net, two hidden layers of 64.
    """

    answers = 1

    def __init__(self, mask: Tensor, net: nn.Module | None = None) -> None:
        super().__init__()
        if not isinstance(mask, Tensor) or not bool(((mask == 0) | (mask == 1)).all()):
            raise ValueError(f"mask must be a tensor of zeros and ones, got {mask!r}")
        if not 0 < mask.float().mean() < 1:
            raise ValueError("mask must keep something and change something, got all of one kind")
        self.register_buffer("mask", mask.float().clone())  # not shared with another layer
        self.net = _FlatNet(mask.shape, self.answers) if net is None else net

    def _answers(self, kept: Tensor) -> tuple[Tensor, ...]:
        """Return what the net says about the part that changes, and zeros for what is kept."""
        change = 1 - self.mask
        answers = self.net(kept).chunk(self.answers, dim=1)
        if len(answers) != self.answers or answers[0].shape != kept.shape:
            wanted = (len(kept), self.answers * kept.shape[1], *kept.shape[2:])
            got = torch.cat(answers, dim=1).shape
            raise ValueError(f"net must answer with the shape {wanted}, got {tuple(got)}")
        return tuple(answer * change for answer in answers)


class AdditiveCoupling(_Coupling):
    """z = x + t(kept part of x) where the mask is 0, and z = x where it is 1: volume is preserved.

    Source: Dinh, Krueger and Bengio 2015, equations 9 and 10.

    Taught in `book/normalizing_flows/01_change_of_variables.ipynb`.

    >>> layer = AdditiveCoupling(alternating_mask(4))
    >>> z, log_det = layer(torch.randn(3, 4))
    >>> log_det
    tensor([0., 0., 0.])
    """

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Move the part that changes: (z, log_det), log_det all zeros."""
        (t,) = self._answers(_fitting(x, self.mask, "x") * self.mask)
        return x + t, x.new_zeros(len(x))

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Move it back: (x, log_det). The net is asked again and never inverted."""
        (t,) = self._answers(_fitting(z, self.mask, "z") * self.mask)
        return z - t, z.new_zeros(len(z))


class AffineCoupling(_Coupling):
    """z = x e^s + t where the mask is 0, with s and t from the kept part; z = x where it is 1.

    The net's first half of answers is squeezed to s by a learnt factor times tanh, so that no
    factor e^s explodes early in training; its second half is t. ln |det| is the sum of s.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, equations 4 to 9, and section 4.1 for tanh.

    >>> layer = AffineCoupling(alternating_mask(4))
    >>> x = torch.randn(3, 4)
    >>> z, log_det = layer(x)
    >>> bool((z[:, 0] == x[:, 0]).all()), torch.allclose(layer.inverse(z)[0], x, atol=1e-6)
    (True, True)
    """

    answers = 2

    def __init__(self, mask: Tensor, net: nn.Module | None = None) -> None:
        super().__init__(mask, net)
        self.factor = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Stretch and move the part that changes: (z, log_det)."""
        s, t = self.scale_and_shift(_fitting(x, self.mask, "x"))
        return x * s.exp() + t, s.flatten(1).sum(1)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo both: (x, log_det). z keeps the part that s and t are made from."""
        s, t = self.scale_and_shift(_fitting(z, self.mask, "z"))
        return (z - t) * (-s).exp(), -s.flatten(1).sum(1)

    def scale_and_shift(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return s and t, each of x's shape and 0 where the mask keeps x."""
        s, t = self._answers(x * self.mask)
        return self.factor * s.tanh(), t


class _FlatNet(nn.Module):
    """Two hidden layers on flattened samples; its answers stand side by side in dimension 1."""

    def __init__(self, shape: torch.Size, answers: int, hidden: tuple[int, ...] = (64, 64)) -> None:
        super().__init__()
        self.shape, self.wide = tuple(shape), (answers * shape[0], *shape[1:])
        self.layers = dense_layers([math.prod(shape), *hidden, math.prod(self.wide)])

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(checked_samples(x, self.shape).flatten(1)).unflatten(1, self.wide)


def _fitting(x: Tensor, mask: Tensor, name: str) -> Tensor:
    """Return x (batch, *shape) if the mask can be spread over one sample; ValueError if not."""
    shape = tuple(x.shape[1:]) if isinstance(x, Tensor) else ()
    spread = len(shape) == mask.dim() and all(
        wanted in (1, size) for wanted, size in zip(mask.shape, shape, strict=True)
    )
    return checked_samples(x, shape if spread else tuple(mask.shape), name)
