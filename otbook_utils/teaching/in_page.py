"""A figure that a script computes in the page itself, and the picture that stands for it."""

import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from otbook_utils.teaching.pictures import (
    Picture,
    asset,
    below,
    check_alt,
    drawn,
    plated,
)

# How often a figure of the same content was made in this process: its ids must differ on a page
# and yet be the same in every build.
_MADE: Counter[str] = Counter()


def in_page(
    script: str,
    *,
    still: Callable[[], Figure | None],
    alt: str,
    data: Any = None,
    caption: str | None = None,
) -> None:
    """Display a figure that `script` draws and moves in the reader's page, without a kernel.

    The script is the body of a function. It finds `data`, the element `stage` to append to, and
    the helpers of in_page.js (`svg`, `html`, `hold`, `axes`, `announce`, …), and it leaves no name
    behind. Until it has run, where it fails, and where a front end runs no scripts, the picture
    that `still` draws stands. Compute only what is small and exact there, and test it.

    script: JavaScript. still: draws one new figure and returns it or nothing.
    alt: what the picture shows; it is the figure's description, too.
    data: numbers, texts, lists, dictionaries and arrays, handed to the script as JSON.
    caption: a line below the figure; `code` may stand in backticks.

    Raises TypeError or ValueError naming the argument that is wrong.

    >>> def still():
    ...     plt.plot([0, 1], [0, 1])
    >>> in_page("stage.append(data)", still=still, data="Hello", alt="A line that rises")
    [Figure: A line that rises]
    """
    from IPython.display import display

    if not isinstance(script, str) or not script.strip():
        raise TypeError(f"script must be JavaScript that draws something, got {script!r}")
    if re.search(r"</script|<!--", script, re.IGNORECASE):
        raise ValueError(
            "script must not hold `</script` or `<!--`, which would end it in the page"
        )
    if not callable(still):
        raise TypeError(f"still must be a function, got {type(still).__name__}")
    if caption is not None and not isinstance(caption, str):
        raise TypeError(f"caption must be a string, got {type(caption).__name__}")
    check_alt(alt)
    figure = drawn(still, {})
    try:
        picture = plated(figure, alt)
    finally:
        plt.close(figure)
    given = _json(data)
    id = _id(script + given + picture)
    spoken = html.escape(alt)
    code = f"{asset('in_page.js')}\n{script}".strip()
    display(
        Picture(
            f"<style>{asset('figure.css')}</style><style>{asset('in_page.css')}</style>"
            f'<figure class="otbook-figure otbook-in-page" id="{id}" aria-label="{spoken}">'
            f'{picture}<div class="otbook-stage" hidden></div>'
            f'<p class="otbook-told" aria-live="polite"></p>{below(caption)}'
            f'<script type="application/json">{given}</script>'
            f"<script>{_WRAPPER.replace('OTBOOK_ID', id).replace('OTBOOK_CODE', code)}</script>"
            "</figure>",
            alt,
        )
    )


# A front end may run the script of an output more than once, and show an output twice.
_WRAPPER = """(function () {
"use strict";
const figure = document.querySelector("#OTBOOK_ID:not(.otbook-live)");
if (!figure) return;
const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
const stage = figure.querySelector(".otbook-stage");
stage.hidden = false;
figure.classList.add("otbook-live");
try {
OTBOOK_CODE
} catch (error) {
stage.hidden = true;
figure.classList.remove("otbook-live");
console.error(error);
}
})();"""


def _json(data: Any) -> str:
    try:
        text = json.dumps(
            data,
            ensure_ascii=False,
            separators=(",", ":"),
            allow_nan=False,
            default=lambda value: value.tolist(),  # arrays and NumPy's numbers
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"data must be what JSON can hold, got {data!r} ({error})") from None
    # "<" could end the script element early; JSON may write it as an escape.
    return text.replace("<", "\\u003c")


def _id(content: str) -> str:
    name = "otbook-" + hashlib.sha256(content.encode()).hexdigest()[:10]
    _MADE[name] += 1
    return name if _MADE[name] == 1 else f"{name}-{_MADE[name]}"
