"""What tests of several parts share."""

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import pytest


@pytest.fixture
def ax() -> Iterator[Any]:
    """Axes to draw on, gone after the test."""
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)
