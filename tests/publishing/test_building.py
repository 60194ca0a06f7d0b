"""The site is what its sources say, whatever was built before, and is always whole."""

import fcntl
import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

from otbook_utils.publishing import building, files
from otbook_utils.publishing.book import open_book
from otbook_utils.publishing.building import build_book
from otbook_utils.publishing.errors import PublishingError
from tests.chapters.notebook import ROOT
from tests.publishing import tiny


def build(book, **options):
    return build_book(open_book(book.root), "quick", **options)


def page(book, name):
    return (book.build_folder / "html" / "book" / f"{name}.html").read_text(encoding="utf-8")


def contents(book):
    """Return every file of the built site with its content."""
    site = book.build_folder / "html"
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in files.files_in(site)}


def test_pages_follow_their_sources(built, capsys):
    assert "grains: 3" in page(built, "sand/01_dig")
    assert "drops: 7" in page(built, "water/01_pour")
    stamp = (built.build_folder / "html" / "index.html").stat().st_mtime_ns
    build(built)
    assert "Nothing has changed" in capsys.readouterr().out
    assert (built.build_folder / "html" / "index.html").stat().st_mtime_ns == stamp

    # What a chapter prints, a static file, a title that other pages carry, a page that is no more.
    tiny.write(built.root / "otbook_utils" / "tools" / "numbers.py", "GRAINS = 444")
    tiny.write(built.root / "book" / "_static" / "style.css", "p { color: navy }\n")
    tiny.write_chapter(built.chapters[0].path, tiny.DIG, "# Shovel\n\nText.")
    toc = built.root / "_toc.yml"
    toc.write_text(toc.read_text().replace("  - file: book/water/01_pour\n", ""))
    built.chapters[1].path.unlink()
    # Sections with nothing in them are null to YAML.
    config = built.root / "_config.yml"
    config.write_text(config.read_text() + "execute:\nhtml:\nparse:\nlaunch_buttons:\n")
    build(built)
    assert "grains: 444" in page(built, "sand/01_dig")
    assert "navy" in (built.build_folder / "html" / "_static" / "style.css").read_text()
    assert "Shovel" in page(built, "index")
    assert not (built.build_folder / "html" / "book" / "water").exists()
    assert {path.name for path in built.build_folder.iterdir()} == {
        ".lock",
        "executed",
        "html",
        "site.json",
    }


ODD = """\
import numpy as np
from IPython.display import HTML, display
from tqdm.notebook import tqdm

for _ in tqdm(range(3)):
    pass
display(HTML("<b>sand</b>"), {"sand", "water", "air", "fire", "wood"})
print({"sand", "water", "air", "fire", "wood"}, np.ones(3))"""


def test_two_builds_from_nothing_are_equal_byte_for_byte(tmp_path, monkeypatch):
    """Wherever the checkout is, with the progress bars that ask for a widget."""
    sites = []
    for place in ("here", "there"):
        book = tiny.make(tmp_path / place)
        tiny.write_chapter(book.chapters[1].path, ODD)
        build(book)
        sites.append(contents(book))
    assert sites[0] == sites[1]
    text = sites[0]["book/water/01_pour.html"].decode()
    assert "<b>sand</b>" in text
    assert "widget" not in text


@pytest.mark.parametrize("how", ["deleted", "cut", "altered", "no site", "stamp"])
def test_damaged_site_does_not_stand(built, how, capsys):
    inputs = building.site_inputs(built, "quick")
    assert building.site_stands(built, inputs)
    path = built.build_folder / "html" / "book" / "sand" / "01_dig.html"
    if how == "deleted":
        path.unlink()
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:-10])
    elif how == "altered":
        path.write_text(path.read_text().replace("grains: 3", "grains: 4"))
    elif how == "no site":
        (built.build_folder / "html").rename(built.root / "taken")
    else:
        (built.build_folder / "site.json").write_text("null")
    assert not building.site_stands(built, inputs)
    [said] = capsys.readouterr().out.splitlines()
    assert said.endswith("built anew.")


def test_damaged_page_is_made_again(built):
    before = contents(built)
    (built.build_folder / "html" / "book" / "sand" / "01_dig.html").write_text("")
    build(built)
    assert contents(built) == before
    assert building.site_stands(built, building.site_inputs(built, "quick"))


@pytest.fixture
def copying(monkeypatch):
    """Builds take the old pages in place of Sphinx's; a list of what to do before they do."""
    actions = []

    def copy(book, *_, **__):
        for act in actions:
            act()
        return shutil.copytree(book.build_folder / "html", book.build_folder / "next" / "html")

    monkeypatch.setattr(building, "_render", copy)
    return actions


def test_page_edited_to_and_fro_while_the_site_is_built_is_built_once_more(built, copying, capsys):
    index = built.root / "book" / "index.md"
    text = index.read_text()
    tiny.write(built.root / "book" / "_static" / "style.css", "p { color: navy }\n")
    copying += [lambda: index.write_text("# Other\n"), lambda: index.write_text(text)]
    build(built)
    warning = "warning: book/index.md changed while the site was built: build it once more."
    assert warning in capsys.readouterr().out
    assert not building.site_stands(built, building.site_inputs(built, "quick"))
    copying.clear()
    build(built)
    assert building.site_stands(built, building.site_inputs(built, "quick"))


