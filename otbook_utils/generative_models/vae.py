"""The variational autoencoder: an encoder that answers with a distribution, and two bounds."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from otbook_utils.generative_models.samples import (
    checked_likelihood,
    checked_range,
    checked_samples,
    checked_shape,
    dense_layers,
    log_likelihood,
)

LOG_2PI = math.log(2 * math.pi)


def gaussian_kl(mean: Tensor, log_var: Tensor) -> Tensor:
    """Return KL(N(mean, diag exp(log_var)) ‖ N(0, I)) in nats, summed over the last dimension.

    mean, log_var: (..., latent). Returns (...): ½ Σ (mean² + exp(log_var) − 1 − log_var).

    Raises ValueError if the two are of different shapes, empty, or no floating-point numbers.

    Source: Kingma and Welling 2014, appendix B.
    Taught in `book/generative_models/04_variational_autoencoders.ipynb`.

    >>> gaussian_kl(torch.tensor([3.0, 4.0]), torch.zeros(2))
    tensor(12.5000)
    """
    for name, tensor in (("mean", mean), ("log_var", log_var)):
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
            raise ValueError(f"{name} must be a tensor of floating-point numbers, got {tensor!r}")
        if tensor.dim() == 0 or 0 in tensor.shape:
            raise ValueError(
                f"{name} must have the shape (..., latent) and not be empty, "
                f"got {tuple(tensor.shape)}"
            )
    if mean.shape != log_var.shape:
        raise ValueError(
            f"mean and log_var must be of one shape, got {tuple(mean.shape)} and "
            f"{tuple(log_var.shape)}"
        )
    # expm1(t) − t, and not exp(t) − 1 − t, which loses every digit where t is small.
    return 0.5 * (mean.square() + torch.expm1(log_var) - log_var).sum(-1)


class VAE(nn.Module):
    """A variational autoencoder with a Gaussian posterior and a standard normal prior.

    shape: of one sample, a number or several. latent: numbers in z. hidden: widths of the encoder's
    layers; the decoder has them in reverse. likelihood: of a sample given z, "bernoulli" (the
    decoder answers with logits; samples from 0 to 1) or "gaussian" (with means; each number
    scatters around its mean with the standard deviation `noise`).

    Raises ValueError for sizes that are no whole numbers of at least 1 and for other likelihoods.

    Source: Kingma and Welling 2014.
    Taught in `book/generative_models/04_variational_autoencoders.ipynb`.

    >>> model = VAE(shape=(8, 8), latent=2, hidden=(32,))
    >>> x = torch.rand(5, 8, 8).round()
    >>> model.elbo(x).shape, model.sample(3).shape
    (torch.Size([5]), torch.Size([3, 8, 8]))
    """

    def __init__(
        self,
        shape: int | Sequence[int],
        latent: int,
        hidden: Sequence[int] = (256,),
        *,
        likelihood: str = "bernoulli",
        noise: float = 1.0,
    ) -> None:
        super().__init__()
        checked_likelihood(likelihood, noise)
        self.shape, self.likelihood, self.noise = checked_shape(shape), likelihood, noise
        (self.latent,) = checked_shape(latent, "latent")
        sizes = [math.prod(self.shape), *(checked_shape(hidden, "hidden") if hidden else ())]
        self.encoder = dense_layers([*sizes, 2 * self.latent])
        self.decoder = dense_layers([self.latent, *sizes[::-1]])

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and logarithm of the variances of q(z | x): two of shape (batch, latent)."""
        checked_samples(x, self.shape)
        if self.likelihood == "bernoulli":
            checked_range(x, 0, 1)
        mean, log_var = self.encoder(x.flatten(1)).chunk(2, dim=-1)
        return mean, log_var

    def decode(self, z: Tensor) -> Tensor:
        """Return the decoder's outputs, logits or means: (..., latent) to (..., *shape)."""
        return self.decoder(z).unflatten(-1, self.shape)

    def elbo(self, x: Tensor) -> Tensor:
        """Return the evidence lower bound of each sample in nats, from one draw of z: (batch,).

        ln p(x | z) − KL(q(z | x) ‖ p(z)), with z = mean + deviation · normal noise, so that the
        gradient passes through the draw.

        Raises TypeError or ValueError for what is no batch (batch, *shape) of floating-point
        numbers, and for Bernoulli samples outside 0 to 1.

        Source: Kingma and Welling 2014, equation 10.
        """
        reconstruction, kl = self.elbo_terms(x)
        return reconstruction - kl

    def elbo_terms(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the two terms of the bound, ln p(x | z) and the KL divergence: two of (batch,)."""
        mean, log_var = self.encode(x)
        z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
        return self.log_likelihood(x, z), gaussian_kl(mean, log_var)

    def importance_weighted_bound(self, x: Tensor, samples: int) -> Tensor:
        """Return the bound from several draws for each sample, in nats: (batch,).

        ln of the mean over the draws of p(x, z) / q(z | x). With one draw its mean is the evidence
        lower bound's; with more draws it comes closer to ln p(x), from below in the mean.

        Raises ValueError if `samples` is no whole number of at least 1, and as `elbo` does.

        Source: Burda, Grosse and Salakhutdinov 2016, equation 8.
        Taught in `book/generative_models/04_variational_autoencoders.ipynb`.
        """
        (samples,) = checked_shape(samples, "samples")
        mean, log_var = self.encode(x)
        noise = torch.randn(samples, *mean.shape, dtype=mean.dtype, device=mean.device)
        z = mean + (0.5 * log_var).exp() * noise
        log_prior = -0.5 * (z.square() + LOG_2PI).sum(-1)
        log_posterior = -0.5 * (noise.square() + log_var + LOG_2PI).sum(-1)
        log_weights = self.log_likelihood(x, z) + log_prior - log_posterior  # (samples, batch)
        return log_weights.logsumexp(0) - math.log(samples)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Return ln p(x | z) for x (batch, *shape) and z (..., batch, latent): (..., batch)."""
        return log_likelihood(self.decode(z), x, self.likelihood, self.noise)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return what the mean of q(z | x) is decoded to, on the samples' own scale."""
        return self._on_scale(self.decode(self.encode(x)[0]))

    @torch.no_grad()
    def sample(self, n: int, z: Tensor | None = None) -> Tensor:
        """Return n samples' means: (n, *shape), of Bernoulli pixels their probabilities.

        z: where to decode, (n, latent); by default drawn from the prior.
        """
        (n,) = checked_shape(n, "n")
        if z is None:
            z = torch.randn(n, self.latent).to(next(self.parameters()))
        return self._on_scale(self.decode(checked_samples(z, (self.latent,), "z")))

    def _on_scale(self, outputs: Tensor) -> Tensor:
        return outputs.sigmoid() if self.likelihood == "bernoulli" else outputs
