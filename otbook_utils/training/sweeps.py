"""A table of runs: which are missing, who does which, and all of them to the end.

Every run is one process's work from its first to its last step, so it ends with the same numbers
however many run beside it. Runs that are stopped go on from their checkpoints.
"""

import os
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from filelock import FileLock, Timeout

from otbook_utils.files import remove_leftovers
from otbook_utils.training.checkpoints import Checkpoint
from otbook_utils.training.results import (
    ResultError,
    RunResult,
    read_result,
    run_name,
    write_result,
)

Item = TypeVar("Item")
# tell("begin" | "resumed" | "images" | "epoch" | "done" | "taken" | "failed", run's name, what)
Tell = Callable[[str, str, Any], None]
GIB = 2**30
# What one run at batch 128 may take of a GPU: its context, images, activations and compiled code.
MEMORY_OF_A_RUN = 8 * GIB
# Not yet measured: `benchmarks/training_engine.py --side-by-side 1 2 3 4 6` on the GPU decides it.
MOST_SIDE_BY_SIDE = 4
# What starts several processes, and how each tells them its place: torchrun, then Slurm.
LAUNCHERS = (
    ("RANK", "WORLD_SIZE", "LOCAL_RANK"),
    ("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"),
)
PATIENCE = 15.0  # seconds until a run that another process holds is left to it
TELL_EVERY = 1.0  # seconds between two reports of progress


@dataclass(frozen=True)
class Run:
    """One row of a table with one seed.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> Run("ce", 0).name
    'ce-seed0'
    """

    row: str
    seed: int

    @property
    def name(self) -> str:
        """The run's name, which its files bear."""
        return run_name(self.row, self.seed)


@dataclass(frozen=True)
class Settings:
    """Where and how the runs of a table are done.

    results: folder of the finished runs. work: folder of checkpoints, locks and compiled kernels.
    gpu: which GPU of this machine. compile: as in `Engine`. exact: as in `Engine`.
    side_by_side: how many runs share the device (recorded, since it changes the time of each).
    save_every: seconds between checkpoints of a run.
    """

    results: Path
    work: Path
    gpu: int = 0
    compile: str | bool | None = None
    exact: bool = True
    side_by_side: int = 1
    save_every: float = 30.0


class Runner(Protocol):
    """What does the runs of one process: it keeps data and compiled network between them."""

    def train(self, run: Run, checkpoint: Checkpoint, tell: Tell) -> RunResult: ...


class Table(Protocol):
    """A table of experiments. It is sent to worker processes, so it must be picklable."""

    name: str
    recipe: Any  # how a run is trained; `recipe.digest` names the folder of a trial
    reduced: bool  # whether this is a trial: its runs are kept apart and never read as the table's

    def trial(self, **changes: Any) -> "Table":
        """The same table with those of `changes` to its recipe that are not None."""

    def images_of(self, run: Run) -> int:
        """How many training images the whole run shows, for the estimate of the time left."""

    def runs(self, rows: tuple[str, ...], seeds: tuple[int, ...]) -> list[Run]:
        """The runs of `rows` (all if empty) with `seeds`; ValueError for an unknown row."""

    def open(self, settings: Settings) -> Runner:
        """Load the data and build the network, once for all runs of a process."""

    def owns(self, result: RunResult) -> bool:
        """Whether the result is of this table and of its recipe."""

    def summary(self, result: RunResult) -> str:
        """The result in a few words."""


def is_done(table: Table, run: Run, results: Path) -> bool:
    """Return whether a run's result is there; ResultError if it is damaged or of another table.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.
    """
    path = results / f"{run.name}.json"
    if not path.exists():
        return False
    if not table.owns(read_result(path)):
        raise ResultError(
            f"{path} was made with another recipe than that of the runs of {table.name} that are "
            "wanted. Name another folder with --results, or remove it"
        )
    return True


def my_share(items: Sequence[Item]) -> tuple[list[Item], int, str]:
    """Return this process's part of `items`, its GPU's number, and who divided them.

    Under torchrun or Slurm, process r of n takes every n-th item from the r-th on: the same parts
    at every start, on one machine or many, with no word between them. Else all is this process's.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.
    """
    for rank, world, local in LAUNCHERS:
        if int(os.environ.get(world, 1)) > 1 and rank in os.environ:
            index, count = int(os.environ[rank]), int(os.environ[world])
            gpus = max(1, torch.cuda.device_count())
            part = list(items)[index::count]
            return part, int(os.environ.get(local, 0)) % gpus, f"part {index + 1} of {count}"
    return list(items), 0, "all"


