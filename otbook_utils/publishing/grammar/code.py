"""What the rules read in the code of a chapter."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from otbook_utils.publishing.notebook import Cell, dotted

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_UNSEEDED_IS_FINE = {"default_rng", "Generator", "SeedSequence", "PCG64", "Philox", "RandomState"}


def draws(cell: Cell) -> bool:
    """Say whether a cell shows a figure: by a function of `teaching`, or by pyplot itself."""
    return bool(cell.calls("explore", "in_page", "show")) or draws_by_itself(cell.tree)


def unseeded_generators(tree: ast.Module) -> Iterator[str]:
    """Yield the calls in `tree` that draw from, or make, a generator that nobody seeded."""
    seeded = {
        dotted(node.func).removesuffix(".manual_seed")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func).endswith(".manual_seed")
    }
    chained = {  # torch.Generator().manual_seed(0)
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "manual_seed"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and all(
            dotted(target) in seeded for target in node.targets
        ):
            chained.add(id(node.value))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        last = name.split(".")[-1]
        if re.match(r"(np|numpy)\.random\.", name) and last not in _UNSEEDED_IS_FINE:
            yield f"{name}(…)"
        elif last in ("default_rng", "RandomState", "SeedSequence") or name == "random.Random":
            if not _has_argument(node):
                yield f"{name}() without a seed"
        elif name in ("torch.Generator", "Generator") and id(node) not in chained:
            yield f"{name}() without manual_seed"


def _has_argument(call: ast.Call) -> bool:
    """Say whether a call is given anything but None."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(not (isinstance(v, ast.Constant) and v.value is None) for v in values)


def has_alt(call: ast.Call) -> bool:
    """Say whether a call has `alt=` with something in it."""
    values = [keyword.value for keyword in call.keywords if keyword.arg == "alt"]
    return bool(values) and not (isinstance(values[0], ast.Constant) and not values[0].value)


def draws_by_itself(tree: ast.Module) -> bool:
    """Say whether the cell calls pyplot outside of the functions that it defines."""
    functions = (ast.FunctionDef, ast.Lambda, ast.ClassDef)
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and dotted(node.func).startswith("plt."):
            return True
        waiting.extend(n for n in ast.iter_child_nodes(node) if not isinstance(n, functions))
    return False


def defined_names(tree: ast.Module) -> set[str]:
    """Return the names that the top level of a cell gives a value."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def assigned_names(tree: ast.AST) -> set[str]:
    """Return the names to which the top level of a cell, its functions left out, gives a value."""
    names: set[str] = set()
    waiting = list(ast.iter_child_nodes(tree))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
            waiting.extend(ast.iter_child_nodes(node))
    return names


def names_used_when_moved(call: ast.Call, cells: list[Cell]) -> set[str]:
    """Return what the functions handed to `explore` read from the notebook when a slider moves."""
    functions = {
        node.name: node
        for cell in cells
        for node in cell.tree.body
        if isinstance(node, ast.FunctionDef)
    }
    handed = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "alt")]
    # A text is read when explore() is called, a function whenever a slider moves.
    waiting = [
        part
        for part in handed
        if isinstance(part, ast.Lambda) or (isinstance(part, ast.Name) and part.id in functions)
    ]
    used: set[str] = set()
    while waiting:
        tree = waiting.pop()
        own = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        own |= {
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id not in own | used:
                used.add(node.id)
                if node.id in functions:
                    waiting.append(functions[node.id])
    return used


def names_in(expression: str) -> set[str]:
    try:
        tree = ast.parse(expression)
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
