"""Critics that are watched while they learn, and games on the ring of Gaussians, seeds at once."""

from collections.abc import Callable
from itertools import repeat

import torch
from torch import Tensor, nn

from otbook_utils.generative_models.adversarial import (
    discriminator_loss,
    generator_loss,
    gradient_penalty,
)
from otbook_utils.generative_models.ring import LATENT, ring, small_net
from otbook_utils.generative_models.wasserstein import clip_weights, critic_loss
from otbook_utils.training import History, SideBySide, State, seed_everything, train

SEEDS = range(3)


def train_critic(
    real: Callable[[int], Tensor],
    fake: Callable[[int], Tensor],
    *,
    penalty: float = 0.0,
    clip: float = 0.0,
    steps: int = 300,
    looks: int = 1,
    at: Tensor | None = None,
    hidden: int = 64,
) -> tuple[nn.Module, list[tuple[float, Tensor | None]]]:
    """Train one critic between two distributions that stay as they are.

    real, fake: n -> points (n, d). penalty: weight of the gradient penalty; clip: bound on the
    weights, if one is wanted. at: places (m, d). Returns the critic, and `looks` times, evenly over
    the training, its estimate of the distance and its values at those places.
    """
    critic = small_net(real(1).shape[1], 1, hidden)
    # The optimisers of the two papers: RMSprop for clipping, Adam for the penalty.
    optimizer = (
        torch.optim.RMSprop(critic.parameters(), lr=5e-4)
        if clip
        else torch.optim.Adam(critic.parameters(), lr=2e-3, betas=(0.5, 0.9))
    )
    seen: list[tuple[float, Tensor | None]] = []
    for step in range(1, steps + 1):
        x, y = real(256), fake(256)
        loss = critic_loss(critic(x), critic(y))
        steep = penalty * gradient_penalty(critic, x, y) if penalty else 0
        optimizer.zero_grad()
        (loss + steep).backward()
        optimizer.step()
        if clip:
            clip_weights(critic, clip)
        if step % (steps // looks) == 0:
            with torch.no_grad():
                values = None if at is None else critic(at).squeeze(1)
                told = -critic_loss(critic(real(4000)), critic(fake(4000))).item()
            seen.append((told, values))
    return critic, seen


def play_ring(
    *,
    wasserstein: bool,
    penalty: float,
    moves: int = 5,
    steps: int = 160,
    records: int = 16,
    points: int = 500,
    batch: int = 128,
) -> History:
    """Play a game on the ring for three seeds at once; each epoch has "samples" and "told".

    wasserstein: critic and generator compare scores; otherwise they play the first GAN's game with
    its non-saturating loss. penalty: weight of the gradient penalty. moves: of the opponent before
    each of the `steps` moves of the generator. samples: (seeds, points, 2), from the same noise
    each time. told: (seeds,), by how much the opponent rates real points above made ones.
    """
    seed_everything(0)
    G = SideBySide(lambda: small_net(LATENT, 2), SEEDS)
    D = SideBySide(lambda: small_net(2, 1), SEEDS)
    adams = [torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.5, 0.9)) for net in (G, D)]
    noise, many = torch.randn(points, LATENT), len(SEEDS)

    def scores(x: Tensor) -> Tensor:
        return D.each(lambda D, x: D(x).squeeze(-1), x)  # (seeds, batch)

    def step(state: State, _batch: None) -> dict[str, Tensor]:
        for _ in range(moves):
            real = ring(many, batch)
            with torch.no_grad():
                fake = G(torch.randn(batch, LATENT))
            compare = critic_loss if wasserstein else discriminator_loss
            loss = many * compare(scores(real), scores(fake))  # a sum over the seeds
            if penalty:
                loss = loss + many * penalty * gradient_penalty(
                    lambda x: scores(x.unflatten(0, (many, batch))).flatten(),
                    real.flatten(0, 1),
                    fake.flatten(0, 1),
                )
            adams[1].zero_grad()
            loss.backward()
            adams[1].step()
        judged = scores(G(torch.randn(batch, LATENT)))
        deceit = many * (-judged.mean() if wasserstein else generator_loss(judged))
        adams[0].zero_grad()
        deceit.backward()
        adams[0].step()
        return {"opponent": loss / many}

    @torch.no_grad()
    def looked_at(_state: State) -> dict[str, Tensor]:
        made = G(noise)
        told = scores(ring(many, points)).mean(1) - scores(made).mean(1)
        return {"samples": made, "told": told}

    name = ("Wasserstein" if wasserstein else "GAN") + (", penalty" if penalty else "")
    return train(
        State(G=G, D=D, G_adam=adams[0], D_adam=adams[1]),
        step,
        repeat(None),
        steps=steps,
        steps_per_epoch=steps // records,
        after_epoch=looked_at,
        show=name,
    )
