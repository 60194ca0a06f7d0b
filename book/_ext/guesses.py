"""Make answer buttons of the choices that a prediction offers.

Chapters write, in the block quote that begins with `**Predict.**`, one

    <details><summary>a choice</summary>

    Right: why it is right. (Or: No, which mistake it is.)

    </details>

for each choice, which Colab and Jupyter show as it is. Here the choices of a prediction become one
group, of which a browser opens one at a time; cells.css draws them as buttons.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator

_TAGS = re.compile(
    r"\s*(?P<closes></details>)?\s*(?:<details>\s*<summary>(?P<label>.*?)</summary>)?\s*", re.DOTALL
)
_VERDICT = re.compile(r"Right|Not quite|No\b")
_FORMULA = re.compile(r"\$([^$]+)\$")

#: Labels of at most so many letters stand three or four in a row.
SHORT = 22


class Choice(nodes.General, nodes.Element):
    """One answer: a label, then the paragraphs that say what is right or wrong about it."""


class ChoiceLabel(nodes.General, nodes.TextElement):
    """What stands on the answer's button."""


class Guesses(SphinxTransform):
    """Gather the choices of each prediction, after `callouts` has found the predictions."""

    default_priority = 510

    def apply(self, **kwargs: object) -> None:
        number = 0
        for quote in list(self.document.findall(nodes.block_quote)):
            if "callout-predict" not in quote["classes"]:
                continue
            choices = gathered(quote)
            if not choices:
                continue
            number += 1
            for choice in choices:
                choice["group"] = f"guess-{number}"
            quote["classes"].append("guess")


def gathered(quote: nodes.block_quote) -> list[Choice]:
    """Put the choices of a block quote into one group; return them."""
    kept, choices, inside = [], [], None
    for child in quote.children:
        tags = _TAGS.fullmatch(child.astext()) if isinstance(child, nodes.raw) else None
        if tags is None or not (tags["closes"] or tags["label"]):
            (kept if inside is None else inside).append(child)
            continue
        inside = None
        if tags["label"]:
            inside = Choice("", label(tags["label"]))
            choices.append(inside)
    if not choices:
        return []
    for choice in choices:
        right = mark_verdict(choice) == "Right"
        choice["classes"] = ["choice", "choice-right" if right else "choice-wrong"]
    longest = max(len(choice[0].astext()) for choice in choices)
    width = "choices-short" if longest <= SHORT else "choices-long"
    group = nodes.container("", *choices, classes=["choices", width])
    quote.children = []
    quote.extend([*kept, group])
    return choices


def mark_verdict(choice: Choice) -> str:
    """Set the word off that what is said begins with, and return it; "" if it is no verdict."""
    text = next(choice[1].findall(nodes.Text), "") if len(choice) > 1 else ""
    found = _VERDICT.match(text)
    if found is None:
        return ""
    bold = nodes.strong("", found[0], classes=["verdict"])
    text.parent.replace(text, [bold, nodes.Text(text[found.end() :])])
    return found[0]


def label(text: str) -> ChoiceLabel:
    """Return the label, which a formula in dollars may be part of."""
    found = ChoiceLabel()
    for k, piece in enumerate(_FORMULA.split(text.strip())):
        if piece:
            found += nodes.math("", piece) if k % 2 else nodes.raw("", piece, format="html")
    return found


def visit_choice(self: HTML5Translator, node: Choice) -> None:
    self.body.append(f'<details class="{" ".join(node["classes"])}" name="{node["group"]}">\n')


def depart_choice(self: HTML5Translator, node: Choice) -> None:
    self.body.append("</details>\n")


def visit_label(self: HTML5Translator, node: ChoiceLabel) -> None:
    self.body.append("<summary><span>")


def depart_label(self: HTML5Translator, node: ChoiceLabel) -> None:
    self.body.append("</span></summary>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("callouts")
    app.add_transform(Guesses)
    app.add_node(Choice, html=(visit_choice, depart_choice))
    app.add_node(ChoiceLabel, html=(visit_label, depart_label))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
