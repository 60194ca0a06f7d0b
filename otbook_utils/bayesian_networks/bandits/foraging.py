"""Mushrooms to eat or to pass by, for many foragers side by side, after the mushroom problem.

Half of the 16 kinds (4 odours × 4 colours) are edible, another half for each forager. A bite of an
edible one is worth 5 points; of a poisonous one 5 or −35, each with probability ½; passing by is
worth 0. Points are handed out in tens. (Blundell et al. 2015, section 5.3, on made-up mushrooms.)
"""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import one_hot

ODOURS, COLOURS = 4, 4
KINDS, FEATURES = ODOURS * COLOURS, ODOURS + COLOURS
MISSED, POISONED = 5.0, 15.0  # points that a wrong choice loses, in the mean


class Agent(Protocol):
    """Who decides: eats or not, and learns from what was eaten."""

    def eat(self, x: Tensor) -> Tensor:
        """Say for each forager's mushroom, (runs, features), whether it is eaten: (runs,)."""

    def learn(self, x: Tensor, eaten: Tensor, rewards: Tensor) -> None:
        """Learn from the bites; rewards (runs,), in tens of points, count where `eaten`."""


class Memory:
    """All bites of every forager: contexts, and rewards in tens of points.

    >>> memory = Memory(runs=2)
    >>> memory.add(torch.ones(2, FEATURES), torch.tensor([True, False]), torch.tensor([0.5, 0.5]))
    >>> memory.count.tolist(), [part.shape[1] for part in memory.seen()]
    ([1, 0], [1, 1, 1])
    """

    def __init__(self, runs: int, rounds: int = 1000) -> None:
        self.contexts = torch.zeros(runs, rounds, FEATURES)
        self.rewards = torch.zeros(runs, rounds)
        self.count = torch.zeros(runs, dtype=torch.long)
        self._run = torch.arange(runs)

    def add(self, x: Tensor, eaten: Tensor, rewards: Tensor) -> None:
        """Keep what was eaten."""
        run, place = self._run[eaten], self.count[eaten]
        self.contexts[run, place] = x[eaten]
        self.rewards[run, place] = rewards[eaten]
        self.count += eaten

    def seen(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return contexts (runs, n, features), rewards and weights (runs, n), 0 where no bite."""
        n = max(1, int(self.count.max()))
        weights = (torch.arange(n) < self.count[:, None]).float()
        return self.contexts[:, :n], self.rewards[:, :n], weights

    def sample(self, size: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return `size` bites of each forager, drawn with replacement, as `seen` does."""
        chosen = (torch.rand(len(self.count), size) * self.count.clamp(min=1)[:, None]).long()
        x = self.contexts.gather(1, chosen[..., None].expand(-1, -1, FEATURES))
        weights = (self.count > 0).float()[:, None].expand(-1, size)
        return x, self.rewards.gather(1, chosen), weights


class Table:
    """Thompson sampling by one who knows that kinds are edible or not, half of them, one by one.

    The posterior of each kind is exact: poisonous after one −35, else the odds of edible double
    with each good bite. It is what the other agents could reach at most if they knew the rules.

    >>> agent = Table(runs=1)
    >>> agent.learn(torch.eye(8)[:1] + torch.eye(8)[4:5], torch.tensor([True]), torch.tensor([0.5]))
    >>> agent.probability()[0, :2]
    tensor([0.6667, 0.5000])
    """

    def __init__(self, runs: int) -> None:
        self.good = torch.zeros(runs, KINDS)
        self.poisonous = torch.zeros(runs, KINDS, dtype=torch.bool)
        self._run = torch.arange(runs)

    def probability(self) -> Tensor:
        """Return the posterior probability that each kind is edible: (runs, kinds)."""
        return torch.where(self.poisonous, 0.0, 1 / (1 + 0.5**self.good))

    def eat(self, x: Tensor) -> Tensor:
        """Eat if the kind is edible in a world drawn from the posterior."""
        return torch.rand(len(x)) < self.probability()[self._run, kind_of(x)]

    def learn(self, x: Tensor, eaten: Tensor, rewards: Tensor) -> None:
        """Count the good bites, and note the poison."""
        run, kind = self._run[eaten], kind_of(x)[eaten]
        self.good[run, kind] += 1
        self.poisonous[run, kind] |= rewards[eaten] < 0


def kind_of(x: Tensor) -> Tensor:
    """Return the number of the kind that each context (…, features) describes: (…,)."""
    return x[..., :ODOURS].argmax(-1) * COLOURS + x[..., ODOURS:].argmax(-1)


def forage(agent: Agent, runs: int, rounds: int, seed: int = 0) -> Tensor:
    """Let an agent meet mushrooms; return its regret so far in points, (runs, rounds).

    seed: of the worlds and of what is met, apart from torch's own generator, which the agent uses:
    every agent meets the same mushrooms. The regret of a round is how much the choice earns less,
    in the mean, than the right one.

    >>> forage(Table(runs=3), runs=3, rounds=5).shape
    torch.Size([3, 5])
    """
    generator = torch.Generator().manual_seed(seed)
    edible_kinds = torch.rand(runs, KINDS, generator=generator).argsort(1) < KINDS // 2
    lost = []
    for _ in range(rounds):
        odour = torch.randint(ODOURS, (runs,), generator=generator)
        colour = torch.randint(COLOURS, (runs,), generator=generator)
        lucky = torch.rand(runs, generator=generator) < 0.5
        x = torch.cat([one_hot(odour, ODOURS), one_hot(colour, COLOURS)], 1).float()
        edible = edible_kinds[torch.arange(runs), kind_of(x)]
        eaten = agent.eat(x)
        agent.learn(x, eaten, torch.where(edible | lucky, 0.5, -3.5))
        lost.append(torch.where(edible, MISSED * ~eaten, POISONED * eaten))
    return torch.stack(lost, 1).cumsum(1)


def doubts(value: Callable[[Tensor], Tensor], memory: Memory, draws: int = 12) -> dict[str, float]:
    """Say how sampled values of all kinds scatter, by how often each forager tasted the kind.

    value: called `draws` times with a context for each forager, (runs, features); returns values
    (runs,) in tens of points. Returns, in points: "never", how many kinds were never tasted, over
    all foragers; "value", the mean value of these; and the mean standard deviation of the values
    of kinds "never tasted", tasted "once or twice", "ten or more" times (nan if there are none).

    >>> doubts(lambda x: x[:, 0], Memory(runs=3), draws=2)["never"]
    48
    """
    past, _, weight = memory.seen()
    tasted, values = [], []
    for kind in range(KINDS):
        x = torch.zeros(len(past), FEATURES)
        x[:, kind // COLOURS] = x[:, ODOURS + kind % COLOURS] = 1
        tasted.append((weight * (past == x[:, None]).all(-1)).sum(1))
        values.append(torch.stack([value(x) for _ in range(draws)]))
    bites, points = torch.stack(tasted), 10 * torch.stack(values)
    never = bites == 0
    groups = {
        "never tasted": never,
        "once or twice": (bites > 0) & (bites < 3),
        "ten or more": bites >= 10,
    }
    told = {"never": int(never.sum()), "value": points.mean(1)[never].mean().item()}
    return told | {name: points.std(1)[group].mean().item() for name, group in groups.items()}
