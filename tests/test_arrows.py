"""Which room may import from which: nothing imports upward, and no chapter another chapter."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from otbook_utils.parts import PARTS

PACKAGE = Path(__file__).parents[1] / "otbook_utils"
FOLDERS = {part.folder for part in PARTS}
BELOW = {"data", "experiments", "parts", "teaching", "training"}  # what a part may build on

# (who, another part) -> what of its theory is needed.
BETWEEN_PARTS: dict[tuple[str, str], str] = {
    ("generative_models", "optimal_transport"): "the Fréchet distance is one of transport",
    ("bayesian_networks/sampling_the_posterior", "optimal_transport"): (
        "how far a method is from the true posterior is a distance of transport"
    ),
    ("normalizing_flows", "generative_models"): "a flow is a generative model, and judged as one",
    ("normalizing_flows/real_nvp_images", "generative_models"): (
        "its recorded runs have the judge of all image models"
    ),
}


def room_of(module: str) -> str:
    """Return `part/chapter` for what lies in a chapter's room, else the unit: `part`, `data`, …"""
    _, unit, *deeper = module.split(".")
    is_room = unit in FOLDERS and deeper and (PACKAGE / unit / deeper[0]).is_dir()
    return f"{unit}/{deeper[0]}" if is_room else unit


def arrows(package: Path = PACKAGE) -> Iterator[tuple[str, str]]:
    """Yield (who imports, from what), by rooms, for each import from the package within it."""
    for path in sorted(package.rglob("*.py")):
        here = path.relative_to(package).with_suffix("").parts
        if here[0].startswith("__"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: write imports in full"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                if name.startswith("otbook_utils."):
                    yield room_of(".".join(["otbook_utils", *here])), room_of(name)


def fault(who: str, what: str) -> str:
    """Say why `who` must not import from `what`, or nothing if it may."""
    part, wanted = who.split("/")[0], what.split("/")[0]
    if who == what or (part not in FOLDERS and wanted not in FOLDERS):
        return ""
    if part not in FOLDERS:
        return "what serves every part knows none"
    if "/" in what:
        return "a chapter's room is its own: what others need moves up to the part"
    if wanted in FOLDERS - {part} and (who, wanted) not in BETWEEN_PARTS:
        return "a part needs another only where its theory does: then say so in BETWEEN_PARTS"
    if wanted not in FOLDERS | BELOW:
        return f"parts build on {', '.join(sorted(BELOW))}"
    return ""


def test_no_room_imports_from_where_it_must_not():
    faults = {f"{a} imports {b}: {fault(a, b)}" for a, b in arrows() if fault(a, b)}
    assert not faults, "\n".join(sorted(faults))


def test_every_exception_is_in_use():
    assert set(BETWEEN_PARTS) <= set(arrows())


@pytest.mark.parametrize(
    ("who", "what"),
    [
        ("teaching", "optimal_transport"),
        ("training", "scarce_labels/imbalance_losses"),
        ("optimal_transport/intuition", "optimal_transport/designing_losses"),
        ("optimal_transport", "optimal_transport/intuition"),
        ("scarce_labels/imbalance_losses", "optimal_transport"),
        ("optimal_transport/intuition", "publishing"),
    ],
)
def test_a_wrong_arrow_is_noticed(who, what):
    assert fault(who, what)


def test_imports_are_read_room_by_room():
    found = set(arrows())
    assert ("optimal_transport/intuition", "optimal_transport") in found
    assert ("scarce_labels", "teaching") in found
    assert all(who.split("/")[0] in FOLDERS or "/" not in who for who, _ in found)


def modules_imported() -> dict[str, set[str]]:
    """Return for each module the modules of the package that it imports, within functions too."""
    files = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
        for path in PACKAGE.rglob("*.py")
        if path.stem != "__init__"
    }
    found = {}
    for module, path in files.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
        names = {n.module for n in named} | {f"{n.module}.{a.name}" for n in named for a in n.names}
        found[module] = names & set(files)
    return found


def test_no_module_imports_itself_by_a_circle():
    TopologicalSorter(modules_imported()).prepare()  # raises CycleError, which names the circle
