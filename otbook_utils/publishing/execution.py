"""Execute the chapters that are out of date, several at a time, each in its own kernel."""

from __future__ import annotations

import asyncio
import atexit
import os
import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

from otbook_utils.publishing.book import Book, Chapter
from otbook_utils.publishing.staleness import chapter_digest
from otbook_utils.publishing.store import Store

if TYPE_CHECKING:
    from nbformat import NotebookNode

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TRACEBACK_LINES = 12


@dataclass(frozen=True)
class Execution:
    """One chapter as executed; `failure` says which cell failed and how, or is None."""

    chapter: Chapter
    notebook: NotebookNode
    seconds: float
    failure: str | None
    warnings: tuple[str, ...]


def execute_book(
    book: Book, profile: str, report: Callable[[str], None] = print, only: Sequence[str] = ()
) -> bool:
    """Execute every chapter that is out of date and say whether all of them ran through.

    only: names of chapters; if there are any, the others are neither executed nor forgotten.
    Each result goes into the cache of `profile` as soon as it is there; a failing chapter is
    reported and leaves nothing in the cache, and the others still run.
    """
    store = Store(book, profile)
    chapters = tuple(book.chapter(name) for name in only) or book.chapters
    digests = {chapter: chapter_digest(book, chapter, profile) for chapter in chapters}
    stale = [chapter for chapter in chapters if not store.is_fresh(chapter, digests[chapter])]
    # The longest first, so that no core waits at the end for a long chapter begun late.
    last_time = {name: record.seconds for name, record in store.records.items()}
    stale.sort(key=lambda chapter: -last_time.get(chapter.name, float("inf")))
    keep = {chapter.name for chapter in book.chapters} - {chapter.name for chapter in stale}
    if not only:
        for name in set(store.records) - keep:
            store.forget(name)
        store.drop_strangers()
    if keep and not only:
        report(f"{len(keep)} of {len(book.chapters)} chapters are up to date (profile {profile}).")
    failed = 0
    for execution in _execute_all(stale, book, profile):
        _report(execution, report)
        if execution.failure is None:
            digest = digests[execution.chapter]
            store.add(execution.chapter, digest, execution.notebook, execution.seconds)
        else:
            failed += 1
    if failed:
        report(f"{failed} of {len(book.chapters)} chapters failed.")
    return not failed


def kernel_environment(profile: str) -> dict[str, str]:
    """Return the environment variables a chapter's kernel gets when the book is built."""
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    # One thread a kernel: the chapters already share the cores among themselves.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return (
        environment
        | threads
        | {
            "OTBOOK_PROFILE": profile,
            "OTBOOK_EXPLORE": "frames",
            "TQDM_DISABLE": "1",  # a progress bar has no place on a page
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger grumbles into the terminal
        }
    )


def _execute_all(chapters: list[Chapter], book: Book, profile: str):
    """Yield each chapter's execution as it finishes; stop the kernels if the caller stops."""
    if not chapters:
        return
    workers = min(len(chapters), os.cpu_count() or 1)
    runs = [_Run(chapter, book, profile) for chapter in chapters]
    with ThreadPoolExecutor(workers) as pool:
        futures: list[Future[Execution]] = [pool.submit(run.run) for run in runs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            for run in runs:
                run.cancel()
            raise


class _Run:
    """The execution of one chapter, which another thread can cancel."""

    def __init__(self, chapter: Chapter, book: Book, profile: str) -> None:
        self.chapter = chapter
        self._environment = kernel_environment(profile)
        timeout = book.config.get("execute", {}).get("timeout", 300)
        # A full-scale cell may train for hours; only the quick profile promises to be quick.
        self._timeout = timeout if profile == "quick" and timeout > 0 else None
        self._lock = threading.Lock()
        self._cancelled = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task | None = None

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)

    def run(self) -> Execution:
        try:
            return asyncio.run(self._execute())
        finally:
            with self._lock:
                self._loop = None

    async def _execute(self) -> Execution:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

        with self._lock:
            if self._cancelled:
                raise asyncio.CancelledError
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        notebook = nbformat.read(self.chapter.path, as_version=4)
        at = [0]
        client = NotebookClient(
            notebook,
            timeout=self._timeout,
            resources={"metadata": {"path": str(self.chapter.path.parent)}},
            record_timing=False,  # times in the metadata would change the notebook's key
            # Not its advice on transport encryption: the kernel is this machine's own.
            extra_arguments=["--log-level=ERROR"],
            on_cell_start=lambda cell, cell_index: at.__setitem__(0, cell_index),
        )
        begun = time.perf_counter()
        failure = None
        try:
            await client.async_execute(env=self._environment)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failure = _describe_failure(notebook, at[0], error)
        finally:
            if client.km is None:  # gone already: else it grumbles when Python exits
                atexit.unregister(client._cleanup_kernel)
        seconds = time.perf_counter() - begun
        return Execution(self.chapter, notebook, seconds, failure, _stderr_lines(notebook))


def _describe_failure(notebook: NotebookNode, index: int, error: Exception) -> str:
    """Return the failing cell (number among all cells, id) and the end of its traceback."""
    cell = notebook.cells[index]
    raised = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    text = "\n".join(raised[-1].traceback) if raised else str(error)
    lines = [line for line in _COLOUR.sub("", text).splitlines() if line.strip()]
    tail = "\n".join(f"    {line}" for line in lines[-_TRACEBACK_LINES:])
    return f"cell {index + 1} (id {cell.get('id', 'none')}):\n{tail}"


def _stderr_lines(notebook: NotebookNode) -> tuple[str, ...]:
    """Return a line for each cell that wrote to stderr, which would show on the page."""
    found = []
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                first = output.text.strip().splitlines()[0] if output.text.strip() else "(blank)"
                where = f"cell {index + 1} (id {cell.get('id', 'none')})"
                found.append(f"{where} wrote to stderr: {first}")
    return tuple(found)


def _report(execution: Execution, report: Callable[[str], None]) -> None:
    name, seconds = execution.chapter.name, execution.seconds
    report(f"{'failed' if execution.failure else 'done':8}{seconds:7.1f} s  {name}")
    for warning in execution.warnings:
        report(f"  warning: {name}, {warning}")
    if execution.failure:
        report(f"  {name}, {execution.failure}")
