"""A book of three small chapters, in the real book's dress."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from PIL import Image

ROOT = Path(__file__).parents[2]
RED = (204, 51, 51)

_INDEX = """# Comparing Distributions

{.lead}
Every loss compares two distributions.

{.hero}
![Sand and a cat](_static/front_page.avif){.dark-light}

```{raw} html
<script defer src="../_static/front_page_grains.js"></script>
<script defer src="../_static/front_page.js"></script>
```

```{book-map}
```

```{chapter-cards}
```
"""
_GLOSSARY = """# Glossary

{.glossary}
| English | Taught in |
| --- | --- |
| cost | [I.9](optimal_transport/02_second.ipynb) |
| plan | [the first](optimal_transport/01_first.ipynb) |
"""
_GUESSES = """## A section

A formula $a+b$. A word.

> **Predict.** Which is nearer?
>
> <details><summary>the first</summary>
>
> No: that is another question.
>
> </details>
> <details><summary>both, by $d^2$</summary>
>
> Right: the sums agree.
>
> </details>

> **Predict.** What will it look like?

> **Predict.** Is it so?
>
> <details><summary>yes</summary>
>
> Right, always.
>
> </details>
> <details><summary>no</summary>
>
> Not quite: it is.
>
> </details>
"""
_FIGURE = '# @title Figure: a red square {display-mode: "form"}\nshow(square())'


def build(folder: Path) -> Path:
    """Build the small book in `folder`; return the folder of its pages."""
    for part in ("_ext", "_static", "_templates"):
        shutil.copytree(ROOT / "book" / part, folder / "book" / part)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["execute"] = {"execute_notebooks": "off"}
    extensions = config["sphinx"]["local_extensions"]
    extensions.update({name: str(folder / place) for name, place in extensions.items()})
    _write(folder / "_config.yml", yaml.safe_dump(config))
    _write(folder / "_toc.yml", yaml.safe_dump(_contents(), sort_keys=False))
    _write(folder / "book/index.md", _INDEX)
    _write(folder / "book/glossary.md", _GLOSSARY)
    chapters = folder / "book"
    _write(chapters / "optimal_transport/01_first.ipynb", _chapter("First: a start", "a course"))
    first, second = "[First](01_first.ipynb)", "[Second](../optimal_transport/02_second.ipynb)"
    _write(chapters / "optimal_transport/02_second.ipynb", _chapter("Second", first, _GUESSES))
    _write(chapters / "uncertainty/03_third.ipynb", _chapter("Third", second, "\n\nText.\n" * 99))
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(folder)]
    subprocess.run([*command, "-W", "--keep-going", "-q"], check=True, stdout=subprocess.DEVNULL)
    return folder / "_build/html"


def _contents() -> dict:
    parts = {
        "Transport": ["optimal_transport/01_first", "optimal_transport/02_second"],
        "Not knowing": ["uncertainty/03_third"],
        "To look things up": ["glossary"],
    }
    return {
        "format": "jb-book",
        "root": "book/index",
        "parts": [
            {"caption": caption, "chapters": [{"file": f"book/{page}"} for page in pages]}
            for caption, pages in parts.items()
        ],
    }


def _chapter(title: str, needs: str, text: str = "## A section\n\nWords.") -> str:
    head = (
        f"# {title}\n\nWhat it promises, which needs no line.\n\n"
        "**20 minutes to read · 30 with code and proofs · 40 for the exercises** · "
        f"quick run: about 3 s · needs: {needs} · mirrors nothing"
    )
    kind, picture = _webp() if title == "Second" else _svg()
    address = f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
    output = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": f'<figure><img alt="A red square" src="{address}"></figure>'},
    }
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": head},
        {"cell_type": "markdown", "id": "text", "metadata": {}, "source": text},
        {
            "cell_type": "code",
            "id": "figure",
            "metadata": {"tags": ["hide-input"]},
            "source": _FIGURE,
            "outputs": [output],
            "execution_count": None,
        },
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook | {"metadata": {"language_info": {"name": "python"}}})


def _webp() -> tuple[str, bytes]:
    picture = io.BytesIO()
    Image.new("RGB", (700, 300), RED).save(picture, "WEBP")
    return "webp", picture.getvalue()


def _svg() -> tuple[str, bytes]:
    size = 'xmlns="http://www.w3.org/2000/svg" width="700" height="300"'
    colour = "rgb({}, {}, {})".format(*RED)
    square = f'<svg {size}><rect width="700" height="300" fill="{colour}"/></svg>'
    return "svg+xml", square.encode()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
