"""This book's taste in the text of a chapter: its beginning, its prose, its end."""

from __future__ import annotations

import re

from otbook_utils.publishing.grammar.reading_time import (
    TOLERANCE,
    minutes_of,
    printed_minutes,
    prose_cells,
)
from otbook_utils.publishing.grammar.rules import book_of, house
from otbook_utils.publishing.grammar.text import (
    JAPANESE,
    PREDICTION,
    count_words,
    headings,
    outside_folds,
    prose,
    unquoted,
    without_maths,
)
from otbook_utils.publishing.notebook import Notebook
from otbook_utils.publishing.setup_cells import repository_of

CALLOUTS = ("Careful.", "Claim.", "Predict.", "Remember.", "Try.")
FEWEST_WORDS, MOST_WORDS = 1500, 3000
TO_WRITE = "WRITE:"  # begins what a new chapter leaves to its author
_CHOICE = re.compile(r"<details><summary>(.*?)</summary>\n\n(.*?)\n\n</details>", re.DOTALL)
_VERDICT = re.compile(r"(Right|No|Not quite)\b")
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


@house
def begins_with_title_promise_and_terms(notebook: Notebook) -> list[str]:
    first = notebook.cells[0].source if notebook.cells else ""
    faults = []
    paragraphs = [text for text in re.split(r"\n\s*\n", first) if text.strip()]
    if len(paragraphs) < 3 or not paragraphs[1].rstrip().endswith((".", "?", "!")):
        faults.append("no promise and no line of terms follow the title")
    wanted = {
        "the time of a quick run": r"quick run:? (about )?\d+ s",
        "needs": r"\bneeds\b",
        "the slides it mirrors, as a link": r"slides?\b.*\(\.\./slides\.md[^)]*\)",
    }
    for name, pattern in wanted.items():
        if not re.search(pattern, first, re.IGNORECASE | re.DOTALL):
            faults.append(f"the first cell does not give {name}")
    titles = [cell.where for cell in notebook.markdown if re.search(r"^# ", prose(cell), re.M)]
    if len(titles) > 1:
        faults.append(f"more than one title: {', '.join(titles)}")
    return faults


@house
def names_three_to_five_objectives(notebook: Notebook) -> list[str]:
    second = notebook.cells[1] if len(notebook.cells) > 1 else None
    if second is None or not second.source.startswith("## You will be able to"):
        return ["the second cell is not headed `## You will be able to`"]
    bullets = len(re.findall(r"^[-*] \S", second.source, re.MULTILINE))
    return [] if 3 <= bullets <= 5 else [f"{bullets} objectives instead of three to five"]


@house
def minutes_are_those_that_the_rule_counts(notebook: Notebook) -> list[str]:
    printed = printed_minutes(notebook.cells[0].source) if notebook.cells else None
    counted = minutes_of(notebook)
    if printed is not None:
        pairs = zip(printed.numbers, counted.numbers, strict=True)
        if all(abs(a - b) <= TOLERANCE for a, b in pairs):
            return []
    return [f"the first cell should give {counted} (`lint --fix` writes it)"]


@house
def nothing_is_left_to_write(notebook: Notebook) -> list[str]:
    return [
        f"{cell.where}: {line[line.index(TO_WRITE) :][:100]}"
        for cell in notebook.cells
        for line in cell.source.splitlines()
        if TO_WRITE in line
    ]


@house
def has_between_1500_and_3000_words_of_prose(notebook: Notebook) -> list[str]:
    words = sum(count_words(outside_folds(cell.source)) for cell in prose_cells(notebook))
    if FEWEST_WORDS <= words <= MOST_WORDS:
        return []
    return [f"{words} words outside folds instead of {FEWEST_WORDS} to {MOST_WORDS}"]


@house
def markdown_is_plain(notebook: Notebook) -> list[str]:
    return [
        f"{cell.where} has {name} of MyST: {found[0].strip()!r}"
        for cell in notebook.markdown
        for name, pattern in _MYST.items()
        if (found := pattern.search(without_maths(cell.source, keep_fences=name == "a directive")))
    ]


@house
def address_stands_in_the_setup_cell_alone(notebook: Notebook) -> list[str]:
    url = repository_of(book_of(notebook)).url
    return [
        f"{cell.where} names {url}"
        for cell in notebook.cells
        if url.lower() in cell.source.lower() and "setup" not in cell.tags
    ]


@house
def callouts_are_known(notebook: Notebook) -> list[str]:
    found = [
        (cell, word)
        for cell in notebook.markdown
        for word in re.findall(r"^> \*\*([^*]+)\*\*", prose(cell), re.MULTILINE)
    ]
    return [
        f"{cell.where} begins a callout with {word!r}; known are {', '.join(CALLOUTS)}"
        for cell, word in found
        if not word.startswith(CALLOUTS) and not word.startswith(tuple(c[:-1] for c in CALLOUTS))
    ]


@house
def asks_for_a_prediction_before_results(notebook: Notebook) -> list[str]:
    asked = [c.index for c in notebook.markdown if re.search(r"^> \*\*Predict\b", c.source, re.M)]
    results = [cell.index for cell in (*notebook.tagged("claim"), *notebook.tagged("exercise"))]
    if not asked:
        return ["no callout `> **Predict.**`"]
    return [] if asked[0] < min(results, default=asked[0] + 1) else ["the first result comes first"]


@house
def predictions_offer_choices_of_one_form(notebook: Notebook) -> list[str]:
    """Two to four choices inside the block quote, one of which is right and says so."""
    faults, offered = [], 0
    for cell in notebook.markdown:
        for quote in PREDICTION.findall(cell.source):
            text = unquoted(quote)
            if "<details" not in text and "<summary" not in text:
                continue
            offered += 1
            faults += [f"{cell.where}: {fault}" for fault in _faults_of_choices(text)]
    return faults if offered else ["no prediction offers choices to click on"]


def _faults_of_choices(text: str) -> list[str]:
    choices = _CHOICE.findall(text)
    if len(choices) != text.count("<details"):
        return [
            "a choice is `<details><summary>…</summary>`, a blank line, what is right or wrong "
            "about it, a blank line, `</details>`, each line quoted by `>`"
        ]
    faults = []
    if not 2 <= len(choices) <= 4:
        faults.append(f"{len(choices)} choices instead of two to four")
    if "\n\n<details" not in text:
        faults.append("no blank line (`>`) stands before the first choice")
    if rest := _CHOICE.sub("", text[text.find("<details") :]).strip():
        faults.append(f"text stands between or after the choices: {rest[:40]!r}")
    verdicts = [found[1] if (found := _VERDICT.match(said)) else "" for _, said in choices]
    if verdicts.count("Right") != 1:
        faults.append(f"{verdicts.count('Right')} choices begin with `Right` instead of one")
    if "" in verdicts:
        label = choices[verdicts.index("")][0]
        faults.append(f"what is said of {label!r} begins with neither Right, No nor Not quite")
    return faults


@house
def shows_what_goes_wrong(notebook: Notebook) -> list[str]:
    pattern = r"\b(go(es)?|went|gone) wrong\b"
    found = any(re.search(pattern, heading, re.I) for heading in headings(notebook))
    return [] if found else ["no section on what goes wrong"]


@house
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


@house
def japanese_terms_stand_in_the_glossary(notebook: Notebook) -> list[str]:
    glossary = (notebook.book / "glossary.md").read_text(encoding="utf-8")
    terms = {term for cell in notebook.markdown for term in JAPANESE.findall(cell.source)}
    return [f"the glossary lacks {term}" for term in sorted(terms) if term not in glossary]
