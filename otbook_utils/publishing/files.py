"""Writing, comparing and swapping files so that a broken-off run leaves the old or the new ones."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import tempfile
import time
from pathlib import Path

_RENAME_EXCHANGE = 2  # of Linux's renameat2
_RENAME_SWAP = 2  # of macOS's renamex_np
_AT_FDCWD = -100


def write_atomically(path: Path, text: str) -> None:
    """Write `text` beside `path` and rename it into place, creating the folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def swap_folders(new: Path, old: Path) -> None:
    """Put the folder `new` in place of `old` by one rename; `new` then is what `old` was.

    Where the system cannot exchange two folders there is a moment without either.
    """
    if not old.exists():
        new.rename(old)
    elif not _exchange(os.fsencode(new), os.fsencode(old)):
        aside = new.with_name(f"{new.name}.old")
        shutil.rmtree(aside, ignore_errors=True)
        old.rename(aside)
        new.rename(old)
        aside.rename(new)


def _exchange(one: bytes, other: bytes) -> bool:
    """Exchange two paths in a single system call; say whether the system could."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if platform.system() == "Darwin":
            return libc.renamex_np(one, other, _RENAME_SWAP) == 0
        return libc.renameat2(_AT_FDCWD, one, _AT_FDCWD, other, _RENAME_EXCHANGE) == 0
    except (AttributeError, OSError, TypeError):  # no such library, or none that can
        return False


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def fingerprint(path: Path) -> str | None:
    """Return the digest of a file's content; "folder" for a folder, None for nothing."""
    try:
        return digest_of(path.read_bytes())
    except IsADirectoryError:
        return "folder"
    except (FileNotFoundError, NotADirectoryError):
        return None


def listing(folder: Path) -> str | None:
    """Return the digest of the names in a folder, without what tools leave; None without it."""
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return digest_of("\0".join(name for name in names if not _is_litter(name)).encode())


def files_below(folder: Path) -> list[Path]:
    """Return every file below `folder` (or the file itself), sorted, without what tools leave."""
    if folder.is_file():
        return [folder]
    return [
        path
        for path in files_in(folder)
        if not any(map(_is_litter, path.relative_to(folder).parts))
    ]


def files_in(folder: Path) -> list[Path]:
    """Return every file below `folder`, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def file_clock(folder: Path) -> int:
    """Return a moment, in nanoseconds, that lies after all that was written below `folder` so far.

    Whatever is written from now on bears this time or a later one.
    """

    def tick() -> int:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            return os.stat(file.name).st_ctime_ns

    before = now = tick()
    while now == before:  # the clock of files stands still for some milliseconds
        time.sleep(0.001)
        now = tick()
    return now


def touched_since(path: Path, moment: int) -> bool:
    """Say whether a file, or the list of a folder, was changed, were it but to and fro.

    The time that is looked at is the one which no program can set back.
    """
    try:
        return path.stat().st_ctime_ns >= moment
    except (FileNotFoundError, NotADirectoryError):
        return False


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__"
