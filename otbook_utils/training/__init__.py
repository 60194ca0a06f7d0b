"""What every chapter that trains something begins with: seeds, sizes, progress, and one loop."""

from otbook_utils.training.batches import DeviceBatches
from otbook_utils.training.devices import device
from otbook_utils.training.history import History
from otbook_utils.training.loop import train
from otbook_utils.training.places import whole_batch
from otbook_utils.training.profiles import profile
from otbook_utils.training.progress import progress
from otbook_utils.training.seeds import seed_everything
from otbook_utils.training.side_by_side import SideBySide, train_side_by_side
from otbook_utils.training.state import State

__all__ = [
    "DeviceBatches",
    "History",
    "SideBySide",
    "State",
    "device",
    "profile",
    "progress",
    "seed_everything",
    "train",
    "train_side_by_side",
    "whole_batch",
]
