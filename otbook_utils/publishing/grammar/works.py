"""What keeps a notebook from working: in the build, in Colab, in Jupyter, or for its exercises."""

from __future__ import annotations

import re
from urllib.parse import unquote

from otbook_utils.parts import PARTS, room_of
from otbook_utils.publishing.grammar.code import assigned_names, names_used_when_moved
from otbook_utils.publishing.grammar.rules import book_of, works
from otbook_utils.publishing.grammar.text import LINK, prose, unquoted
from otbook_utils.publishing.notebook import Notebook
from otbook_utils.publishing.setup_cells import repository_of, setup_source


@works
def file_is_named_by_number_and_has_a_python_kernel(notebook: Notebook) -> list[str]:
    faults = []
    if not re.fullmatch(r"\d{2}_[a-z0-9_]+\.ipynb", notebook.path.name):
        faults.append(f"{notebook.path.name} is not named like 01_intuition.ipynb")
    if notebook.raw["metadata"].get("kernelspec", {}).get("name") != "python3":
        faults.append("kernelspec is not python3")
    return faults


@works
def stands_in_the_table_of_contents(notebook: Notebook) -> list[str]:
    listed = {chapter.path for chapter in book_of(notebook).chapters}
    if notebook.path.resolve() in listed:
        return []
    page = notebook.path.relative_to(notebook.root).with_suffix("").as_posix()
    return [f"_toc.yml does not name it: add `- file: {page}`"]


@works
def has_a_title(notebook: Notebook) -> list[str]:
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.kind != "markdown" or not re.match(r"# \S", first.source):
        return ["the first cell has no title (`# …`)"]
    return []


@works
def cell_ids_are_unique(notebook: Notebook) -> list[str]:
    ids = [cell.id for cell in notebook.cells]
    twice = sorted({id for id in ids if ids.count(id) > 1})
    return [f"id {id} is used more than once" for id in twice]


@works
def code_parses(notebook: Notebook) -> list[str]:
    faults = []
    for cell in notebook.code:
        try:
            cell.parse()
        except SyntaxError as error:
            faults.append(f"{cell.where}, line {error.lineno}: {error.msg}")
    return faults


@works
def setup_cell_is_the_first_code_and_in_step(notebook: Notebook) -> list[str]:
    if notebook.tagged("setup") != notebook.code[:1] or not notebook.code:
        return ["the first code cell and no other must have the tag setup: it installs the package"]
    wanted = setup_source(repository_of(book_of(notebook)))
    in_step = notebook.code[0].source == wanted
    return [] if in_step else ["the set-up cell: run `python -m otbook_utils setup-cells`"]


@works
def relative_links_lead_somewhere(notebook: Notebook) -> list[str]:
    faults = []
    for cell in notebook.markdown:
        for target in LINK.findall(prose(cell)):
            path = unquote(target.split("#")[0])
            if re.match(r"[a-z]+:", target) or not path:
                continue
            if path.startswith("/") or not (notebook.path.parent / path).exists():
                faults.append(f"{cell.where} links to {target}, which is not there")
    return faults


@works
def folded_text_is_set_apart_by_blank_lines(notebook: Notebook) -> list[str]:
    faults = []
    for cell in notebook.markdown:
        source = unquoted(cell.source)
        if source.count("<details") != source.count("</details>"):
            faults.append(f"{cell.where} leaves a <details> open")
        if re.search(r"</summary>(?!\s*\n\s*\n)", source) or re.search(
            r"(?<!\n)\n[ \t]*</details>", source
        ):
            faults.append(f"{cell.where} has no blank line inside <details>")
    return faults


@works
def drawings_keep_what_they_use(notebook: Notebook) -> list[str]:
    """A live slider draws long after "Run all": no later cell may give its names another value."""
    faults = []
    for cell in notebook.code:
        earlier = [other for other in notebook.code if other.index <= cell.index]
        calls = cell.calls("explore")
        used = {name for call in calls for name in names_used_when_moved(call, earlier)}
        for later in notebook.code[len(earlier) :]:
            if lost := used & assigned_names(later.tree):
                faults.append(
                    f"{later.where} gives {', '.join(sorted(lost))} another value, "
                    f"which the slider of {cell.where} still uses"
                )
    return faults


@works
def every_check_has_its_checker(notebook: Notebook) -> list[str]:
    """By the number of the chapter and, in the package, in the room that bears its name."""
    faults = []
    prefixes = {part.folder: part.prefix for part in PARTS}
    if notebook.exercises and notebook.part not in prefixes:
        return [f"{notebook.part} is no part: name it in PARTS of otbook_utils/parts.py"]
    for exercise in notebook.exercises:
        wanted = f"{prefixes[notebook.part]}-{notebook.number}-"
        if not exercise.id.startswith(wanted):
            faults.append(f"{exercise.check.where} checks {exercise.id!r}, not {wanted}…")
            continue
        try:
            room = room_of(exercise.id, notebook.root / "otbook_utils")
        except ValueError as missing:
            faults.append(f"{exercise.check.where}: {missing}")
        else:
            own = f"otbook_utils.{notebook.part}.{notebook.room}"
            if room != own:
                faults.append(f"{exercise.check.where} has its checker in {room}, not {own}")
    return faults
