"""Doing the runs that are missing: each once, each to its end, however often it is stopped."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from otbook_utils.experiments.experiment import Experiment, Outcome, Run
from otbook_utils.experiments.provenance import environment
from otbook_utils.experiments.results import ResultError, RunResult, read_result, write_result
from otbook_utils.files import remove_leftovers

PATIENCE = 15.0  # seconds until a run that another process holds is left to it


@dataclass(frozen=True)
class Settings:
    """Where and how the runs of an experiment are done.

    results: folder of the finished runs. work: folder of checkpoints and compiled kernels.
    device, precision, compile, threads, save_every: as in `train`.
    """

    results: Path
    work: Path
    device: str = "cpu"
    precision: str = "32-true"
    compile: bool | str = False
    threads: int = 1
    save_every: float = 30.0

    def of_training(self) -> dict[str, Any]:
        """Return what `train` is called with."""
        names = ("device", "precision", "compile", "threads", "save_every")
        return {name: getattr(self, name) for name in names}


@dataclass
class Clock:
    """What a run's time is told by: where it was taken up, and since when.

    show: called after each step, as `train` does.
    """

    show: Callable[..., None]
    resumed_at: int | None = None
    began: float = 0.0  # when the first step was done: data are read by then, and kernels compiled
    started: str = field(default_factory=lambda: _now())

    def __call__(self, history: Any, done: int, total: int | None) -> None:
        if self.resumed_at is None:
            self.resumed_at, self.began = done - 1, time.perf_counter()
        self.show(history, done, total)

    def timing(self, history: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """Return when and how long: what a killed process did after its last save is not counted.

        train_seconds are those of all starts; wall_seconds are those since this start's first step
        (with what lies between the epochs), or as many at least.
        """
        training = sum(record.get("seconds", 0.0) for record in history)
        here = time.perf_counter() - self.began if self.began else 0.0
        return {
            "wall_seconds": max(here, training),
            "train_seconds": training,
            "started": self.started,
            "finished": _now(),
            "resumed_at_step": self.resumed_at or 0,
        }


def is_done(experiment: Experiment, name: str, run: Run, results: Path) -> bool:
    """Return whether a run's result is there.

    name: the experiment's. Raises ResultError if it is damaged or was made otherwise.
    """
    path = results / f"{run.name}.json"
    if not path.exists():
        return False
    result = read_result(path)
    wanted = json.loads(json.dumps(dict(experiment.recipe)))  # tuples as the lists of a file
    if result.experiment != name or any(result.recipe.get(k) != v for k, v in wanted.items()):
        raise ResultError(
            f"{path} was made with another recipe than that of the runs of {name} that are "
            "wanted. Name another folder with --results, or remove it"
        )
    return True


def do_runs(
    experiment: Experiment,
    name: str,
    runs: Iterable[Run],
    settings: Settings,
    show: Callable[[str], Any],
) -> list[str]:
    """Do the runs that are missing, one after the other; return those left to other processes.

    A lock on each run keeps two processes from doing the same one, so the command may be started
    as often as there are cores or GPUs, on several machines with a folder in common, too. The
    system lets go of a lock when its holder dies, however it dies, so no lock is ever stale.

    show: called with a run's name, returns a context whose value follows its steps, as in `train`.
    """
    pending, waiting_since = list(runs), time.monotonic()
    while pending:
        for run in list(pending):
            with _only_one(run, settings) as mine:
                if not is_done(experiment, name, run, settings.results):
                    if not mine:
                        continue
                    with show(run.name) as told:
                        _do_one(experiment, name, run, settings, told)
            pending.remove(run)
            waiting_since = time.monotonic()
        # A process that was killed a moment ago may still be going: give it time to let go.
        if pending and time.monotonic() - waiting_since > PATIENCE:
            break
        time.sleep(0.2 if pending else 0)
    return [run.name for run in pending]


@contextmanager
def _only_one(run: Run, settings: Settings) -> Iterator[bool]:
    """Lock a run's result and its checkpoint; yield whether that could be done."""
    with ExitStack() as locks:
        try:
            for folder in (settings.results, settings.work):
                folder.mkdir(parents=True, exist_ok=True)
                locks.enter_context(FileLock(folder / f".{run.name}.lock", timeout=0))
        except Timeout:
            yield False
            return
        yield True


def _do_one(
    experiment: Experiment, name: str, run: Run, settings: Settings, show: Callable[..., None]
) -> None:
    from otbook_utils.training.checkpoints import Checkpoint

    checkpoint = Checkpoint(settings.work / f"{run.name}.ckpt")
    remove_leftovers(checkpoint.path)
    remove_leftovers(settings.results / f"{run.name}.json")
    where = environment(settings.device) | {
        "precision": settings.precision,
        "compile": settings.compile,
        "threads": settings.threads,
    }
    # What makes this run this run: a checkpoint of any other is refused. With other kernels, or
    # another number of threads, it would go on with other last digits.
    identity = {"experiment": name, "row": run.row, "seed": run.seed}
    identity |= {"recipe": json.dumps(dict(run.recipe)), "torch": where["versions"]["torch"]}
    identity |= {key: where[key] for key in ("device", "precision", "compile")}
    clock = Clock(show)
    how = settings.of_training() | {"checkpoint": checkpoint, "run": identity, "show": clock}
    try:
        outcome = experiment.run(replace(run, device=settings.device, how=how))
    except FloatingPointError as error:
        raise FloatingPointError(f"{run.name}: {error}") from error
    write_result(_result(experiment, name, run, outcome, where, clock), settings.results)
    # Killed here, the next start finds the result and leaves the checkpoint; it does no harm.
    checkpoint.remove()


def _result(
    experiment: Experiment, name: str, run: Run, outcome: Outcome, where: dict, clock: Clock
) -> RunResult:
    history = list(getattr(outcome.history, "epochs", outcome.history))
    return RunResult(
        experiment=name,
        row=run.row,
        label=experiment.rows[run.row],
        seed=run.seed,
        reduced=experiment.reduced,
        recipe=dict(run.recipe) | dict(outcome.recipe),
        units=dict(experiment.units),
        history=history,
        final=dict(outcome.final),
        data=dict(outcome.data),
        environment=where,
        timing=clock.timing(history),
    )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
