"""The two sizes in which the book runs."""

import os
from typing import TypeVar

Choice = TypeVar("Choice")

PROFILES = ("quick", "full")


def profile(*, quick: Choice, full: Choice) -> Choice:
    """Return the value for the profile that the environment variable `OTBOOK_PROFILE` names.

    `quick` (the default) is sized so that a chapter runs in half a minute on two CPU cores;
    `full` uses real data and a GPU.

    Raises ValueError if the variable names neither.

    >>> steps = profile(quick=200, full=20_000)
    """
    name = os.environ.get("OTBOOK_PROFILE", "quick")
    if name not in PROFILES:
        raise ValueError(f"OTBOOK_PROFILE must be one of {', '.join(PROFILES)}, got {name!r}")
    return quick if name == "quick" else full
