"""What an experiment is, and where the chapters' experiments are found."""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from otbook_utils.experiments.results import run_name

if TYPE_CHECKING:
    from otbook_utils.training.history import History

PACKAGE = Path(__file__).resolve().parents[1]
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Outcome:
    """What one run found.

    history: what `train` returned, or a list of records, one an epoch from 1 on.
    final: the metrics at the end, by name. data: where the data came from, and how much of it.
    recipe: what else belongs to the run's configuration (the size of its network).
    """

    history: History | Iterable[Mapping[str, Any]]
    final: Mapping[str, float]
    data: Mapping[str, Any]
    recipe: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One row of an experiment with one seed, about to be done.

    recipe: how it is trained. device: where. how: what `train` is to be called with besides.

    >>> Run("ce", 0).name
    'ce-seed0'
    """

    row: str
    seed: int
    recipe: Mapping[str, Any] = field(default_factory=dict)
    device: str = "cpu"
    how: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The run's name, which its files bear."""
        return run_name(self.row, self.seed)

    def train(
        self, state: Any, step: Any, batches: Any, *, made_of: Mapping[str, Any], **how: Any
    ) -> History:
        """Train as `training.train` does, on this run's device and from its checkpoint.

        made_of: plain values, such as the data's source, that make this run another when they
        change: its checkpoint is then refused.
        """
        from otbook_utils.training import train

        identity = self.how["run"] | dict(made_of)
        return train(state, step, batches, **(dict(self.how) | {"run": identity} | how))


@dataclass(frozen=True)
class Experiment:
    """Rows by seeds: what is run, how, and in which units its metrics are.

    run: does one run to its end, from `run.checkpoint` if it was begun.
    rows: a label for readers for each row's name. recipe: how every run is trained, in plain
    values; with other ones it is a trial, whose runs are never read as results.
    units: of each metric: "%", "nats", "bits/dim"; "" for a bare number. seeds: those recorded.

    >>> def one_run(run):
    ...     return Outcome([{"epoch": 1, "right": 50.0}], {"right": 50.0}, {"train": "made up"})
    >>> experiment = Experiment(one_run, {"ce": "Cross-entropy"}, {"epochs": 1}, {"right": "%"})
    >>> [run.name for run in experiment.runs()]
    ['ce-seed0', 'ce-seed1', 'ce-seed2']
    """

    run: Callable[[Run], Outcome]
    rows: Mapping[str, str]
    recipe: Mapping[str, Any]
    units: Mapping[str, str]
    seeds: tuple[int, ...] = SEEDS
    reduced: bool = False

    def trial(self, changes: Mapping[str, Any]) -> Experiment:
        """Return this experiment with another recipe, or itself if nothing changes.

        Raises ValueError for what the recipe does not have.
        """
        unknown = changes.keys() - self.recipe.keys()
        if unknown:
            raise ValueError(
                f"the recipe must have what is set: it has {', '.join(self.recipe)}, "
                f"got {', '.join(sorted(unknown))}"
            )
        recipe = dict(self.recipe) | dict(changes)
        return replace(self, recipe=recipe, reduced=self.reduced or recipe != dict(self.recipe))

    def runs(self, rows: Iterable[str] = (), seeds: Iterable[int] = ()) -> list[Run]:
        """Return the runs of `rows` with `seeds` (by default all), one seed after the other.

        Raises ValueError for a row that the experiment does not have.
        """
        rows, seeds = tuple(rows) or tuple(self.rows), tuple(seeds) or self.seeds
        unknown = [row for row in rows if row not in self.rows]
        if unknown:
            raise ValueError(f"rows must be among {', '.join(self.rows)}, got {', '.join(unknown)}")
        recipe = MappingProxyType(dict(self.recipe))
        return [
            Run(row, seed, recipe)
            for seed in dict.fromkeys(seeds)
            for row in self.rows
            if row in rows
        ]

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that tell recipes apart in folder names."""
        return hashlib.sha256(json.dumps(dict(self.recipe)).encode()).hexdigest()[:8]


def declared(package: Path = PACKAGE) -> dict[str, str]:
    """Return the names of all experiments, each with the module that declares it.

    A chapter's room declares its experiments in its `experiment.py`, as

        EXPERIMENTS = {"imbalance": Experiment(...), ...}

    The names are read from there without importing any room.

    Raises ValueError if two rooms declare one name.

    >>> "imbalance" in declared()
    True
    """
    found: dict[str, str] = {}
    for path in sorted(package.glob("*/*/experiment.py")):
        module = ".".join([package.name, *path.relative_to(package).with_suffix("").parts])
        for name in _names_declared(path):
            if name in found:
                raise ValueError(f"{found[name]} and {module} both declare {name!r}")
            found[name] = module
    return found


def find(name: str) -> Experiment:
    """Return the experiment of that name, importing the room that declares it alone.

    Raises ValueError for a name that no room declares.
    """
    modules = declared()
    if name not in modules:
        raise ValueError(f"name must be one of {', '.join(sorted(modules))}, got {name!r}")
    return importlib.import_module(modules[name]).EXPERIMENTS[name]


def _names_declared(path: Path) -> list[str]:
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "EXPERIMENTS" for target in targets):
            return list(ast.literal_eval(ast.List(statement.value.keys, ast.Load())))
    return []
