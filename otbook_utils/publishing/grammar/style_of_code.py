"""This book's taste in the code of a chapter: its cells, figures, claims and exercises."""

from __future__ import annotations

import ast
import re

from otbook_utils.publishing.grammar.code import (
    defined_names,
    draws,
    draws_by_itself,
    has_alt,
    names_in,
    unseeded_generators,
)
from otbook_utils.publishing.grammar.reading_time import FOLDED, code_lines, open_code
from otbook_utils.publishing.grammar.rules import house
from otbook_utils.publishing.notebook import Cell, Notebook, dotted

MOST_CELLS, MOST_OPEN_LINES, LONGEST_CELL, WIDEST_LINE = 25, 200, 30, 80
FORM = re.compile(r'\A# @title \S[^\n]* \{display-mode: "form"\}')


@house
def nothing_is_executed(notebook: Notebook) -> list[str]:
    return [
        f"{cell.where} has an output or an execution count"
        for cell in notebook.code
        if cell.raw.get("outputs") or cell.raw.get("execution_count") is not None
    ]


@house
def cell_ids_are_words(notebook: Notebook) -> list[str]:
    word, hexadecimal = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*"), re.compile(r"[0-9a-f-]{8,}")
    return [
        f"id {cell.id} is no word such as predict-1"
        for cell in notebook.cells
        if not word.fullmatch(cell.id) or hexadecimal.fullmatch(cell.id)
    ]


@house
def setup_cell_is_third_and_removed_from_the_page(notebook: Notebook) -> list[str]:
    found = notebook.tagged("setup")
    if found and found == notebook.cells[2:3] and "remove-cell" in found[0].tags:
        return []
    return ["the third cell is not the only one tagged setup, and remove-cell too"]


