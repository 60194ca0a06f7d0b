"""Eight Gaussians on a ring: the data, three games side by side, and how samples are judged."""

import math
from collections.abc import Callable
from itertools import repeat

import ot
import torch
from torch import Tensor, nn

from otbook_utils.generative_models.adversarial import discriminator_loss, generator_loss
from otbook_utils.training import History, SideBySide, State, seed_everything, train

MODES, RADIUS, SPREAD = 8, 2.0, 0.15
LATENT = 8
SEEDS = range(3)
_ANGLES = torch.arange(MODES) * (2 * math.pi / MODES)
CENTRES = RADIUS * torch.stack([_ANGLES.cos(), _ANGLES.sin()], dim=1)


def ring(*shape: int) -> Tensor:
    """Return points (*shape, 2) of the ring: a centre by chance, and noise around it.

    >>> ring(5, 100).shape
    torch.Size([5, 100, 2])
    """
    return CENTRES[torch.randint(MODES, shape)] + SPREAD * torch.randn(*shape, 2)


def judged(x: Tensor) -> dict[str, float]:
    """Return what points (n, 2) are worth one by one ("good"), and as a set ("modes", "W1").

    good: the share within four standard deviations of a centre (of true points, 0.9997). modes: at
    how many centres at least one good point in a hundred lies. W1: the 1-Wasserstein distance to
    as many true points, by POT's exact solver. Raises ValueError if x is no such set.

    >>> judged(CENTRES[:1].expand(100, 2))["modes"]
    1
    """
    if x.dim() != 2 or x.shape[1] != 2 or not len(x):
        raise ValueError(f"x must be points (n, 2) and not empty, got {tuple(x.shape)}")
    gap, nearest = torch.cdist(x, CENTRES).min(1)
    good = gap < 4 * SPREAD
    counts = torch.bincount(nearest[good], minlength=MODES)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        real = ring(len(x))
    cost = torch.cdist(x, real).double().numpy()
    return {
        "good": good.float().mean().item(),
        "modes": int((counts >= len(x) / 100).sum()),
        "W1": float(ot.emd2([], [], cost, numItermax=1_000_000)),
    }


def small_net(inputs: int, outputs: int, hidden: int = 64) -> nn.Sequential:
    """Return a network with two hidden layers.

    >>> small_net(8, 2)(torch.zeros(5, 8)).shape
    torch.Size([5, 2])
    """
    layers = [nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(hidden, outputs))


def play(
    step: Callable[[State, None], dict[str, Tensor]],
    *,
    pack: int = 1,
    rates: tuple[float, float] = (1e-3, 1e-3),
    moves: int = 1050,
    records: int = 15,
    points: int = 400,
) -> History:
    """Play a game for each of three seeds at once; each epoch of the history has "samples".

    step: one move of both players, on a state with `G` and `D` (SideBySide), their optimisers
    `G_adam` and `D_adam`, and `pack`, how many points D sees at once. rates: of G's and
    D's Adam. samples: (seeds, points, 2), from the same noise each time, as often as `records`
    says.
    """
    seed_everything(0)
    G = SideBySide(lambda: small_net(LATENT, 2), SEEDS)
    D = SideBySide(lambda: small_net(2 * pack, 1), SEEDS)
    adams = [
        torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.999))
        for net, lr in zip((G, D), rates, strict=True)
    ]
    state = State(G=G, D=D, G_adam=adams[0], D_adam=adams[1], pack=pack)
    noise = torch.randn(points, LATENT)

    def samples(state: State) -> dict[str, Tensor]:
        with torch.no_grad():
            return {"samples": state.G(noise)}

    return train(
        state,
        step,
        repeat(None),
        steps=moves,
        steps_per_epoch=moves // records,
        after_epoch=samples,
        show=f"D sees {pack} at once",
    )


def gan_step(state: State, _: None) -> dict[str, Tensor]:
    """Let D and then G make one move, for each of the three seeds at once; return mean losses.

    state: as `play` makes it. The generator's loss is the one that does not saturate.

    Source: Goodfellow et al. 2014, algorithm 1; Lin et al. 2018, section 3, for packs of points.
    """
    points, z = ring(len(SEEDS), 128), torch.randn(len(SEEDS), 128, LATENT)
    fake = state.G.each(lambda G, z: G(z), z)

    def seen(x: Tensor) -> Tensor:  # so many points at once
        return x.reshape(len(SEEDS), -1, 2 * state.pack)

    def detect(D: nn.Module, points: Tensor, fake: Tensor) -> Tensor:
        return discriminator_loss(D(points), D(fake))

    loss = state.D.each(detect, seen(points), seen(fake.detach()))
    state.D_adam.zero_grad()
    loss.sum().backward()
    state.D_adam.step()

    deceit = state.D.each(lambda D, fake: generator_loss(D(fake)), seen(fake))
    state.G_adam.zero_grad()
    deceit.sum().backward()
    state.G_adam.step()
    return {"D": loss.mean(), "G": deceit.mean()}
