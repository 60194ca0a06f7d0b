"""The parts of the book, and the room of each chapter: where to look, without loading any."""

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EXERCISE_ID = re.compile(r"([a-z]{2,4})-(\d{2})-(\d{1,2})")
_DECLARED = re.compile(r"""^@exercise\(\s*["']([^"']+)["']""", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A part of the book.

    prefix: with which the ids of its exercises begin. folder: its name under `book`,
    `otbook_utils` and `tests`. title: as it is printed. question: the one that it answers.
    """

    prefix: str
    folder: str
    title: str
    question: str = ""


# In the order of their numerals, I, II, … A part of one's own is one more line.
PARTS = (
    Part(
        "ot",
        "optimal_transport",
        "Optimal transport",
        "How far apart are two distributions, if distance between points matters?",
    ),
    Part(
        "gm",
        "generative_models",
        "Generative models",
        "How do networks learn to imitate data, and how do we measure the imitation?",
    ),
    Part(
        "nf",
        "normalizing_flows",
        "Normalising flows",
        "What if a network can be inverted, so that it gives every point a density?",
    ),
    Part(
        "bn",
        "bayesian_networks",
        "Bayesian networks",
        "What if the weights themselves are a distribution?",
    ),
    Part(
        "uq",
        "uncertainty",
        "Uncertainty",
        "When should a model say “I do not know”?",
    ),
    Part(
        "sl",
        "scarce_labels",
        "Scarce labels",
        "How should a loss treat classes that are rare, alike or unlabelled?",
    ),
)


def part_of(id: str) -> Part:
    """Return the part to which the exercise `id`, such as "ot-01-1", belongs.

    Raises ValueError if the id is malformed or no part has its prefix.

    >>> part_of("sl-01-1").folder
    'scarce_labels'
    """
    found = EXERCISE_ID.fullmatch(id) if isinstance(id, str) else None
    if found is None:
        raise ValueError(f'id must look like "ot-01-1", got {id!r}')
    for part in PARTS:
        if part.prefix == found[1]:
            return part
    known = ", ".join(part.prefix for part in PARTS)
    raise ValueError(
        f"id must begin with the prefix of a part ({known}), got {id!r}. A part of one's own is a "
        "line of PARTS in otbook_utils/parts.py."
    )


def room_of(id: str, package: Path | None = None) -> str:
    """Return the room in which exercise `id` has its checker, as a dotted name.

    The exercises of a room are read from its `exercises.py`, and nothing is imported.
    package: the folder of another checkout's `otbook_utils` to look into.

    Raises ValueError if the id belongs to no part, or has no checker there.

    >>> room_of("sl-01-1")
    'otbook_utils.scarce_labels.imbalance_losses'
    """
    part, chapter = part_of(id), id.rpartition("-")[0]
    neighbours: dict[str, list[str]] = {}
    for room, ids in _rooms(part, package):
        if id in ids:
            return f"otbook_utils.{part.folder}.{room}"
        if same := [other for other in ids if other.startswith(f"{chapter}-")]:
            neighbours[room] = same
    if neighbours:
        room, ids = neighbours.popitem()
        place = f"otbook_utils/{part.folder}/{room}/exercises.py, which has {', '.join(ids)}"
    else:
        place = (
            f"otbook_utils/{part.folder}/<chapter>/exercises.py: no room there has an exercise "
            f"of {chapter}"
        )
    raise ValueError(f"exercise {id!r} has no checker. It belongs into {place}.")


def declared_exercises() -> Iterator[str]:
    """Yield the ids of the exercises that have a checker in a room of the book.

    >>> "sl-01-1" in declared_exercises()
    True
    """
    for part in PARTS:
        for _, ids in _rooms(part):
            yield from ids


def _rooms(part: Part, package: Path | None = None) -> Iterator[tuple[str, list[str]]]:
    """Yield each room of a part with the ids that its exercises declare."""
    for folder in [package] if package else importlib.import_module("otbook_utils").__path__:
        for path in sorted(Path(folder, part.folder).glob("*/exercises.py")):
            yield path.parent.name, _DECLARED.findall(path.read_text(encoding="utf-8"))