@house
def imports_come_fourth_and_seed_first(notebook: Notebook) -> list[str]:
    if not notebook.tagged("imports") or notebook.tagged("imports") != notebook.cells[3:4]:
        return ["the fourth cell is not the only one tagged imports"]
    [fourth] = notebook.tagged("imports")
    done = [node for node in fourth.tree.body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    first = done[0].value if done and isinstance(done[0], ast.Expr) else None
    faults = []
    if not (isinstance(first, ast.Call) and dotted(first.func) == "seed_everything"):
        faults.append("seed_everything(…) is not the first thing after the imports")
    if not fourth.calls("use_book_style"):
        faults.append("use_book_style() is not called with the imports")
    return faults


@house
def shows_at_most_25_code_cells(notebook: Notebook) -> list[str]:
    visible = [cell for cell in notebook.code if not cell.tags & FOLDED]
    if len(visible) <= MOST_CELLS:
        return []
    return [f"{len(visible)} visible code cells instead of {MOST_CELLS}"]


@house
def no_cell_is_longer_than_30_lines(notebook: Notebook) -> list[str]:
    return [
        f"{cell.where} has {len(cell.source.splitlines())} lines instead of 30"
        for cell in notebook.code
        if len(cell.source.splitlines()) > LONGEST_CELL and "imports" not in cell.tags
    ]


@house
def shows_at_most_200_lines_of_code(notebook: Notebook) -> list[str]:
    lines = sum(len(code_lines(cell)) for cell in open_code(notebook))
    return [] if lines <= MOST_OPEN_LINES else [f"{lines} lines of open code instead of 200"]


@house
def open_code_fits_80_columns(notebook: Notebook) -> list[str]:
    return [
        f"{cell.where}, line {number}: {len(line)} columns instead of {WIDEST_LINE}"
        for cell in notebook.code
        if not cell.tags & FOLDED
        for number, line in enumerate(cell.source.splitlines(), start=1)
        if len(line) > WIDEST_LINE
    ]


@house
def folded_cells_are_folded_everywhere(notebook: Notebook) -> list[str]:
    """The tag folds a cell on the site, the form title in Colab, the metadata in JupyterLab."""
    faults = []
    for cell in notebook.code:
        if not cell.tags & {"hide-cell", "hide-input", "setup"}:
            continue
        if not FORM.match(cell.source):
            faults.append(f'{cell.where} does not begin `# @title … {{display-mode: "form"}}`')
        if "setup" not in cell.tags and not _hidden(cell, "source"):
            faults.append(
                f'{cell.where} stands open in JupyterLab: its metadata lacks "jupyter": '
                '{"source_hidden": true} (`lint --fix` writes it)'
            )
    return faults


@house
def every_drawing_is_folded_below_its_picture(notebook: Notebook) -> list[str]:
    """Code that only draws is hidden and its output is not; imports are hidden, too."""
    faults = []
    for cell in notebook.code:
        title = "Figure: " if draws(cell) else "Imports" if "imports" in cell.tags else ""
        if not title or cell.tags & {"claim", "exercise", "check", "solution"}:
            continue
        if "hide-input" not in cell.tags:
            faults.append(f"{cell.where} draws or imports without the tag hide-input")
        if not cell.source.startswith(f"# @title {title}"):
            faults.append(f"{cell.where} does not begin with `# @title {title.strip()}`")
        if _hidden(cell, "outputs"):
            faults.append(f"{cell.where} hides its picture: take outputs_hidden away")
    return faults


@house
def every_generator_is_seeded(notebook: Notebook) -> list[str]:
    code = "\n".join(ast.unparse(cell.tree) for cell in notebook.code)
    return [f"{use} is not seeded" for use in unseeded_generators(ast.parse(code))]


@house
def progress_is_shown_by_tqdm_auto(notebook: Notebook) -> list[str]:
    return [
        f"{cell.where} uses tqdm.notebook"
        for cell in notebook.code
        if re.search(r"tqdm\.notebook|\btqdm_notebook\b", cell.source)
    ]


@house
def every_figure_has_alternative_text(notebook: Notebook) -> list[str]:
    faults = []
    for cell in notebook.code:
        image = cell.raw["metadata"].get("mystnb", {}).get("image", {})
        drawn_by_us = cell.calls("explore", "in_page", "show")
        if any(dotted(call.func) == "plt.show" for call in drawn_by_us):
            faults.append(f"{cell.where} calls plt.show(), which has no alternative text")
            continue
        if any(not has_alt(call) for call in drawn_by_us):
            faults.append(f"{cell.where} draws without alt=")
        if not drawn_by_us and not image.get("alt") and draws_by_itself(cell.tree):
            faults.append(f"{cell.where} draws with neither show(alt=) nor mystnb.image.alt")
    for cell in notebook.markdown:
        if re.search(r"!\[\s*\]\(", cell.source) or re.search(
            r"<img(?![^>]*\balt=[\"'][^\"'])", cell.source
        ):
            faults.append(f"{cell.where} has a picture without alternative text")
    return faults


@house
def text_stands_beside_every_figure(notebook: Notebook) -> list[str]:
    faults = []
    for cell in notebook.code:
        if not cell.calls("explore", "in_page", "show") or cell.tags & {"solution", "claim"}:
            continue
        beside = notebook.cells[cell.index - 2], notebook.cells[cell.index % len(notebook.cells)]
        if not any(other.kind == "markdown" for other in beside):
            faults.append(f"no text beside the figure of {cell.where} says what to see")
    return faults


@house
def something_can_be_moved(notebook: Notebook) -> list[str]:
    moved = any(cell.calls("explore", "in_page") for cell in notebook.code)
    return [] if moved else ["no explore() figure"]


@house
def claims_are_asserted_in_folded_cells(notebook: Notebook) -> list[str]:
    claims = notebook.tagged("claim")
    faults = [] if claims else ["no cell tagged claim"]
    for cell in claims:
        if "hide-cell" not in cell.tags:
            faults.append(f"{cell.where} is a claim without the tag hide-cell")
        if not cell.source.startswith("# @title Claim: "):
            faults.append(f"{cell.where} does not begin with `# @title Claim: `")
        if not any(isinstance(node, ast.Assert) for node in ast.walk(cell.tree)):
            faults.append(f"{cell.where} claims, but asserts nothing")
    return faults


@house
def has_three_exercises_of_four_cells(notebook: Notebook) -> list[str]:
    exercises = notebook.exercises
    faults = [] if len(exercises) >= 3 else [f"{len(exercises)} exercises instead of three"]
    for tag in ("exercise", "solution"):
        if len(notebook.tagged(tag)) != len(exercises):
            faults.append(f"{len(notebook.tagged(tag))} cells tagged {tag}, {len(exercises)} check")
    statements = [exercise.statement for exercise in exercises]
    if len({id(statement) for statement in statements}) != len(statements):
        faults.append("two exercises share a statement")
    for exercise in exercises:
        if None in (exercise.statement, exercise.stub, exercise.solution):
            faults.append(
                f"{exercise.check.where}: around a check stand its statement (### Exercise n), "
                "its stub right before and its solution right after"
            )
    return faults


@house
def exercises_are_numbered_in_rising_difficulty(notebook: Notebook) -> list[str]:
    faults = []
    for number, exercise in enumerate(notebook.exercises, start=1):
        if exercise.id.rpartition("-")[2] != str(number):
            faults.append(f"{exercise.check.where} checks {exercise.id!r}, not number {number}")
        if not re.match(rf"### Exercise {number}\b.*?★", exercise.heading):
            faults.append(f"{exercise.heading!r} is not headed `### Exercise {number} ★`")
    stars = [exercise.stars for exercise in notebook.exercises]
    if stars != sorted(stars) or len(set(stars)) < 2:
        faults.append(f"difficulty does not rise: {stars} stars")
    return faults


@house
def stub_check_and_solution_speak_of_one_answer(notebook: Notebook) -> list[str]:
    faults = []
    for exercise in notebook.exercises:
        if not exercise.stub or not exercise.solution:
            continue
        answer = exercise.answer
        for cell in (exercise.stub, exercise.solution):
            missing = names_in(answer) - defined_names(cell.tree)
            if not answer or missing == names_in(answer):
                faults.append(f"{cell.where} does not define the answer {answer!r}")
        check = exercise.check.source.strip().splitlines()[-1:]
        if exercise.solution.source.strip().splitlines()[-1:] != check:
            faults.append(f"{exercise.solution.where} does not end with the check of its exercise")
    return faults


@house
def solutions_are_folded_and_explained(notebook: Notebook) -> list[str]:
    faults = []
    for number, exercise in enumerate(notebook.exercises, start=1):
        cell = exercise.solution
        if cell is None:
            continue
        if "hide-cell" not in cell.tags:
            faults.append(f"{cell.where} is a solution without the tag hide-cell")
        if not _hidden(cell, "outputs"):
            faults.append(
                f'{cell.where} shows its output in JupyterLab: its metadata lacks "jupyter": '
                '{"outputs_hidden": true} (`lint --fix` writes it)'
            )
        if not cell.source.startswith(f"# @title Solution to exercise {number} {{"):
            faults.append(f"{cell.where} does not begin `# @title Solution to exercise {number} `")
        if not re.search(r"^\s*# (?!@title)", cell.source, re.MULTILINE):
            faults.append(f"{cell.where} does not explain the solution in a comment")
    return faults


def _hidden(cell: Cell, what: str) -> bool:
    """Say whether JupyterLab hides the cell's `source` or `outputs`."""
    return bool(cell.raw["metadata"].get("jupyter", {}).get(f"{what}_hidden"))
