"""A whole image set on the device, cut, cropped and flipped there in batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

# More than any number of epochs, so that no two pairs (seed, epoch) draw from one stream.
EPOCH_STRIDE = 2**31 - 1


@dataclass(frozen=True, eq=False)
class EpochPlan:
    """All that is random in one epoch, drawn before it begins.

    order: (n,) int64, which image comes when. shift: (n, 2) int64, where each crop begins (row,
    column). flip: (n,) bool, which images are mirrored. All of a step's choices stand at the step's
    place, so an epoch can be taken up in its middle.
    """

    order: torch.Tensor
    shift: torch.Tensor
    flip: torch.Tensor


class DeviceBatches:
    """Batches of an image set that lives on the device from the first step to the last.

    images: (n, height, width, channels) uint8. labels: (n,) integers from 0.
    batch_size: images a step. device: where the set lives.
    pad: if above 0, training images are cropped at random from the image with `pad` black pixels
    around it, and mirrored with probability 1/2 (He et al. 2016, section 4.2).
    shuffle: whether each epoch has an order of its own. A shuffled epoch drops the images that do
    not fill its last batch (others every time): one shape of batch compiles once.
    seed: order, crops and flips are a function of the seed and the epoch alone, on any device.
    mean, std: (channels,) of the pixels in 0 to 1; by default those of these images. Give a test
    set those of its training set.

    `epoch(k)` yields x (batch, channels, height, width) float32, channels_last on a GPU, and y
    (batch,) int64. No step waits for the device.

    Raises ValueError for images and labels that do not fit, and a batch larger than a shuffled set.

    >>> images, labels = np.zeros((10, 32, 32, 3), np.uint8), np.arange(10)
    >>> batches = DeviceBatches(images, labels, 4, pad=4, shuffle=True, mean=[0.0], std=[1.0])
    >>> len(batches), [tuple(x.shape) for x, y in batches.epoch(0)]
    (2, [(4, 3, 32, 32), (4, 3, 32, 32)])
    """

    def __init__(
        self,
        images: np.ndarray | torch.Tensor,
        labels: np.ndarray | torch.Tensor,
        batch_size: int,
        *,
        device: torch.device | str = "cpu",
        pad: int = 0,
        shuffle: bool = False,
        seed: int = 0,
        mean: torch.Tensor | list[float] | None = None,
        std: torch.Tensor | list[float] | None = None,
    ) -> None:
        images, labels = torch.as_tensor(images), torch.as_tensor(labels).long()
        _check(images, labels, batch_size, pad, shuffle)
        self.batch_size, self.pad, self.shuffle, self.seed = batch_size, pad, shuffle, seed
        self.size = images.shape[1:3]
        if mean is None or std is None:
            mean, std = pixel_statistics(images)
        self.mean = torch.as_tensor(mean, dtype=torch.float32).to(device)  # (channels,)
        self.std = torch.as_tensor(std, dtype=torch.float32).to(device)
        # uint8 on the device: the whole of CIFAR-10 in 240 MB, and no copy from the host in a step.
        self.images = images.to(device)
        if pad:  # padding once for all saves it in every step
            edges = (0, 0, pad, pad, pad, pad)  # (n, h, w, c) to (n, h + 2 pad, w + 2 pad, c)
            self.images = torch.nn.functional.pad(self.images, edges)
        self.labels = labels.to(device)

    def __len__(self) -> int:
        """Return the number of steps of an epoch."""
        n = len(self.labels)
        return n // self.batch_size if self.shuffle else -(-n // self.batch_size)

    def plan(self, epoch: int) -> EpochPlan:
        """Return what is random in epoch number `epoch`, on the CPU."""
        n = len(self.labels)
        # The CPU's generator: the same order on every device, and its draws cost the GPU nothing.
        generator = torch.Generator().manual_seed(self.seed * EPOCH_STRIDE + epoch)
        order = torch.randperm(n, generator=generator) if self.shuffle else torch.arange(n)
        shift = torch.zeros(n, 2, dtype=torch.int64)
        flip = torch.zeros(n, dtype=torch.bool)
        if self.pad:
            shift = torch.randint(2 * self.pad + 1, (n, 2), generator=generator)
            flip = torch.rand(n, generator=generator) < 0.5
        return EpochPlan(order, shift, flip)

    def epoch(self, epoch: int, *, start: int = 0) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield the batches of epoch number `epoch` from step `start` on."""
        plan, device = self.plan(epoch), self.images.device
        # One transfer an epoch for all that is random in it.
        order, shift, flip = (
            part.to(device, non_blocking=True) for part in (plan.order, plan.shift, plan.flip)
        )
        for step in range(start, len(self)):
            batch = slice(step * self.batch_size, (step + 1) * self.batch_size)
            x = self._cut(order[batch], shift[batch], flip[batch])
            yield x, self.labels[order[batch]]

    def _cut(self, which: torch.Tensor, shift: torch.Tensor, flip: torch.Tensor) -> torch.Tensor:
        """Return the images `which`, cropped, mirrored and normalised: (batch, c, h, w)."""
        height, width = self.size
        rows = torch.arange(height, device=which.device)
        columns = torch.arange(width, device=which.device)
        columns = torch.where(flip[:, None], width - 1 - columns, columns)  # (batch, w)
        rows = shift[:, :1] + rows  # (batch, h)
        columns = shift[:, 1:] + columns
        # Choosing, cropping and mirroring are one gather, hence one pass over the memory.
        x = self.images[which[:, None, None], rows[:, :, None], columns[:, None, :]]
        x = (x.float() / 255 - self.mean) / self.std  # (batch, h, w, c)
        x = x.permute(0, 3, 1, 2)  # (batch, c, h, w)
        # Channels already lie innermost: on a GPU this view is channels_last, the tensor cores'
        # layout, for free. Convolutions on the CPU are given the usual one: torch 2.13's crash on
        # channels_last with fewer than 8 channels.
        return x if x.is_cuda else x.contiguous()

    def __repr__(self) -> str:
        n, *shape = self.images.shape
        return (
            f"DeviceBatches({n} images of {tuple(shape)} on {self.images.device}, "
            f"{len(self)} batches of {self.batch_size}, pad={self.pad}, shuffle={self.shuffle})"
        )


