"""The commands say plainly what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from otbook_utils.__main__ import main
from otbook_utils.publishing import book as book_module
from otbook_utils.training import profiles
from tests.publishing import tiny

ROOT = Path(__file__).resolve().parents[2]


def test_missing_library_is_named_with_its_cure(book, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nbclient", None)
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert main(["execute", "--book", str(book.root)]) == 1
    said = capsys.readouterr().err
    assert "needs yaml, which is not installed" in said
    assert "make book" in said


def test_folder_without_a_book_is_an_error(tmp_path, capsys):
    assert main(["build", "--book", str(tmp_path)]) == 1
    assert "no _config.yml with a _toc.yml" in capsys.readouterr().err


def test_page_that_does_not_exist_is_an_error(book, capsys):
    tiny.write(book.root / "_toc.yml", tiny.CONTENTS + "  - file: book/nowhere\n")
    assert main(["execute", "--book", str(book.root)]) == 1
    assert "book/nowhere" in capsys.readouterr().err


def test_unknown_profile_is_an_error(book, monkeypatch, capsys):
    monkeypatch.setenv("OTBOOK_PROFILE", "enormous")
    assert main(["execute", "--book", str(book.root)]) == 1
    assert "OTBOOK_PROFILE must be one of quick, full, got 'enormous'" in capsys.readouterr().err


def test_command_must_be_known(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["publish"])
    assert stopped.value.code == 2
    assert "setup-cells" in capsys.readouterr().err


def test_commands_are_there_without_waiting_for_torch():
    """Loading it takes longer than all that a build with nothing to do has to do."""
    program = "import sys; from otbook_utils.__main__ import main\ntry: main(['--help'])\n"
    program += "finally: print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert "reproduce" in said.stdout
    assert said.stdout.splitlines()[-1] == "False"


def test_profiles_are_those_of_the_chapters():
    """Named twice, because `training` loads torch and a build with nothing to do need not."""
    assert book_module.PROFILES == profiles.PROFILES
