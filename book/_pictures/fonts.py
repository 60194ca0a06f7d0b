"""Cut the book's typeface out of Source Sans 3: the letters that a page needs, in two small files.

Run from the root of the checkout, after `make book` has made the environment:

    .venv/bin/pip install fontpkg-source-sans-3==3.52 brotli
    .venv/bin/python book/_pictures/fonts.py

The licence of the face, which goes with it, lets anybody change it under another name: ours is
"Book Sans". Japanese, and what else is not in it, comes from the reader's own machine.
"""

from pathlib import Path

import fontpkg_source_sans_3
from fontTools import subset
from fontTools.ttLib import TTFont

PACKAGE = Path(fontpkg_source_sans_3.__file__).parent
DESTINATION = Path(__file__).parents[1] / "_static" / "fonts"
NAME = "Book Sans"
#: Latin letters with the accents of the names that the book cites, and a text's marks.
LATIN = (
    "U+0020-007E,U+00A0-00FF,U+0107,U+010C,U+010D,U+0117,U+0119,U+011B,U+0141,U+0142,U+0144,U+0148,"
    "U+014D,U+016B,U+0150-0153,U+0159-015B,U+0160,U+0161,U+017C-017E,U+2010-2014,U+2018-201A,"
    "U+201C-201E,U+2020,U+2022,U+2026,U+2032,U+2033,U+20AC,U+2212"
)
#: What stands in italics are words, and titles in other languages than English.
ITALIC = "U+0020-007E,U+00A0-00FF,U+2010-2014,U+2018-201A,U+201C-201E,U+2026"
#: Greek letters, arrows and the signs that stand in running text.
SIGNS = (
    "U+0394,U+03A3,U+03B1-03C9,U+2016,U+2080-2089,U+2190-2194,U+221A,U+221E,U+2248,U+2260,U+2264,"
    "U+2265,U+27E8,U+27E9"
)
FILES = (
    ("SourceSans3[wght].ttf", "book-sans.woff2", f"{LATIN},{SIGNS}"),
    ("SourceSans3-Italic[wght].ttf", "book-sans-italic.woff2", ITALIC),
)


def main() -> None:
    DESTINATION.mkdir(exist_ok=True)
    for source, name, letters in FILES:
        cut(PACKAGE / "files" / source, letters, DESTINATION / name)
    (DESTINATION / "LICENSE").write_bytes((PACKAGE / "LICENSE").read_bytes())


def cut(source: Path, letters: str, destination: Path) -> None:
    """Write the given letters of a variable font as a web font, all its weights included."""
    options = subset.Options(flavor="woff2", hinting=False, notdef_outline=True)
    options.layout_features = ["kern", "liga", "mark", "ccmp", "locl", "lnum", "pnum", "tnum"]
    font = TTFont(source)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(letters))
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = NAME.replace(" ", "") if record.nameID == 6 else NAME
    subset.save_font(font, destination, options)


if __name__ == "__main__":
    main()
