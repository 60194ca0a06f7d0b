"""What a chapter's output depends on, as one digest.

jupyter-cache knows a notebook by the source of its cells alone; this adds all the rest that can
change what those cells print: the profile, the pins, the interpreter and the package's own code.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from otbook_utils.publishing.book import Book, Chapter
from otbook_utils.publishing.files import file_digest, files_below

PACKAGE = "otbook_utils"
_MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
_RESULTS = re.compile(r"(^|/)results(/|$)")


def chapter_digest(book: Book, chapter: Chapter, profile: str) -> str:
    """Return the digest of everything that the output of `chapter` depends on.

    Two equal digests mean that executing again would show the same page.
    """
    parts = {"profile": profile, "python": platform.python_version()}
    for path in sorted(_inputs(book, chapter)):
        parts[path.relative_to(book.root).as_posix()] = file_digest(path)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _inputs(book: Book, chapter: Chapter) -> set[Path]:
    """Return the files that the output of `chapter` depends on."""
    package = book.root / PACKAGE
    code = _code_of(chapter.path.read_text(encoding="utf-8"))
    files = {chapter.path}
    files.update(path for path in (book.root / "requirements.txt",) if path.is_file())
    files.update(path for path in (package / "__init__.py",) if path.is_file())
    units = dependencies(package, {chapter.part} | imported_units(code, package))
    for unit in units:
        files.update(files_below(_unit_path(package, unit)))
    # `experiments` holds the door to the recorded results; who goes through it names it.
    readers = (path for path in files if package / "experiments" not in path.parents)
    if "results" in code or any(_reads_results(path) for path in readers):
        files.update(files_below(book.root / "book" / "results"))
    return files


def dependencies(package: Path, units: Iterable[str]) -> set[str]:
    """Return `units` (subpackages or modules of `package`) with all that they import in turn."""
    found: set[str] = set()
    waiting = [unit for unit in units if _unit_path(package, unit) is not None]
    while waiting:
        unit = waiting.pop()
        if unit in found:
            continue
        found.add(unit)
        for path in files_below(_unit_path(package, unit)):
            if path.suffix == ".py":
                waiting.extend(imported_units(path.read_text(encoding="utf-8"), package, path))
    return found


def imported_units(source: str, package: Path, path: Path | None = None) -> set[str]:
    """Return the subpackages and modules directly under `package` that Python `source` names.

    `path` is the module's own file, against which relative imports are read. Source that does not
    parse is taken to depend on everything: executing once too often harms nobody.
    """
    units = _all_units(package)
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return units
    named = {name.removeprefix(f"{PACKAGE}.").split(".")[0] for name in _names(tree, package, path)}
    return named & units


def _names(tree: ast.AST, package: Path, path: Path | None) -> Iterator[str]:
    """Yield the dotted names below the package which `tree` imports by statement or by name.

    A name in any other string counts for nothing: the table of what a command can run names
    parts that no chapter loads through it.
    """
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, package, path)
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and _is_import_module(node.func):
            names = [str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)]
        yield from (name for name in names if name.startswith(f"{PACKAGE}."))


def _is_import_module(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("import_module", "__import__")


def _absolute(node: ast.ImportFrom, package: Path, path: Path | None) -> str:
    """Return the absolute name of the module that an import statement imports from."""
    if not node.level or path is None:
        return node.module or ""
    folder = path.parents[node.level - 1]
    above = [PACKAGE, *folder.relative_to(package).parts]
    return ".".join([*above, *([node.module] if node.module else [])])


def _reads_results(path: Path) -> bool:
    """Say whether a Python file loads recorded results, or spells out their folder."""
    if path.suffix != ".py":
        return False
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError:
        return True
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = _RESULTS.search(node.value)
        else:  # a name, an attribute, or an import's alias
            names = (getattr(node, word, None) for word in ("id", "attr", "name"))
            found = "load_results" in names
        if found:
            return True
    return False


def _code_of(notebook: str) -> str:
    """Return the code cells of a notebook as one Python source, magics replaced by `pass`."""
    cells = json.loads(notebook)["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return _MAGIC.sub(r"\1pass", "\n".join(code))


def _all_units(package: Path) -> set[str]:
    if not package.is_dir():
        return set()
    return {
        path.stem
        for path in package.iterdir()
        if (path.is_dir() and path.name != "__pycache__")
        or (path.suffix == ".py" and not path.name.startswith("__"))
    }


def _unit_path(package: Path, unit: str) -> Path | None:
    for path in (package / unit, package / f"{unit}.py"):
        if path.exists():
            return path
    return None
