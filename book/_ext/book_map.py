"""The map of the book and the cards of its chapters, made from what their title cells say.

`{book-map}` draws every chapter with lines to what it needs, `{chapter-cards}` lists the chapters
with a small picture each, taken from their first figure. The first chapter of a part begins with
the part's own map. Nobody lists chapters by hand.
"""

import base64
import io
import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import resvg_py
from chapters import Chapter, Part, parts
from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

COLUMN, ROW, NODE = 46, 66, (38, 26)  # pixels: between chapters, between parts, a chapter's box
_CARD_PIXELS = (216, 144)  # two for each of the page's
_DRAWN = re.compile(r'<img\b[^>]*?\ssrc="data:image/(svg\+xml|\w+);base64,([^"]+)"')


class BookMap(nodes.General, nodes.Element):
    """The map; `part` is the folder of the part it is of, or empty for the whole book."""


class ChapterCards(nodes.General, nodes.Element):
    """A card for each chapter, by parts, and one line on the parts to come."""


class BookMapDirective(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [BookMap(part="")]


class ChapterCardsDirective(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [ChapterCards()]


class PartOpenings(SphinxTransform):
    """Put the map of a part at the head of its first chapter, below the chapter's facts."""

    default_priority = 410  # after the head of the chapter is marked

    def apply(self, **kwargs: object) -> None:
        for part in parts(self.app):
            if part.chapters and part.chapters[0].docname == self.env.docname:
                for paragraph in self.document.findall(nodes.paragraph):
                    if "facts" in paragraph["classes"]:
                        place = paragraph.parent.index(paragraph) + 1
                        paragraph.parent.insert(place, BookMap(part=part.folder))
                        break


# ---- the map ----


def visit_map(self: HTML5Translator, node: BookMap) -> None:
    book = [part for part in parts(self.builder.app) if part.chapters]
    own = next((part for part in book if part.folder == node["part"]), None)
    rows = around(own, book) if own else book
    if own:
        head = f"Part {own.numeral} · {own.name}"
        self.body.append(f'<p class="part-opening"><strong>{escape(head)}.</strong> ')
        self.body.append(f"{escape(own.question)}</p>\n")
        if len(own.chapters) == 1 and len(rows) == 1:
            raise nodes.SkipNode
    label = f"Map of part {own.numeral}" if own else "Map of the book"
    self.body.append(f'<nav class="book-map" aria-label="{label}">\n')
    self.body.append("".join(drawn_map(rows, self)))
    told = "Point to a chapter, or tab to it, and what it needs is marked."
    self.body.append(f'<p class="map-told">{told}</p></nav>\n')
    raise nodes.SkipNode


def around(own: Part, book: Sequence[Part]) -> list[Part]:
    """Return the part, after a row of the chapters that it needs from others."""
    needed = {name for chapter in own.chapters for name in chapter.needs}
    others = [c for part in book if part is not own for c in part.chapters if c.docname in needed]
    return [Part("", "", "From other parts", "", tuple(others)), own] if others else [own]


def drawn_map(rows: Sequence[Part], translator: HTML5Translator) -> Iterator[str]:
    """Yield the SVG: a row of boxes for each part, a line from each chapter to what it needs."""
    places = {
        chapter.docname: (column * COLUMN + NODE[0] / 2 + 1, row * ROW + 40)
        for row, part in enumerate(rows)
        for column, chapter in enumerate(part.chapters)
    }
    chapters = {chapter.docname: chapter for part in rows for chapter in part.chapters}
    width = max(max(x for x, _ in places.values()) + NODE[0] / 2 + 1, 250)
    height = len(rows) * ROW
    yield f'<svg width="{width:g}" height="{height}" viewBox="0 0 {width:g} {height}">\n'
    for name, chapter in chapters.items():
        for needed in chapter.needs:
            if needed in places:
                line = way(places[needed], places[name])
                ends = f'data-from="{chapters[needed].number}" data-to="{chapter.number}"'
                yield f'<path {ends} d="{line}"/>\n'
    for row, part in enumerate(rows):
        name = escape(f"{part.numeral} · {part.name}" if part.numeral else part.name)
        yield f'<text class="map-part" x="1" y="{row * ROW + 17}">{name}</text>\n'
    for name, chapter in chapters.items():
        yield box(chapter, places[name], chapters, translator)
    yield "</svg>\n"


def way(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return the line between two boxes: straight beside, in an arc over those in between."""
    (x0, y0), (x1, y1) = start, end
    if y0 == y1:
        edge = NODE[0] / 2 if x1 > x0 else -NODE[0] / 2
        if abs(x1 - x0) <= COLUMN:
            return f"M{x0 + edge:g} {y0:g}H{x1 - edge:g}"
        top = y0 - NODE[1] / 2
        return f"M{x0:g} {top:g}C{x0:g} {top - 14:g} {x1:g} {top - 14:g} {x1:g} {top:g}"
    edge = NODE[1] / 2 if y1 > y0 else -NODE[1] / 2
    a, b = y0 + edge, y1 - edge
    return f"M{x0:g} {a:g}C{x0:g} {(a + b) / 2:g} {x1:g} {(a + b) / 2:g} {x1:g} {b:g}"


def box(
    chapter: Chapter,
    place: tuple[float, float],
    chapters: dict[str, Chapter],
    translator: HTML5Translator,
) -> str:
    x, y = place
    here = ' class="here"' if chapter.docname == translator.builder.current_docname else ""
    told = f"{chapter.number} {chapter.short_title}{facts(chapter, chapters)}"
    return (
        f'<a href="{address(chapter, translator)}" data-chapter="{chapter.number}"{here} '
        f'aria-label="{escape(told)}"><rect x="{x - NODE[0] / 2:g}" y="{y - NODE[1] / 2:g}" '
        f'width="{NODE[0]}" height="{NODE[1]}" rx="6"/>'
        f'<text x="{x:g}" y="{y + 4.5:g}">{chapter.number}</text></a>\n'
    )


def facts(chapter: Chapter, chapters: dict[str, Chapter]) -> str:
    """Return the minutes and what is needed, each after a dot."""
    needs = [chapters[name].number for name in chapter.needs if name in chapters]
    minutes = f" · {chapter.minutes} minutes" if chapter.minutes else ""
    return minutes + (f" · needs {', '.join(needs)}" if needs else "")


def address(chapter: Chapter, translator: HTML5Translator) -> str:
    builder = translator.builder
    return builder.get_relative_uri(builder.current_docname, chapter.docname)


# ---- the cards ----


def visit_cards(self: HTML5Translator, node: ChapterCards) -> None:
    book = parts(self.builder.app)
    chapters = {chapter.docname: chapter for part in book for chapter in part.chapters}
    for part in book:
        if part.chapters:
            self.body.append(f"<h3>{escape(f'{part.numeral} · {part.name}')}</h3>\n")
            self.body.append(f'<p class="question">{escape(part.question)}</p>\n')
            self.body.append('<ul class="cards">\n')
            self.body += [card(chapter, chapters, self) for chapter in part.chapters]
            self.body.append("</ul>\n")
    to_come = [f"{part.numeral} {part.name}" for part in book if not part.chapters]
    if to_come:
        self.body.append(f"<p><strong>To come:</strong> {escape(' · '.join(to_come))}.</p>\n")
    raise nodes.SkipNode


def card(chapter: Chapter, chapters: dict[str, Chapter], translator: HTML5Translator) -> str:
    name, _, rest = chapter.title.partition(": ")
    shown = saved_picture(chapter, translator)
    image = (
        f'<img src="{shown}" alt="" role="presentation" loading="lazy" width="108" height="72">'
        if shown
        else f'<span class="no-picture" aria-hidden="true">{chapter.number}</span>'
    )
    below = facts(chapter, chapters).removeprefix(" · ")
    return (
        f'<li>{image}<div><p><a href="{address(chapter, translator)}">'
        f'<span class="chapter-number">{chapter.number}</span> {escape(name)}</a></p>'
        f"{f'<p>{escape(rest)}</p>' if rest else ''}"
        f"{f'<p class=facts>{escape(below)}</p>' if below else ''}</div></li>\n"
    )


def saved_picture(chapter: Chapter, translator: HTML5Translator) -> str | None:
    """Save the first figure of an executed chapter in a card's size; return its address."""
    builder = translator.builder
    picture = first_figure(builder.env.get_doctree(chapter.docname))
    if picture is None:
        return None
    name = chapter.docname.replace("/", "-") + ".webp"
    folder = Path(builder.outdir, builder.imagedir, "cards")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(small(picture))
    return f"{builder.imgpath}/cards/{name}"


def first_figure(doctree: nodes.document) -> Image.Image | None:
    """Return the first image in a chapter's outputs."""
    for node in doctree.findall(nodes.raw):
        drawn = _DRAWN.search(node.astext())
        if drawn:
            content = base64.b64decode(drawn[2])
            if drawn[1] == "svg+xml":
                svg = content.decode()
                content = resvg_py.svg_to_bytes(svg_string=svg, background="#fff", width=1000)
            return Image.open(io.BytesIO(content)).convert("RGB")
    return None


def small(image: Image.Image) -> bytes:
    """Return an image cut to the shape of a card and made as small."""
    width, height = _CARD_PIXELS
    factor = max(width / image.width, height / image.height)
    image = image.resize((round(image.width * factor), round(image.height * factor)))
    top = (image.height - height) // 2
    out = io.BytesIO()
    # Of several panels side by side the first is what a card has room for.
    image.crop((0, top, width, top + height)).save(out, "WEBP", quality=70, method=6)
    return out.getvalue()


def pages_with_maps(app: Sphinx, env: object) -> list[str]:
    """Write the pages again that tell of other pages' title cells."""
    first = [part.chapters[0].docname for part in parts(app) if part.chapters]
    return [app.config.root_doc, *first]


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("numbering")
    app.add_directive("book-map", BookMapDirective)
    app.add_directive("chapter-cards", ChapterCardsDirective)
    app.add_transform(PartOpenings)
    app.add_node(BookMap, html=(visit_map, None))
    app.add_node(ChapterCards, html=(visit_cards, None))
    app.connect("env-updated", pages_with_maps)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
