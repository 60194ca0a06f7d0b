"""Writing so that a run which is broken off leaves the old file or the new one, never a half."""

import hashlib
import os
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Write `text` beside `path` and rename it into place, creating the folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files_below(folder: Path) -> list[Path]:
    """Return every file below `folder` (or the file itself), sorted, without what tools leave."""
    if folder.is_file():
        return [folder]
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not path.name.startswith(".")
        and not {"__pycache__", ".ipynb_checkpoints"} & set(path.relative_to(folder).parts)
    )
