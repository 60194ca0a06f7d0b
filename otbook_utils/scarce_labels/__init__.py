"""Losses for unbalanced labels: inverse frequency, focal, class-balanced."""

from otbook_utils.scarce_labels.long_tail import count_covered, cut_classes
from otbook_utils.scarce_labels.losses import ClassBalancedLoss, FocalLoss, focal_terms
from otbook_utils.scarce_labels.weights import (
    class_balanced_weights,
    effective_number,
    inverse_frequency_weights,
)

__all__ = [
    "ClassBalancedLoss",
    "FocalLoss",
    "class_balanced_weights",
    "count_covered",
    "cut_classes",
    "effective_number",
    "focal_terms",
    "inverse_frequency_weights",
]
