"""What the chapter and its recorded run share: four latents and the torus between them."""

import torch
from torch import Tensor


def manifold(z: Tensor, phi: Tensor, other: Tensor) -> Tensor:
    """Return cos φ (cos φ′ z₁ + sin φ′ z₂) + sin φ (cos φ′ z₃ + sin φ′ z₄), (n, *shape).

    z: four latents (4, *shape). phi, other: φ and φ′ in radians, (n,).

    The squares of the four weights add up to 1: combinations of independent standard normal z are
    standard normal again, so none of them falls into the empty middle of the bell.

    Source: Dinh, Sohl-Dickstein and Bengio 2017, equation 19.

    >>> z = torch.eye(4)
    >>> manifold(z, torch.tensor([0.0]), torch.tensor([torch.pi / 2])).round()
    tensor([[-0.,  1.,  -0.,  -0.]])
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
