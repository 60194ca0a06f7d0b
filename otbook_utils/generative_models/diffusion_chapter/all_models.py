"""One model of each kind of this part on the same small digits: how it is trained and judged."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor
from torch.distributions import MultivariateNormal
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from otbook_utils.generative_models.adversarial import (
    ImageDiscriminator,
    ImageGenerator,
    adversarial_step,
    gradient_penalty,
    players,
)
from otbook_utils.generative_models.autoencoder import AutoEncoder
from otbook_utils.generative_models.diffusion import Diffusion, ImageDenoiser
from otbook_utils.generative_models.gpt import GPT
from otbook_utils.generative_models.perceptual import (
    LVPGA,
    PerceptualAutoEncoder,
    PerceptualWeights,
    perceptual_loss,
)
from otbook_utils.generative_models.vae import VAE
from otbook_utils.training import State

LEVELS, SIZE, SHAPE = 17, 64, (1, 8, 8)
WARM_UP = 500  # steps in which a perceptual autoencoder only learns to reconstruct


@dataclass(frozen=True)
class Model:
    """What is trained, by which step on a batch of grey levels (batch, 1, 8, 8), and its use.

    sample: n images (n, 1, 8, 8) from 0 to 1. bits: of test levels, bits a pixel, an upper bound
    on the discrete negative log-likelihood; None where the model has none.
    """

    state: State
    step: Callable[[State, Tensor], dict[str, Tensor]]
    sample: Callable[[int], Tensor]
    bits: Callable[[Tensor], float] | None = None


def dequantised(levels: Tensor) -> Tensor:
    """Return levels 0 to 16 with uniform noise within each level, scaled to −1 to 1.

    >>> bool(dequantised(torch.zeros(3)).max() < -1 + 2 / 17)
    True
    """
    return (levels + torch.rand(levels.shape)) * (2 / LEVELS) - 1


def as_images(x: Tensor) -> Tensor:
    """Return the images from 0 to 1 of the levels that x, from −1 to 1, falls into.

    >>> as_images(torch.tensor([-1.5, -1.0, 0.0, 1.0]))
    tensor([0.0000, 0.0000, 0.5000, 1.0000])
    """
    return ((x + 1) * (LEVELS / 2)).floor().clamp(0, LEVELS - 1) / (LEVELS - 1)


def bits_of(nats: Tensor) -> float:
    """Return bits a pixel from −ln p of dequantised images (batch,), as a bound for the levels.

    ln P(levels) is at least the mean of ln p over the noise plus 64 ln (2/17), by Jensen.
    """
    return nats.mean().item() / (SIZE * math.log(2)) + math.log2(LEVELS / 2)


def descend(state: State, loss: Tensor) -> dict[str, Tensor]:
    """Make one step of the state's optimiser, and tell the loss."""
    state.optimizer.zero_grad()
    loss.backward()
    state.optimizer.step()
    return {"loss": loss}


def _adam(model: torch.nn.Module, lr: float = 1e-3) -> State:
    return State(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=lr))


def gpt(_levels: Tensor) -> Model:
    """Pixels as 17 tokens in raster order, with one more to begin with."""
    model = GPT(LEVELS + 1, SIZE, layers=2, heads=4, width=64)

    def nats(levels: Tensor) -> Tensor:  # (batch, 64)
        pixels = levels.flatten(1).long()
        seen = torch.cat([torch.full((len(pixels), 1), LEVELS), pixels[:, :-1]], dim=1)
        return F.cross_entropy(model(seen).transpose(1, 2), pixels, reduction="none")

    def sample(n: int) -> Tensor:
        tokens = model.generate(torch.full((n, 1), LEVELS), SIZE)[:, 1:]
        return tokens.clamp(max=LEVELS - 1).reshape(n, *SHAPE) / (LEVELS - 1)

    return Model(
        _adam(model, 2e-3),
        lambda state, levels: descend(state, nats(levels).mean()),
        sample,
        lambda levels: nats(levels).mean().item() / math.log(2),
    )


def autoencoder(levels: Tensor) -> Model:
    """Ten numbers a digit, and one Gaussian fitted to the codes of the training images."""
    model = AutoEncoder(SHAPE, 10, (256, 128), inputs="binary")

    def sample(n: int) -> Tensor:
        codes = model.encode(levels / (LEVELS - 1))
        normal = MultivariateNormal(codes.mean(0), codes.T.cov())
        return model.decode(normal.sample((n,)))

    def step(state: State, levels: Tensor) -> dict[str, Tensor]:
        return descend(state, model.reconstruction_error(levels / (LEVELS - 1)).mean())

    return Model(_adam(model), step, sample)


def vae(_levels: Tensor) -> Model:
    """Gaussian likelihood, whose one noise is the best for each batch (Rybkin et al. 2021)."""
    model = VAE(SHAPE, 10, (256, 128), likelihood="gaussian")

    def step(state: State, levels: Tensor) -> dict[str, Tensor]:
        x = dequantised(levels)
        reconstruction, kl = model.elbo_terms(x)  # with noise 1: −½ squared error and a constant
        squared = (-2 * reconstruction / SIZE - math.log(2 * math.pi)).mean()
        told = descend(state, 0.5 * SIZE * squared.log() + kl.mean())
        state.squared = 0.99 * state.squared + 0.01 * squared.item()
        return told

    def bits(levels: Tensor) -> float:
        model.noise = math.sqrt(state.squared)
        found = bits_of(-model.importance_weighted_bound(dequantised(levels), 100))
        model.noise = 1.0
        return found

    state = _adam(model)
    state.squared = 0.1
    return Model(state, step, lambda n: as_images(model.sample(n)), bits)


