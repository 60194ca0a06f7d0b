"""What the rules read in the Markdown of a chapter."""

from __future__ import annotations

import re

from otbook_utils.publishing.notebook import Cell, Notebook

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff][\u3040-\u30ff\u3400-\u9fff々]*")
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)>\s]+)>?[^)]*\)")
PREDICTION = re.compile(r"^> \*\*Predict\b.*(?:\n>.*)*", re.MULTILINE)
DERIVATION = re.compile(r"<summary>\s*Derivation\b")
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.DOTALL | re.MULTILINE)
_MATHS = re.compile(r"\$\$.*?\$\$|(?<![\\$])\$(?!\s)[^$\n]+\$", re.DOTALL)
_FOLD = re.compile(r"<details\b.*?</details>", re.DOTALL)


def headings(notebook: Notebook) -> list[str]:
    """Return the texts of all headings below the title, without their marks."""
    return [
        title.strip()
        for cell in notebook.markdown
        for title in re.findall(r"^#{2,4} (.+)$", prose(cell), re.MULTILINE)
    ]


def count_words(markdown: str) -> int:
    """Count the words that a reader reads: a formula counts as one, an address as none."""
    text = re.sub(r"<[^>]+>", " ", markdown)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = _MATHS.sub(" formula ", text)
    return sum(1 for token in text.split() if re.search(r"\w", token))


def prose(cell: Cell) -> str:
    """Return a Markdown cell without its fenced code."""
    return _FENCE.sub("", cell.source)


def unquoted(source: str) -> str:
    """Return Markdown with the marks of block quotes taken off its lines."""
    return re.sub(r"^> ?", "", source, flags=re.MULTILINE)


def folds(source: str) -> list[str]:
    """Return what is folded away in Markdown, each from <details> to </details>."""
    return _FOLD.findall(unquoted(source))


def outside_folds(source: str) -> str:
    """Return Markdown, block quotes unmarked, without what is folded away."""
    return _FOLD.sub("", unquoted(source))


def without_maths(source: str, *, keep_fences: bool) -> str:
    """Return Markdown without formulas and code, in which anything may stand."""
    text = _MATHS.sub("", source)
    if keep_fences:
        return text
    # A role looks like `{name}` followed by code: keep the mark, drop what the code says.
    return re.sub(r"`[^`\n]+`", "``", _FENCE.sub("", text))
