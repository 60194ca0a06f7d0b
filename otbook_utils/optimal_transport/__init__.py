"""Part I: optimal transport, from moving sand to losses."""

from otbook_utils.optimal_transport.gaussians import gaussian_interpolation, gaussian_wasserstein
from otbook_utils.optimal_transport.one_dimension import (
    random_directions,
    sliced_wasserstein,
    wasserstein_1d,
)
from otbook_utils.optimal_transport.sinkhorn import SinkhornResult, sinkhorn
from otbook_utils.optimal_transport.sinkhorn_divergence import sinkhorn_divergence
from otbook_utils.optimal_transport.transport_loss import TransportLoss

__all__ = [
    "SinkhornResult",
    "TransportLoss",
    "gaussian_interpolation",
    "gaussian_wasserstein",
    "random_directions",
    "sinkhorn",
    "sinkhorn_divergence",
    "sliced_wasserstein",
    "wasserstein_1d",
]
