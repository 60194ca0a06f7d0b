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
_SHEET = "styles/pydata-sphinx-theme.css"
_KATEX = "katex/katex.min"
#: Beside the theme's style sheet: the icon font, and what only its authors read.
_WORD = re.compile(r"[A-Za-z][\w-]*")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"(?<=[{}])(?P<selectors>[^{}@;][^{};]*|@font-face)\{(?P<body>[^{}]*)\}")
_COMMA = re.compile(r",(?![^(]*\))")
_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
_CONDITION = re.compile(r":(?:has|is|not|where)\((?:[^()]|\([^()]*\))*\)")
_EMPTY = re.compile(r"@(?:media|supports)[^{}]*\{\}")
_UNUSED_FILES = ("scripts/fontawesome.js*", "vendor/**/*.*", "**/*.map", "**/*.LICENSE.txt")


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


def use_own_icons(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Show where a notebook can be run by an icon of ours: the theme's are pictures of many kB."""
    for button in context.get("header_buttons", []):
        for choice in button.get("buttons", []) if isinstance(button, dict) else []:
            if str(choice.get("icon", "")).startswith("_static/images/"):
                choice["icon"] = "fas fa-rocket"


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


def lighten_theme(app: Sphinx, exception: Exception | None) -> None:
    """Take the icon font out of the built site, and the theme's rules for what no page has."""
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    for pattern in _UNUSED_FILES:
        for path in static.glob(pattern):
            path.unlink()
    texts = [*Path(app.outdir).rglob("*.html"), *static.rglob("*.js")]
    words = {word for path in texts for word in _WORD.findall(path.read_text("utf-8"))}
    folders = [Path(folder, "static") for folder in app.builder.theme.get_theme_dirs()]
    (whole,) = [folder / _SHEET for folder in folders if (folder / _SHEET).is_file()]
    (static / _SHEET).write_text(used_rules(whole.read_text("utf-8"), words), "utf-8")


def used_rules(sheet: str, words: set[str]) -> str:
    """Return a style sheet without its fonts and without the rules for classes not in `words`."""

    def kept(rule: re.Match[str]) -> str:
        if rule["selectors"].startswith("@font-face"):
            return ""
        used = [
            selector
            for selector in _COMMA.split(rule["selectors"])
            if words.issuperset(_CLASS.findall(_CONDITION.sub("", selector)))
        ]
        return f"{','.join(used)}{{{rule['body']}}}" if used else ""

    without = _RULE.sub(kept, _COMMENT.sub("", sheet))
    while without != (without := _EMPTY.sub("", without)):
        pass
    return without


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", silence_thebe, priority=999)
    app.connect("html-page-context", draw_formulas)
    app.connect("html-page-context", drop_unused, priority=900)
    app.connect("html-page-context", use_own_icons, priority=900)
    app.connect("build-finished", lighten_theme)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
