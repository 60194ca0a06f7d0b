"""Number the chapters the same everywhere: I.1, I.2 … in titles, in the sidebar and in links.

The numeral is the part's (otbook_utils/parts.py), the number that of the chapter's file, as
in the names of its exercises. A link to a chapter whose text is a number shows the number of the
chapter it leads to, whatever was written there.
"""

import re

from chapters import Chapter, chapter_place, parts
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

_NUMBER = re.compile(r"[IVX]+\.\d+")


class Numbers(SphinxTransform):
    """Number the title of a chapter, the captions of the sidebar and the links to chapters."""

    default_priority = 400  # after the table of contents is in the tree, before titles are gathered

    def apply(self, **kwargs: object) -> None:
        book = parts(self.app)
        chapters = {chapter.docname: chapter for part in book for chapter in part.chapters}
        if self.env.docname in chapters:
            number_title(self.document, chapters[self.env.docname])
            mark_head(self.document)
        for tree in self.document.findall(addnodes.toctree):
            for part in book:
                if any(chapter.docname in tree["includefiles"] for chapter in part.chapters):
                    tree["caption"] = f"{part.numeral} · {part.name}"
        for link in self.document.findall(addnodes.pending_xref):
            chapter = chapters.get(link["reftarget"])
            if chapter and link.get("refdomain") == "doc" and _NUMBER.fullmatch(link.astext()):
                text = next(link.findall(nodes.Text))
                text.parent.replace(text, nodes.Text(chapter.number))


def mark_head(document: nodes.document) -> None:
    """Name the parts of a chapter's head, so that the style sheet can keep it small."""
    section = next(document.findall(nodes.section), None)
    for paragraph in section or ():
        if isinstance(paragraph, nodes.section):
            if paragraph[0].astext() == "You will be able to":
                paragraph["classes"].append("objectives")
            break
        if isinstance(paragraph, nodes.paragraph):
            facts = paragraph.children and " minutes" in paragraph.astext()[:20]
            paragraph["classes"].append("facts" if facts else "promise")


def number_title(document: nodes.document, chapter: Chapter) -> None:
    title = next(document.findall(nodes.title), None)
    if title is not None:
        number = nodes.inline("", chapter.number, classes=["chapter-number"])
        title[:0] = [number, nodes.Text(" ")]


def shorten_titles(app: Sphinx, document: nodes.document) -> None:
    """Let the sidebar and the links to the next page leave out what follows a title's colon."""
    page, env = app.env.docname, app.env
    if chapter_place(page) is not None:
        env.titles[page] = env.titles[page].deepcopy()  # the page's own title stays whole
        shorten(env.titles[page])
        shorten(next(env.tocs[page].findall(nodes.reference)))


def shorten(title: nodes.Element) -> None:
    for place, node in enumerate(title.children):
        if isinstance(node, nodes.Text) and ": " in node:
            title.children[place:] = [nodes.Text(node.split(": ")[0])]
            return


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(Numbers)
    app.connect("doctree-read", shorten_titles, priority=600)  # after Sphinx has gathered titles
    return {"parallel_read_safe": True, "parallel_write_safe": True}
