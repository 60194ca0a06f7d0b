"""Recorded full-scale runs: one JSON a run, written by the run, read by chapters.

In a checkout they lie under `book/results/<experiment>/`; an installed package carries them along.
Reading them needs neither torch nor the code that made them.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from otbook_utils.experiments.provenance import checkout
from otbook_utils.files import write_atomically

FORMAT = 2
# What setup.py calls the folder book/results inside an installed package.
RECORDED_PACKAGE = "otbook_utils.recorded"
DIGEST = b',\n "digest": '  # the last entry of every file
PER_CENT = "%"


class ResultError(RuntimeError):
    """A result file is damaged or not what its name says.

    The message names the file, what is wrong with it and what to do.
    """


@dataclass(frozen=True, repr=False)
class RunResult:
    """One finished run.

    experiment, row, seed: which run of which experiment. label: the row in words.
    recipe: its whole configuration. reduced: whether that is smaller than the experiment's own;
    such a trial is never read as a result.
    units: of every number in `final`, and of what else is told: "%" lies from 0 to 100.
    history: one record an epoch (epoch, seconds and what the run told). final: the metrics at the
    end, by name. data: where the data came from. environment: device, versions, commit.
    timing: when and how long, in seconds.

    Raises ValueError for what no run writes: numbers that are not finite, a percentage outside 0
    to 100, a metric without a unit.
    """

    experiment: str
    row: str
    label: str
    seed: int
    reduced: bool
    recipe: Mapping[str, Any]
    units: Mapping[str, str]
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
            f"RunResult({self.experiment}/{self.name}{', reduced' * self.reduced}: {metrics} after "
            f"{len(self.history)} epochs on {self.environment.get('device')})"
        )


def run_name(row: str, seed: int) -> str:
    """Return the name of a run.

    >>> run_name("ce", 0)
    'ce-seed0'
    """
    return f"{row}-seed{seed}"


def results_folder(experiment: str) -> Path | None:
    """Return the folder of an experiment's recorded runs, or None where none came along."""
    root = checkout()
    if root is not None:
        return root / "book" / "results" / experiment
    carried = find_spec(RECORDED_PACKAGE)
    places = list(carried.submodule_search_locations or ()) if carried else []
    return Path(places[0]) / experiment if places else None


def load_results(experiment: str, folder: Path | None = None) -> list[RunResult]:
    """Return every recorded run of an experiment, by row and seed; an empty list if there are none.

    experiment: such as "imbalance". folder: where to look instead of `results_folder(experiment)`.

    Raises ResultError, which names the file, if one is damaged or is a reduced trial's.

    >>> load_results("no-such-experiment")
    []
    """
    folder = folder or results_folder(experiment)
    if folder is None or not folder.is_dir():
        return []
    # Names that begin with a dot are files being written.
    paths = [path for path in folder.glob("*.json") if not path.name.startswith(".")]
    results = [read_result(path) for path in paths]
    for path, result in zip(paths, results, strict=True):
        if result.experiment != experiment or result.reduced:
            kind = "a reduced trial" if result.reduced else f"a run of {result.experiment!r}"
            raise ResultError(f"{path} is {kind}, not a run of {experiment!r}. Remove it")
    return sorted(results, key=lambda result: (result.row, result.seed))


def read_result(path: Path) -> RunResult:
    """Return the run that one result file holds.

    Raises ResultError if a single bit of the file is altered, or it is not the run that its name
    says.
    """
    try:
        content = path.read_bytes()
        entries = _parsed(content)
        if entries.pop("format") != FORMAT:
            raise ValueError(
                "it has no digest, as files before format 2: where it is as it was recorded, "
                "`python -m otbook_utils reproduce <experiment> --migrate` adds one"
            )
        if content != _sealed(content.rpartition(DIGEST)[0]):
            raise ValueError("its digest does not hold, so it was altered")
        del entries["digest"]
        return _result(entries, path)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ResultError(
            f"result file {path} is damaged: {error}. Restore it from git, or remove it and run "
            "its row again with `python -m otbook_utils reproduce`"
        ) from error


def write_result(result: RunResult, folder: Path) -> Path:
    """Write a finished run as `<folder>/<row>-seed<seed>.json`, whole or not at all."""
    path = Path(folder) / f"{result.name}.json"
    write_atomically(path, _sealed(_as_json({"format": FORMAT} | asdict(result))))
    return path