def leave_launcher() -> None:
    """Forget the launcher: from here on each run is one process's work, not a part of theirs.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.
    """
    torchrun = {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK"}
    for name in list(os.environ):
        if name in torchrun or name.startswith(("SLURM_", "TORCHELASTIC_", "MASTER_")):
            del os.environ[name]


def default_side_by_side(runs: int, gpu: int = 0) -> int:
    """Return how many of `runs` to do at once: as many as memory and cores allow, at most four.

    One on the CPU, where a run takes all cores.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> default_side_by_side(0)
    1
    """
    if not torch.cuda.is_available():
        return 1
    free, _ = torch.cuda.mem_get_info(gpu)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # Two cores a run: one feeds the GPU, one is left for the compiler and the system.
    return max(1, min(MOST_SIDE_BY_SIDE, runs, free // MEMORY_OF_A_RUN, (cores or 1) // 2))


def do_runs(table: Table, runs: Iterable[Run], settings: Settings, tell: Tell) -> None:
    """Do the runs that are missing, one after the other; leave those that another process holds.

    A lock a run keeps two processes from doing the same one. The system lets go of a lock when its
    holder dies, however it dies, so no lock is ever stale.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.
    """
    settings.work.mkdir(parents=True, exist_ok=True)
    pending, runner, waiting_since = list(runs), None, time.monotonic()
    while pending:
        for run in list(pending):
            if is_done(table, run, settings.results):
                pending.remove(run)
                continue
            try:
                with FileLock(settings.work / f"{run.name}.lock", timeout=0):
                    # It may have been done while we waited for the lock.
                    if not is_done(table, run, settings.results):
                        runner = runner or table.open(settings)
                        _do_one(table, runner, run, settings, tell)
            except Timeout:
                continue
            pending.remove(run)
            waiting_since = time.monotonic()
        # A process that was killed a moment ago may still be going: give it time to let go.
        if pending and time.monotonic() - waiting_since > PATIENCE:
            break
        time.sleep(0.2 if pending else 0)
    for run in pending:
        tell("taken", run.name, None)


def _do_one(table: Table, runner: Runner, run: Run, settings: Settings, tell: Tell) -> None:
    checkpoint = Checkpoint(settings.work / f"{run.name}.ckpt")
    remove_leftovers(checkpoint.path)
    remove_leftovers(settings.results / f"{run.name}.json")
    try:
        result = runner.train(run, checkpoint, tell)
    except FloatingPointError as error:
        raise FloatingPointError(f"{run.name}: {error}") from error
    write_result(result, settings.results)
    # Killed here, the next start finds the result and leaves the checkpoint; it does no harm.
    checkpoint.remove()
    tell("done", run.name, table.summary(result))


def steps_told(tell: Tell, run: Run) -> Callable[[int], None]:
    """Return an `on_step` for `Engine.train` that tells of progress once a second.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.
    """
    waiting, told = 0, time.monotonic()

    def on_step(images: int) -> None:
        nonlocal waiting, told
        waiting += images
        if time.monotonic() - told >= TELL_EVERY:
            tell("images", run.name, waiting)
            waiting, told = 0, time.monotonic()

    return on_step


def do_runs_side_by_side(
    table: Table, runs: Sequence[Run], settings: Settings, tell: Tell
) -> list[str]:
    """Do the runs in `settings.side_by_side` processes that share the device; return what failed.

    Processes, since each then has its own Python to feed the GPU and none can change another's
    numbers. When this process dies, so do they.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.
    """
    if settings.side_by_side == 1:
        do_runs(table, runs, settings, tell)
        return []
    return _Workers(table, runs, settings, tell).work()


class _Workers:
    """The processes of one device and what they tell."""

    def __init__(self, table: Table, runs: Sequence[Run], settings: Settings, tell: Tell) -> None:
        self.arguments, self.count, self.tell = (table, list(runs), settings), 0, tell
        self.most = min(settings.side_by_side, len(runs))
        # The first compiles and keeps its kernels; those that start after its first epoch read them
        # (a minute each saved), and so all runs use one and the same choice of kernels.
        self.wait_for_first = settings.compile is not False and torch.cuda.is_available()
        self.processes: dict[Any, Any] = {}  # the reading end of each worker's pipe -> the worker
        self.failures: list[str] = []

    def work(self) -> list[str]:
        from multiprocessing.connection import wait

        try:
            self._start(1 if self.wait_for_first else self.most)
            while self.processes:
                for pipe in wait(list(self.processes)):
                    self._hear(pipe)
        finally:
            for worker in self.processes.values():
                worker.terminate()
            for worker in self.processes.values():
                worker.join()
        return self.failures

    def _start(self, until: int) -> None:
        import multiprocessing

        # spawn: a fork of a process that has touched CUDA cannot use it.
        context = multiprocessing.get_context("spawn")
        while self.count < until:
            ours, theirs = context.Pipe(duplex=False)
            worker = context.Process(target=_worker, args=(theirs, self.count, *self.arguments))
            worker.start()
            theirs.close()  # so that the pipe ends when the worker does
            self.processes[ours] = worker
            self.count += 1

    def _hear(self, pipe: Any) -> None:
        try:
            kind, name, what = pipe.recv()
        except (EOFError, OSError):
            self._bury(self.processes.pop(pipe))
            return
        if kind == "failed":
            self.failures.append(f"{name}: {what}")
        elif kind == "epoch":
            self._start(self.most)
        self.tell(kind, name, what)

    def _bury(self, worker: Any) -> None:
        worker.join()
        if worker.exitcode not in (0, 1):
            reason = f"ended with {worker.exitcode}; its run goes on at the next start"
            self.failures.append(f"{worker.name} {reason}")
        self._start(self.most)


def _worker(pipe: Any, number: int, table: Table, runs: list[Run], settings: Settings) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    _die_with_parent()
    current = ""

    def tell(kind: str, name: str, what: Any) -> None:
        nonlocal current
        current = name
        pipe.send((kind, name, what))

    try:
        # Each begins elsewhere in the list, and so meets few locks.
        do_runs(table, runs[number:] + runs[:number], settings, tell)
    except Exception as error:
        traceback.print_exc()
        pipe.send(("failed", current or "a worker", f"{type(error).__name__}: {error}"))
        raise SystemExit(1) from error


def _die_with_parent() -> None:
    """End this process when the parent ends, killed or not: it would go on unseen."""
    import multiprocessing
    import threading
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
