"""Make callouts of the block quotes that begin with a bold keyword.

Chapters write `> **Predict.** What happens when …`, which reads well in Jupyter and in Colab.
Here such a block quote gets the classes `callout` and `callout-predict`; cells.css does the rest.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

_KEYWORDS = ("careful", "claim", "predict", "remember", "try")


def opening(quote: nodes.block_quote) -> nodes.strong | None:
    """Return the bold keyword that a block quote begins with, or None if it does not."""
    if not quote.children or not isinstance(quote[0], nodes.paragraph):
        return None
    # MyST puts an empty text before an emphasis that begins a paragraph.
    first = next((node for node in quote[0] if node.astext()), None)
    return first if isinstance(first, nodes.strong) and keyword(first) in _KEYWORDS else None


def keyword(bold: nodes.strong) -> str:
    """Return the first word of a bold text in lower case."""
    return re.split(r"\W", bold.astext(), maxsplit=1)[0].lower()


class Callouts(SphinxTransform):
    """Add the classes while the page is read, so that they are kept with it."""

    default_priority = 500

    def apply(self, **kwargs: object) -> None:
        for quote in self.document.findall(nodes.block_quote):
            bold = opening(quote)
            if bold is not None:
                quote["classes"] += ["callout", f"callout-{keyword(bold)}"]
                bold["classes"].append("callout-word")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(Callouts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
