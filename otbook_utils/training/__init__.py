"""Devices, seeds, profiles and progress: what every chapter that trains something begins with."""

from otbook_utils.training.devices import device
from otbook_utils.training.profiles import profile
from otbook_utils.training.progress import progress
from otbook_utils.training.seeds import seed_everything

__all__ = ["device", "profile", "progress", "seed_everything"]
