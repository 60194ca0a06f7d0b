"""What a reader is told about an answer."""

from dataclasses import dataclass

from otbook_utils.teaching.pictures import inline_code

RIGHT = "right"
WRONG = "wrong"
NOT_ATTEMPTED = "not attempted"

# Icon, word and colour: colour alone would tell nothing to some readers. The colours are of
# middle lightness and the tint is translucent, so that they do on a light and on a dark page.
_LOOKS = {
    RIGHT: ("right", "✓", "Right.", "0, 158, 115"),
    WRONG: ("wrong", "✗", "Not yet.", "213, 94, 0"),
    NOT_ATTEMPTED: ("todo", "○", "Not attempted yet.", "128, 128, 128"),
}

_STYLE = (
    "<style>"
    ".otbook-verdict{border-left:.3rem solid;border-radius:.25rem;padding:.55rem .9rem;"
    "margin:.25rem 0;color:inherit;line-height:1.5;max-width:48rem}"
    ".otbook-verdict code{background:none;border:0;padding:0;color:inherit}"
    "html[data-theme=dark] body .bd-content div.cell_output "
    ".text_html:has(>div.otbook-verdict){background:none;color:inherit;padding:0}"
    "</style>"
)


@dataclass(frozen=True, repr=False)
class Verdict:
    """What `check` says about an answer.

    status: "right", "wrong" or "not attempted".
    message: what to look at next, or a hint; `code` may stand in backticks.

    >>> Verdict("right", "The plan has `n` columns.")
    Right. The plan has `n` columns.
    """

    status: str
    message: str = ""

    def __post_init__(self) -> None:
        if self.status not in _LOOKS:
            raise ValueError(f"status must be one of {', '.join(_LOOKS)}, got {self.status!r}")
        if not isinstance(self.message, str):
            raise TypeError(f"message must be a string, got {type(self.message).__name__}")

    def __repr__(self) -> str:
        return f"{_LOOKS[self.status][2]} {self.message}".strip()

    def _repr_html_(self) -> str:
        name, icon, word, colour = _LOOKS[self.status]
        look = f"border-left-color:rgb({colour});background:rgba({colour},.12)"
        return (
            f'{_STYLE}<div class="otbook-verdict otbook-{name}" style="{look}">'
            f'<span aria-hidden="true">{icon}</span> <strong>{word}</strong> '
            f"{inline_code(self.message)}</div>"
        )


def right(message: str) -> Verdict:
    """Return the verdict on a right answer; the message says what to look at next.

    >>> right("Now let `epsilon` shrink.").status
    'right'
    """
    return Verdict(RIGHT, message)


def wrong(hint: str) -> Verdict:
    """Return the verdict on a wrong answer; the hint addresses that mistake.

    >>> wrong("Your rows sum to 2. What must they sum to?")
    Not yet. Your rows sum to 2. What must they sum to?
    """
    return Verdict(WRONG, hint)


def not_attempted(message: str = "Replace the dots by your answer and run both cells.") -> Verdict:
    """Return the verdict on an untouched stub."""
    return Verdict(NOT_ATTEMPTED, message)
