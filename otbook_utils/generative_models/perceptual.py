"""Perceptual generative autoencoders: real and generated samples are compared in latent space."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from otbook_utils.generative_models.samples import checked_samples, checked_shape, dense_layers
from otbook_utils.generative_models.vae import gaussian_kl

STEP = 0.01  # by how much a latent point is moved to measure a stretch, in each of its numbers


@dataclass(frozen=True)
class PerceptualWeights:
    """What each term weighs beside the reconstruction error; 0 leaves it out.

    normal: latent reconstruction of normal noise. encoded: of encoded data. likelihood, stretch:
    the two of maximum likelihood (LPGA). variational, kl: the two of the variational version
    (VPGA). Every term is a mean over samples and over their numbers; with sums in place of means
    these weights would mean something else.
    """

    normal: float = 0.06
    encoded: float = 0.0
    likelihood: float = 0.0
    stretch: float = 0.0
    variational: float = 0.0
    kl: float = 0.0


# As in the authors' code for MNIST (github.com/zj10/PGA), images from −1 to 1.
PGA = PerceptualWeights()
LPGA = PerceptualWeights(likelihood=0.015, stretch=0.015)
VPGA = PerceptualWeights(variational=0.01, kl=0.02)
LVPGA = PerceptualWeights(likelihood=0.01, stretch=0.015, kl=0.02)


class PerceptualAutoEncoder(nn.Module):
    """An encoder to mean and logarithmic variance, and a decoder to images from −1 to 1.

    shape: of one sample. latent: numbers in z. hidden: widths of the encoder's layers, which the
    decoder has in reverse. The variances, which only some of the losses use, begin at 0.01.

    Raises ValueError for sizes that are no whole numbers of at least 1.

    Source: Zhang, Zhang, Li, Bengio and Paull 2020.
    Taught in `book/generative_models/08_perceptual_autoencoders.ipynb`.

    >>> model = PerceptualAutoEncoder((1, 8, 8), latent=4, hidden=(32,))
    >>> model.sample(3).shape
    torch.Size([3, 1, 8, 8])
    """

    def __init__(
        self, shape: int | Sequence[int], latent: int, hidden: Sequence[int] = (256,)
    ) -> None:
        super().__init__()
        self.shape = checked_shape(shape)
        (self.latent,) = checked_shape(latent, "latent")
        sizes = [math.prod(self.shape), *(checked_shape(hidden, "hidden") if hidden else ())]
        self.encoder = dense_layers([*sizes, 2 * self.latent], nn.LeakyReLU)
        self.decoder = dense_layers([self.latent, *sizes[::-1]])
        nn.init.constant_(self.encoder[-1].bias[self.latent :], math.log(0.01))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and logarithmic variance, two of (batch, latent), of x (batch, *shape)."""
        mean, log_var = self.encoder(checked_samples(x, self.shape).flatten(1)).chunk(2, dim=1)
        return mean, log_var

    def decode(self, z: Tensor) -> Tensor:
        """Return images (batch, *shape) from −1 to 1."""
        return self.decoder(z).tanh().unflatten(1, self.shape)

    def there_and_back(self, z: Tensor) -> Tensor:
        """Return h(z), the mean to which the decoded z is encoded, (batch, latent).

        Only the decoder learns by it. The encoder's parameters are taken for constants: it serves
        as a perceptual measure of what the decoder made, and must not be bent to please.
        """
        constants = {name: value.detach() for name, value in self.encoder.named_parameters()}
        encoded = functional_call(self.encoder, constants, (self.decode(z).flatten(1),))
        return encoded[:, : self.latent]

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """Return n images (n, *shape) from −1 to 1, decoded from normal noise."""
        (n,) = checked_shape(n, "n")
        return self.decode(torch.randn(n, self.latent).to(next(self.parameters())))


def perceptual_loss(
    model: PerceptualAutoEncoder, x: Tensor, weights: PerceptualWeights
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the loss to minimise, a scalar, and its terms by name, before weighting.

    One backward pass through it gives encoder and decoder the gradients of their two different
    losses: where only one of them shall learn, the other's part is held constant.

    Source: Zhang et al. 2020, equations 5 to 8 (both reconstructions), 13 (likelihood), 16
    (variational), and the authors' code for what is held constant where.
    Taught in `book/generative_models/08_perceptual_autoencoders.ipynb`.
    """
    mean, log_var = model.encode(x)
    code, noise = mean.detach(), (0.5 * log_var).exp() * torch.randn_like(mean)
    terms: dict[str, Callable[[], Tensor]] = {
        "normal": lambda: _latent_error(model, torch.randn_like(mean)),
        "encoded": lambda: _latent_error(model, code),
        "likelihood": lambda: 0.5 * (mean.square() + math.log(2 * math.pi)).mean(),
        "stretch": lambda: log_stretch(model, code, _moves(noise, weights)).mean() / model.latent,
        "variational": lambda: _variational_error(model, code, noise),
        "kl": lambda: gaussian_kl(mean, log_var).mean() / model.latent,
    }
    wanted = {name: term() for name, term in terms.items() if getattr(weights, name)}
    reconstruction = F.mse_loss(model.decode(mean), x)
    loss = reconstruction + sum(getattr(weights, name) * term for name, term in wanted.items())
    return loss, {"reconstruction": reconstruction, **wanted}


def log_stretch(model: PerceptualAutoEncoder, z: Tensor, moves: Tensor) -> Tensor:
    """Return ½ d ln (‖h(z + move) − h(z)‖² / ‖move‖²) for each sample: (batch,).

    An estimate of ln |det ∂h/∂z|, which tells by how much h = encode ∘ decode spreads the mass
    around z: exact for a map that stretches all directions alike, too large in the mean for any
    other. z, moves: (batch, latent), d their numbers.

    Taught in `book/generative_models/08_perceptual_autoencoders.ipynb`.
    """
    with torch.no_grad():
        length = moves.square().sum(1)
    moved = model.there_and_back(z + moves) - model.there_and_back(z)
    return 0.5 * z.shape[1] * (moved.square().sum(1) / length).log()


def _moves(noise: Tensor, weights: PerceptualWeights) -> Tensor:
    """Return the moves of `log_stretch`: of length STEP √d, or the posterior's if learnt."""
    if weights.kl:
        return noise + STEP * torch.randn_like(noise)
    directions = torch.randn_like(noise)
    return STEP * noise.shape[1] ** 0.5 * F.normalize(directions, dim=1)


def _latent_error(model: PerceptualAutoEncoder, z: Tensor) -> Tensor:
    """How far z comes back from: for the encoder to learn, so that the decoder is held constant."""
    return F.mse_loss(model.encode(model.decode(z).detach())[0], z)


def _variational_error(model: PerceptualAutoEncoder, code: Tensor, noise: Tensor) -> Tensor:
    """How far apart a code and its noisy copy come back, in units of each number's spread."""
    with torch.no_grad():
        scale = code.square().mean(0).sqrt().clamp(min=1e-6)
    return F.mse_loss(
        model.there_and_back(code + noise) / scale, model.there_and_back(code) / scale
    )
