"""Part 1: optimal transport, from moving sand to designing losses."""

from otbook_utils.optimal_transport.sinkhorn import SinkhornResult, sinkhorn
from otbook_utils.optimal_transport.transport_loss import TransportLoss

__all__ = ["SinkhornResult", "TransportLoss", "sinkhorn"]
