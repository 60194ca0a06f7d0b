"""Part IV: Bayesian networks, the methods of this part, one file a method."""

from otbook_utils.bayesian_networks.acquisition import (
    bald,
    core_set,
    margin,
    mean_standard_deviation,
    predictive_entropy,
    variation_ratios,
)
from otbook_utils.bayesian_networks.bandit_policies import (
    UCB,
    EpsilonGreedy,
    LinearThompsonSampling,
    ThompsonSampling,
    lai_robbins,
    regret_of,
)

__all__ = [
    "UCB",
    "EpsilonGreedy",
    "LinearThompsonSampling",
    "ThompsonSampling",
    "bald",
    "core_set",
    "lai_robbins",
    "margin",
    "mean_standard_deviation",
    "predictive_entropy",
    "regret_of",
    "variation_ratios",
]
