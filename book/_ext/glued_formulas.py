"""Keep a formula and what follows it without a space, such as a full stop, in one line."""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

#: At most so much stands with a formula: a bracket before it; punctuation or "-th" after it.
_BEFORE = re.compile(r"[(\[“]{1,2}\Z")
_AFTER = re.compile(r"[^\s]{1,4}(?=\s|\Z)")


class GluedFormulas(SphinxTransform):
    """Put a formula with what adheres to it into one piece of text that does not wrap."""

    default_priority = 520  # after the choices of a prediction are found

    def apply(self, **kwargs: object) -> None:
        for formula in list(self.document.findall(nodes.math)):
            glue(formula)


def glue(formula: nodes.math) -> None:
    parent, place = formula.parent, formula.parent.index(formula)
    around = parent.children
    before = around[place - 1] if place else None
    after = around[place + 1] if place + 1 < len(around) else None
    head = _BEFORE.search(before) if isinstance(before, nodes.Text) else None
    tail = _AFTER.match(after) if isinstance(after, nodes.Text) else None
    if head is None and tail is None:
        return
    glued = nodes.inline("", classes=["glued"])
    parent.replace(formula, glued)
    if head:
        parent.replace(before, nodes.Text(before[: head.start()]))
        glued += nodes.Text(head[0])
    glued += formula
    if tail:
        parent.replace(after, nodes.Text(after[tail.end() :]))
        glued += nodes.Text(tail[0])


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(GluedFormulas)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
