"""What a chapter reads of the book, noted by its kernel while it runs."""

from __future__ import annotations

import importlib.util
import inspect
import json
from collections.abc import Iterator
from pathlib import Path

#: Folders below the root that no chapter's output depends on.
_NOT_OF_THE_BOOK = ("_build", "node_modules")


def watching_code(root: Path, log: Path) -> str:
    """Return code for a kernel: it notes in `log` what is read below `root`, and leaves no name."""
    source = f"{inspect.getsource(_watch)}\n_watch({str(root)!r}, {str(log)!r})"
    return f"exec({source!r}, {{}})"


def names_read(root: Path, log: Path) -> list[str]:
    """Return the files, from `root`, that a watched kernel read, and with a slash the folders.

    A file is there too if it was looked for in vain, but not if the chapter itself wrote it before
    it read it, and compiled code stands for its source.
    """
    first = {}
    for kind, path in _notes(log):
        first.setdefault(path + "/" * (kind == "lists"), kind)
    names = set()
    for path, kind in first.items():
        name = Path(path).relative_to(root).as_posix() + "/" * path.endswith("/")
        parts = Path(name).parts
        ours = parts and not any(
            part.startswith(".") or part.endswith(".egg-info") or part in _NOT_OF_THE_BOOK
            for part in parts
        )
        if ours and kind != "writes":
            names.add(name)
    return sorted(names)


def _notes(log: Path) -> Iterator[tuple[str, str]]:
    """Yield the notes in their order, compiled code replaced by its source."""
    for line in log.read_text(encoding="utf-8").splitlines():
        kind, path = json.loads(line)
        if path.endswith(".pyc"):
            try:
                path = importlib.util.source_from_cache(path)
            except ValueError:
                continue
        if "/__pycache__/" not in path:
            yield kind, path


def _watch(root: str, log: str) -> None:
    """Note from now on, in forked processes too, what is read below `root`: runs in a kernel.

    What importlib lists to find a module, and what the table of parts reads to find a room, does
    not count: the module and the room are noted when they are loaded. A library that opens files
    without Python's knowledge escapes.
    """
    import json
    import os
    import sys

    below, stat, noted = root.rstrip(os.sep) + os.sep, os.stat, set()
    installed = sys.prefix + os.sep

    def note(kind, path):
        try:
            path = os.path.abspath(os.fsdecode(path))
            if not path.startswith(below):
                path = os.path.realpath(path)
        except (TypeError, ValueError, OSError):  # a descriptor, or no path at all
            return
        if not path.startswith(below) or path == log or (kind, path) in noted:
            return
        if max(map(len, path.split(os.sep))) > 255:  # a text that a library took for a path
            return
        if installed.startswith(below) and path.startswith(installed):
            return
        frame = sys._getframe(2)
        if kind == "lists" and frame.f_globals.get("__name__", "").startswith("importlib"):
            return
        while frame is not None:
            if frame.f_globals.get("__name__") == "otbook_utils.parts":
                return
            frame = frame.f_back
        noted.add((kind, path))
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps([kind, path]) + "\n")

    def hook(event, arguments):
        if event == "open":
            path, _, flags = arguments
            writing = flags & (os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
            note("writes" if writing else "reads", path)
        elif event in ("os.listdir", "os.scandir"):
            note("lists", "." if arguments[0] is None else arguments[0])

    def noting_stat(path, *args, **options):
        note("reads", path)
        return stat(path, *args, **options)

    # Asking whether a file is there raises no event, and its answer counts as much.
    for abilities in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
        if stat in abilities:
            abilities.add(noting_stat)
    os.stat = noting_stat
    sys.addaudithook(hook)
