"""What a chapter may not do is an error that names chapter and cell, and comes soon."""

import pytest

from otbook_utils.publishing.book import open_book
from tests.publishing import tiny

KILL = "import os, threading\nthreading.Timer(0.01, os._exit, [0]).start()"
HOSTILE = {
    "exit()": "exit() or quit()",
    "if True:\n    quit()\nprint('after')": "exit() or quit()",
    "import sys\nsys.exit()": "SystemExit",
    "import os\nos._exit(0)": "its kernel died",
    KILL + "\nimport time\ntime.sleep(9)": "its kernel died",
    "try:\n    while True: pass\nexcept KeyboardInterrupt: print(1)": "than 6 s (execute: timeout",
    "while True:\n    print('sand' * 100)": "more than 1,000 lines of text",
    "for _ in range(1001):\n    display(1)": "more than 1,000 lines of text",
    "import sys\nwhile True:\n    sys.stdout.write('sand')": "more than 200,000 characters of text",
    "print('x' * 100_000_000)": "more than 200,000 characters of text",
    "print('x\\n' * 1_000_000)": "more than 1,000 lines of text",
    "from IPython.display import HTML\nHTML('x' * 17_000_000)": "more than 16,000,000 bytes",
    "import os\nos.system('yes')": "more than 1,000 lines of text",
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """What is said of each hostile chapter, all of them being chapters of one book."""
    root = tmp_path_factory.mktemp("hostile")
    tiny.make(root)
    names = [f"book/sand/{number:02}_bad" for number in range(len(HOSTILE))]
    for name, code in zip(names, HOSTILE, strict=True):
        tiny.write_chapter(root / f"{name}.ipynb", code)
    files = "".join(f"  - file: {name}\n" for name in names)
    tiny.write(root / "_toc.yml", f"format: jb-book\nroot: book/index\nchapters:\n{files}")
    tiny.write(root / "_config.yml", tiny.CONFIG.replace("timeout: 60", "timeout: 6"))
    book = open_book(root)
    with pytest.MonkeyPatch.context() as patch:
        # ipykernel, when it notices pytest, does not look at what other programs print.
        patch.delenv("PYTEST_CURRENT_TEST")
        fine, lines = tiny.run(book)
    assert not fine
    assert all(tiny.printed(book, name) == "" for name in names)
    said = {name: [line for line in lines if line.startswith(f"  {name}, ")] for name in names}
    return dict(zip(HOSTILE, said.values(), strict=True))


@pytest.mark.parametrize("code", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_cell_is_named_with_what_it_did(reports, code):
    [said] = reports[code]
    place, what = said.split(":\n", 1)
    assert place.endswith("_bad, cell 3 (id work)")
    assert HOSTILE[code] in what


def test_what_a_page_can_hold_is_let_through(book):
    code = "from IPython.display import HTML\nprint('x\\n' * 990)\nHTML('x' * 15_000_000)"
    tiny.write_chapter(book.chapters[1].path, code)
    assert tiny.run(book)[0]
