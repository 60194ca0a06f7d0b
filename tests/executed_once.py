"""What nbval's kernels put out is kept for the build, so that a chapter is executed once.

A chapter takes half a minute, and CI needs it twice: nbval executes every notebook, and the site
shows what it puts out. Here nbval's kernel gets the surroundings that a building kernel has, and
what it puts out goes where the build looks for it first. Whatever is unusual is not kept: then the
build executes the chapter itself, and says what is wrong with it.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from otbook_utils.publishing.book import Book
from otbook_utils.publishing.files import file_clock
from otbook_utils.publishing.kernel import fits_a_page, kernel_environment
from otbook_utils.publishing.notebook_file import Notebook
from otbook_utils.publishing.staleness import code_digest, fingerprints
from otbook_utils.publishing.store import Store
from otbook_utils.publishing.watching import names_read, watching_code

_SHOWN = ("stream", "display_data", "execute_result", "error")
_SAID = ("status", "execute_input", "execute_reply")


class ExecutedOnce:
    """A plugin of pytest. book, profile: whose store keeps the chapters."""

    def __init__(self, book: Book, profile: str) -> None:
        self._book, self._profile = book, profile
        self._names = {chapter.path: chapter.name for chapter in book.chapters}
        self._runs: dict[IPyNbFile, _Run] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        """Start a chapter's kernel as the build would."""
        if not isinstance(item, IPyNbCell) or item.cell_num or item.path not in self._names:
            return (yield)
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("MPLBACKEND", raising=False)
            for name, value in kernel_environment(self._book, self._profile).items():
                patch.setenv(name, value)
            result = yield
        self._runs[item.parent] = _Run(self._book.root, item.parent)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo
    ) -> Iterator[pytest.TestReport]:
        """Keep a chapter when its last cell has passed."""
        report = yield
        run = self._runs.get(getattr(item, "parent", None))
        if run is None or call.when == "setup":
            return report
        if call.when == "call" and report.passed:
            run.end_cell()
        if not report.passed or run.unusual or run.ended:
            del self._runs[item.parent]
            run.close()
            if run.ended and report.passed and not run.unusual:
                store = Store(self._book, self._profile)
                store.add(self._names[item.path], *run.record())
        return report


class _Run:
    """One chapter in nbval's kernel."""

    def __init__(self, root: Path, file: IPyNbFile) -> None:
        self.unusual = False
        self._root, self._file = root, file
        self._outputs: list[list[Any]] = []
        self._heard: list[dict[str, Any]] = []
        self._folder = tempfile.TemporaryDirectory(prefix="otbook-")
        self._log = Path(self._folder.name, "reads")
        self._log.touch()
        self._clock = file_clock(self._log.parent)
        self._begun = time.perf_counter()
        code = watching_code(root, self._log)
        file.kernel.await_reply(file.kernel.kc.execute(code, silent=True), timeout=60)
        hear = file.get_kernel_message

        def hear_and_note(*arguments: Any, **options: Any) -> dict[str, Any]:
            message = hear(*arguments, **options)
            self._heard.append(message)
            return message

        file.get_kernel_message = hear_and_note

    @property
    def ended(self) -> bool:
        cells = self._file.nb.cells
        return len(self._outputs) == sum(cell.cell_type == "code" for cell in cells)

    def end_cell(self) -> None:
        """Take what the kernel said since the last cell as what this one puts out."""
        heard, self._heard[:] = list(self._heard), []
        shown = [message for message in heard if message["msg_type"] in _SHOWN]
        self.unusual |= any(message["msg_type"] not in _SHOWN + _SAID for message in heard)
        self.unusual |= not fits_a_page(message["content"] for message in shown)
        outputs = [nbformat.v4.output_from_msg(message) for message in shown]
        for output in outputs:
            if output.output_type == "execute_result":  # nbval lets the kernel count nothing
                output.execution_count = len(self._outputs) + 1
        self._outputs.append(_joined(outputs))

    def close(self) -> None:
        del self._file.get_kernel_message  # the class's own is there again
        self._reads = names_read(self._root, self._log)
        self._seconds = time.perf_counter() - self._begun
        self._folder.cleanup()

    def record(self) -> tuple[str, dict, float, list[Any]]:
        """Return what `Store.add` wants to know of the chapter."""
        content = json.loads(nbformat.writes(self._file.nb))
        code = code_digest(Notebook("", content))  # of what was executed, not of what stands there
        inputs = fingerprints(self._root, self._reads, self._clock)
        return code, inputs, self._seconds, json.loads(json.dumps(self._outputs))


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return the outputs with neighbours of one stream as one, as a notebook keeps them."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined
