"""Say in the head of a page what it is about, for search engines and for links to it."""

import re
from html import escape
from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx

_LONGEST = 200
_PICTURE = "_static/social.jpg"


def describe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Add description, title and picture to the head; tell the page for lost readers its root."""
    site = site_address(app)
    context["site_path"] = urlsplit(site).path or "/"
    if doctree is None:
        return
    tags = {"description": description(doctree)}
    title = re.sub(r"<[^>]*>", "", context.get("title", "")) or app.config.html_title
    properties = {
        "og:type": "website" if page == app.config.root_doc else "article",
        "og:site_name": app.config.html_title,
        "og:title": title,
        "og:description": tags["description"],
    }
    if site:
        properties["og:url"] = f"{site}{page}.html"
        properties["og:image"] = f"{site}{_PICTURE}"
        tags["twitter:card"] = "summary_large_image"
    lines = [f'<meta name="{name}" content="{escape(tag)}" />' for name, tag in tags.items()]
    lines += [
        f'<meta property="{name}" content="{escape(tag)}" />' for name, tag in properties.items()
    ]
    context["metatags"] = context.get("metatags", "") + "\n".join(lines)


def description(doctree: nodes.document) -> str:
    """Return a page's first paragraph, as far as whole words go into a description."""
    first = next(doctree.findall(nodes.paragraph), None)
    text = " ".join(first.astext().split()) if first is not None else ""
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST].rsplit(" ", 1)[0] + " …"


def site_address(app: Sphinx) -> str:
    """Return where the site is published, with a slash at the end, or "" if nobody knows.

    That is `html_baseurl` if it is set, else the pages that GitHub serves for the repository.
    """
    if app.config.html_baseurl:
        return app.config.html_baseurl.rstrip("/") + "/"
    repository = app.config.html_theme_options.get("repository_url", "")
    found = re.fullmatch(r"https://github\.com/([^/]+)/([^/]+?)(?:\.git)?/?", repository)
    return f"https://{found[1].lower()}.github.io/{found[2]}/" if found else ""


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
