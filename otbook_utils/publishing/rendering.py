"""From executed chapters to pages: a process that runs Jupyter Book, and its Sphinx extension.

The extension puts the outputs into a chapter when Sphinx reads it, so that the pages are made of
the book's own files and Sphinx names their lines in its warnings.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from otbook_utils.publishing.errors import PublishingError
from otbook_utils.publishing.notebook_file import read_notebook
from otbook_utils.publishing.staleness import code_digest
from otbook_utils.publishing.store import read_executed

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def main(arguments: list[str]) -> int:
    """Make the pages: `ROOT CONFIG FOLDER [draft]`; return 0 if there was no fault."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    root, config, folder = map(Path, arguments[:3])
    draft = "draft" in arguments[3:]
    import jsonschema
    import yaml
    from jupyter_book.config import validate_yaml
    from jupyter_book.sphinx import build_sphinx
    from sphinx.util.console import nocolor

    if not sys.stderr.isatty():
        nocolor()
    try:
        validate_yaml(yaml.safe_load(config.read_text(encoding="utf-8")), raise_on_errors=True)
    except jsonschema.ValidationError as error:
        raise PublishingError(f"_config.yml: {error.message.removeprefix('- ')}") from error
    status = build_sphinx(
        str(root),
        str(folder),
        path_config=str(config),
        noconfig=True,
        confoverrides={"external_toc_path": str(root / "_toc.yml"), "latex_individualpages": False},
        warningiserror=not draft,
        keep_going=True,
        quiet=True,
    )
    # What only an incremental build would need.
    (folder / ".buildinfo").unlink(missing_ok=True)
    return 1 if status else 0


def _end_with_parent() -> None:
    """End this process when the one that started it, however that was killed, is no more."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("executed_chapters", "", "env", str)
    app.connect("source-read", _put_outputs_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _put_outputs_in(app: Sphinx, page: str, text: list[str]) -> None:
    """Replace the text of a chapter by that of the same notebook as executed."""
    path = Path(app.env.doc2path(page))
    if path.suffix != ".ipynb":
        return
    notebook = read_notebook(path)
    content = notebook.content
    content["metadata"].pop("widgets", None)
    content["metadata"]["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    if lines := notebook.lines():
        # myst-nb adds one to it, and then the line in the cell, which it counts from one.
        content["metadata"]["source_map"] = [line - 2 for line in lines]
    outputs = _outputs_of(Path(app.config.executed_chapters, f"{page}.json"), code_digest(notebook))
    for number, cell in enumerate(notebook.code_cells):
        cell["outputs"] = outputs[number] if outputs else []
    text[0] = json.dumps(content)


def _outputs_of(executed: Path, code: str) -> list[Any] | None:
    """Return the outputs of each code cell, None if they are those of other code."""
    try:
        record, outputs = read_executed(executed)
    except FileNotFoundError:
        return None
    return outputs if record.code == code else None


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except PublishingError as error:
        sys.exit(f"error: {error}")
