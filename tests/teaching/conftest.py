"""What is so around every test of the teaching package."""

import pytest


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    """Every figure that is shown is closed: a chapter of many would fill the memory."""
    import matplotlib.pyplot as plt

    plt.close("all")
    yield
    assert plt.get_fignums() == []
