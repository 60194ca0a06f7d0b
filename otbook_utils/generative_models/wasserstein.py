"""The Wasserstein GAN: a critic whose values are a distance, and the moves of its game."""

import torch
from torch import Tensor, nn

from otbook_utils.generative_models.adversarial import gradient_penalty
from otbook_utils.training import State


def critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Return E critic(fake) − E critic(real), a scalar: minus what the critic says of the distance.

    For a critic that is nowhere steeper than 1 it is at least −W₁, the 1-Wasserstein distance, and
    equal to it for the best one.

    Source: Arjovsky, Chintala and Bottou 2017, equations 2 and 3.
    Taught in `book/generative_models/07_wasserstein_gan_and_fid.ipynb`.

    >>> critic_loss(torch.tensor([2.0, 4.0]), torch.tensor([1.0]))
    tensor(-2.)
    """
    return fake_scores.mean() - real_scores.mean()


def clip_weights(critic: nn.Module, most: float) -> None:
    """Hold every parameter within ± most, in place: it bounds the critic's slope, at some value.

    Raises ValueError if `most` is not positive.

    Source: Arjovsky, Chintala and Bottou 2017, algorithm 1.

    >>> layer = nn.Linear(2, 1)
    >>> clip_weights(layer, 0.01)
    >>> bool(layer.weight.abs().max() <= 0.01)
    True
    """
    if not most > 0:
        raise ValueError(f"most must be positive, got {most!r}")
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.clamp_(-most, most)


def wasserstein_step(
    state: State, real: Tensor, *, moves: int = 5, penalty: float = 10.0
) -> dict[str, Tensor]:
    """Let the critic make one move, and after each `moves` of them the generator one.

    state: as `players` makes it, `discriminator` being the critic, with `steps_done`. real:
    (batch, …). penalty: weight of the gradient penalty. Returns "distance", the critic's estimate
    of W₁ (its loss without the penalty, with the other sign), and "penalty".

    Source: Gulrajani et al. 2017, algorithm 1.
    """
    noise = torch.randn(len(real), state.generator.latent).to(real)
    with torch.no_grad():
        fake = state.generator(noise)
    loss = critic_loss(state.discriminator(real), state.discriminator(fake))
    steep = gradient_penalty(state.discriminator, real, fake)
    state.discriminator_optimizer.zero_grad()
    (loss + penalty * steep).backward()
    state.discriminator_optimizer.step()

    if (state.steps_done + 1) % moves == 0:
        fake = state.generator(torch.randn_like(noise))
        state.generator_optimizer.zero_grad()
        (-state.discriminator(fake).mean()).backward()
        state.generator_optimizer.step()
    return {"distance": -loss, "penalty": steep}
