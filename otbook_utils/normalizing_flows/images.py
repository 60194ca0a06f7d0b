"""RealNVP for images: squeezing, several scales, and bits per dimension."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from otbook_utils.generative_models.samples import checked_shape
from otbook_utils.normalizing_flows.coupling import AffineCoupling, channel_mask, checkerboard_mask
from otbook_utils.normalizing_flows.flow import Flow, _start_near_identity
from otbook_utils.normalizing_flows.transforms import Chain, FlowBatchNorm, Transform


def dequantize(x: Tensor, levels: int = 256) -> Tensor:
    """Return (x + uniform noise) / levels from 0 to 1, for whole numbers x from 0 to levels − 1.

    Raises ValueError for values outside, and for values that are no whole numbers.

    Source: Theis, van den Oord and Bethge 2016, section 3.1.

    Taught in `book/normalizing_flows/02_real_nvp_images.ipynb`.

    >>> x = dequantize(torch.tensor([[0, 255]]))
    >>> bool((x * 256).long().equal(torch.tensor([[0, 255]])))
    True
    """
    whole = x if x.is_floating_point() else x.float()
    if bool((whole != whole.round()).any()) or bool(((whole < 0) | (whole >= levels)).any()):
        raise ValueError(f"x must be whole numbers from 0 to {levels - 1}, got {x}")
    # A noise that rounds up to 1 would carry a value into the next level.
    noise = torch.rand_like(whole).clamp(max=1 - 1e-4)
    return (whole + noise) / levels


def bits_per_dim(log_prob: Tensor, shape: int | Sequence[int], levels: int = 256) -> Tensor:
    """Return how many bits a number of a sample costs, of log_prob's shape.

    log_prob: natural logarithm of the density of dequantised samples scaled from 0 to 1. shape: of
    one sample. levels: of the values before. The uniform density has log₂ levels: 8 bits for 256.

    Source: Theis, van den Oord and Bethge 2016, section 3.1: an upper bound, in the mean over the
    noise, on the bits of the discrete values.

    Taught in `book/normalizing_flows/02_real_nvp_images.ipynb`.

    >>> bits_per_dim(torch.tensor(0.0), (1, 28, 28))
    tensor(8.)
    """
    dimensions = math.prod(checked_shape(shape))
    (levels,) = checked_shape(levels, "levels")
    log_prob = torch.as_tensor(log_prob)
    return math.log2(levels) - log_prob / (dimensions * math.log(2))


def squeeze(x: Tensor) -> Tensor:
    """Return (batch, 4 channels, height/2, width/2): each 2 × 2 square becomes four channels.

    Raises ValueError unless x is (batch, channels, height, width) with even height and width.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, section 3.6; the order of torch's
    `pixel_unshuffle`: a channel's four follow each other, row by row.

    Taught in `book/normalizing_flows/02_real_nvp_images.ipynb`.

    >>> squeeze(torch.arange(4.0).reshape(1, 1, 2, 2)).flatten()
    tensor([0., 1., 2., 3.])
    """
    if x.dim() != 4 or x.shape[2] % 2 or x.shape[3] % 2:
        raise ValueError(
            "x must be (batch, channels, height, width) with even height and width, "
            f"got {tuple(x.shape)}"
        )
    return F.pixel_unshuffle(x, 2)


def unsqueeze(x: Tensor) -> Tensor:
    """Undo `squeeze`: (batch, 4 channels, height, width) to (batch, channels, 2 height, 2 width).

    Raises ValueError unless the channels are a multiple of 4.

    >>> x = torch.randn(2, 3, 4, 6)
    >>> torch.equal(unsqueeze(squeeze(x)), x)
    True
    """
    if x.dim() != 4 or x.shape[1] % 4:
        raise ValueError(
            "x must be (batch, channels, height, width) with channels a multiple of 4, "
            f"got {tuple(x.shape)}"
        )
    return F.pixel_shuffle(x, 2)


class ResidualNet(nn.Module):
    """The net for s and t: what a coupling keeps (batch, channels, …) to twice as many channels.

    The mask enters as further channels, since a zero in the masked image may be a value or a gap.
    Weights are normalised.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, sections 3.7 and 4.1, without batch normalisation
    inside; the mask as an input is in the authors' code and not in the paper.

    >>> ResidualNet(checkerboard_mask(4, 4), 1, 8, 1)(torch.zeros(2, 1, 4, 4)).shape
    torch.Size([2, 2, 4, 4])
    """

    def __init__(self, mask: Tensor, channels: int, width: int, blocks: int) -> None:
        super().__init__()
        self.register_buffer("mask", mask)
        self.first = weight_norm(nn.Conv2d(2 * channels, width, 3, padding=1))
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.ReLU(),
                weight_norm(nn.Conv2d(width, width, 3, padding=1)),
                nn.ReLU(),
                weight_norm(nn.Conv2d(width, width, 3, padding=1)),
            )
            for _ in range(blocks)
        )
        self.last = nn.Conv2d(width, 2 * channels, 1)
        _start_near_identity(self.last)

    def forward(self, kept: Tensor) -> Tensor:
        """Return raw s and t, (batch, 2 channels, height, width)."""
        h = self.first(torch.cat([kept, self.mask.expand_as(kept)], dim=1))
        for block in self.blocks:
            h = h + block(h)
        return self.last(h.relu())


class MultiScaleRealNVP(Flow):
    """RealNVP for images: at each scale couplings, squeezing, couplings, and half goes no further.

    shape: (channels, height, width). width: channels of the residual nets at the first scale, twice
    as many at each further one. blocks: residual blocks in each net. scales: how often the image is
    squeezed; by default as long as both sides are even and the result is no smaller than 4 × 4.
    batch_norm: whether a `FlowBatchNorm` follows each coupling.

    z has the shape of x: each latent number stands where the pixels are that it was made from.

    Raises ValueError for shapes that are no images, and for more scales than the sides allow.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, section 3.6.

    Taught in `book/normalizing_flows/02_real_nvp_images.ipynb`.

    >>> flow = MultiScaleRealNVP((1, 8, 8), width=8, blocks=1)
    >>> flow.scales, flow.sample(2).shape
    (1, torch.Size([2, 1, 8, 8]))
    """

    def __init__(
        self,
        shape: Sequence[int],
        width: int = 32,
        blocks: int = 2,
        *,
        scales: int | None = None,
        batch_norm: bool = False,
    ) -> None:
        sizes = checked_shape(shape)
        if len(sizes) != 3:
            raise ValueError(f"shape must be (channels, height, width), got {shape!r}")
        (width,), (blocks,) = checked_shape(width, "width"), checked_shape(blocks, "blocks")
        allowed = _squeezes(*sizes[1:])
        count = _squeezes(*sizes[1:], smallest=4) if scales is None else scales
        if not isinstance(count, int) or not 0 <= count <= allowed:
            raise ValueError(
                f"scales must be a whole number from 0 to {allowed} for {sizes[1]} x {sizes[2]} "
                f"pixels, got {scales!r}"
            )
        super().__init__(_scale(sizes, width, blocks, count, batch_norm), sizes)
        self.scales = count

    def scale_of_latents(self) -> Tensor:
        """Return (channels, height, width): after which squeezing each number of z was let go.

        1 for the first and finest scale, and one more than `scales` for what went through all.
        """
        return _scale_numbers(self.shape, self.scales)


class _Scale(Transform):
    """One scale: checkerboard couplings, squeezing, channel couplings; half goes on to `coarse`."""

    def __init__(self, checkers: Transform, halves: Transform, coarse: Transform) -> None:
        super().__init__()
        self.checkers, self.halves, self.coarse = checkers, halves, coarse

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h, log_det_1 = self.checkers(x)
        h, log_det_2 = self.halves(squeeze(h))
        on, log_det_3 = self.coarse(h[:, 1::2])
        return _put_back(h[:, ::2], on), log_det_1 + log_det_2 + log_det_3

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        z = squeeze(z)
        on, log_det_3 = self.coarse.inverse(z[:, 1::2])
        h, log_det_2 = self.halves.inverse(torch.stack([z[:, ::2], on], dim=2).flatten(1, 2))
        x, log_det_1 = self.checkers.inverse(unsqueeze(h))
        return x, log_det_1 + log_det_2 + log_det_3


def _put_back(out: Tensor, on: Tensor) -> Tensor:
    """Return what left (every other channel) and what went on, each at its place in the image."""
    return unsqueeze(torch.stack([out, on], dim=2).flatten(1, 2))


def _scale(
    shape: Sequence[int], width: int, blocks: int, scales: int, batch_norm: bool
) -> Transform:
    channels, height, wide = shape

    def couplings(masks: list[Tensor], channels: int, sides: tuple[int, int]) -> Chain:
        steps: list[Transform] = []
        for mask in masks:
            steps.append(AffineCoupling(mask, ResidualNet(mask, channels, width, blocks)))
            if batch_norm:
                steps.append(FlowBatchNorm((channels, *sides)))
        return Chain(*steps)

    boards = [checkerboard_mask(height, wide, flip) for flip in (False, True)]
    if scales == 0:
        return couplings(boards * 2, channels, (height, wide))
    halves = [channel_mask(4 * channels, flip) for flip in (False, True)]
    coarse = (2 * channels, height // 2, wide // 2)
    return _Scale(
        couplings([*boards, boards[0]], channels, (height, wide)),
        couplings([*halves, halves[0]], 4 * channels, coarse[1:]),
        _scale(coarse, 2 * width, blocks, scales - 1, batch_norm),
    )


def _squeezes(height: int, width: int, smallest: int = 2) -> int:
    """Return how often both sides can be halved without falling below `smallest` pixels."""
    count = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) // 2 >= smallest:
        height, width, count = height // 2, width // 2, count + 1
    return count


def _scale_numbers(shape: Sequence[int], scales: int, first: int = 1) -> Tensor:
    channels, height, width = shape
    if scales == 0:
        return torch.full(tuple(shape), first)
    out = torch.full((2 * channels, height // 2, width // 2), first)
    on = _scale_numbers(tuple(out.shape), scales - 1, first + 1)
    return _put_back(out[None], on[None])[0]
