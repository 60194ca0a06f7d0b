"""The autoencoder: through a bottleneck and back, for real-valued and for binary inputs."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from otbook_utils.generative_models.samples import (
    checked_range,
    checked_samples,
    checked_shape,
    dense_layers,
)


class AutoEncoder(nn.Module):
    """An encoder into `latent` numbers and a decoder back.

    shape: of one sample, a number or several. hidden: widths of the layers on the way to the
    latent representation; the decoder goes through them in reverse. Without any, encoder and
    decoder are linear. inputs: "real" (the output is the reconstruction, the error is the squared
    one) or "binary" (the output passes through a sigmoid, the error is the cross-entropy; inputs
    from 0 to 1). tied: the decoder uses the encoder's matrices transposed, with biases of its own.

    Raises ValueError for sizes that are no whole numbers of at least 1, and for other `inputs`.

    Source: Bourlard and Kamp 1988; Hinton and Salakhutdinov 2006.
    Taught in `book/generative_models/03_autoencoders.ipynb`.

    >>> model = AutoEncoder(shape=(1, 8, 8), latent=2, hidden=(32,))
    >>> x = torch.rand(5, 1, 8, 8)
    >>> model.encode(x).shape, model(x).shape, model.reconstruction_error(x).shape
    (torch.Size([5, 2]), torch.Size([5, 1, 8, 8]), torch.Size([5]))
    """

    def __init__(
        self,
        shape: int | Sequence[int],
        latent: int,
        hidden: Sequence[int] = (),
        *,
        inputs: str = "real",
        tied: bool = False,
    ) -> None:
        super().__init__()
        if inputs not in ("real", "binary"):
            raise ValueError(f'inputs must be "real" or "binary", got {inputs!r}')
        self.shape, self.inputs = checked_shape(shape), inputs
        (latent,) = checked_shape(latent, "latent")
        sizes = [
            math.prod(self.shape),
            *(checked_shape(hidden, "hidden") if hidden else ()),
            latent,
        ]
        self.encoder = dense_layers(sizes)
        self.decoder = _Transposed(self.encoder) if tied else dense_layers(sizes[::-1])

    def encode(self, x: Tensor) -> Tensor:
        """Return the latent representation: (batch, *shape) to (batch, latent)."""
        return self.encoder(checked_samples(x, self.shape).flatten(1))

    def decode(self, z: Tensor) -> Tensor:
        """Return the reconstruction, of binary inputs their probabilities: (batch, *shape)."""
        outputs = self._outputs(z)
        return outputs.sigmoid() if self.inputs == "binary" else outputs

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstruction of `x`: (batch, *shape)."""
        return self.decode(self.encode(x))

    def reconstruction_error(self, x: Tensor, target: Tensor | None = None) -> Tensor:
        """Return each sample's error, summed over its numbers: (batch,).

        target: what shall be found at the output, by default x itself (a denoising autoencoder is
        shown a damaged x and has the clean one as its target).
        """
        outputs = self._outputs(self.encode(x))
        target = x if target is None else checked_samples(target, self.shape, "target")
        if self.inputs == "real":
            return (outputs - target).square().flatten(1).sum(1)
        checked_range(target, 0, 1, "x" if target is x else "target")
        each = F.binary_cross_entropy_with_logits(outputs, target, reduction="none")
        return each.flatten(1).sum(1)

    def _outputs(self, z: Tensor) -> Tensor:
        return self.decoder(z).unflatten(-1, self.shape)


class _Transposed(nn.Module):
    """The layers of an encoder in reverse, with their matrices transposed and biases anew."""

    def __init__(self, encoder: nn.Sequential) -> None:
        super().__init__()
        layers = [layer for layer in encoder if isinstance(layer, nn.Linear)]
        # In a tuple, so that the matrices are not counted as this module's own a second time.
        self._encoder = (encoder,)
        self.biases = nn.ParameterList(torch.zeros(layer.in_features) for layer in reversed(layers))

    def forward(self, z: Tensor) -> Tensor:
        layers = [layer for layer in self._encoder[0] if isinstance(layer, nn.Linear)]
        for k, (layer, bias) in enumerate(zip(reversed(layers), self.biases, strict=True)):
            z = F.linear(z.relu() if k else z, layer.weight.T, bias)
        return z