def test_chapter_edited_between_execution_and_page_is_an_error(built, copying, monkeypatch):
    def execute_and_edit(book, *_, **__):
        tiny.write_chapter(book.chapters[0].path, "print('edited')")
        return True

    monkeypatch.setattr(building, "execute_book", execute_and_edit)
    with pytest.raises(PublishingError, match="sand/01_dig was edited after it was executed"):
        build(built)
    assert "grains: 3" in page(built, "sand/01_dig")


def test_warning_names_the_line_and_fails_until_it_is_mended_and_the_old_site_stays(built, capfd):
    before = contents(built)
    chapter = built.chapters[0].path
    text = ["# Dig\n", "\n", "First.\n", "\n", "See [nowhere](nowhere.md).\n"]
    tiny.write_chapter(chapter, tiny.DIG, text)
    [line] = [n for n, line in enumerate(chapter.read_text().splitlines(), 1) if "nowhere" in line]
    tiny.write(built.root / "book" / "index.md", "# Tiny\n\n[nowhere](nowhere.md)\n")
    for _ in range(2):
        with pytest.raises(PublishingError, match="found fault"):
            build(built)
        said = capfd.readouterr().err
        assert f"{chapter}:{line}: WARNING" in said
        assert f"{built.root}/book/index.md:3: WARNING" in said
    assert contents(built) == before
    tiny.write_chapter(chapter, tiny.DIG, "# Dig\n\nMended.")
    tiny.write(built.root / "book" / "index.md", "# Tiny\n")
    build(built)
    assert "Mended" in page(built, "sand/01_dig")


def test_no_site_is_built_when_a_chapter_fails(built):
    before = contents(built)
    tiny.write_chapter(built.chapters[0].path, "raise RuntimeError('spade broke')")
    with pytest.raises(PublishingError, match="a chapter failed"):
        build(built)
    assert contents(built) == before


def test_settings_that_jupyter_book_refuses_are_one_line(built, capfd):
    config = built.root / "_config.yml"
    config.write_text(config.read_text() + "exclude_patterns: 3\n")
    with pytest.raises(PublishingError, match="found fault"):
        build(built)
    [said] = capfd.readouterr().err.splitlines()
    assert said.startswith("error: _config.yml: 3 is not of type 'array'")


def test_chapter_that_is_not_in_the_contents_is_warned_of(built, copying, capsys):
    tiny.write_chapter(built.root / "book" / "water" / "02_boil.ipynb", "print('steam')")
    build(built)
    warning = "warning: book/water/02_boil.ipynb is not in _toc.yml: it is neither executed nor"
    assert warning in capsys.readouterr().out


def test_one_chapter_is_looked_at_without_the_others(book, capsys):
    """A chapter that cannot run and a link that leads nowhere are no hindrance to its author."""
    tiny.write_chapter(book.chapters[1].path, "raise RuntimeError('the dam broke')")
    (book.root / "book" / "index.md").write_text("# Tiny\n\n[nowhere](nowhere.md)\n")
    build_book(open_book(book.root), "quick", only=["sand/01_dig"])
    assert "grains: 3" in page(book, "sand/01_dig")
    assert "the dam broke" in page(book, "water/01_pour")  # its code, not yet run

    with pytest.raises(PublishingError, match=r"no chapter sand/02 in _toc.yml; there are sand/01"):
        build_book(book, "quick", only=["sand/02"])
    with pytest.raises(PublishingError, match="a chapter failed"):
        build(book)  # what was only looked at is not taken for the book


def test_renamed_checkout_keeps_its_site_and_builds(built, capsys):
    renamed = built.root.rename(built.root.with_name("renamed"))
    book = open_book(renamed)
    build(book)
    assert "Nothing has changed" in capsys.readouterr().out
    tiny.write(book.root / "otbook_utils" / "tools" / "numbers.py", "GRAINS = 444")
    build(book)
    assert "grains: 444" in page(book, "sand/01_dig")


def test_folders_are_swapped_also_where_the_system_cannot(tmp_path, monkeypatch):
    new, old = tmp_path / "new", tmp_path / "old"
    for exchange in (files._exchange, lambda one, other: False):
        monkeypatch.setattr(files, "_exchange", exchange)
        tiny.write(new / "new", "")
        tiny.write(old / "old", "")
        files.swap_folders(new, old)
        assert [path.name for path in old.iterdir()] == ["new"]
        assert [path.name for path in new.iterdir()] == ["old"]
        (old / "new").unlink()
        (new / "old").unlink()
    old.rmdir()
    files.swap_folders(new, old)
    assert old.is_dir()
    assert not new.exists()


def test_build_that_is_killed_takes_its_child_along_and_leaves_the_old_site(built):
    before = contents(built)
    tiny.write(built.root / "book" / "index.md", "# Tiny\n\nNew.\n")
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from otbook_utils.__main__ import main; "
        f"main(['build', '--book', {str(built.root)!r}])"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL) as parent:
        while not (built.build_folder / "next" / "html").exists():
            time.sleep(0.01)
            assert parent.poll() is None
        parent.send_signal(signal.SIGKILL)
    with open(built.build_folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # which the child held until it was gone
        assert contents(built) == before


def test_two_builds_at_once_take_turns(built):
    tiny.write(built.root / "book" / "index.md", "# Tiny\n\nNew.\n")
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from otbook_utils.__main__ import main; "
        f"sys.exit(main(['build', '--book', {str(built.root)!r}]))"
    )
    command = [sys.executable, "-c", program]
    builds = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(build.communicate()[0] for build in builds)
    assert [build.returncode for build in builds] == [0, 0]
    assert sum("Nothing has changed" in text for text in said) == 1
    assert json.loads((built.build_folder / "site.json").read_text())["files"]
