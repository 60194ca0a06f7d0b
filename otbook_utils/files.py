"""Writing so that a run which is broken off leaves the old file or the new one, never a half."""

import os
import socket
from pathlib import Path


def write_atomically(path: Path, content: bytes, keep: Path | None = None) -> None:
    """Write `content` beside `path`, force it to the disk and rename it into place.

    Whoever opens `path` finds the old content or the whole new one, even if the process is killed
    or the power fails half-way. Folders are made as needed.

    keep: where the old content goes, when the new is safely on the disk. Killed between the two
    renames, `path` is missing and `keep` is there.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder, "runs", "one.json"), b"{}")
    ...     Path(folder, "runs", "one.json").read_text()
    '{}'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The host is in the name because two machines may share the folder and a process number.
    beside = path.with_name(f".{path.name}.{socket.gethostname()}-{os.getpid()}.tmp")
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if keep is not None and path.exists():
            os.replace(path, keep)
        os.replace(beside, path)
    except OSError as error:
        error.filename = error.filename or str(beside)  # a full disk names no file
        raise
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def remove_leftovers(path: Path) -> None:
    """Remove what killed writers of `path` left beside it; only for who alone may write it now."""
    for leftover in path.parent.glob(f".{path.name}.*.tmp"):
        leftover.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Force renames inside `folder` to the disk, where the system lets a folder be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows: its renames are already on the disk when they return
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
