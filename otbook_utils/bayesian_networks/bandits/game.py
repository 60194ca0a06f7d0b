"""A game for the reader: two machines whose coins are laid out beforehand, and who else plays it.

(Do not read on before you have played.)
"""

from importlib import resources

import numpy as np

BUDGET = 14
# What the machines pay at their first, second, … pull: one draw, with means 0.4 and 0.7, in which
# the first pulls mislead.
COINS = np.array(
    [
        [1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0],
        [0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1],
    ]
)
MEANS = (0.4, 0.7)


def script() -> str:
    """Return the game's script for `in_page`; its first lines say which data it takes.

    >>> "function pull" in script()
    True
    """
    return resources.files(__package__).joinpath("game.js").read_text(encoding="utf-8")


def coins(first: int, second: int) -> tuple[int, int]:
    """Return what so many pulls of either machine have paid.

    >>> coins(3, 2)
    (2, 1)
    """
    return int(COINS[0, :first].sum()), int(COINS[1, :second].sum())


def played(policy: object, players: int) -> np.ndarray:
    """Return the coins that a policy's players, (players,) of them, have after the budget.

    All of them find the same coins; they differ by what the policy draws by lot.

    >>> from otbook_utils.bayesian_networks import ThompsonSampling
    >>> bool((played(ThompsonSampling(2, 50, rng=0), 50) <= 10).all())
    True
    """
    pulls, got = np.zeros((players, 2), int), np.zeros(players, int)
    for _ in range(BUDGET):
        arms = policy.choose()
        reward = COINS[arms, pulls[np.arange(players), arms]]
        pulls[np.arange(players), arms] += 1
        policy.update(arms, reward.astype(float))
        got += reward
    return got
