"""Keep the figures of `otbook_utils.teaching` in files, where the executed notebook holds them.

An image becomes two files named after their content, in the colours of light and of dark pages,
which the browser loads when the reader comes near; the frames of a player become a script that its
own script loads then. Style sheet and script of all players stand on a page once.
"""

import base64
import hashlib
import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from otbook_utils.teaching.dark import dark_map, dark_svg

FOLDER = "_figures"

_IMAGE = re.compile(
    r'<img class="otbook-light([^"]*)"([^>]*) src="data:image/svg\+xml;base64,([^"]*)">'
)
_FRAMES = re.compile(r'<script type="application/json" class="otbook-frames">(.*?)</script>', re.S)
_REPEATED = re.compile(r"<style>.*?</style>|<script>.*?</script>", re.S)


def move_out(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write the figures of a page into files, and let the page refer to them."""
    if app.builder.format != "html":
        return
    files = Files(Path(app.outdir), "../" * page.count("/"))
    found = [node for node in doctree.findall(nodes.raw) if "otbook-figure" in node.astext()]
    for node in found:
        text = _IMAGE.sub(files.images, node.astext())
        frames = _FRAMES.search(text)
        if frames:
            address = files.frames(json.loads(frames[1]))
            text = text.replace(frames[0], "")
            text = text.replace("<figure ", f'<figure data-frames="{address}" ', 1)
        _set(node, text)
    keep_once(found)


class Files:
    """Writes files named after what they hold, and gives their addresses as seen from a page."""

    def __init__(self, site: Path, up: str) -> None:
        self._folder, self._up = site / FOLDER, up

    def images(self, match: re.Match[str]) -> str:
        """Return the two images that stand in the place of one."""
        classes, attributes, content = match.groups()
        svg = base64.b64decode(content).decode()
        light, dark = self._write(svg, "svg"), self._write(dark_svg(svg), "svg")
        return (
            f'<img class="otbook-light{classes}"{attributes} src="{light}">'
            f'<img class="otbook-dark{classes}"{attributes} src="{dark}">'
        )

    def frames(self, data: dict) -> str:
        """Return the address of a player's data, with what its dark frames need besides."""
        images = {k: line for k, line in enumerate(data["lines"]) if line.startswith("<image")}
        dark = {k: dark_svg(line) for k, line in images.items()}
        data["dark"] = {
            "colours": dark_map("\n".join(data["lines"])),
            "lines": {k: line for k, line in dark.items() if line != images[k]},
        }
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        own_address = 'document.currentScript.getAttribute("src")'
        return self._write(
            f"(window.otbookFrames = window.otbookFrames || {{}})[{own_address}] = {text};\n", "js"
        )

    def _write(self, text: str, suffix: str) -> str:
        name = f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.{suffix}"
        self._folder.mkdir(exist_ok=True)
        path = self._folder / name
        if not path.exists():
            path.write_text(text, encoding="utf-8")
        return f"{self._up}{FOLDER}/{name}"


def keep_once(found: list[nodes.raw]) -> None:
    """Keep each style sheet in the first of the figures that have it, each script in the last."""
    for tag, order in (("<style>", found), ("<script>", found[::-1])):
        seen: set[str] = set()
        for node in order:

            def once(match: re.Match[str], tag: str = tag, seen: set[str] = seen) -> str:
                if not match[0].startswith(tag) or match[0] not in seen:
                    seen.add(match[0])
                    return match[0]
                return ""

            _set(node, _REPEATED.sub(once, node.astext()))


def drop_strangers(app: Sphinx, failure: Exception | None) -> None:
    """Remove the files of figures that no page shows any longer."""
    site = Path(app.outdir)
    if failure or not (site / FOLDER).is_dir():
        return
    named = re.compile(FOLDER + r"/([\w.]+)")
    pages = (page.read_text(encoding="utf-8") for page in site.rglob("*.html"))
    used = {name for page in pages for name in named.findall(page)}
    for path in (site / FOLDER).iterdir():
        if path.name not in used:
            path.unlink()


def _set(node: nodes.raw, text: str) -> None:
    node.rawsource, node.children = text, [nodes.Text(text)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", move_out)
    app.connect("build-finished", drop_strangers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
