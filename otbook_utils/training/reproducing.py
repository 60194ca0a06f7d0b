"""What `python -m otbook_utils reproduce` does: choose the runs, do them, show how far they are."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from otbook_utils.data import DataError
from otbook_utils.training.checkpoints import CheckpointError
from otbook_utils.training.provenance import checkout
from otbook_utils.training.results import ResultError, read_result
from otbook_utils.training.sweeps import (
    Run,
    Settings,
    Table,
    default_side_by_side,
    do_runs_side_by_side,
    is_done,
    leave_launcher,
    my_share,
)


class ReproduceError(Exception):
    """The runs cannot be done as things stand; the message says why and what to do."""


def reproduce(arguments: argparse.Namespace, module_name: str) -> int:
    """Do what the command line asks for; return 0 if all chosen runs are done, else 1."""
    module = importlib.import_module(module_name)
    trial = {name: getattr(arguments, name) for name in ("epochs", "steps", "batch_size", "width")}
    trial["test_images"] = arguments.test_images
    if arguments.data is not None:
        os.environ["OTBOOK_DATA"] = str(arguments.data)
    try:
        table = module.TABLES[arguments.table].trial(**trial)
        seeds = dict.fromkeys(arguments.seeds or module.SEEDS)  # each once
        runs = table.runs(tuple(arguments.rows), tuple(seeds))
        settings = _settings(arguments, table)
        if arguments.list:
            return _list(table, runs, settings)
        return _run(table, runs, settings, arguments.side_by_side)
    except (ValueError, DataError, ResultError, CheckpointError, FloatingPointError) as error:
        raise ReproduceError(str(error)) from error
    except OSError as error:  # a full disk, a folder that may not be written
        kept = "What was saved is kept: the same command goes on with it"
        raise ReproduceError(f"{error}. {kept}") from error


def _settings(arguments: argparse.Namespace, table: Table) -> Settings:
    root = checkout() or Path()
    recorded = root / "book" / "results" / table.name if checkout() else Path("results", table.name)
    work = (arguments.work or root / "_runs" / table.name).absolute()
    results = (arguments.results or recorded).absolute()
    if table.reduced:
        work = work / f"trial-{table.recipe.digest}"
        results = (arguments.results or work / "results").absolute()
        if results == recorded.absolute():
            raise ValueError(f"results of a reduced trial must not go to {recorded}")
    return Settings(
        results=results,
        work=work,
        compile=False if arguments.compile == "off" else arguments.compile,
        exact=not arguments.fastest_kernels,
        save_every=arguments.save_every,
    )


def _list(table: Table, runs: Sequence[Run], settings: Settings) -> int:
    print(f"{table.name} in {settings.results}")
    there, damage = 0, []
    for run in runs:
        try:
            done = is_done(table, run, settings.results)
        except ResultError as error:
            damage.append(str(error))
            print(f"  damaged  {run.name}")
            continue
        if done:
            there += 1
            result = read_result(settings.results / f"{run.name}.json")
            print(f"  there    {run.name:24} {table.summary(result)}")
        else:
            begun = (settings.work / f"{run.name}.ckpt").exists()
            print(f"  missing  {run.name:24} {'begun' if begun else ''}".rstrip())
    print(f"{there} of {len(runs)} runs are there.")
    if damage:
        raise ResultError("\n".join(damage))
    return 0


def _run(table: Table, runs: Sequence[Run], settings: Settings, wanted: int | None) -> int:
    from dataclasses import replace

    # Divided before what is done is left out, so that every process divides the same list.
    mine, gpu, whose = my_share(runs)
    leave_launcher()
    missing = [run for run in mine if not is_done(table, run, settings.results)]
    print(f"{table.name}: {len(missing)} of {len(mine)} runs to do ({whose}) -> {settings.results}")
    if not missing:
        return 0
    for folder in (settings.results, settings.work):  # better now than at the end of a run
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    # Compiled kernels are kept between starts, so that a resumed run uses those it began with.
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(settings.work / "kernels"))
    count = wanted or default_side_by_side(len(missing), gpu)
    settings = replace(settings, gpu=gpu, side_by_side=min(count, len(missing)))
    with Display(table, missing) as display:
        failures = do_runs_side_by_side(table, missing, settings, display.tell)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    left = [run.name for run in missing if not is_done(table, run, settings.results)]
    if left:
        print(f"{len(left)} left: {' '.join(left)}. The same command goes on with them.")
    return 1 if left or failures else 0


class Display:
    """One bar over all images of all runs, with the time left, and a line for each finished run."""

    def __init__(self, table: Table, runs: Sequence[Run]) -> None:
        total = sum(table.images_of(run) for run in runs)
        # Into a log, a line every half minute; to a person, as it goes.
        pace = 0.5 if sys.stderr.isatty() else 30.0
        self.bar = tqdm(total=total, unit=" images", unit_scale=True, mininterval=pace)
        self.sizes = {run.name: table.images_of(run) for run in runs}
        self.counted = dict.fromkeys(self.sizes, 0)
        self.current: dict[str, str] = {}

    def tell(self, kind: str, name: str, what: Any) -> None:
        """Show one report of a run (`Tell` in `sweeps`)."""
        if kind in ("begin", "epoch"):
            told = f" {what['all']:.1f} %" if kind == "epoch" and "all" in what else ""
            self.current[name] = f"{name}{told}"
            self.bar.set_postfix_str(", ".join(self.current.values()), refresh=False)
        elif kind == "resumed":  # work of an earlier start is no part of this one's pace
            self.counted[name] = what
            self.bar.total -= what
        elif kind == "images":
            self.counted[name] += what
            self.bar.update(what)
        elif kind == "done":
            self.bar.update(self.sizes[name] - self.counted[name])
            self.current.pop(name, None)
            self.bar.write(f"{name}: {what}")

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.close()
