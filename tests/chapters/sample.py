"""A small chapter that keeps every rule, and one way of breaking each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.setup_cells import repository_of, setup_source
from tests.chapters.notebook import ROOT, Notebook

Raw = dict[str, Any]
SAID = {"output_type": "stream", "name": "stdout", "text": "sand"}
ADDRESS = repository_of(open_book(ROOT))
PREDICTION = """\
> **Predict.** What will it cost?
>
> <details><summary>nothing</summary>
>
> No: sand is heavy.
>
> </details>
> <details><summary>$a + b$</summary>
>
> Right: each grain at its own price.
>
> </details>"""
FILLER = "Sand is carried from where it lies to where it is wanted. " * 140


def markdown(id: str, source: str) -> Raw:
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": source}


def code(id: str, source: str, *tags: str) -> Raw:
    closed = {"source_hidden": True} if {"hide-cell", "hide-input"} & set(tags) else {}
    if "solution" in tags:
        closed["outputs_hidden"] = True
    return {
        "cell_type": "code",
        "id": id,
        "metadata": {"tags": list(tags)} | ({"jupyter": closed} if closed else {}),
        "source": source,
        "execution_count": None,
        "outputs": [],
    }


def exercise_cells(number: int) -> list[Raw]:
    check = f'check("ot-07-{number}", answer_{number})'
    return [
        markdown(f"exercise-{number}", f"### Exercise {number} {'★' * number}\n\nHow much is it?"),
        code(f"stub-{number}", f"answer_{number} = None", "exercise"),
        code(f"check-{number}", check, "check"),
        code(
            f"solution-{number}",
            f'# @title Solution to exercise {number} {{display-mode: "form"}}\n'
            f"# Two, because one and one are two.\nanswer_{number} = 2\n{check}",
            "solution",
            "hide-cell",
        ),
    ]


def sample() -> Raw:
    """Return a chapter without a fault."""
    cells = [
        markdown(
            "title",
            "# Sand\n\nAfter this chapter you can move sand.\n\n**15 minutes to read · "
            "15 with code and proofs · 25 for the exercises** · "
            "quick run: about 2 s · needs: [glossary](../glossary.md) · "
            "mirrors [slide 4](../slides.md)",
        ),
        markdown("objectives", "## You will be able to\n\n- dig\n- carry\n- heap"),
        code("setup", setup_source(ADDRESS), "setup", "remove-cell"),
        code(
            "imports",
            '# @title Imports {display-mode: "form"}\nimport numpy as np\n\n'
            "seed_everything(0)\nuse_book_style()",
            "imports",
            "hide-input",
        ),
        markdown("predict", f"{PREDICTION}\n\n{FILLER}\n\nThe cost is $c(x, y)$."),
        code(
            "figure",
            '# @title Figure: a heap {display-mode: "form"}\n'
            'explore(draw, epsilon=(0.1, 1.0), alt="A heap at {epsilon}")',
            "hide-input",
        ),
        code("core", "cost = 2 * 3"),
        markdown(
            "see", "Watch the heap.\n\n<details><summary>Why</summary>\n\nIt falls.\n\n</details>"
        ),
        code(
            "own",
            '# @title Figure: a hole {display-mode: "form"}\n'
            'fig, ax = plt.subplots()\nshow(fig, alt="A hole")',
            "hide-input",
        ),
        markdown("wrong", "## What goes wrong\n\nThe wind."),
        code(
            "claim",
            '# @title Claim: sand is heavy {display-mode: "form"}\nassert 2 > 1',
            "claim",
            "hide-cell",
        ),
        *(cell for number in (1, 2, 3) for cell in exercise_cells(number)),
        markdown(
            "summary", "## Summary\n\nOptimal transport (最適輸送): $\\min \\langle P, C \\rangle$."
        ),
        markdown("references", "## References\n\n- [Monge (1781)](https://gallica.bnf.fr)"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def write(raw: Raw, folder: Path, name: str = "07_sand.ipynb") -> Notebook:
    """Write a chapter into a small book in `folder` and read it."""
    page = f"book/optimal_transport/{Path(name).stem}"
    checkers = (f'@exercise("ot-07-{n}")\ndef check_{n}(answer): ...\n' for n in (1, 2, 3))
    for file, text in {
        "_config.yml": f"repository: {{url: {ADDRESS.url}, branch: {ADDRESS.branch}}}\n",
        "_toc.yml": f"root: book/glossary\nchapters:\n  - file: {page}\n",
        "book/glossary.md": "最適輸送",
        "book/slides.md": "# Slides",
        f"{page}.ipynb": json.dumps(raw),
        "otbook_utils/optimal_transport/sand/exercises.py": "\n".join(checkers),
    }.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    return Notebook(folder / f"{page}.ipynb")


def cell(raw: Raw, id: str) -> Raw:
    return next(cell for cell in raw["cells"] if cell["id"] == id)


def replace(id: str, old: str, new: str) -> Callable[[Raw], None]:
    def change(raw: Raw) -> None:
        assert old in cell(raw, id)["source"]
        cell(raw, id)["source"] = cell(raw, id)["source"].replace(old, new)

    return change


def append(id: str, text: str) -> Callable[[Raw], None]:
    def change(raw: Raw) -> None:
        cell(raw, id)["source"] += text

    return change


def untag(id: str, tag: str) -> Callable[[Raw], None]:
    return lambda raw: cell(raw, id)["metadata"]["tags"].remove(tag)


def remove(*ids: str) -> Callable[[Raw], None]:
    def change(raw: Raw) -> None:
        raw["cells"] = [cell for cell in raw["cells"] if cell["id"] not in ids]

    return change


def move(id: str, position: int) -> Callable[[Raw], None]:
    def change(raw: Raw) -> None:
        moved = cell(raw, id)
        raw["cells"].remove(moved)
        raw["cells"].insert(position, moved)

    return change


def add(id: str, source: str, *tags: str, at: int = 7) -> Callable[[Raw], None]:
    return lambda raw: raw["cells"].insert(at, code(id, source, *tags))


def put(key: str, value: Any) -> Callable[[Raw], None]:
    return lambda raw: raw.__setitem__(key, value)


def _many_cells(raw: Raw) -> None:
    for number in range(26):
        raw["cells"].insert(6, code(f"cell-{number}", "1 + 1"))


def drawn_by(body: str) -> Callable[[Raw], None]:
    """Give the slider a function of the chapter to draw with."""
    return replace("figure", "explore(", f"def draw(epsilon):\n    {body}\n\n\nexplore(")


# Rule -> ways of breaking it. A change may break other rules besides.
BREACHES: dict[str, dict[str, Callable[[Raw], None]]] = {
    "stands_in_the_table_of_contents": {},
    "file_is_named_by_number_and_has_a_python_kernel": {
        "no kernel": put("metadata", {}),
    },
    "nothing_is_executed": {
        "an output": lambda raw: cell(raw, "own").update(outputs=[SAID]),
        "a count": lambda raw: cell(raw, "own").update(execution_count=3),
    },
    "cell_ids_are_unique": {
        "twice": lambda raw: cell(raw, "own").update(id="see"),
    },
    "cell_ids_are_words": {
        "made up by a tool": lambda raw: cell(raw, "own").update(id="a3f0be12"),
    },
    "code_parses": {"half a line": append("core", "\nif True")},
    "has_a_title": {
        "no title": replace("title", "# Sand", "Sand"),
        "no cells": put("cells", []),
    },
    "begins_with_title_promise_and_terms": {
        "no promise": replace("title", "After this chapter you can move sand.\n\n", ""),
        "no run time": replace("title", "quick run", "run"),
        "no prerequisites": replace("title", "needs", "see"),
        "no slides": replace("title", "(../slides.md)", "(../glossary.md)"),
        "two titles": append("wrong", "\n\n# Another title"),
    },
    "names_three_to_five_objectives": {
        "two": replace("objectives", "\n- heap", ""),
        "six": append("objectives", "\n- a\n- b\n- c"),
        "elsewhere": move("objectives", 5),
    },
    "minutes_are_those_that_the_rule_counts": {
        "too few": replace("title", "15 minutes to read", "5 minutes to read"),
        "no exercises": replace("title", "25 for", "15 for"),
        "not given": replace("title", "15 with code and proofs · ", ""),
    },
    "setup_cell_is_the_first_code_and_in_step": {
        "edited": append("setup", "\nprint(1)"),
        "after the imports": move("setup", 3),
        "two": add("again", "1 + 1", "setup"),
    },
    "setup_cell_is_third_and_removed_from_the_page": {
        "elsewhere": move("setup", 1),
        "shown": untag("setup", "remove-cell"),
    },
    "imports_come_fourth_and_seed_first": {
        "not tagged": untag("imports", "imports"),
        "seeds late": replace("imports", "seed_every", "print()\nseed_every"),
        "not our style": replace("imports", "use_book_style()", ""),
    },
    "has_between_1500_and_3000_words_of_prose": {
        "too few": replace("predict", FILLER, ""),
        "too many": append("predict", FILLER),
        "folded": lambda raw: replace("predict", FILLER, f"<details>\n\n{FILLER}\n\n</details>")(
            raw
        ),
    },
    "nothing_is_left_to_write": {"a word": append("see", "\n\nWRITE: what to see.")},
    "markdown_is_plain": {
        "directive": append("see", "\n\n```{note}\nHear\n```"),
        "colons": append("see", "\n\n:::{note}\nHear\n:::"),
        "role": append("see", " {ref}`there`"),
        "target": append("see", "\n\n(there)=\n"),
        "comment": append("see", "\n\n% not for you\n"),
        "block break": append("see", "\n\n+++\n"),
        "attributes": append("see", " ![heap](heap.png){width=50%}"),
        "substitution": append("see", " {{ name }}"),
        "footnote": append("see", " Sand[^1]."),
        "bare environment": append("see", "\n\n\\begin{align}x\\end{align}"),
    },
    "relative_links_lead_somewhere": {
        "nowhere": append("see", " [here](../nowhere.md)"),
        "from the root": append("see", " [here](/book/glossary.md)"),
    },
    "address_stands_in_the_setup_cell_alone": {
        "in the text": append("see", f" [source]({ADDRESS.url})"),
        "in code": append("own", f"\n# {ADDRESS.url}"),
    },
    "callouts_are_known": {"unknown": append("see", "\n\n> **Behold.** A heap.")},
    "asks_for_a_prediction_before_results": {
        "none": replace("predict", "> **Predict.**", ""),
        "too late": move("predict", 16),
    },
    "predictions_offer_choices_of_one_form": {
        "none": replace("predict", "<details>", "<p>"),
        "one": replace("predict", PREDICTION[PREDICTION.index("> <details><summary>$a") :], ""),
        "no right one": replace("predict", "Right:", "No:"),
        "two right ones": replace("predict", "No:", "Right:"),
        "no verdict": replace("predict", "No: sand", "Sand"),
        "no blank line": replace("predict", "</summary>\n>\n> No", "</summary>\n> No"),
        "not apart from the question": replace("predict", "cost?\n>\n", "cost?\n"),
        "text between": replace("predict", "> <details><summary>$", "> Or:\n> <details><summary>$"),
    },
    "shows_what_goes_wrong": {"nothing": replace("wrong", "What goes wrong", "Well")},
    "ends_with_summary_and_references": {
        "no summary": replace("summary", "## Summary", ""),
        "no references": replace("references", "## References", ""),
        "no formula": replace("summary", "$", ""),
        "no Japanese": replace("summary", "最適輸送", ""),
        "no links": replace("references", "(https://gallica.bnf.fr)", ""),
    },
    "japanese_terms_stand_in_the_glossary": {"unheard of": append("summary", " (砂丘)")},
    "folded_text_is_set_apart_by_blank_lines": {
        "no blank line": replace("see", "</summary>\n\n", "</summary>\n"),
        "none at the end": replace("see", "\n\n</details>", "\n</details>"),
        "left open": replace("see", "</details>", ""),
    },
    "shows_at_most_25_code_cells": {"too many": _many_cells},
    "no_cell_is_longer_than_30_lines": {"too long": append("own", "\nx = 1" * 29)},
    "shows_at_most_200_lines_of_code": {
        "too many": lambda raw: [add(f"long-{n}", "x = 1\n" * 25)(raw) for n in range(8)]
    },
    "open_code_fits_80_columns": {"too wide": append("core", f"  # {'wide ' * 15}")},
    "folded_cells_are_folded_everywhere": {
        "no title": replace("claim", "# @title", "#"),
        "not a form": replace("solution-1", ' {display-mode: "form"}', ""),
        "open in JupyterLab": lambda raw: cell(raw, "claim")["metadata"].pop("jupyter"),
    },
    "every_drawing_is_folded_below_its_picture": {
        "open": untag("figure", "hide-input"),
        "open pyplot": add("bare", "plt.plot([1, 2])"),
        "another title": replace("own", "Figure:", "Hole:"),
        "imports open": untag("imports", "hide-input"),
        "imports untitled": replace("imports", "@title Imports", "@title Names"),
        "picture hidden": lambda raw: cell(raw, "own")["metadata"]["jupyter"].update(
            outputs_hidden=True
        ),
    },
    "every_generator_is_seeded": {
        "global": append("own", "\nnp.random.rand(3)"),
        "no seed": append("own", "\nrng = np.random.default_rng()"),
        "seed None": append("own", "\nrng = np.random.default_rng(None)"),
        "torch": append("own", "\ngenerator = torch.Generator()"),
        "python": append("own", "\nrng = random.Random()"),
    },
    "progress_is_shown_by_tqdm_auto": {"notebook": append("own", "\nimport tqdm.notebook")},
    "every_figure_has_alternative_text": {
        "explore": replace("figure", ', alt="A heap at {epsilon}"', ""),
        "empty": replace("figure", "A heap at {epsilon}", ""),
        "show": replace("own", ', alt="A hole"', ""),
        "plt.show": append("own", "\nplt.show()"),
        "bare pyplot": add("bare", "plt.plot([1, 2])"),
        "markdown": append("see", "\n\n![](heap.png)"),
        "html": append("see", '\n\n<img src="heap.png">'),
    },
    "drawings_keep_what_they_use": {
        "value": lambda raw: (drawn_by("heap(C)")(raw), append("own", "\nC = 3")(raw)),
        "in a loop": lambda raw: (
            drawn_by("heap(C)")(raw),
            append("own", "\nfor C in range(3):\n    pass")(raw),
        ),
        "through another function": lambda raw: (
            drawn_by("helper()\n\n\ndef helper():\n    heap(C)")(raw),
            append("own", "\nC = 3")(raw),
        ),
        "in its description": lambda raw: (
            replace("figure", '"A heap at {epsilon}"', "lambda epsilon: costs[epsilon]")(raw),
            append("own", "\ncosts = []")(raw),
        ),
    },
    "text_stands_beside_every_figure": {"two in a row": remove("predict", "see", "wrong")},
    "something_can_be_moved": {"nothing": remove("figure")},
    "claims_are_asserted_in_folded_cells": {
        "none": remove("claim"),
        "shown": untag("claim", "hide-cell"),
        "no title": replace("claim", "Claim: ", ""),
        "asserts nothing": replace("claim", "assert 2 > 1", "2 > 1"),
    },
    "has_three_exercises_of_four_cells": {
        "two": remove("exercise-3", "stub-3", "check-3", "solution-3"),
        "no stub": remove("stub-1"),
        "no check": remove("check-1"),
        "no solution": remove("solution-1"),
        "no statement": remove("exercise-2"),
        "solution first": move("solution-1", 10),
    },
    "every_check_has_its_checker": {
        "another chapter's": replace("check-1", "ot-07-1", "ot-08-1"),
        "another part's": replace("check-1", "ot-07-1", "sl-07-1"),
        "none": replace("check-1", "ot-07-1", "ot-07-4"),
    },
    "exercises_are_numbered_in_rising_difficulty": {
        "the same twice": replace("check-2", "ot-07-2", "ot-07-1"),
        "no stars": replace("exercise-1", "★", ""),
        "falling": replace("exercise-1", "★", "★★★★"),
        "all alike": lambda raw: [replace(f"exercise-{n}", "★" * n, "★")(raw) for n in (2, 3)],
    },
    "stub_check_and_solution_speak_of_one_answer": {
        "stub": replace("stub-1", "answer_1", "answer"),
        "solution": replace("solution-1", "answer_1 = 2", "answer = 2"),
        "no check": append("solution-1", "\nprint(2)"),
    },
    "solutions_are_folded_and_explained": {
        "shown": untag("solution-1", "hide-cell"),
        "answer in JupyterLab": lambda raw: cell(raw, "solution-1")["metadata"].pop("jupyter"),
        "wrong title": replace("solution-1", "exercise 1", "exercise 2"),
        "no comment": replace("solution-1", "# Two, because one and one are two.\n", ""),
    },
}
