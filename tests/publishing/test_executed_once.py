"""What nbval executes is what the build would have executed, and is kept for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from otbook_utils.publishing.execution import execute_book
from otbook_utils.publishing.store import Store, read_executed
from tests.executed_once import ExecutedOnce
from tests.publishing import tiny
from tests.publishing.tiny import POUR_NAME

ROOT = Path(__file__).parents[2]
RUN = """\
import sys
import pytest
from otbook_utils.publishing.book import open_book
from pathlib import Path
from tests.executed_once import ExecutedOnce
book = open_book(Path(sys.argv[1]))
options = ["-c", "/dev/null", f"--rootdir={book.root}", "-p", "no:cacheprovider", "--nbval-lax"]
chapter = str(book.chapters[1].path)
sys.exit(pytest.main([*options, "-q", chapter], plugins=[ExecutedOnce(book, "quick")]))
"""
MIXED = """\
import os
from IPython.display import HTML, display
print("before", os.environ["OTBOOK_EXPLORE"], os.environ["PYTHONHASHSEED"])
print("and")
display(HTML("<b>a figure</b>"))
print("after")
print(open("../../otbook_utils/tools/numbers.py").read())
{1, 2}"""


@pytest.fixture
def by_nbval(book):
    """Return a function that lets nbval execute the chapter with one cell of code."""

    def run(code):
        tiny.write_chapter(book.chapters[1].path, code)
        command = [sys.executable, "-c", RUN, str(book.root)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout

    return run


def kept(book):
    return read_executed(Store(book, "quick").path(POUR_NAME))


def test_it_is_what_the_build_puts_out_and_the_build_takes_it(book, by_nbval):
    assert "2 passed" in by_nbval(MIXED)
    record, outputs = kept(book)
    fine, lines = tiny.run(book)
    assert fine and not any(POUR_NAME in line for line in lines)

    Store(book, "quick").forget(POUR_NAME)
    assert execute_book(book, "quick", only=[POUR_NAME])
    by_build, wanted = kept(book)
    assert outputs == wanted
    assert record.code == by_build.code and record.inputs == by_build.inputs
    assert "otbook_utils/tools/numbers.py" in record.inputs


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("raise RuntimeError('the dam broke')", "1 failed, 1 passed"),
        ("print('drop\\n' * 1001)", "2 passed"),
        ("from IPython.display import clear_output\nclear_output()", "2 passed"),
        ("# NBVAL_SKIP\nprint('drop')", "1 passed, 1 skipped"),
    ],
)
def test_what_fails_or_is_unusual_or_left_out_is_not_kept(book, by_nbval, code, told):
    assert told in by_nbval(code)
    with pytest.raises(FileNotFoundError):
        kept(book)


def test_each_of_several_processes_keeps_what_it_executes(pytestconfig):
    plugins = map(type, pytestconfig.pluginmanager.get_plugins())
    assert (ExecutedOnce in plugins) == (os.environ["OTBOOK_EXPLORE"] == "still")
