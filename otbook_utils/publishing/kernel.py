"""One chapter executed in one kernel, within the limits that a page has."""

from __future__ import annotations

import atexit
import json
import logging
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from otbook_utils.publishing.book import Book
from otbook_utils.publishing.files import file_clock
from otbook_utils.publishing.notebook_file import Notebook
from otbook_utils.publishing.staleness import fingerprints
from otbook_utils.publishing.watching import names_read, watching_code

if TYPE_CHECKING:
    from nbformat import NotebookNode

#: What one cell may put on a page.
MOST = {"lines of text": 1_000, "characters of text": 200_000, "bytes in all": 16_000_000}
_WIDGET = "application/vnd.jupyter.widget-view+json"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TRACEBACK_LINES = 12
_SILENT = logging.getLogger(f"{__name__}.nbclient")  # all it has to say, `describe` says better
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


@dataclass
class Outcome:
    """What came of a chapter.

    outputs: a list for each code cell. inputs: what was read, see `fingerprints`. failure: which
    cell failed and how, or None.
    """

    outputs: list[list[Any]] = field(default_factory=list)
    inputs: dict[str, str | None] = field(default_factory=dict)
    failure: str | None = None
    warnings: list[str] = field(default_factory=list)


def kernel_environment(book: Book, profile: str) -> dict[str, str]:
    """Return the environment variables a chapter's kernel gets when the book is built."""
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    # One thread a kernel: the chapters already share the cores among themselves.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    # This checkout's package, were another one installed or the checkout moved.
    path = os.pathsep.join(filter(None, [str(book.root), environment.get("PYTHONPATH")]))
    return (
        environment
        | threads
        | {
            "OTBOOK_PROFILE": profile,
            "OTBOOK_EXPLORE": "frames",
            "PYTHONHASHSEED": "0",  # the order of a set, printed, is the same in every build
            "PYTHONPATH": path,
            "TQDM_DISABLE": "1",  # a progress bar has no place on a page
        }
    )


async def execute(
    book: Book, profile: str, path: Path, notebook: Notebook, timeout: float | None, log: Path
) -> Outcome:
    """Execute the notebook that was read from `path`, each cell for at most `timeout` seconds.

    log: the file in which the kernel notes what it reads.
    """
    import nbformat

    nodes = nbformat.reads(notebook.text, as_version=4)
    client = _Client(
        nodes,
        kernel_name="python3",
        timeout=timeout,
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        store_widget_state=False,
    )
    outcome = Outcome()
    log.touch()
    began = file_clock(log.parent)
    try:
        await client.run_all(watching_code(book.root, log), kernel_environment(book, profile))
    except Exception as error:
        outcome.failure = client.describe(error)
    finally:
        if client.km is None:  # gone already: else it grumbles when Python exits
            atexit.unregister(client._cleanup_kernel)
    outcome.inputs = fingerprints(book.root, names_read(book.root, log), began)
    outcome.warnings = list(_warnings(nodes))
    cells = [cell for cell in nodes.cells if cell.cell_type == "code"]
    outcome.outputs = [json.loads(json.dumps(_without_widgets(cell.outputs))) for cell in cells]
    return outcome


