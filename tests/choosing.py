"""Which tests are run, and which were not."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def where_a_chapter_is_tested(name: str) -> tuple[list[Path], str]:
    """Return the files and folders with tests of a chapter, and the word that their names share.

    name: the chapter's, its part and its number left out or not. Raises pytest.UsageError if no
    chapter has it.
    """
    bare = name.removeprefix("book/").removesuffix(".ipynb")
    chapters = {f"{p.parent.name}/{p.stem}": p for p in sorted((ROOT / "book").glob("*/*.ipynb"))}
    found = [path for id, path in chapters.items() if bare in (id, path.stem, path.stem[3:])]
    if len(found) != 1:
        raise pytest.UsageError(f"--chapter must name one of {', '.join(chapters)}; got {name!r}")
    [chapter] = found
    room = chapter.stem[3:]
    tests = ROOT / "tests"
    places = [chapter, tests / "chapters", tests / chapter.parent.name / room]
    return [place for place in places if place.exists()], room


def told_of(skipped: Iterable[pytest.TestReport]) -> str:
    """Return a line with the reasons for which tests were skipped, the most frequent first."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    told = "; ".join(f"{count} ({reason})" for reason, count in reasons.most_common())
    return f"Tests that were skipped: {told}." if told else ""
