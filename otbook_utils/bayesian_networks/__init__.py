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
from otbook_utils.bayesian_networks.dropout import (
    DropConnect,
    GaussianDropout,
    dropout_precision,
    mc_predict,
    noise_on,
    predictive_log_likelihood,
    predictive_moments,
)

__all__ = [
    "UCB",
    "DropConnect",
    "EpsilonGreedy",
    "GaussianDropout",
    "LinearThompsonSampling",
    "ThompsonSampling",
    "bald",
    "core_set",
    "dropout_precision",
    "lai_robbins",
    "margin",
    "mc_predict",
    "mean_standard_deviation",
    "noise_on",
    "predictive_entropy",
    "predictive_log_likelihood",
    "predictive_moments",
    "regret_of",
    "variation_ratios",
]
