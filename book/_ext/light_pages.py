"""Let a page load what it shows and nothing else, all of it from the book's own files.

Jupyter Book loads on every page what some page of some book may need: an icon font, thebe (from a
third party), MathJax, toggles, tabs, the search index. Its settings offer no way out. Icons are
those of icons.css; formulas are drawn by KaTeX, on the pages that have some.
"""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

_UNUSED = ("design", "mathjax", "thebe", "togglebutton", "toggleHint", "toggleOpenOnPrint")
_KATEX = "katex/katex.min"
#: In the theme's style sheet, and beside it: the icon font, and what only its authors read.
_ICON_RULE = re.compile(r"(?<=[}/])(?:@font-face|(?:\.fa[srb]?(?=[-.:,{])|:host)[^{}@]*)\{[^{}]*\}")
_ICON_FILES = ("scripts/fontawesome.js*", "vendor/**/*.*", "**/*.map", "**/*.LICENSE.txt")


def silence_thebe(app: Sphinx, config: Config) -> None:
    """Disconnect everything that sphinx-thebe has connected."""
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if listener.handler.__module__.split(".")[0] == "sphinx_thebe":
                app.disconnect(listener.id)


def draw_formulas(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load KaTeX where there are formulas."""
    if doctree is not None and any(doctree.findall(_is_formula)):
        app.builder.add_css_file(f"{_KATEX}.css")
        app.builder.add_js_file(f"{_KATEX}.js", defer="defer", priority=700)


def _is_formula(node: nodes.Node) -> bool:
    return isinstance(node, nodes.math | nodes.math_block)


def drop_unused(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Leave out what the extensions of Jupyter Book have registered for all pages."""
    for kind in ("css_files", "script_files"):
        context[kind] = [
            asset
            for asset in context.get(kind, [])
            if not any(name in _described(asset) for name in _UNUSED)
        ]


def _described(asset: Any) -> str:
    """Return the name of a style sheet or script, or its text."""
    return f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', '')}"


def remove_icon_font(app: Sphinx, exception: Exception | None) -> None:
    """Take the icon font and its rules out of the built site."""
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    for pattern in _ICON_FILES:
        for path in static.glob(pattern):
            path.unlink()
    sheet = static / "styles" / "pydata-sphinx-theme.css"
    sheet.write_text(_ICON_RULE.sub("", sheet.read_text("utf-8")), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", silence_thebe, priority=999)
    app.connect("html-page-context", draw_formulas)
    app.connect("html-page-context", drop_unused, priority=900)
    app.connect("build-finished", remove_icon_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
