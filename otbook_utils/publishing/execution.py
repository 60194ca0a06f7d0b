"""Execute the chapters that are out of date, several at a time, each in its own kernel."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from otbook_utils.publishing.book import Book, Chapter
from otbook_utils.publishing.notebook_file import Notebook, read_notebook, validate
from otbook_utils.publishing.staleness import CHANGED_MEANWHILE, code_digest, what_changed
from otbook_utils.publishing.store import Record, Store

if TYPE_CHECKING:
    from otbook_utils.publishing.kernel import Outcome

#: With this begin the folders in the build folder where kernels note what they read.
KERNEL_FOLDER = ".kernel-"


@dataclass(frozen=True)
class Job:
    """A chapter to execute: as it was read, why, and how long it took the last time."""

    chapter: Chapter
    notebook: Notebook
    reason: str
    last_time: float


def execute_book(
    book: Book, profile: str, report: Callable[[str], None] = print, only: Sequence[str] = ()
) -> bool:
    """Execute every chapter that is out of date and say whether all of them ran through.

    only: names of chapters; if there are any, the others are neither executed nor forgotten.

    Each result goes into the store of `profile` as soon as it is there; a failing chapter is
    reported and leaves nothing in the store, and the others still run.

    Raises PublishingError if a notebook is none.
    """
    book.build_folder.mkdir(exist_ok=True)
    for leftover in book.build_folder.glob(f"{KERNEL_FOLDER}*"):  # of a build that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    store = Store(book, profile, report)
    chapters = tuple(book.chapter(name) for name in only) or book.chapters
    jobs = out_of_date(book, store, chapters)
    if not only:
        store.keep_only(chapter.name for chapter in chapters)
        if len(jobs) < len(chapters):
            fresh = len(chapters) - len(jobs)
            report(f"{fresh} of {len(chapters)} chapters are up to date (profile {profile}).")
    for job in jobs:
        validate(job.chapter.path, job.notebook)
        report(f"to execute: {job.chapter.name} ({job.reason})")
    # The longest first, so that no core waits at the end for a long chapter begun late.
    jobs.sort(key=lambda job: -job.last_time)
    failed = 0
    for job, outcome, seconds in _execute_all(jobs, book, profile):
        name = job.chapter.name
        _report(name, outcome, seconds, report)
        if outcome.failure:
            store.forget(name)
            failed += 1
        else:
            code = code_digest(job.notebook)
            store.add(name, code, outcome.inputs, seconds, outcome.outputs)
    if failed:
        report(f"{failed} of {len(chapters)} chapters failed.")
    return not failed


def out_of_date(book: Book, store: Store, chapters: Sequence[Chapter]) -> list[Job]:
    """Return those of `chapters` that are to be executed.

    Raises PublishingError if a notebook is none.
    """
    jobs = []
    for chapter in chapters:
        notebook = read_notebook(chapter.path)
        record = store.record(chapter.name)
        reason = _reason(book, notebook, record)
        if reason is not None:
            seconds = record.seconds if record else float("inf")
            jobs.append(Job(chapter, notebook, reason, seconds))
    return jobs


def _reason(book: Book, notebook: Notebook, record: Record | None) -> str | None:
    """Return why a chapter is to be executed, or None if it is as it was when it was."""
    if record is None:
        return "not executed yet"
    if record.code != code_digest(notebook):
        return "its code has changed"
    return what_changed(book.root, record.inputs)


def _execute_all(jobs: list[Job], book: Book, profile: str) -> Iterator[tuple[Job, Outcome, float]]:
    """Yield each chapter's outcome as it finishes; stop the kernels if the caller stops."""
    if not jobs:
        return
    runs = [_Run(job, book, profile) for job in jobs]
    with ThreadPoolExecutor(min(len(jobs), os.cpu_count() or 1)) as pool:
        futures = [pool.submit(run.run) for run in runs]
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

    def __init__(self, job: Job, book: Book, profile: str) -> None:
        self._job, self._book, self._profile = job, book, profile
        self._lock = threading.Lock()
        self._cancelled = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task | None = None

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)

    def run(self) -> tuple[Job, Outcome, float]:
        begun = time.perf_counter()
        try:
            outcome = asyncio.run(self._execute())
        finally:
            with self._lock:
                self._loop = None
        return self._job, outcome, time.perf_counter() - begun

    async def _execute(self) -> Outcome:
        from otbook_utils.publishing.kernel import execute

        with self._lock:
            if self._cancelled:
                raise asyncio.CancelledError
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        # A full-scale cell may train for hours; only the quick profile promises to be quick.
        timeout = self._book.timeout if self._profile == "quick" else None
        job = self._job
        with tempfile.TemporaryDirectory(
            dir=self._book.build_folder, prefix=KERNEL_FOLDER
        ) as folder:
            log = Path(folder, "reads")
            return await execute(
                self._book, self._profile, job.chapter.path, job.notebook, timeout, log
            )


def _report(name: str, outcome: Outcome, seconds: float, report: Callable[[str], None]) -> None:
    report(f"{'failed' if outcome.failure else 'done':8}{seconds:7.1f} s  {name}")
    for warning in outcome.warnings:
        report(f"  warning: {name}, {warning}")
    for file, digest in outcome.inputs.items():
        if digest == CHANGED_MEANWHILE:
            report(f"  warning: {name} is executed again next time: {file} {digest}")
    if outcome.failure:
        report(f"  {name}, {outcome.failure}")
