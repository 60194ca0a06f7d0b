"""Where tensors live."""

import torch


def device() -> torch.device:
    """Return the fastest device of this machine: a CUDA GPU, else Apple's GPU, else the CPU.

    Apple's GPU has no float64; chapters that need double precision keep those tensors on the CPU.

    >>> device().type in {"cuda", "mps", "cpu"}
    True
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
