"""The surroundings in which everything is tested, the chapters' kernels included."""

import os
from collections.abc import Iterator

import hypothesis
import pytest

from tests.choosing import told_of, where_a_chapter_is_tested

# A law is not broken by a slow machine.
hypothesis.settings.register_profile("book", deadline=None)
hypothesis.settings.load_profile("book")

# One frame a figure. (`make colab` asks for live sliders, which the build has no use for; else
# nbval's kernels do what the build's do, and are kept for it.)
KEPT_FOR_THE_BUILD = os.environ.setdefault("OTBOOK_EXPLORE", "still") == "still"
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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--chapter",
        metavar="PART/NN_NAME",
        help="only what concerns one chapter: it is run, its grammar, its exercises and its room's "
        "tests; its name without its part or number will do (tests of its page are left out)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Keep what nbval executes; let pytest look only where a named chapter's own tests are."""
    if KEPT_FOR_THE_BUILD:
        from otbook_utils.publishing.book import open_book, profile_name
        from tests.executed_once import ExecutedOnce

        config.pluginmanager.register(ExecutedOnce(open_book(config.rootpath), profile_name()))
    if wanted := config.getoption("chapter"):
        places, room = where_a_chapter_is_tested(wanted)
        config.args = [str(place) for place in places]
        config.option.keyword = " and ".join(filter(None, [room, config.option.keyword]))


@pytest.hookimpl(wrapper=True, tryfirst=True)  # after everything else, so that it is read
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Say in the last line what was not tested here, and why."""
    result = yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and (told := told_of(reporter.stats.get("skipped", []))):
        reporter.write_line(told, yellow=True)
    return result
