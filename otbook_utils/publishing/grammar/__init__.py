"""What a chapter keeps to: rules that take a notebook and return what breaks them.

`WORKS` holds what keeps a notebook from working: every chapter is held to it. `HOUSE` holds the
taste of this book: a chapter or part that `own_chapters` in `_config.yml` names need not keep it.
"""

from otbook_utils.publishing.grammar.linting import Finding, findings, keeps_the_taste, mend
from otbook_utils.publishing.grammar.rules import HOUSE, WORKS

__all__ = ["HOUSE", "WORKS", "Finding", "findings", "keeps_the_taste", "mend"]
