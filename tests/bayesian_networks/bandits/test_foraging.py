"""Mushrooms pay as the text says, memories keep what was eaten, and regrets add up."""

import numpy as np
import pytest
import torch

from otbook_utils.bayesian_networks import EpsilonGreedy
from otbook_utils.bayesian_networks.bandits.foraging import (
    FEATURES,
    KINDS,
    Memory,
    Table,
    doubts,
    forage,
    kind_of,
)
from otbook_utils.bayesian_networks.bandits.game import BUDGET, COINS, coins, played


class Noting:
    """Eats what it is told to, and notes everything."""

    def __init__(self, eat):
        self.decision, self.met = eat, []

    def eat(self, x):
        return torch.full((len(x),), self.decision)

    def learn(self, x, eaten, rewards):
        self.met.append((kind_of(x), rewards))


@pytest.mark.parametrize(("eat", "per_round"), [(True, 7.5), (False, 2.5)])
def test_whoever_decides_blindly_loses_half_of_the_time(eat, per_round):
    regret = forage(Noting(eat), runs=400, rounds=50)
    assert regret[:, -1].mean() / 50 == pytest.approx(per_round, rel=0.05)
    assert (regret.diff(dim=1) >= 0).all()


def test_half_of_the_kinds_are_edible_and_poison_shows_in_half_of_the_bites():
    agent = Noting(True)
    forage(agent, runs=1, rounds=3000, seed=1)
    kinds = torch.cat([k for k, _ in agent.met])
    rewards = torch.cat([r for _, r in agent.met])
    assert set(rewards.tolist()) == {0.5, -3.5}
    bad = torch.tensor([(rewards[kinds == k] < 0).float().mean() for k in range(KINDS)])
    assert (bad == 0).sum() == KINDS // 2
    assert (bad[bad > 0] - 0.5).abs().max() < 0.2


def test_all_agents_of_a_seed_meet_the_same_mushrooms():
    first, second = Noting(True), Noting(False)
    forage(first, 5, 20, seed=2)
    torch.rand(3)
    forage(second, 5, 20, seed=2)
    for (k, r), (kk, rr) in zip(first.met, second.met, strict=True):
        assert torch.equal(k, kk) and torch.equal(r, rr)


def test_the_table_follows_bayes_rule():
    agent, x = Table(1), torch.zeros(1, FEATURES)
    x[0, 2] = x[0, 5] = 1
    for n, wanted in ((1, 2 / 3), (2, 4 / 5), (3, 8 / 9)):
        agent.learn(x, torch.tensor([True]), torch.tensor([0.5]))
        assert agent.probability()[0, kind_of(x)].item() == pytest.approx(wanted), n
    agent.learn(x, torch.tensor([False]), torch.tensor([-3.5]))
    assert agent.probability()[0, kind_of(x)].item() == pytest.approx(8 / 9)
    agent.learn(x, torch.tensor([True]), torch.tensor([-3.5]))
    assert agent.probability()[0, kind_of(x)] == 0
    assert agent.probability().sum() == pytest.approx((KINDS - 1) / 2)


def test_the_table_stops_losing():
    torch.manual_seed(0)
    regret = forage(Table(100), 100, 500)
    assert regret[:, -1].mean() - regret[:, 299].mean() < 0.05 * regret[:, -1].mean()


def test_a_memory_holds_the_bites_in_order_and_samples_from_each_foragers_own():
    memory, x = Memory(2, rounds=5), torch.eye(FEATURES)
    memory.add(x[:2], torch.tensor([True, True]), torch.tensor([1.0, 2.0]))
    memory.add(x[2:4], torch.tensor([False, True]), torch.tensor([3.0, 4.0]))
    contexts, rewards, weights = memory.seen()
    assert rewards.tolist() == [[1, 0], [2, 4]] and weights.tolist() == [[1, 0], [1, 1]]
    assert torch.equal(contexts[1], x[[1, 3]])
    drawn, paid, weight = memory.sample(200)
    assert set(paid[0].tolist()) == {1.0} and set(paid[1].tolist()) == {2.0, 4.0}
    assert torch.equal(drawn[1][paid[1] == 4][0], x[3]) and weight.min() == 1
    assert Memory(1).sample(3)[2].sum() == 0 and Memory(1).seen()[2].sum() == 0


def test_the_game_pays_the_coins_laid_out():
    assert coins(0, 0) == (0, 0)
    assert coins(BUDGET, BUDGET) == tuple(COINS.sum(1))
    assert COINS.shape == (2, BUDGET)
    # Greedy pulls each once, sees 1 and 0, and stays: the first machine's thirteen coins and a 0.
    assert (played(EpsilonGreedy(2, 30, 0, rng=0), 30) == COINS[0, :13].sum()).all()
    assert np.ptp(played(EpsilonGreedy(2, 300, 1, rng=0), 300)) > 2


def test_doubts_are_sorted_by_bites():
    memory = Memory(2, rounds=20)
    x = torch.zeros(2, FEATURES)
    x[:, 0] = x[:, 4] = 1  # kind 0: twelve bites of the first forager, one of the second
    for n in range(12):
        memory.add(x, torch.tensor([True, n == 0]), torch.zeros(2))
    answers = iter(range(1000))

    def value(x):  # scatters for kind 0 of the first forager, and is 2 for all others
        wobble = (-1.0) ** next(answers)
        return torch.where((kind_of(x) == 0) & torch.tensor([True, False]), wobble, 2.0)

    told = doubts(value, memory, draws=4)
    assert told["never"] == 2 * (KINDS - 1) and told["value"] == 20
    assert told["never tasted"] == told["once or twice"] == 0
    assert told["ten or more"] == pytest.approx(10 * np.std([1, -1, 1, -1], ddof=1))
