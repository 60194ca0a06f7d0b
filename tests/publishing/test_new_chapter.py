"""What `new-chapter` makes runs, passes lint but for what is to be written, and checks itself."""

import importlib
import json
import shutil
import subprocess
import sys

import pytest

import otbook_utils
from otbook_utils import parts
from otbook_utils.__main__ import main
from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.grammar import findings
from otbook_utils.publishing.grammar.style_of_text import TO_WRITE
from otbook_utils.publishing.new_chapter import make_chapter, notebook_text, with_page
from tests.chapters.exercises import Case, run, solved, wrong_answers
from tests.chapters.notebook import ROOT, Notebook

CONTENTS = """\
root: book/index
parts:
  - caption: Before you begin
    chapters:
      - file: book/how_to_use
  - caption: Optimal transport
    chapters:
      - file: book/optimal_transport/01_intuition  # the door
  - caption: To look things up
    chapters:
      - file: book/glossary
"""
# In a part that this book does not have: else its package would hide the one of the checkout.
MADE = "book/my_part/01_dreams"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A book of one chapter that is not there yet, with a part of one's own in the table."""
    for name in ("index", "how_to_use", "glossary", "notation", "slides"):
        page = tmp_path / "book" / f"{name}.md"
        page.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / "book" / f"{name}.md", page)
    first = tmp_path / "book" / "optimal_transport" / "01_intuition.ipynb"
    first.parent.mkdir()
    shutil.copy(ROOT / "book/optimal_transport/01_intuition.ipynb", first)
    (tmp_path / "_toc.yml").write_text(CONTENTS.replace("  # the door", ""))
    shutil.copy(ROOT / "_config.yml", tmp_path)
    monkeypatch.setattr(parts, "PARTS", (*parts.PARTS, parts.Part("my", "my_part", "My part")))
    for reader in ("new_chapter", "grammar.works"):
        monkeypatch.setattr(f"otbook_utils.publishing.{reader}.PARTS", parts.PARTS)
    return tmp_path


@pytest.fixture
def made(checkout, monkeypatch):
    """A chapter made in the checkout, importable as if that were the book."""
    make_chapter(open_book(checkout), "my", "dreams", "Dreams: what a model makes up")
    package = checkout / "otbook_utils"
    monkeypatch.setattr(otbook_utils, "__path__", [*otbook_utils.__path__, str(package)])
    monkeypatch.chdir(checkout / "book" / "my_part")
    importlib.invalidate_caches()
    yield Notebook(checkout / f"{MADE}.ipynb")
    for name in [n for n in sys.modules if n.startswith("otbook_utils.my_part")]:
        del sys.modules[name]


def test_what_is_made_lacks_only_what_is_to_be_written(made):
    found = list(findings(open_book(made.root), made.path))
    assert all(TO_WRITE in finding.fault or "words" in finding.fault for finding in found)
    assert {finding.level for finding in found} == {"house"}
    left = [finding for finding in found if TO_WRITE in finding.fault]
    assert len(left) == sum(TO_WRITE in line for c in made.cells for line in c.source.split("\n"))


def test_a_chapter_of_ones_own_lacks_nothing(made):
    config = made.root / "_config.yml"
    config.write_text(config.read_text() + "own_chapters: [my_part/01_dreams]\n")
    assert list(findings(open_book(made.root), made.path)) == []


def test_what_is_made_runs_from_top_to_bottom(made, monkeypatch):
    monkeypatch.setenv("OTBOOK_EXPLORE", "still")
    names = {"__name__": "__main__"}
    for cell in made.code:
        run(cell.source, names)
    assert names["distance"] == pytest.approx(0.3)


def test_the_exercises_of_what_is_made_check_themselves(made):
    tests = made.root / "tests"
    for exercise in made.exercises:
        case = Case(made, exercise)
        assert case.verdict(exercise.stub.source, exercise.check.source).status == "not attempted"
        verdict, declared = solved(case)
        assert verdict.status == "right"
        typed = wrong_answers(made, tests).WRONG_ANSWERS.get(exercise.id, {})
        said = [case.verdict(source, exercise.check.source) for source in typed.values()]
        assert {verdict.status for verdict in said} <= {"wrong"}
        assert all(mistake.verdict.message == mistake.hint for mistake in declared)
        assert len(typed) + len(declared) >= 2


