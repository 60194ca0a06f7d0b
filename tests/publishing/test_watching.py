"""A kernel notes all that it reads of the book, and nothing else."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from otbook_utils.publishing.watching import names_read, watching_code
from tests.chapters.notebook import ROOT
from tests.publishing import tiny


def noted(root, code, cwd=None):
    """Return what a watched Python notes while it runs `code`."""
    with tempfile.NamedTemporaryFile() as file:
        log = Path(file.name)
        program = f"{watching_code(root, log)}\n{code}"
        environment = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": ""}
        command = [sys.executable, "-c", program]
        subprocess.run(command, cwd=cwd or root, env=environment, check=True)
        return names_read(root, log)


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("open('book/a.csv').read()", ["book/a.csv"]),
        ("import os; os.open('book/a.csv', os.O_RDONLY)", ["book/a.csv"]),
        ("import os; os.chdir('book'); open('a.csv')", ["book/a.csv"]),
        ("import numpy; numpy.loadtxt('book/a.csv')", ["book/a.csv"]),
        (
            "import threading as t; t.Thread(target=open, args=['book/a.csv']).start()",
            ["book/a.csv"],
        ),
        (
            "import os\nif not os.fork(): open('book/a.csv')\nelse: os.wait()",
            ["book/a.csv"],
        ),
        ("import pathlib; pathlib.Path('book/none.csv').exists()", ["book/none.csv"]),
        ("try: open('book/none.csv')\nexcept OSError: pass", ["book/none.csv"]),
        ("import os; os.listdir('book')", ["book/"]),
        ("import pathlib; list(pathlib.Path('book').glob('*.csv'))", ["book", "book/"]),
        ("open('/dev/null'); open('_build/log'); open('book/.hidden')", []),
        ("import os; os.path.exists('x' * 1_000_000)", []),
        ("open('book/new.csv', 'w').write('1'); open('book/new.csv')", []),
        ("import os; os.path.exists('book/n.csv'); open('book/n.csv', 'w')", ["book/n.csv"]),
    ],
)
def test_what_is_read_is_noted(tmp_path, code, names):
    tiny.write(tmp_path / "book" / "a.csv", "1\n")
    tiny.write(tmp_path / "book" / ".hidden", "1\n")
    tiny.write(tmp_path / "_build" / "log", "")
    assert noted(tmp_path, code) == names


def test_modules_are_noted_compiled_or_not_and_the_folders_they_are_found_in_are_not(book):
    names = [
        f"otbook_utils/{name}"
        for name in ("__init__.py", "sand/__init__.py", "tools/__init__.py", "tools/numbers.py")
    ]
    for _ in range(2):  # the second time from __pycache__
        assert noted(book.root, "import otbook_utils.sand") == names
    assert list(book.root.rglob("numbers.*.pyc"))
    tiny.write(book.root / "book" / "helper.py", "")
    assert noted(book.root, "import helper", cwd=book.root / "book") == ["book/helper.py"]


def test_nothing_is_left_in_the_kernel_and_nothing_else_noticed(tmp_path):
    assert noted(tmp_path, "assert '_watch' not in globals()") == []
    code = "import os; assert os.stat in os.supports_dir_fd; os.stat('/')\nimport shutil"
    assert noted(tmp_path, code) == []


def test_looking_for_the_room_of_an_exercise_does_not_read_the_others():
    """A changed hint of another chapter must not execute this one."""
    code = "import otbook_utils.parts as parts; parts.room_of('sl-01-1')"
    assert noted(ROOT, code) == ["otbook_utils/__init__.py", "otbook_utils/parts.py"]