def dcgan(_levels: Tensor) -> Model:
    """The game of convolutions, images from −1 to 1."""
    state = players(ImageGenerator(32, SHAPE, 32), ImageDiscriminator(SHAPE, 32), lr=5e-4)
    return Model(
        state, lambda state, levels: adversarial_step(state, _centred(levels)), _made_by(state)
    )


def wgan_gp(_levels: Tensor) -> Model:
    """A critic with a gradient penalty, five moves of it for each of the generator."""
    state = players(
        ImageGenerator(32, SHAPE, 32), ImageDiscriminator(SHAPE, 32, normalise=False), lr=5e-4
    )

    def step(state: State, levels: Tensor) -> dict[str, Tensor]:
        real = _centred(levels)
        fake = state.generator(torch.randn(len(real), state.generator.latent))
        if state.steps_done % 6 == 5:
            loss = -state.discriminator(fake).mean()
            state.generator_optimizer.zero_grad()
            loss.backward()
            state.generator_optimizer.step()
            return {"generator": loss}
        gap = state.discriminator(real).mean() - state.discriminator(fake.detach()).mean()
        loss = 10 * gradient_penalty(state.discriminator, real, fake) - gap
        state.discriminator_optimizer.zero_grad()
        loss.backward()
        state.discriminator_optimizer.step()
        return {"gap": gap}

    return Model(state, step, _made_by(state))


def lvpga(_levels: Tensor) -> Model:
    """A perceptual generative autoencoder with all terms, after a warm-up."""
    model = PerceptualAutoEncoder(SHAPE, 10, (256, 128))
    nothing = PerceptualWeights(normal=0)

    def step(state: State, levels: Tensor) -> dict[str, Tensor]:
        weights = LVPGA if state.steps_done >= WARM_UP else nothing
        return descend(state, perceptual_loss(model, _centred(levels), weights)[0])

    return Model(_adam(model), step, lambda n: (model.sample(n) + 1) / 2)


def diffusion(levels: Tensor) -> Model:
    """Two hundred steps, dequantised images, a moving average of the weights, fitted variances."""
    path, model = Diffusion(200), ImageDenoiser(SHAPE, 16)
    state = _adam(model, 2e-3)
    state.average = moving_average(model)

    def step(state: State, batch: Tensor) -> dict[str, Tensor]:
        told = descend(state, path.loss(model, dequantised(batch)))
        state.average.update_parameters(model)
        return told

    def sample(n: int) -> Tensor:
        return as_images(path.sample(state.average, torch.randn(n, *SHAPE), clip=1.0))

    def bits(seen: Tensor) -> float:
        held = path.held(state.average, 1.0)  # as in the walk; else step 200 alone costs half a bit
        widths = path.best_widths(held, dequantised(levels[:360]))
        return bits_of(path.bound(held, dequantised(seen), widths))

    return Model(state, step, sample, bits)


def moving_average(model: torch.nn.Module, decay: float = 0.995) -> AveragedModel:
    """Return a copy of `model` that follows its weights, a share 1 − decay at each update."""
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))


def mixture(levels: Tensor, seed: int) -> tuple[GaussianMixture, dict[str, float]]:
    """Return a mixture of Gaussians with full covariances, fitted to all 64 pixels together.

    How many components, and what is added to the variances, are what gives held-out training
    images (a fifth of them) the highest density; the second value tells them.
    """
    x = dequantised(levels).flatten(1).double().numpy()
    held_out, rest = x[::5], x[[i for i in range(len(x)) if i % 5]]
    choices = [(k, more) for k in (1, 5, 10, 20) for more in (1e-3, 3e-3, 1e-2)]

    def fitted(k: int, more: float, data) -> GaussianMixture:
        return GaussianMixture(k, reg_covar=more, random_state=seed).fit(data)

    scores = [fitted(k, more, rest).score(held_out) for k, more in choices]
    best = max(range(len(choices)), key=scores.__getitem__)
    k, more = choices[best]
    told = {"components": k, "added": more, "held_out": bits_of(-torch.tensor([scores[best]]))}
    return fitted(k, more, x), told


def _centred(levels: Tensor) -> Tensor:
    return levels * (2 / (LEVELS - 1)) - 1


def _made_by(state: State) -> Callable[[int], Tensor]:
    def sample(n: int) -> Tensor:
        state.generator.eval()
        return (state.generator(torch.randn(n, state.generator.latent)) + 1) / 2

    return sample


MODELS: dict[str, Callable[[Tensor], Model]] = {
    "gpt": gpt,
    "autoencoder": autoencoder,
    "vae": vae,
    "dcgan": dcgan,
    "wgan-gp": wgan_gp,
    "lvpga": lvpga,
    "diffusion": diffusion,
}