def pixel_statistics(images: torch.Tensor | np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and standard deviation of each channel, on the scale 0 to 1.

    images: (n, height, width, channels) uint8. Returns two tensors (channels,) float32.

    >>> pixel_statistics(np.array([0, 255], np.uint8).reshape(2, 1, 1, 1))
    (tensor([0.5000]), tensor([0.5000]))
    """
    images = torch.as_tensor(images)
    levels = torch.arange(256, dtype=torch.float64) / 255
    # Counting the 256 levels is exact and needs no copy of the images in floating point.
    counts = torch.stack([plane.flatten().bincount(minlength=256) for plane in images.unbind(-1)])
    shares = counts.double().cpu() / counts[0].sum().cpu()  # (channels, 256)
    mean = shares @ levels
    std = (shares * (levels - mean[:, None]).square()).sum(dim=1).sqrt()
    return mean.float(), std.float()


def _check(
    images: torch.Tensor, labels: torch.Tensor, batch_size: int, pad: int, shuffle: bool
) -> None:
    if images.ndim != 4 or images.dtype != torch.uint8:
        raise ValueError(
            "images must be (n, height, width, channels) uint8, "
            f"got {tuple(images.shape)} {images.dtype}"
        )
    if labels.shape != (len(images),) or not len(images):
        raise ValueError(
            f"labels must be one for each of the {len(images)} images, got {tuple(labels.shape)}"
        )
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size must be a whole number of at least 1, got {batch_size!r}")
    if shuffle and batch_size > len(images):
        raise ValueError(f"batch_size must be at most the {len(images)} images, got {batch_size}")
    if pad < 0:
        raise ValueError(f"pad must not be negative, got {pad}")
