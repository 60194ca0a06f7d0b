"""The command `python -m otbook_utils reproduce NAME`: the missing runs of an experiment."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from otbook_utils.experiments.experiment import Experiment, Run, declared, find
from otbook_utils.experiments.provenance import checkout
from otbook_utils.experiments.results import ResultError, migrate, read_result

EPILOG = """\
Stop it when you like (Ctrl-C, kill): the same command goes on where it stopped. Finished runs lie
in --results, one JSON each; checkpoints and compiled kernels in --work.

To use several cores, GPUs or machines with a folder in common, start it several times: a lock on
each run keeps two processes from doing the same one.
  CUDA_VISIBLE_DEVICES=1 python -m otbook_utils reproduce imbalance
  srun --ntasks 8 --gpus-per-task 1 python -m otbook_utils reproduce imbalance

--set makes a trial: it proves the path, goes into a folder of its own under --work and is never
read as a result.
"""


def register(commands: argparse._SubParsersAction) -> None:
    """Add `reproduce` to the commands of `python -m otbook_utils`."""
    command = commands.add_parser(
        "reproduce",
        help="run what is missing of an experiment",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add("experiment", choices=sorted(declared()))
    add("--list", action="store_true", help="say what is there and what is not")
    add("--rows", nargs="+", default=[], metavar="ROW", help="some rows only")
    add("--seeds", nargs="+", type=_seed, default=[], metavar="N", help="by default those recorded")
    add("--set", nargs="+", default=[], metavar="NAME=VALUE", help="a trial with another recipe")
    add("--data", type=Path, help="folder with your own copies (OTBOOK_DATA)")
    add("--results", type=Path, help="by default book/results/<experiment>")
    add("--work", type=Path, help="by default _runs/<experiment>")
    add("--save-every", type=_seconds, default=30.0, metavar="SECONDS", help="between checkpoints")
    add("--threads", type=_positive, metavar="N", help="of the CPU; by default all")
    add("--compile", metavar="MODE", help="of torch.compile, or off; by default on CUDA alone")
    add("--migrate", action="store_true", help="add the digest that files of format 1 lack")
    command.set_defaults(run=_command)


def _number(kind: Callable[[str], float], least: float, most: float, wanted: str):
    """Return a reader of an option's text, for argparse."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be {wanted}, got {text}")
        return value

    return read


_positive = _number(int, 1, math.inf, "a whole number of at least 1")
_seed = _number(int, 0, 2**32 - 1, "a whole number from 0 to 2**32 - 1")
_seconds = _number(float, 0, math.inf, "a number of at least 0")


def _command(arguments: argparse.Namespace) -> int:
    try:
        return _reproduce(arguments)
    except (ValueError, ResultError, FloatingPointError) as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:  # a full disk, a folder that may not be written
        kept = "What was saved is kept: the same command goes on with it"
        print(f"error: {error}. {kept}", file=sys.stderr)
    except RuntimeError as error:
        if type(error).__name__ not in ("DataError", "CheckpointError"):
            raise  # a fault of ours, not of the reader's files
        print(f"error: {error}", file=sys.stderr)
    return 1


def _reproduce(arguments: argparse.Namespace) -> int:
    name = arguments.experiment
    if arguments.data is not None:
        os.environ["OTBOOK_DATA"] = str(arguments.data)
    experiment = find(name).trial(_changes(arguments.set))
    runs = experiment.runs(arguments.rows, arguments.seeds)
    results, work = _folders(arguments, experiment)
    if arguments.migrate:
        return _migrate(experiment, results)
    if arguments.list:
        return _list(experiment, name, runs, results, work)
    return _run(experiment, name, runs, results, work, arguments)


def _changes(texts: Sequence[str]) -> dict[str, Any]:
    """Read NAME=VALUE, where the value is JSON: a number, null, a list."""
    changes = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            changes[name] = json.loads(value)
        except ValueError:
            raise ValueError(
                f"--set must be given as NAME=VALUE, such as epochs=2, got {text!r}"
            ) from None
    return changes


