"""Part II: deep generative models, the methods of this part, one file a method."""

from otbook_utils.generative_models.adversarial import (
    ImageDiscriminator,
    ImageGenerator,
    adversarial_step,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    players,
)
from otbook_utils.generative_models.autoencoder import AutoEncoder
from otbook_utils.generative_models.conditional import AuxiliaryDiscriminator, auxiliary_step
from otbook_utils.generative_models.diffusion import DenseDenoiser, Diffusion, ImageDenoiser
from otbook_utils.generative_models.divergences import (
    js_divergence,
    kl_divergence,
    mutual_information,
)
from otbook_utils.generative_models.frechet import frechet_distance
from otbook_utils.generative_models.gpt import GPT, next_probabilities
from otbook_utils.generative_models.ngrams import NGrams
from otbook_utils.generative_models.vae import VAE, gaussian_kl
from otbook_utils.generative_models.wasserstein import clip_weights, critic_loss, wasserstein_step

__all__ = [
    "GPT",
    "VAE",
    "AutoEncoder",
    "AuxiliaryDiscriminator",
    "DenseDenoiser",
    "Diffusion",
    "ImageDenoiser",
    "ImageDiscriminator",
    "ImageGenerator",
    "NGrams",
    "adversarial_step",
    "auxiliary_step",
    "clip_weights",
    "critic_loss",
    "discriminator_loss",
    "frechet_distance",
    "gaussian_kl",
    "generator_loss",
    "gradient_penalty",
    "js_divergence",
    "kl_divergence",
    "mutual_information",
    "next_probabilities",
    "players",
    "wasserstein_step",
]
