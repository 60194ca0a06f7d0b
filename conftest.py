"""The surroundings in which everything is tested, the chapters' kernels included."""

import os
from collections.abc import Iterator

import hypothesis
import pytest

# A law is not broken by a slow machine.
hypothesis.settings.register_profile("book", deadline=None)
hypothesis.settings.load_profile("book")

# One frame a figure: a chapter's time is its own. (`make colab` asks for live sliders.)
os.environ.setdefault("OTBOOK_EXPLORE", "still")
os.environ["TQDM_DISABLE"] = "1"
os.environ.setdefault("OTBOOK_PROFILE", "quick")
# One thread a process (before NumPy and torch count the cores): the tests already share them.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"


@pytest.fixture(autouse=True)
def style_of_its_own() -> Iterator[None]:
    """Undo what a test, or a chapter's cell run by it, does to the style of figures."""
    import matplotlib  # not before the threads are counted

    with matplotlib.rc_context():
        yield
