"""Progress is seen while something lasts, in a notebook and a terminal, and leaves nothing."""

import io
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from otbook_utils.training import History, progress

live = sys.modules[progress.__module__]


@pytest.fixture
def shown(monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    monkeypatch.setattr(live._Line, "pace", 0.0)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_items_pass_through_unchanged_and_in_order():
    assert list(progress(range(5), "counting")) == [0, 1, 2, 3, 4]
    assert list(progress(iter("abc"), "spelling", total=3)) == ["a", "b", "c"]


def test_nothing_is_consumed_ahead_of_the_caller():
    consumed = []
    source = (consumed.append(i) or i for i in range(3))
    next(progress(source, "waiting"))
    assert consumed == [0]


def test_a_terminal_gets_one_line_that_is_wiped_away(shown, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    list(progress(range(5), "counting"))
    said = terminal.getvalue()
    assert "counting: 3 of 5, 0:00" in said and "left" in said
    assert "\n" not in said and said.endswith("\r\x1b[2K")


def test_a_file_gets_nothing_unless_it_is_a_log(shown, monkeypatch):
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    list(progress(range(5), "counting"))
    assert file.getvalue() == ""
    history = History()
    history.add({"loss": 1.5})
    with live.Live("ce-seed0", log=True) as told:
        told(history, 1, 10)
    assert file.getvalue() == "ce-seed0: 1 of 10, 0:00, 0:00 left, loss 1.5\n"


def test_nothing_is_shown_where_it_is_switched_off_or_soon_over(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    list(progress(range(5), "counting"))
    monkeypatch.setenv("TQDM_DISABLE", "0")
    monkeypatch.setattr(live, "PATIENCE", 60.0)
    list(progress(range(5), "counting"))
    assert terminal.getvalue() == ""


def test_curves_hold_the_newest_number_and_few_points():
    history = History()
    for k in range(1234):
        history.add({"loss": float(k), **({"rare": -float(k)} if k % 5 == 0 else {})})
    curves = history.curves(points=100)
    assert curves["loss"][-1] == 1233 and curves["rare"][-1] == -1230
    assert all(50 <= len(column) <= 100 for column in curves.values())
    assert curves["loss"] == sorted(curves["loss"])


TRAINING = """
import time
from otbook_utils.training import State, progress, train
print("before")
def step(state, batch):
    time.sleep(0.03)
    return {"loss": 1 / (1 + state.steps_done), "other": state.steps_done}
train(State(), step, [0] * 60, epochs=1)
for k in progress(range(50), "counting"):
    time.sleep(0.03)
print("after")
"""


def executed(monkeypatch, switch):
    """Execute a notebook that trains for some seconds; return it, and what was shown meanwhile."""
    monkeypatch.setenv("TQDM_DISABLE", switch)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(TRAINING, id="train")])
    seen = []

    class Client(NotebookClient):
        def process_message(self, message, cell, index):
            if message["msg_type"] == "update_display_data":
                seen.append(message["content"]["data"]["text/html"])
            return super().process_message(message, cell, index)

    Client(notebook, timeout=300).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when it ran
    return nbformat.writes(notebook), seen


def test_a_notebook_shows_curves_while_it_trains_and_keeps_none(monkeypatch):
    text, seen = executed(monkeypatch, "0")
    pictures = [html for html in seen if html]
    assert any("<svg" in html and "loss" in html and "other" in html for html in pictures)
    assert any("counting" in html and "of 50" in html for html in pictures)
    assert "<svg" not in text and "<progress" not in text and "widget" not in text


def test_two_builds_of_a_page_with_progress_are_equal_and_without_a_trace(monkeypatch):
    first, seen = executed(monkeypatch, "1")
    second, _ = executed(monkeypatch, "1")
    assert first == second and seen == []
    outputs = nbformat.reads(first, 4).cells[0].outputs
    assert "".join(output.text for output in outputs) == "before\nafter\n"
