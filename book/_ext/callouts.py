"""Make callouts of the block quotes that begin with a bold keyword.

Chapters write `> **Predict.** What happens when …`, which reads well in Jupyter and in Colab.
Here such a block quote gets the classes `callout` and `callout-predict`; book.css does the rest.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

_KEYWORDS = ("careful", "claim", "predict", "remember", "try")


def keyword(quote: nodes.block_quote) -> str | None:
    """Return the keyword that a block quote begins with, in lower case, or None."""
    if not quote.children or not isinstance(quote[0], nodes.paragraph) or not quote[0].children:
        return None
    first = quote[0][0]
    if not isinstance(first, nodes.strong):
        return None
    word = re.split(r"\W", first.astext(), maxsplit=1)[0].lower()
    return word if word in _KEYWORDS else None


class Callouts(SphinxTransform):
    """Add the classes while the page is read, so that they are kept with it."""

    default_priority = 500

    def apply(self, **kwargs: object) -> None:
        for quote in self.document.findall(nodes.block_quote):
            word = keyword(quote)
            if word is not None:
                quote["classes"] += ["callout", f"callout-{word}"]
                quote[0][0]["classes"].append("callout-word")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(Callouts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
