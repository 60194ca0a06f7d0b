"""What every chapter that trains something begins with, and the engine behind recorded runs.

Devices, seeds, profiles, progress and recorded results are imported from here. The engine
(`training.engine`, with `training.batches`, `training.checkpoints` and `training.resnet`) and the
sweeps (`training.sweeps`) are imported by name: they need lightning-fabric, which takes its time.
"""

from otbook_utils.training.devices import device
from otbook_utils.training.profiles import profile
from otbook_utils.training.progress import progress
from otbook_utils.training.results import RunResult, load_results
from otbook_utils.training.seeds import seed_everything

__all__ = ["RunResult", "device", "load_results", "profile", "progress", "seed_everything"]
