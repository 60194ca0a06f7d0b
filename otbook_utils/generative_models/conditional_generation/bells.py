"""Three overlapping bells, one a class, and what games make of them, for several seeds at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from otbook_utils.generative_models.adversarial import discriminator_loss, generator_loss
from otbook_utils.generative_models.samples import dense_layers
from otbook_utils.training import SideBySide, State, train

CENTRES = (-2.0, 0.0, 2.0)  # each bell has the standard deviation 1
NOISE = 4
BATCH = 256


class BellGenerator(nn.Module):
    """Noise (batch, NOISE) and classes (batch,) to numbers (batch,)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = dense_layers([NOISE + len(CENTRES), 32, 32, 1], nn.LeakyReLU)

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        known = F.one_hot(y, len(CENTRES)).to(z)
        return self.layers(torch.cat([z, known], dim=1)).squeeze(1)


class BellOpponent(nn.Module):
    """Numbers (batch,) to a logit of being real and logits of the classes.

    told: whether it is shown the class that belongs to each number.
    """

    def __init__(self, told: bool) -> None:
        super().__init__()
        self.told = told
        n_in = 1 + len(CENTRES) * told
        self.layers = nn.Sequential(dense_layers([n_in, 32, 32], nn.LeakyReLU), nn.LeakyReLU())
        self.real, self.name_class = nn.Linear(32, 1), nn.Linear(32, len(CENTRES))

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        inputs = x[:, None] / 2
        if self.told:
            inputs = torch.cat([inputs, F.one_hot(y, len(CENTRES)).to(x)], dim=1)
        h = self.layers(inputs)
        return self.real(h).squeeze(1), self.name_class(h)


@dataclass(frozen=True)
class Played:
    """What a game made.

    steps: at which steps it was looked at. looks: (looks, seeds, classes, n) samples then.
    """

    steps: list[int]
    looks: Tensor

    @property
    def spreads(self) -> Tensor:
        """Standard deviations at the end: (seeds, classes)."""
        return self.looks[-1].std(-1)


def play_bells(
    told: bool,
    class_weight: float,
    seeds: Iterable[int],
    *,
    steps: int = 400,
    looks: int = 21,
    n: int = 1000,
) -> Played:
    """Play one kind of game with a small network for each seed.

    told: the opponent sees the class beside the number (a conditional GAN). class_weight: of the
    cross-entropy of its class head in both losses (an AC-GAN); with neither, nobody asks whether
    the class was obeyed. looks: how often samples are taken on the way; n: of each class.

    >>> play_bells(True, 0.0, range(2), steps=4, looks=2, n=5).looks.shape
    torch.Size([2, 2, 3, 5])
    """
    seeds = list(seeds)
    generators = SideBySide(BellGenerator, seeds)
    opponents = SideBySide(lambda: BellOpponent(told), [seed + 1000 for seed in seeds])
    adams = [
        torch.optim.Adam(networks.parameters(), lr=2e-3, betas=(0.5, 0.9))
        for networks in (generators, opponents)
    ]
    state = State(generators=generators, opponents=opponents, adams=adams)
    taken: list[Tensor] = []

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(steps // looks):
            y = torch.randint(len(CENTRES), (BATCH,))
            yield torch.tensor(CENTRES)[y] + torch.randn(BATCH), y

    def step(state: State, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        return _move(state, *batch, class_weight)

    def look(state: State) -> None:
        y = torch.arange(len(CENTRES)).repeat_interleave(n)
        with torch.no_grad():
            z = torch.randn(len(seeds), len(y), NOISE)
            made = state.generators.each(lambda generator, z: generator(z, y), z)
        taken.append(made.reshape(len(seeds), len(CENTRES), n))

    train(state, step, batches, epochs=looks, after_epoch=look)
    return Played([(k + 1) * (steps // looks) for k in range(looks)], torch.stack(taken))


def _move(state: State, x: Tensor, y: Tensor, weight: float) -> dict[str, Tensor]:
    """One move of each opponent and of each generator, all seeds at once."""

    def opponent_loss(opponent: nn.Module, fake: Tensor) -> Tensor:
        (real, real_class), (made, made_class) = opponent(x, y), opponent(fake, y)
        named = F.cross_entropy(real_class, y) + F.cross_entropy(made_class, y)
        return discriminator_loss(real, made) + weight * named

    def deceit(opponent: nn.Module, fake: Tensor) -> Tensor:
        made, made_class = opponent(fake, y)
        return generator_loss(made) + weight * F.cross_entropy(made_class, y)

    z = torch.randn(len(state.generators), len(x), NOISE)
    fake = state.generators.each(lambda generator, z: generator(z, y), z)
    told = {}
    for name, loss, made, adam in (
        ("opponent", opponent_loss, fake.detach(), state.adams[1]),
        ("generator", deceit, fake, state.adams[0]),
    ):
        losses = state.opponents.each(loss, made)
        adam.zero_grad()
        losses.sum().backward()
        adam.step()
        told[name] = losses.mean()
    return told