class _Client(NotebookClient):
    """nbclient, which also stops a cell that prints without end or leaves the kernel."""

    at = -1  # before the first cell
    _refusal: str | None = None

    def __init__(self, notebook: NotebookNode, **options: Any) -> None:
        self._put_out = Counter()  # by the cell that runs
        super().__init__(notebook, log=_SILENT, on_cell_executed=self._look_for_exit, **options)

    async def run_all(self, first: str, environment: dict[str, str]) -> None:
        """Execute the code `first`, of which nothing is kept, and then every cell.

        Raises one of nbclient's exceptions, for `describe` to put into words.
        """
        # What a cell prints comes as a message; into the terminal it would be repeated.
        nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        async with self.async_setup_kernel(env=environment, **nowhere):
            try:
                await self._execute_silently(first)
                for index, cell in enumerate(self.nb.cells):
                    if cell.cell_type == "code":
                        self.at, self._put_out = index, Counter()
                        await self.async_execute_cell(cell, index)
                await self._execute_silently("pass")  # a kernel that died meanwhile does not answer
            except BaseException:
                self.shutdown_kernel = "immediate"
                raise

    def describe(self, error: Exception) -> str:
        """Return the failing cell (number among all cells, id) and what went wrong in it."""
        if self.at < 0:
            return f"its kernel did not start: {type(error).__name__}: {error}"
        cell = self.nb.cells[self.at]
        if self._refusal:
            text = self._refusal
        elif isinstance(error, DeadKernelError):
            text = "its kernel died: of os._exit(), of a crash, or of too little memory"
        elif isinstance(error, CellExecutionError):
            raised = [output for output in cell.outputs if output.output_type == "error"]
            text = "\n".join(raised[-1].traceback) if raised else str(error)
        else:
            text = f"{type(error).__name__}: {error}"
        lines = [line for line in _COLOUR.sub("", text).splitlines() if line.strip()]
        tail = "\n".join(f"    {line}" for line in lines[-_TRACEBACK_LINES:])
        return f"{_place(self.at, cell)}:\n{tail}"

    async def _execute_silently(self, code: str) -> None:
        reply = await self.async_wait_for_reply(self.kc.execute(code, silent=True))
        if reply is None or reply["content"]["status"] != "ok":
            raise DeadKernelError(f"the kernel is of no use: {reply and reply['content']}")

    def _look_for_exit(self, cell: NotebookNode, cell_index: int, execute_reply: dict) -> None:
        payload = execute_reply["content"].get("payload") or []
        if any(item.get("source") == "ask_exit" for item in payload):
            self._refusal = "calls exit() or quit(), which ends the chapter here for every reader"
            raise DeadKernelError(self._refusal)

    async def _async_handle_timeout(self, timeout: float, cell: NotebookNode | None = None) -> None:
        # Not nbclient's own error, after which it goes on waiting for what the cell puts out.
        self._refusal = f"ran longer than {timeout:g} s (execute: timeout in _config.yml)"
        raise DeadKernelError(self._refusal)

    def process_message(self, msg, cell, cell_index):
        if self._refusal is None:
            self._count(msg["content"])
        return super().process_message(msg, cell, cell_index)

    def _count(self, content: dict[str, Any]) -> None:
        """Stop the cell at once if it has put out more than a page may hold."""
        self._put_out += _amounts(content)
        if too_much := _too_much(self._put_out):
            self._refusal = f"puts out more than {too_much}, too much for a page"
            self.task_poll_for_reply.cancel()


def fits_a_page(contents: Iterable[dict[str, Any]]) -> bool:
    """Say whether a page holds what a cell put out; contents: of its kernel's messages."""
    return _too_much(sum(map(_amounts, contents), Counter())) is None


def _amounts(content: dict[str, Any]) -> Counter:
    data = content.get("data") or {}
    text = "".join(map(str, (content.get("text", ""), data.get("text/plain", ""))))
    return Counter(
        {
            "lines of text": text.count("\n") + ("text/plain" in data),
            "characters of text": len(text),
            "bytes in all": len(text) + sum(len(str(item)) for item in data.values()),
        }
    )


def _too_much(put_out: Counter) -> str | None:
    """Return the first limit that is passed, None if none is."""
    for what, most in MOST.items():
        if put_out[what] > most:
            return f"{most:,} {what}"
    return None


def _place(index: int, cell: NotebookNode) -> str:
    return f"cell {index + 1} (id {cell.get('id', 'none')})"


def _warnings(notebook: NotebookNode) -> Iterator[str]:
    """Yield a line for each cell that wrote to stderr, which a page shows, or made a widget."""
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                first = output.text.strip().splitlines()[0] if output.text.strip() else "(blank)"
                yield f"{_place(index, cell)} wrote to stderr: {first}"
            if _WIDGET in output.get("data", {}):
                yield f"{_place(index, cell)} shows a widget, which is left off the page"


def _without_widgets(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Return the outputs that a page can show: a widget is dead there, and its name random."""
    return [output for output in outputs if _WIDGET not in output.get("data", {})]