def migrate(path: Path, units: Mapping[str, str]) -> bool:
    """Give a file of format 1 the digest and the units that it lacks; change no number in it.

    Return whether it needed that. The record says that and when it was migrated, and the SHA-256
    of the file as it was.

    Raises ResultError if it is not what a run wrote.
    """
    before = path.read_bytes()
    try:
        entries = _parsed(before)
        if entries.pop("format") == FORMAT:
            return False
        entries = {"experiment": entries.pop("table"), "units": dict(units)} | entries
        entries["environment"]["migrated"] = (
            f"on {datetime.now(timezone.utc):%Y-%m-%d} from format 1, which had no digest and no "
            f"units (file sha256:{hashlib.sha256(before).hexdigest()}); no number was changed"
        )
        result = _result(entries, path)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ResultError(f"result file {path} cannot be migrated: {error}") from error
    write_result(result, path.parent)
    return True


def _parsed(content: bytes) -> dict[str, Any]:
    entries = json.loads(content, parse_constant=_refuse_constant)
    if not isinstance(entries, dict) or entries.get("format") not in (1, FORMAT):
        raise ValueError(f"it must be an object with format {FORMAT}")
    return entries


def _result(entries: dict[str, Any], path: Path) -> RunResult:
    names = {field.name for field in fields(RunResult)}
    if set(entries) != names:
        raise ValueError(f"missing or unknown: {', '.join(sorted(set(entries) ^ names))}")
    result = RunResult(**entries)
    if path.stem != result.name:
        raise ValueError(f"it holds the run {result.name}")
    return result


def _as_json(content: Mapping[str, Any]) -> bytes:
    """Return JSON with a line for each entry and for each epoch: short, and legible in a diff.

    Its end is left to `_sealed`.
    """
    entries = []
    for name, value in content.items():
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        if name == "history":
            epochs = (json.dumps(record, allow_nan=False) for record in value)
            text = "[\n  " + ",\n  ".join(epochs) + "\n ]"
        entries.append(f" {json.dumps(name)}: {text}")
    return ("{\n" + ",\n".join(entries)).encode()


def _sealed(head: bytes) -> bytes:
    """Return the whole file: its last entry is the SHA-256 of every byte before."""
    return head + DIGEST + f'"sha256:{hashlib.sha256(head).hexdigest()}"\n}}\n'.encode()


def _refuse_constant(name: str) -> float:
    raise ValueError(f"it holds {name}, which no finished run writes")


def _check(result: RunResult) -> None:
    for name in ("experiment", "row", "label"):
        if not isinstance(getattr(result, name), str) or not getattr(result, name):
            raise ValueError(f"{name} must be a text, got {getattr(result, name)!r}")
    if isinstance(result.seed, bool) or not isinstance(result.seed, int) or result.seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, got {result.seed!r}")
    if not isinstance(result.reduced, bool):
        raise ValueError(f"reduced must be true or false, got {result.reduced!r}")
    for name in ("recipe", "units", "final", "data", "environment", "timing"):
        if not isinstance(getattr(result, name), Mapping):
            raise ValueError(f"{name} must be an object, got {getattr(result, name)!r}")
    if [record["epoch"] for record in result.history] != list(range(1, len(result.history) + 1)):
        raise ValueError("history must have one record an epoch, from 1 on")
    _check_numbers(result)


def _check_numbers(result: RunResult) -> None:
    if not result.final:
        raise ValueError("final must hold at least one metric")
    last = result.history[-1] if result.history else {}
    for name, value in result.final.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"final {name} must be a finite number, got {value!r}")
        if last.get(name, value) != value:
            raise ValueError(f"final {name} must be that of the last epoch, got {value!r}")
        if name not in result.units:
            raise ValueError(f"units must say what {name} is measured in ('' for a bare number)")
    for record in (result.final, result.timing, *result.history):
        for name, value in record.items():
            unit = "seconds" if name.endswith("seconds") else result.units.get(name, "")
            for number in _numbers_in(value):
                if not math.isfinite(number):
                    raise ValueError(f"{name} must be a finite number, got {number}")
                if unit == PER_CENT and not 0 <= number <= 100:
                    raise ValueError(f"{name} must be a percentage from 0 to 100, got {number}")
                if unit == "seconds" and number < 0:
                    raise ValueError(f"{name} must not be negative, got {number}")


def _numbers_in(value: Any) -> Iterator[float]:
    for number in value if isinstance(value, list | tuple) else [value]:
        if isinstance(number, int | float) and not isinstance(number, bool):
            yield number
