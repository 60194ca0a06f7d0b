"""Make `.venv` fit: make runs this file before all else, with whatever Python there is.

It needs nothing that has to be installed, and old Pythons can read it: it is they that must be told
which Python is wanted. Nothing is touched before it is clear that an environment can be made.
"""

import fcntl
import hashlib
import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST, NEWEST = (3, 11), (3, 13)  # the first is what the book is tested with
#: These files decide what is installed.
INPUTS = ("requirements.txt", "pyproject.toml", "setup.py")


class Unfit(Exception):
    """Says what is in the way of an environment."""


def main(root: Path = ROOT) -> int:
    """Bring `.venv` in `root` in step with its pins; return 0, or 1 after saying what failed."""
    checkout = os.open(str(root), os.O_RDONLY)
    fcntl.flock(checkout, fcntl.LOCK_EX)  # two of them at once take turns
    try:
        bring_in_step(root)
    except Unfit as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"error: failed: {' '.join(error.cmd)}\nThe next make goes on.", file=sys.stderr)
        return 1
    finally:
        os.close(checkout)
    return 0


def bring_in_step(root: Path) -> None:
    """Make the environment if it does not fit, and install if its pins are not these.

    Raises Unfit if this Python cannot make one, subprocess.CalledProcessError if a step fails.
    """
    venv = root / ".venv"
    done, wanted = venv / ".installed", digest(root)
    if not fits(venv):
        check_python(sys.version_info[:3])
        make_anew(venv)
    if not done.is_file() or done.read_text() != wanted:
        if done.is_file():
            done.unlink()  # so that an installation which breaks off is done again
        install(venv, root)
        done.write_text(wanted)


def digest(root: Path) -> str:
    """Return a digest of what decides what is installed."""
    texts = [(root / name).read_bytes() for name in INPUTS if (root / name).is_file()]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def fits(venv: Path) -> bool:
    """Say whether `venv` was made here, its scripts holding this path, by a Python that will do."""
    made_at = venv / ".made_at"
    if not made_at.is_file() or made_at.read_text() != str(venv):
        return False
    question = "import sys, pip; print(sys.version_info[0], sys.version_info[1])"
    try:
        answer = subprocess.check_output(
            [str(venv / "bin" / "python"), "-c", question], stderr=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return OLDEST <= tuple(map(int, answer.split())) <= NEWEST


def check_python(version: tuple) -> None:
    """Raise Unfit, saying what to do, if a Python of this version cannot make the environment."""
    name = f"{sys.executable} (Python {'.'.join(map(str, version))})"
    if not OLDEST <= version[:2] <= NEWEST:
        raise Unfit(
            f"the book needs Python {OLDEST[0]}.{OLDEST[1]}, and may do with one up to "
            f"{NEWEST[0]}.{NEWEST[1]}; this is {name}.\n"
            "Nothing has been changed. Where another is installed, name it:\n"
            "    make book PYTHON=/path/to/python3.11"
        )
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise Unfit(
            f"{name} lacks what makes virtual environments.\n"
            "Nothing has been changed. On Debian and Ubuntu: apt install python3-venv"
        )
    if version[:2] != OLDEST:
        print(f"The book is tested with Python {OLDEST[0]}.{OLDEST[1]}; this is {name}.")


def make_anew(venv: Path) -> None:
    """Make the environment, in place of what stands there."""
    if venv.exists():
        print(f"{venv.name} was not made here by a Python that will do: making it anew ...")
    subprocess.check_call([sys.executable, "-m", "venv", "--clear", str(venv)])
    (venv / ".made_at").write_text(str(venv))


def install(venv: Path, root: Path) -> None:
    """Install the pins and then the book's own package, which is used where it stands."""
    size = "2 GB on disk"
    if platform.system() == "Linux":
        size += ", 5.7 GB with PyTorch's CUDA: see README.md"
    print(f"Installing the pinned packages into .venv (once; {size}) ...", flush=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install"]
    pip += ["--quiet", "--disable-pip-version-check"]
    subprocess.check_call([*pip, "-r", str(root / "requirements.txt")])
    subprocess.check_call([*pip, "--no-deps", "-e", str(root)])


if __name__ == "__main__":
    sys.exit(main())
