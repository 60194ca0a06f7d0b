"""Give a folded cell the title that Colab shows for it, and show its picture first.

A cell that begins with `# @title Solution to exercise 1 {display-mode: "form"}` is folded in Colab
under that title. Here the same line names the fold and is left out of the code shown. A cell whose
code alone is folded (`hide-input`) shows its output above the fold.
"""

import re
from html import escape

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, HideInputCells
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

_FORM = re.compile(r"\A#\s*@title\s+(?P<title>[^\n{]+?)\s*(\{[^\n]*\})?[ \t]*(\n|\Z)")


class FormTitles(SphinxTransform):
    """Move the title out of the code and into the prompt of the fold."""

    default_priority = 500

    def apply(self, **kwargs: object) -> None:
        for cell in self.document.findall(nodes.container):
            code = next(cell.findall(nodes.literal_block), None)
            if cell.get("nb_element") != "cell_code" or code is None:
                continue
            source = code.astext()
            form = _FORM.match(source)
            if form is None:
                continue
            shown = source[form.end() :]
            code.rawsource = shown
            code.children = [nodes.Text(shown)]
            if "hide_mode" in cell:
                title = re.sub(r"^Figure:", "Code of the figure:", form["title"])
                cell["prompt_show"] = cell["prompt_hide"] = title


class PictureFirst(SphinxPostTransform):
    """Put the output before the code, once myst-nb has folded the code."""

    default_priority = HideInputCells.default_priority + 1
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for cell in self.document.findall(nodes.container):
            if cell.get("hide_mode") == "input" and len(cell.children) == 2:
                cell.children.reverse()
                cell["classes"].append("picture-first")


def visit_fold(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """Write a plain `<details>`, which is named by the text one sees.

    myst-nb's own gives each fold the same label, which a screen reader then reads in its place.
    """
    classes = " ".join(["hide", *node["classes"]])
    self.body.append(f'<details class="{classes}">\n')
    self.body.append(f"<summary><span>{escape(node['prompt_show'])}</span></summary>\n")


def depart_fold(self: HTML5Translator, node: HideCodeCellNode) -> None:
    self.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("myst_nb")
    app.add_transform(FormTitles)
    app.add_post_transform(PictureFirst)
    app.add_node(HideCodeCellNode, override=True, html=(visit_fold, depart_fold))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
