"""The repository's address stands in one line; one command writes it wherever it is needed."""

import ast
import json
import os
import subprocess
import sys

import pytest

from otbook_utils.__main__ import main
from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.errors import PublishingError
from otbook_utils.publishing.setup_cells import Repository, repository_of, setup_source, update
from tests.chapters.notebook import ROOT
from tests.publishing import tiny

FORK = "https://github.com/another/fork"
README = f"""\
# Tiny
<!-- repository: {tiny.ADDRESS} main -->
[read](https://someone.github.io/some-book) [tests]({tiny.ADDRESS}/actions)
[Colab](https://colab.research.google.com/github/someone/some-book/blob/main/book/a.ipynb)
hub?repo=https%3A%2F%2Fgithub.com%2Fsomeone%2Fsome-book&branch=main&urlpath=lab/tree/some-book/book/a.ipynb
<!-- end of repository -->
someone else wrote some-book too.
"""


@pytest.fixture
def written(book):
    """The tiny book with everything in step."""
    tiny.write(book.root / "README.md", README)
    update(book, write=True)
    return book


def fork(book, url=FORK, branch="trunk"):
    config = book.root / "_config.yml"
    text = (
        config.read_text().replace(tiny.ADDRESS, url).replace("branch: main", f"branch: {branch}")
    )
    config.write_text(text)
    return open_book(book.root)


def setup_cell(path):
    cells = json.loads(path.read_text())["cells"]
    [cell] = [cell for cell in cells if "setup" in cell["metadata"].get("tags", [])]
    return "".join(cell["source"])


@pytest.mark.parametrize("path", ["README.md", "book"])
def test_this_book_is_in_step(path):
    assert [name for name in update(open_book(ROOT), write=False) if name.startswith(path)] == []


def test_one_changed_line_and_one_command_make_a_fork(written):
    forked = fork(written)
    stale = {"README.md", "book/sand/01_dig.ipynb", "book/water/01_pour.ipynb"}
    assert set(update(forked, write=False)) == stale
    assert set(update(forked, write=True)) == stale
    assert update(forked, write=False) == []
    for chapter in forked.chapters:
        assert f'"{FORK}"' in setup_cell(chapter.path)
        assert "@trunk" in setup_cell(chapter.path)
    text = (forked.root / "README.md").read_text()
    assert f"<!-- repository: {FORK} trunk -->" in text
    assert "https://another.github.io/fork" in text
    assert f"({FORK}/actions)" in text
    assert "colab.research.google.com/github/another/fork/blob/trunk/book/a.ipynb" in text
    assert "repo=https%3A%2F%2Fgithub.com%2Fanother%2Ffork&branch=trunk" in text
    assert "urlpath=lab/tree/fork/book/a.ipynb" in text
    assert "someone else wrote some-book too." in text


def test_going_back_restores_every_byte(written):
    before = {path: path.read_bytes() for path in written.root.rglob("*") if path.is_file()}
    update(fork(written), write=True)
    config = written.root / "_config.yml"
    config.write_text(tiny.CONFIG)
    update(open_book(written.root), write=True)
    assert {path: path.read_bytes() for path in before} == before


def test_check_names_what_is_out_of_step_and_changes_nothing(written, monkeypatch, capsys):
    monkeypatch.chdir(written.root / "book")
    assert main(["setup-cells", "--check"]) == 0
    fork(written)
    assert main(["setup-cells", "--check"]) == 1
    assert "out of step: book/sand/01_dig.ipynb" in capsys.readouterr().out
    assert tiny.ADDRESS in setup_cell(written.chapters[0].path)
    assert main(["setup-cells"]) == 0
    assert main(["setup-cells", "--check"]) == 0


def test_address_outside_the_marked_lines_is_refused(written):
    tiny.write(written.root / "book" / "index.md", f"# Tiny\n\nSee {tiny.ADDRESS}.\n")
    with pytest.raises(PublishingError, match=r"index.md names .* outside"):
        update(written, write=False)


def test_chapter_without_a_setup_cell_is_refused(written):
    path = written.chapters[0].path
    path.write_text(path.read_text().replace('"remove-cell"', '"x"').replace('"setup"', '"other"'))
    with pytest.raises(PublishingError, match="one code cell with the tag setup, found 0"):
        update(written, write=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "github.com/a/b",
        "http://github.com/a/b",
        "https://github.com/a",
        "git@host:a/b",
        "https://github.com/a/b c",
        "https://github.com/a/b?tab=readme",
        "https://github.com/a/..",
        "https://user:word@github.com/a/b",
        'https://github.com/a/b"; import os; "',
        "https://github.com/a/{b}",
        "https://github.com/a/b\\n",
        "https://github.com/a/b\u0435",
    ],
)
def test_address_that_is_none_is_refused(book, url, capsys):
    forked = fork(book, url=json.dumps(url))
    with pytest.raises(PublishingError, match="repository: url"):
        repository_of(forked)
    assert main(["build", "--book", str(book.root)]) == 1
    assert "repository: url" in capsys.readouterr().err


@pytest.mark.parametrize("branch", ["'a\"b'", "'{address}'", "-x", "'two words'", "''"])
def test_branch_that_cannot_stand_in_code_is_refused(book, branch):
    with pytest.raises(PublishingError, match="repository: branch"):
        repository_of(fork(book, branch=branch))


@pytest.mark.parametrize("copied", [f"{FORK}.git", f"{FORK}/", f"{FORK}.git/", f"' {FORK}'"])
def test_address_as_it_was_copied_is_understood(book, copied):
    forked = fork(book, url=copied)
    assert repository_of(forked).url == FORK
    assert forked.config["repository"]["url"] == FORK  # from which the theme makes its buttons


@pytest.mark.parametrize(
    ("url", "branch"),
    [(FORK, "trunk"), ("https://git.example.org:8443/group/sub/my-book_2.0", "autumn/2026.1")],
)
def test_address_is_a_literal_of_the_cell(url, branch):
    tree = ast.parse(setup_source(Repository(url, branch)))
    found = {
        ast.unparse(node.targets[0]): node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
    }
    assert ast.literal_eval(found["address"]) == url
    assert ast.unparse(found["helper"]) == f"f'otbook-utils @ git+{{address}}@{branch}'"


def run_setup(tmp_path, before="", path=""):
    """Run the set-up cell in a bare Python, with a pip that only says what it is asked for."""
    source = setup_source(Repository(FORK, "trunk"))
    tiny.write(tmp_path / "pip" / "__init__.py", "")
    tiny.write(tmp_path / "pip" / "__main__.py", "import sys; print('pip', *sys.argv[1:])")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), path])}
    command = [sys.executable, "-S", "-c", f"import sys\n{before}\n{source}"]
    return subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )


def test_setup_cell_is_silent_where_the_package_is(tmp_path):
    for before in ("", "sys.modules['google.colab'] = sys"):
        result = run_setup(tmp_path, before, path=str(ROOT))
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_setup_cell_installs_in_colab(tmp_path):
    result = run_setup(tmp_path, "sys.modules['google.colab'] = sys")
    assert result.stdout.split("\n")[0] == (
        f"pip install --quiet otbook-utils @ git+{FORK}@trunk"
    ), result.stderr


def test_setup_cell_says_elsewhere_what_to_install(tmp_path):
    result = run_setup(tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    advice = f'pip install "otbook-utils @ git+{FORK}@trunk"'
    assert f"ModuleNotFoundError: This chapter needs a package: {advice}" in result.stderr
