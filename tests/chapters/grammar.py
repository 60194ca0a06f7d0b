"""What every chapter keeps to: each rule takes a notebook and returns what breaks the rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.setup_cells import repository_of, setup_source
from tests.chapters.notebook import PREFIXES, ROOT, Cell, Notebook, answer_name, dotted

Rule = Callable[[Notebook], list[str]]
RULES: dict[str, Rule] = {}

CALLOUTS = ("Careful.", "Claim.", "Predict.", "Remember.", "Try.")
FORM = re.compile(r'\A# @title \S[^\n]* \{display-mode: "form"\}')
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff][\u3040-\u30ff\u3400-\u9fff々]*")
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.DOTALL | re.MULTILINE)
_MATHS = re.compile(r"\$\$.*?\$\$|(?<![\\$])\$(?!\s)[^$\n]+\$", re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)>\s]+)>?[^)]*\)")
_MYST = {
    "a directive": re.compile(r"^\s*(:{3,}|`{3,}\{)", re.MULTILINE),
    "a role": re.compile(r"\{[A-Za-z][\w:.+-]*\}`"),
    "a target": re.compile(r"^\([\w-]+\)=\s*$", re.MULTILINE),
    "a comment or block break": re.compile(r"^(%|\+\+\+)(\s|$)", re.MULTILINE),
    "attributes": re.compile(r"[)\]`]\{[.#\w][^}]*\}"),
    "a substitution": re.compile(r"\{\{"),
    "a footnote": re.compile(r"\[\^[^\]]+\]"),
    "maths without dollars": re.compile(r"\\\[|\\\(|\\begin\{"),
}
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_UNSEEDED_IS_FINE = {"default_rng", "Generator", "SeedSequence", "PCG64", "Philox", "RandomState"}


def rule(check: Rule) -> Rule:
    """Add `check` to the rules that every chapter is tested for."""
    RULES[check.__name__] = check
    return check


# -- the file ------------------------------------------------------------------------------------


@rule
def file_is_named_by_number_and_has_a_python_kernel(notebook: Notebook) -> list[str]:
    faults = []
    if not re.fullmatch(r"\d{2}_[a-z0-9_]+\.ipynb", notebook.path.name):
        faults.append(f"{notebook.path.name} is not named like 01_intuition.ipynb")
    if notebook.raw["metadata"].get("kernelspec", {}).get("name") != "python3":
        faults.append("kernelspec is not python3")
    if (notebook.raw["nbformat"], notebook.raw["nbformat_minor"]) != (4, 5):
        faults.append("format is not 4.5")
    return faults


@rule
def nothing_is_executed(notebook: Notebook) -> list[str]:
    return [
        f"{cell.where} has an output or an execution count"
        for cell in notebook.code
        if cell.raw.get("outputs") or cell.raw.get("execution_count") is not None
    ]


@rule
def cell_ids_are_unique_words(notebook: Notebook) -> list[str]:
    ids = [cell.id for cell in notebook.cells]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    faults = [f"id {name} is used more than once" for name in twice]
    word, hexadecimal = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*"), re.compile(r"[0-9a-f-]{8,}")
    for name in ids:
        if not word.fullmatch(name) or hexadecimal.fullmatch(name):
            faults.append(f"id {name} is no word such as predict-1")
    return faults


# -- the beginning -------------------------------------------------------------------------------


@rule
def begins_with_title_promise_and_terms(notebook: Notebook) -> list[str]:
    first = notebook.cells[0]
    if first.kind != "markdown" or not re.match(r"# \S", first.source):
        return ["the first cell has no title"]
    faults = []
    paragraphs = [text for text in re.split(r"\n\s*\n", first.source) if text.strip()]
    if len(paragraphs) < 3 or not paragraphs[1].rstrip().endswith((".", "?", "!")):
        faults.append("no promise and no line of terms follow the title")
    wanted = {
        "minutes to read": r"\d+ minutes to read",
        "quick run": r"quick run",
        "needs": r"\bneeds\b",
        "the slides it mirrors, as a link": r"slides?\b.*\(\.\./slides\.md[^)]*\)",
    }
    for name, pattern in wanted.items():
        if not re.search(pattern, first.source, re.IGNORECASE | re.DOTALL):
            faults.append(f"the first cell does not give {name}")
    titles = [cell.where for cell in notebook.markdown if re.search(r"^# ", _prose(cell), re.M)]
    if len(titles) > 1:
        faults.append(f"more than one title: {', '.join(titles)}")
    return faults


@rule
def names_three_to_five_objectives(notebook: Notebook) -> list[str]:
    second = notebook.cells[1]
    if not second.source.startswith("## You will be able to"):
        return ["the second cell is not headed `## You will be able to`"]
    bullets = len(re.findall(r"^[-*] \S", second.source, re.MULTILINE))
    return [] if 3 <= bullets <= 5 else [f"{bullets} objectives instead of three to five"]


@rule
def setup_cell_is_third_and_in_step(notebook: Notebook) -> list[str]:
    third = notebook.cells[2]
    if notebook.tagged("setup") != [third] or "remove-cell" not in third.tags:
        return ["the third cell is not the only one tagged setup, and remove-cell too"]
    wanted = setup_source(repository_of(open_book(ROOT)))
    return [] if third.source == wanted else ["run `python -m otbook_utils setup-cells`"]


@rule
def imports_come_fourth_and_seed_first(notebook: Notebook) -> list[str]:
    fourth = notebook.cells[3]
    if notebook.tagged("imports") != [fourth] or fourth.kind != "code":
        return ["the fourth cell is not the only one tagged imports"]
    done = [node for node in fourth.tree.body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    first = done[0].value if done and isinstance(done[0], ast.Expr) else None
    faults = []
    if not (isinstance(first, ast.Call) and dotted(first.func) == "seed_everything"):
        faults.append("seed_everything(…) is not the first thing after the imports")
    if not fourth.calls("use_book_style"):
        faults.append("use_book_style() is not called with the imports")
    return faults


# -- the text ------------------------------------------------------------------------------------


@rule
def has_between_1500_and_4000_words(notebook: Notebook) -> list[str]:
    words = sum(count_words(cell.source) for cell in notebook.markdown)
    return [] if 1500 <= words <= 4000 else [f"{words} words instead of 1500 to 4000"]


@rule
def markdown_is_plain(notebook: Notebook) -> list[str]:
    return [
        f"{cell.where} has {name} of MyST: {found[0].strip()!r}"
        for cell in notebook.markdown
        for name, pattern in _MYST.items()
        if (found := pattern.search(_without_maths(cell.source, keep_fences=name == "a directive")))
    ]


@rule
def relative_links_lead_somewhere(notebook: Notebook) -> list[str]:
    faults = []
    for cell in notebook.markdown:
        for target in _LINK.findall(_prose(cell)):
            path = unquote(target.split("#")[0])
            if re.match(r"[a-z]+:", target) or not path:
                continue
            if path.startswith("/") or not (notebook.path.parent / path).exists():
                faults.append(f"{cell.where} links to {target}, which is not there")
    return faults


@rule
def address_stands_in_the_setup_cell_alone(notebook: Notebook) -> list[str]:
    url = repository_of(open_book(ROOT)).url
    return [
        f"{cell.where} names {url}"
        for cell in notebook.cells
        if url.lower() in cell.source.lower() and "setup" not in cell.tags
    ]


@rule
def callouts_are_known(notebook: Notebook) -> list[str]:
    found = [
        (cell, word)
        for cell in notebook.markdown
        for word in re.findall(r"^> \*\*([^*]+)\*\*", _prose(cell), re.MULTILINE)
    ]
    return [
        f"{cell.where} begins a callout with {word!r}; known are {', '.join(CALLOUTS)}"
        for cell, word in found
        if not word.startswith(CALLOUTS) and not word.startswith(tuple(c[:-1] for c in CALLOUTS))
    ]


@rule
def asks_for_a_prediction_before_results(notebook: Notebook) -> list[str]:
    asked = [c.index for c in notebook.markdown if re.search(r"^> \*\*Predict\b", c.source, re.M)]
    results = [cell.index for cell in (*notebook.tagged("claim"), *notebook.tagged("exercise"))]
    if not asked:
        return ["no callout `> **Predict.**`"]
    return [] if asked[0] < min(results, default=asked[0] + 1) else ["the first result comes first"]


@rule
def shows_what_goes_wrong(notebook: Notebook) -> list[str]:
    pattern = r"\b(go(es)?|went|gone) wrong\b"
    found = any(re.search(pattern, heading, re.I) for heading in headings(notebook))
    return [] if found else ["no section on what goes wrong"]


@rule
def ends_with_summary_and_references(notebook: Notebook) -> list[str]:
    titles = headings(notebook)
    faults = [f"no heading {name}" for name in ("Summary", "References") if name not in titles]
    if faults:
        return faults
    text = "\n\n".join(cell.source for cell in notebook.markdown)
    summary, _, references = text.rpartition("# References")
    summary = summary.rpartition("# Summary")[2]
    if "$" not in summary:
        faults.append("the summary has no formula")
    if not JAPANESE.search(summary):
        faults.append("the summary gives no Japanese terms")
    if not re.search(r"\]\(https://", references):
        faults.append("the references are no links")
    return faults


@rule
def japanese_terms_stand_in_the_glossary(notebook: Notebook) -> list[str]:
    glossary = (notebook.book / "glossary.md").read_text(encoding="utf-8")
    terms = {term for cell in notebook.markdown for term in JAPANESE.findall(cell.source)}
    return [f"the glossary lacks {term}" for term in sorted(terms) if term not in glossary]


@rule
def folded_text_is_set_apart_by_blank_lines(notebook: Notebook) -> list[str]:
    faults = []
    for cell in notebook.markdown:
        source = cell.source
        if source.count("<details") != source.count("</details>"):
            faults.append(f"{cell.where} leaves a <details> open")
        if re.search(r"</summary>(?!\s*\n\s*\n)", source) or re.search(
            r"(?<!\n)\n[ \t]*</details>", source
        ):
            faults.append(f"{cell.where} has no blank line inside <details>")
    return faults


# -- the code ------------------------------------------------------------------------------------


@rule
def shows_at_most_25_code_cells(notebook: Notebook) -> list[str]:
    visible = [c for c in notebook.code if not c.tags & {"remove-cell", "hide-cell", "hide-input"}]
    return [] if len(visible) <= 25 else [f"{len(visible)} visible code cells instead of 25"]


@rule
def no_cell_is_longer_than_30_lines(notebook: Notebook) -> list[str]:
    return [
        f"{cell.where} has {len(cell.source.splitlines())} lines instead of 30"
        for cell in notebook.code
        if len(cell.source.splitlines()) > 30
    ]


@rule
def folded_cells_have_a_form_title(notebook: Notebook) -> list[str]:
    return [
        f'{cell.where} is folded on the site, but has no `# @title … {{display-mode: "form"}}`'
        for cell in notebook.code
        if cell.tags & {"hide-cell", "hide-input", "setup"} and not FORM.match(cell.source)
    ]


@rule
def every_generator_is_seeded(notebook: Notebook) -> list[str]:
    code = "\n".join(ast.unparse(cell.tree) for cell in notebook.code)
    return [f"{use} is not seeded" for use in unseeded_generators(ast.parse(code))]


@rule
def progress_is_shown_by_tqdm_auto(notebook: Notebook) -> list[str]:
    return [
        f"{cell.where} uses tqdm.notebook"
        for cell in notebook.code
        if re.search(r"tqdm\.notebook|\btqdm_notebook\b", cell.source)
    ]


# -- the figures ---------------------------------------------------------------------------------


@rule
def every_figure_has_alternative_text(notebook: Notebook) -> list[str]:
    faults = []
    for cell in notebook.code:
        image = cell.raw["metadata"].get("mystnb", {}).get("image", {})
        drawn_by_us = cell.calls("explore", "show")
        if any(dotted(call.func) == "plt.show" for call in drawn_by_us):
            faults.append(f"{cell.where} calls plt.show(), which has no alternative text")
            continue
        if any(not _has_alt(call) for call in drawn_by_us):
            faults.append(f"{cell.where} draws without alt=")
        if not drawn_by_us and not image.get("alt") and _draws_by_itself(cell.tree):
            faults.append(f"{cell.where} draws with neither show(alt=) nor mystnb.image.alt")
    for cell in notebook.markdown:
        if re.search(r"!\[\s*\]\(", cell.source) or re.search(
            r"<img(?![^>]*\balt=[\"'][^\"'])", cell.source
        ):
            faults.append(f"{cell.where} has a picture without alternative text")
    return faults


@rule
def text_stands_beside_every_figure(notebook: Notebook) -> list[str]:
    faults = []
    for cell in notebook.code:
        if not cell.calls("explore", "show") or cell.tags & {"solution", "claim"}:
            continue
        beside = notebook.cells[cell.index - 2], notebook.cells[cell.index % len(notebook.cells)]
        if not any(other.kind == "markdown" for other in beside):
            faults.append(f"no text beside the figure of {cell.where} says what to see")
    return faults


@rule
def something_can_be_moved(notebook: Notebook) -> list[str]:
    return [] if any(cell.calls("explore") for cell in notebook.code) else ["no explore() figure"]


@rule
def drawings_keep_what_they_use(notebook: Notebook) -> list[str]:
    """A live slider draws long after "Run all": no later cell may give its names another value."""
    faults = []
    for cell in notebook.code:
        earlier = [other for other in notebook.code if other.index <= cell.index]
        used = {name for call in cell.calls("explore") for name in _used_when_moved(call, earlier)}
        for later in notebook.code[len(earlier) :]:
            if lost := used & _assigned(later.tree):
                faults.append(
                    f"{later.where} gives {', '.join(sorted(lost))} another value, "
                    f"which the slider of {cell.where} still uses"
                )
    return faults


# -- claims and exercises ------------------------------------------------------------------------


@rule
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


@rule
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


@rule
def exercises_are_numbered_in_rising_difficulty(notebook: Notebook) -> list[str]:
    faults = []
    prefix = f"{PREFIXES.get(notebook.part, notebook.part)}-{notebook.number}"
    stars = []
    for number, exercise in enumerate(notebook.exercises, start=1):
        if exercise.id != f"{prefix}-{number}":
            faults.append(f"{exercise.check.where} checks {exercise.id!r}, not {prefix}-{number}")
        heading = exercise.statement.source.splitlines()[0] if exercise.statement else ""
        found = re.match(rf"### Exercise {number}\b.*?(★+)", heading)
        if not found:
            faults.append(f"the statement {heading!r} is not headed `### Exercise {number} ★`")
        stars.append(len(found[1]) if found else 0)
    if stars != sorted(stars) or len(set(stars)) < 2:
        faults.append(f"difficulty does not rise: {stars} stars")
    return faults


@rule
def stub_check_and_solution_speak_of_one_answer(notebook: Notebook) -> list[str]:
    faults = []
    for exercise in notebook.exercises:
        if not exercise.stub or not exercise.solution:
            continue
        answer = answer_name(exercise.check)
        for cell in (exercise.stub, exercise.solution):
            missing = _names_of(answer) - _defined(cell.tree)
            if not answer or missing == _names_of(answer):
                faults.append(f"{cell.where} does not define the answer {answer!r}")
        ending = exercise.solution.source.strip().splitlines()[-1]
        if ending.strip() != exercise.check.source.strip().splitlines()[-1].strip():
            faults.append(f"{exercise.solution.where} does not end with the check of its exercise")
    return faults


@rule
def solutions_are_folded_and_explained(notebook: Notebook) -> list[str]:
    faults = []
    for number, exercise in enumerate(notebook.exercises, start=1):
        cell = exercise.solution
        if cell is None:
            continue
        if "hide-cell" not in cell.tags:
            faults.append(f"{cell.where} is a solution without the tag hide-cell")
        # The tag folds it on the site, the title in Colab; JupyterLab has a word of its own.
        closed = cell.raw["metadata"].get("jupyter", {})
        if not (closed.get("source_hidden") and closed.get("outputs_hidden")):
            faults.append(
                f"{cell.where} stands open in JupyterLab: its metadata must have "
                '"jupyter": {"source_hidden": true, "outputs_hidden": true}'
            )
        if not cell.source.startswith(f"# @title Solution to exercise {number} {{"):
            faults.append(f"{cell.where} does not begin `# @title Solution to exercise {number} `")
        if not re.search(r"^\s*# (?!@title)", cell.source, re.MULTILINE):
            faults.append(f"{cell.where} does not explain the solution in a comment")
    return faults


# -- helpers -------------------------------------------------------------------------------------


def headings(notebook: Notebook) -> list[str]:
    """Return the texts of all headings below the title, without their marks."""
    return [
        title.strip()
        for cell in notebook.markdown
        for title in re.findall(r"^#{2,4} (.+)$", _prose(cell), re.MULTILINE)
    ]


def count_words(markdown: str) -> int:
    """Count the words that a reader reads: a formula counts as one, an address as none."""
    text = re.sub(r"<[^>]+>", " ", markdown)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = _MATHS.sub(" formula ", text)
    return sum(1 for token in text.split() if re.search(r"\w", token))


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


def _has_alt(call: ast.Call) -> bool:
    """Say whether a call has `alt=` with something in it."""
    values = [keyword.value for keyword in call.keywords if keyword.arg == "alt"]
    return bool(values) and not (isinstance(values[0], ast.Constant) and not values[0].value)


def _draws_by_itself(tree: ast.Module) -> bool:
    """Say whether the cell calls pyplot outside of the functions that it defines."""
    functions = (ast.FunctionDef, ast.Lambda, ast.ClassDef)
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and dotted(node.func).startswith("plt."):
            return True
        waiting.extend(n for n in ast.iter_child_nodes(node) if not isinstance(n, functions))
    return False


def _defined(tree: ast.Module) -> set[str]:
    """Return the names that the top level of a cell gives a value."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def _assigned(tree: ast.AST) -> set[str]:
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


def _used_when_moved(call: ast.Call, cells: list[Cell]) -> set[str]:
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


def _names_of(expression: str) -> set[str]:
    try:
        tree = ast.parse(expression)
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _prose(cell: Cell) -> str:
    """Return a Markdown cell without its fenced code."""
    return _FENCE.sub("", cell.source)


def _without_maths(source: str, *, keep_fences: bool) -> str:
    """Return Markdown without formulas and code, in which anything may stand."""
    text = _MATHS.sub("", source)
    if keep_fences:
        return text
    # A role looks like `{name}` followed by code: keep the mark, drop what the code says.
    return re.sub(r"`[^`\n]+`", "``", _FENCE.sub("", text))


def python_files(folder: Path) -> list[Path]:
    """Return the Python files of the helper package."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)