def _folders(arguments: argparse.Namespace, experiment: Experiment) -> tuple[Path, Path]:
    name, root = arguments.experiment, checkout() or Path()
    recorded = root / "book" / "results" / name if checkout() else Path("results", name)
    work = (arguments.work or root / "_runs" / name).absolute()
    results = (arguments.results or recorded).absolute()
    if experiment.reduced:
        work = work / f"trial-{experiment.digest}"
        results = (arguments.results or work / "results").absolute()
        if results.resolve() == recorded.resolve():
            raise ValueError(f"results of a reduced trial must not go to {recorded}")
    return results, work


def _migrate(experiment: Experiment, results: Path) -> int:
    changed = [
        path.name for path in sorted(results.glob("*.json")) if migrate(path, experiment.units)
    ]
    print(f"{len(changed)} files in {results} were given a digest. {' '.join(changed)}".strip())
    return 0


def _list(experiment: Experiment, name: str, runs: Sequence[Run], results: Path, work: Path) -> int:
    from otbook_utils.experiments.runs import is_done

    print(f"{name} in {results}")
    there, damage = 0, []
    for run in runs:
        try:
            done = is_done(experiment, name, run, results)
        except ResultError as error:
            damage.append(str(error))
            print(f"  damaged  {run.name}")
            continue
        there += done
        if done:
            print(f"  there    {run.name:24} {_summary(results, run)}")
        else:
            begun = (work / f"{run.name}.ckpt").exists()
            print(f"  missing  {run.name:24} {'begun' if begun else ''}".rstrip())
    print(f"{there} of {len(runs)} runs are there.")
    if damage:
        raise ResultError("\n".join(damage))
    return 0


def _summary(results: Path, run: Run) -> str:
    result = read_result(results / f"{run.name}.json")
    told = [f"{k} {value:.4g} {result.units[k]}".strip() for k, value in result.final.items()]
    return f"{', '.join(told)} ({result.timing['wall_seconds']:.0f} s)"


def _run(
    experiment: Experiment,
    name: str,
    runs: Sequence[Run],
    results: Path,
    work: Path,
    arguments: argparse.Namespace,
) -> int:
    from otbook_utils.experiments.runs import do_runs, is_done

    missing = [run for run in runs if not is_done(experiment, name, run, results)]
    print(f"{name}: {len(missing)} of {len(runs)} runs to do -> {results}", flush=True)
    if not missing:
        return 0
    for folder in (results, work):  # better now than at the end of a run
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    settings = _settings(results, work, arguments)

    @contextmanager
    def show(run_name: str) -> Iterator[Callable]:
        from otbook_utils.training.progress import Live

        with Live(run_name, log=True) as live:
            yield live
        run = next(run for run in missing if run.name == run_name)
        print(f"{run_name}: {_summary(results, run)}", flush=True)

    left = do_runs(experiment, name, missing, settings, show)
    if left:
        print(f"{len(left)} are another process's: {' '.join(left)}.")
    return 1 if left else 0


def _settings(results: Path, work: Path, arguments: argparse.Namespace):
    from otbook_utils.experiments.runs import Settings

    # Compiled kernels are kept between starts, so that a resumed run uses those it began with.
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(work / "kernels"))
    _leave_launcher()
    import torch

    from otbook_utils.training import device
    from otbook_utils.training.places import best_precision
    from otbook_utils.training.threads import settle_threads

    where = device().type
    compile = arguments.compile or ("default" if where == "cuda" else "off")
    return Settings(
        results=results,
        work=work,
        device=where,
        precision=best_precision(),
        compile=False if compile == "off" else compile,
        # A run is large: it takes the cores that torch finds, or those that were chosen.
        threads=settle_threads(arguments.threads or torch.get_num_threads()),
        save_every=arguments.save_every,
    )


def _leave_launcher() -> None:
    """Forget torchrun or Slurm, but for the GPU: each run is one process's work.

    Several processes that a launcher started find their own runs, by the locks.
    """
    local = os.environ.get("LOCAL_RANK", os.environ.get("SLURM_LOCALID"))
    for variable in list(os.environ):
        named = {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK"}
        if variable in named or variable.startswith(("SLURM_", "TORCHELASTIC_", "MASTER_")):
            del os.environ[variable]
    if local is not None:
        import torch

        if torch.cuda.device_count() > 1:
            torch.cuda.set_device(int(local) % torch.cuda.device_count())
