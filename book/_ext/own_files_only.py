"""Keep what Jupyter Book adds for thebe out of the pages.

Jupyter Book always loads sphinx-thebe, which writes an address at a third party into every page,
whether a thebe button is there or not. Its settings offer no way out.
"""

from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

_UNWANTED = "sphinx_thebe"


def silence_thebe(app: Sphinx, config: Config) -> None:
    """Disconnect everything that sphinx-thebe has connected."""
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if listener.handler.__module__.split(".")[0] == _UNWANTED:
                app.disconnect(listener.id)


def drop_thebe_assets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Leave out the style sheet that sphinx-thebe has registered before it was silenced."""
    for kind in ("css_files", "script_files"):
        context[kind] = [asset for asset in context.get(kind, []) if "thebe" not in str(asset)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", silence_thebe, priority=999)
    app.connect("html-page-context", drop_thebe_assets, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
