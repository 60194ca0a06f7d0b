"""`make` makes an environment that fits, whatever stood there, of pins that any 3.11 can have."""

import ast
import re
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.specifiers import SpecifierSet

from otbook_utils.publishing import environment
from tests.chapters.notebook import ROOT

SCRIPT = ROOT / "otbook_utils" / "publishing" / "environment.py"


def pins():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_pins_are_exact_and_named_once():
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin) for pin in pins())
    names = [re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins()]
    assert len(set(names)) == len(names)
    assert "torch==2.13.0" in pins()


def test_every_pin_is_installed_and_allows_the_first_python_3_11():
    refused = {}
    for pin in pins():
        name, version = pin.split("==")
        about = metadata.metadata(name)
        assert about["Version"].split("+")[0] == version, name
        allowed = about["Requires-Python"] or ""
        if not SpecifierSet(allowed).contains("3.11.0"):
            refused[pin] = allowed
    assert refused == {}


def test_old_pythons_can_read_who_tells_them_what_is_wanted():
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))
    standard = {
        alias.name.split(".")[0]
        for node in ast.walk(ast.parse(SCRIPT.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in ([ast.alias(node.module)] if isinstance(node, ast.ImportFrom) else node.names)
    }
    assert standard <= sys.stdlib_module_names


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 10, 13), (3, 14, 0), (4, 0, 0)])
def test_a_python_that_will_not_do_is_told_and_nothing_touched(checkout, monkeypatch, version):
    make(checkout)
    before = sorted(checkout.rglob("*"))
    (checkout / ".venv" / ".made_at").write_text("/somewhere/else")
    monkeypatch.setattr(sys, "version_info", version)
    assert environment.main(checkout) == 1
    assert sorted(checkout.rglob("*")) == before


def test_the_complaint_says_what_is_wanted_what_there_is_and_what_to_do():
    with pytest.raises(environment.Unfit) as told:
        environment.check_python((3, 9, 2))
    for words in ("needs Python 3.11", f"{sys.executable} (Python 3.9.2)", "make book PYTHON="):
        assert words in str(told.value)


def test_a_python_without_venv_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(environment.Unfit, match="apt install python3-venv"):
        environment.check_python((3, 11, 2))


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder with pins, and pip replaced by a list of what it was asked to install."""
    root = tmp_path / "a checkout"
    root.mkdir()
    (root / "requirements.txt").write_text("sand==1.0\n")
    monkeypatch.setattr(environment, "install", lambda venv, root: INSTALLED.append(root))
    monkeypatch.setattr(environment, "make_anew", make_bare)
    INSTALLED.clear()
    return root


INSTALLED = []


def make_bare(venv):
    """Make the environment as the script does, but without pip, which takes seconds."""
    command = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv)]
    subprocess.run(command, check=True)
    site = next((venv / "lib").glob("python*/site-packages"))
    (site / "pip.py").write_text("")
    (venv / ".made_at").write_text(str(venv))


def make(checkout):
    """Run the script and return how often it installed."""
    INSTALLED.clear()
    assert environment.main(checkout) == 0
    return len(INSTALLED)


def test_what_is_in_step_is_left_alone(checkout):
    assert make(checkout) == 1
    assert make(checkout) == 0


def test_a_changed_pin_is_installed_into_the_same_environment(checkout):
    make(checkout)
    (checkout / ".venv" / "mine").touch()
    (checkout / "requirements.txt").write_text("sand==2.0\n")
    assert make(checkout) == 1
    assert (checkout / ".venv" / "mine").exists()


def test_an_installation_that_broke_off_is_done_again(checkout, monkeypatch, capsys):
    def without_network(venv, root):
        raise subprocess.CalledProcessError(1, ["pip", "install"])

    make(checkout)
    (checkout / "requirements.txt").write_text("sand==2.0\n")
    with monkeypatch.context() as patch:
        patch.setattr(environment, "install", without_network)
        assert environment.main(checkout) == 1
    assert "failed: pip install" in capsys.readouterr().err
    (checkout / "requirements.txt").write_text("sand==1.0\n")
    assert make(checkout) == 1


def spoil_by_moving(checkout):
    moved = checkout.with_name("renamed")
    checkout.rename(moved)
    return moved


def spoil_by_another_python(checkout):
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.write_text("#!/bin/sh\necho 3 9\n")
    python.chmod(0o755)
    return checkout


def spoil_by_a_python_that_is_gone(checkout):
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    return checkout


def spoil_half_way(checkout):
    (checkout / ".venv" / ".made_at").unlink()
    return checkout


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_by_moving,
        spoil_by_another_python,
        spoil_by_a_python_that_is_gone,
        spoil_half_way,
    ],
)
def test_an_environment_that_does_not_fit_is_made_anew(checkout, spoil):
    make(checkout)
    (checkout / ".venv" / "left over").touch()
    spoilt = spoil(checkout)
    assert make(spoilt) == 1
    assert not (spoilt / ".venv" / "left over").exists()
    assert make(spoilt) == 0
