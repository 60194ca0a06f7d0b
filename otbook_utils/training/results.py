"""Recorded full-scale runs: one JSON a run, written by the run, read by chapters.

In a checkout they lie under `book/results/<table>/`; an installed package carries them along.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from otbook_utils.files import write_atomically
from otbook_utils.training.provenance import checkout

FORMAT = 1
# What setup.py calls the folder book/results inside an installed package.
RECORDED_PACKAGE = "otbook_utils.recorded"


class ResultError(RuntimeError):
    """A result file is damaged or not what its name says.

    The message names the file, what is wrong with it and what to do.
    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> issubclass(ResultError, RuntimeError)
    True
    """


@dataclass(frozen=True, repr=False)
class RunResult:
    """One finished run.

    table, row, seed: which run of which table. label: the row in words.
    recipe: its whole configuration. reduced: whether that is smaller than the table's own; such a
    trial is never read as a result.
    history: one record an epoch (epoch, learning_rate, train_loss, train_seconds and the table's
    own metrics). final: the metrics after the last epoch, by name.
    data: where the images came from and how many of each class. environment: device, versions,
    commit. timing: when and how long (seconds), and training images a second.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.
    """

    table: str
    row: str
    label: str
    seed: int
    reduced: bool
    recipe: Mapping[str, Any]
    history: tuple[Mapping[str, Any], ...]
    final: Mapping[str, float]
    data: Mapping[str, Any]
    environment: Mapping[str, Any]
    timing: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "history", tuple(self.history))
        _check(self)

    @property
    def name(self) -> str:
        """The run's name, which is also its file's."""
        return run_name(self.row, self.seed)

    def __repr__(self) -> str:
        metrics = ", ".join(f"{key} {value:.4g}" for key, value in self.final.items())
        return (
            f"RunResult({self.table}/{self.name}{', reduced' * self.reduced}: {metrics} after "
            f"{len(self.history)} epochs on {self.environment.get('device')})"
        )


def run_name(row: str, seed: int) -> str:
    """Return the name of a run.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> run_name("ce", 0)
    'ce-seed0'
    """
    return f"{row}-seed{seed}"


def results_folder(table: str) -> Path | None:
    """Return the folder of a table's recorded runs, or None where none came with the package.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.
    """
    root = checkout()
    if root is not None:
        return root / "book" / "results" / table
    carried = find_spec(RECORDED_PACKAGE)
    places = list(carried.submodule_search_locations or ()) if carried else []
    return Path(places[0]) / table if places else None


def load_results(table: str, folder: Path | None = None) -> list[RunResult]:
    """Return every recorded run of a table, by row and seed; an empty list if there are none.

    table: such as "imbalance". folder: where to look instead of `results_folder(table)`.

    Raises ResultError, which names the file, if one is damaged or is a reduced trial's.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> load_results("no-such-table")
    []
    """
    folder = folder or results_folder(table)
    if folder is None or not folder.is_dir():
        return []
    # Names that begin with a dot are files being written.
    paths = [path for path in folder.glob("*.json") if not path.name.startswith(".")]
    results = [read_result(path) for path in paths]
    for path, result in zip(paths, results, strict=True):
        if result.table != table or result.reduced:
            kind = "a reduced trial" if result.reduced else f"a run of {result.table!r}"
            raise ResultError(f"{path} is {kind}, not a run of {table!r}. Remove it")
    return sorted(results, key=lambda result: (result.row, result.seed))


def read_result(path: Path) -> RunResult:
    """Return the run that one result file holds.

    Raises ResultError if the file is cut off, altered or not the run that its name says.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
        if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
            raise ValueError(f"it must be an object with format {FORMAT}")
        names = {field.name for field in fields(RunResult)}
        if set(content) != names:
            odd = ", ".join(sorted(set(content) ^ names))
            raise ValueError(f"missing or unknown: {odd}")
        result = RunResult(**content)
        if path.stem != result.name:
            raise ValueError(f"it holds the run {result.name}")
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ResultError(
            f"result file {path} is damaged: {error}. Restore it from git, or remove it and run "
            "its row again with `python -m otbook_utils reproduce`"
        ) from error
    return result


def write_result(result: RunResult, folder: Path) -> Path:
    """Write a finished run as `<folder>/<row>-seed<seed>.json`, whole or not at all.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.
    """
    path = Path(folder) / f"{result.name}.json"
    write_atomically(path, _as_json({"format": FORMAT} | asdict(result)).encode())
    return path


def _as_json(content: Mapping[str, Any]) -> str:
    """Return JSON with a line for each entry and for each epoch: short, and legible in a diff."""
    entries = []
    for name, value in content.items():
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        if name == "history":
            epochs = (json.dumps(record, allow_nan=False) for record in value)
            text = "[\n  " + ",\n  ".join(epochs) + "\n ]"
        entries.append(f" {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _refuse_constant(name: str) -> float:
    raise ValueError(f"it holds {name}, which no finished run writes")


def _check(result: RunResult) -> None:
    for name in ("table", "row", "label"):
        if not isinstance(getattr(result, name), str) or not getattr(result, name):
            raise ValueError(f"{name} must be a text, got {getattr(result, name)!r}")
    if isinstance(result.seed, bool) or not isinstance(result.seed, int) or result.seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, got {result.seed!r}")
    if not isinstance(result.reduced, bool):
        raise ValueError(f"reduced must be true or false, got {result.reduced!r}")
    for name in ("recipe", "final", "data", "environment", "timing"):
        if not isinstance(getattr(result, name), Mapping):
            raise ValueError(f"{name} must be an object, got {getattr(result, name)!r}")
    _check_history(result)


def _check_history(result: RunResult) -> None:
    if [record["epoch"] for record in result.history] != list(range(1, len(result.history) + 1)):
        raise ValueError("history must have one record an epoch, from 1 on")
    if len(result.history) != result.recipe["epochs"]:
        raise ValueError(
            f"history must have {result.recipe['epochs']} epochs, got {len(result.history)}"
        )
    if not result.final:
        raise ValueError("final must hold at least one metric")
    for name, value in result.final.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value):
            raise ValueError(f"final {name} must be a finite number, got {value!r}")
        if result.history[-1].get(name) != value:
            raise ValueError(f"final {name} must be that of the last epoch, got {value!r}")
