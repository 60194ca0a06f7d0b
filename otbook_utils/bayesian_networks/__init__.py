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
from otbook_utils.bayesian_networks.ensembles import DeepEnsemble
from otbook_utils.bayesian_networks.laplace import LastLayerLaplace
from otbook_utils.bayesian_networks.sgld import SGHMC, SGLD
from otbook_utils.bayesian_networks.uncertainty_measures import (
    Reliability,
    Uncertainty,
    decompose_uncertainty,
    decompose_variance,
    expected_calibration_error,
    gaussian_nll,
    reliability,
)
from otbook_utils.bayesian_networks.variational_lstm import VariationalDropoutLSTM

__all__ = [
    "SGHMC",
    "SGLD",
    "UCB",
    "DeepEnsemble",
    "DropConnect",
    "EpsilonGreedy",
    "GaussianDropout",
    "LastLayerLaplace",
    "LinearThompsonSampling",
    "Reliability",
    "ThompsonSampling",
    "Uncertainty",
    "VariationalDropoutLSTM",
    "bald",
    "core_set",
    "decompose_uncertainty",
    "decompose_variance",
    "dropout_precision",
    "expected_calibration_error",
    "gaussian_nll",
    "lai_robbins",
    "margin",
    "mc_predict",
    "mean_standard_deviation",
    "noise_on",
    "predictive_entropy",
    "predictive_log_likelihood",
    "predictive_moments",
    "regret_of",
    "reliability",
    "variation_ratios",
]
