"""Several autoencoders on the small digits at once, one for each seed."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn

from otbook_utils.generative_models.evaluation import image_set
from otbook_utils.training import SideBySide, train_side_by_side


def flat_digits(split: str) -> tuple[Tensor, Tensor]:
    """Return the 8 x 8 digits as rows of 64 grey values from 0 to 1, and their labels.

    >>> flat_digits("test")[0].shape
    torch.Size([360, 64])
    """
    images, labels = image_set("digits", split)
    return images.flatten(1), labels


def train_several(
    make: Callable[[], nn.Module],
    x: Tensor,
    *,
    seeds: Iterable[int],
    epochs: int,
    noise: float = 0.0,
) -> SideBySide:
    """Train a network for each seed on the squared reconstruction error, side by side.

    x: (samples, pixels), the same for all, or (seeds, samples, pixels), for each its own.
    noise: the standard deviation of what is added to the input and not to the target.

    Raises ValueError for a negative noise.

    >>> nets = train_several(lambda: nn.Linear(4, 4), torch.rand(9, 4), seeds=[0, 1], epochs=1)
    >>> nets(torch.rand(3, 4)).shape
    torch.Size([2, 3, 4])
    """
    if noise < 0:
        raise ValueError(f"noise must not be negative, got {noise:g}")
    torch.manual_seed(0)

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for chosen in torch.randperm(x.shape[-2]).split(128):
            clean = x[..., chosen, :]
            yield clean + noise * torch.randn_like(clean), clean

    nets, _ = train_side_by_side(
        make,
        lambda net, shown, clean: (net(shown) - clean).square().sum(-1).mean(),
        batches,
        seeds=seeds,
        optimizer=lambda parameters: torch.optim.Adam(parameters, lr=4e-3, fused=True),
        epochs=epochs,
        own_batches=x.dim() == 3,
    )
    return nets