def test_what_is_made_is_formatted(made):
    for command in (["check", "-q"], ["format", "--check", "-q"]):
        folders = [str(made.root / name) for name in ("otbook_utils", "tests")]
        ours = 'lint.isort.known-first-party = ["otbook_utils"]'
        config = ["--config", str(ROOT / "pyproject.toml"), "--config", ours]
        ruff = [sys.executable, "-m", "ruff", *command, *config, *folders]
        assert subprocess.run(ruff, capture_output=True, text=True).stdout == ""


def test_the_drawings_of_what_is_made_pass_their_test(made, ax):
    source = (made.root / "tests/my_part/dreams/test_figures.py").read_text()
    names = {}
    exec(source, names)
    [name] = [name for name in names if name.startswith("test_")]
    names[name](ax)


def test_chapters_are_numbered_in_their_part_and_stand_in_the_order_of_parts(checkout):
    for part, name in (("ot", "next"), ("scarce_labels", "few"), ("gm", "dreams"), ("my", "own")):
        make_chapter(open_book(checkout), part, name, name.title())
    chapters = [chapter.name.removeprefix("book/") for chapter in open_book(checkout).chapters]
    assert chapters == [
        "optimal_transport/01_intuition",
        "optimal_transport/02_next",
        "generative_models/01_dreams",
        "scarce_labels/01_few",
        "my_part/01_own",
    ]
    contents = (checkout / "_toc.yml").read_text()
    assert "  - caption: My part\n    chapters:\n      - file: book/my_part/01_own\n" in contents


def test_the_table_of_contents_keeps_its_comments():
    part = parts.part_of("ot-01-1")
    page = "book/optimal_transport/02_next"
    commented = CONTENTS.replace("glossary\n", "glossary  # sorted\n")
    assert with_page(commented, page, part) == commented.replace(
        "  # the door\n", f"  # the door\n      - file: {page}\n"
    )


@pytest.mark.parametrize(
    ("part", "name", "said"),
    [
        ("zz", "dreams", "PART must be one of optimal_transport"),
        ("gm", "Dreams", "NAME must be of small letters"),
        ("gm", "01_dreams", "NAME must be of small letters"),
    ],
)
def test_what_cannot_be_made_is_refused_and_nothing_is_written(checkout, capsys, part, name, said):
    before = sorted(checkout.rglob("*"))
    assert main(["new-chapter", part, name, "A title", "--book", str(checkout)]) == 1
    assert said in capsys.readouterr().err
    assert sorted(checkout.rglob("*")) == before


def test_a_room_does_not_hide_a_method_of_its_part(checkout):
    method = checkout / "otbook_utils" / "generative_models" / "gan.py"
    method.parent.mkdir(parents=True)
    method.touch()
    make_chapter(open_book(checkout), "gm", "gan", "GAN: a forger and a detective")
    assert (method.parent / "gan_chapter" / "exercises.py").is_file()
    assert (checkout / "tests/generative_models/gan_chapter/wrong_answers.py").is_file()
    notebook = checkout / "book/generative_models/01_gan.ipynb"
    assert "otbook_utils.generative_models.gan_chapter.figures" in notebook.read_text()
    assert not [f for f in findings(open_book(checkout), notebook) if f.level == "works"]


def test_files_that_are_there_are_not_written_over(checkout, capsys):
    room = checkout / "otbook_utils" / "generative_models" / "dreams"
    room.mkdir(parents=True)
    (room / "exercises.py").write_text("mine")
    assert main(["new-chapter", "gm", "dreams", "Dreams", "--book", str(checkout)]) == 1
    assert "exercises.py is there already" in capsys.readouterr().err
    assert (room / "exercises.py").read_text() == "mine"


def test_template_cells_have_the_form_of_a_notebook():
    raw = json.loads(notebook_text("%% markdown a\n# A\n\n%% code b figure hide-input\n1 + 1\n"))
    assert [cell["source"] for cell in raw["cells"]] == [["# A"], ["1 + 1"]]
    assert [cell["id"] for cell in raw["cells"]] == ["a", "b"]
    assert raw["cells"][1]["metadata"] == {"tags": ["figure", "hide-input"]}
