"""A table of results that is a table: in the page, in Jupyter and in Colab."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from otbook_utils.teaching.pictures import inline_code


@dataclass(frozen=True, repr=False)
class Table:
    """Rows under a header, all of them text; numbers stand to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        lines = [self.header, *self.rows]
        widths = [max(len(line[k]) for line in lines) for k in range(len(self.header))]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        numeric = [all(_is_number(row[k]) for row in self.rows) for k in range(len(self.header))]
        head = _line("th", self.header, numeric, ' scope="col"')
        body = "".join(_line("td", row, numeric) for row in self.rows)
        # Bare: the style of the site's pages puts it into a box that scrolls, and colours it.
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Return a table to display: the last line of a cell, or `display(table(…))`.

    header: the columns' names. rows: for each row one entry a column, text or numbers; format
    numbers as they shall be read, `code` may stand in backticks.

    Raises ValueError if a row has more or fewer entries than the header.

    >>> table(["loss", "cost"], [["cross-entropy", f"{1.592:.2f}"], ["mixed", "1.24"]])
    loss           cost
    cross-entropy  1.59
    mixed          1.24
    """
    header = tuple(header)
    lines = tuple(tuple(str(entry) for entry in row) for row in rows)
    for line in lines:
        if len(line) != len(header):
            raise ValueError(
                f"rows must have one entry for each of {', '.join(header)}, got {list(line)}"
            )
    return Table(header, lines)


def _line(tag: str, texts: Sequence[str], numeric: Sequence[bool], more: str = "") -> str:
    cells = ""
    for text, right in zip(texts, numeric, strict=True):
        side = "right" if right else "left"
        cells += f'<{tag}{more} style="text-align:{side}">{inline_code(text)}</{tag}>'
    return f"<tr>{cells}</tr>"


def _is_number(text: str) -> bool:
    """Say whether a reader takes the text for a number, perhaps with a sign, margin or unit."""
    first = text.replace("−", "-").lstrip("+-± ").split(" ")[0].rstrip("%×,")
    try:
        float(first)
    except ValueError:
        return not text.strip() or text.strip() in {"-", "–"}
    return True
