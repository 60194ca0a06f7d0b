"""Part III: normalising flows, the methods of this part, one file a method."""

from otbook_utils.normalizing_flows.coupling import (
    AdditiveCoupling,
    AffineCoupling,
    alternating_mask,
    channel_mask,
    checkerboard_mask,
)
from otbook_utils.normalizing_flows.flow import Flow, RealNVP
from otbook_utils.normalizing_flows.images import (
    MultiScaleRealNVP,
    bits_per_dim,
    dequantize,
    squeeze,
    unsqueeze,
)
from otbook_utils.normalizing_flows.mixture import FlowGMM, semi_supervised_loss
from otbook_utils.normalizing_flows.transforms import (
    Chain,
    FlowBatchNorm,
    LogitTransform,
    Scaling,
    Transform,
)

__all__ = [
    "AdditiveCoupling",
    "AffineCoupling",
    "Chain",
    "Flow",
    "FlowBatchNorm",
    "FlowGMM",
    "LogitTransform",
    "MultiScaleRealNVP",
    "RealNVP",
    "Scaling",
    "Transform",
    "alternating_mask",
    "bits_per_dim",
    "channel_mask",
    "checkerboard_mask",
    "dequantize",
    "semi_supervised_loss",
    "squeeze",
    "unsqueeze",
]
