"""The live home in a real kernel, spoken to as a front end speaks: by messages.

Runs under whatever ipywidgets is installed; 7.7.1 (Colab's) and 8 are both to be tried.
"""

import os
import queue
import sys
import time

import pytest

pytest.importorskip("ipywidgets")
manager_module = pytest.importorskip("jupyter_client.manager")

DRAWING = """
import matplotlib.pyplot as plt
from otbook_utils.teaching import explore

def draw(slope, kind="line"):
    if slope == 3:
        raise RuntimeError("no <b>slope</b> of three")
    _, axes = plt.subplots(figsize=(3, 2))
    axes.plot([0, 1], [0, slope], "--" if kind == "dashed" else "-")
    print("drew", slope, kind)

"""
ONE = 'explore(draw, slope=[1, 2, 3, 4], label="s", start=2, alt="A line of slope {slope}")'
TWO = 'explore(draw, slope=[1, 2], kind=["line", "dashed"], alt="A {kind} of slope {slope}")'


class FrontEnd:
    """What a notebook page does with a kernel: run a cell, keep its widgets, move a slider."""

    def __init__(self, client):
        self.client = client
        self.widgets = {}

    def run(self, code):
        return self._until_idle(self.client.execute(code))

    def move(self, widget, **state):
        message = self.client.session.msg(
            "comm_msg", {"comm_id": widget, "data": {"method": "update", "state": state}}
        )
        self.client.shell_channel.send(message)
        return self._until_idle(message["header"]["msg_id"])

    def ids(self, model):
        return [id for id, state in self.widgets.items() if state["_model_name"] == model]

    def view(self):
        values = [self.widgets[id]["value"] for id in self.ids("HTMLModel")]
        (view,) = [value for value in values if "<figure" in value or "alert" in value]
        return view

    def _until_idle(self, parent):
        messages, end = [], time.monotonic() + 60
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=5)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != parent:
                continue
            kind, content = message["msg_type"], message["content"]
            messages.append((kind, content))
            if kind == "comm_open":
                self.widgets[content["comm_id"]] = dict(content["data"]["state"])
            if kind == "comm_msg" and content["data"].get("method") == "update":
                self.widgets[content["comm_id"]].update(content["data"]["state"])
            if kind == "status" and content["execution_state"] == "idle":
                return messages
        raise TimeoutError(f"the kernel did not finish; it said {messages}")


@pytest.fixture(scope="module")
def client():
    environment = {k: v for k, v in os.environ.items() if k != "OTBOOK_EXPLORE"}
    environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    manager = manager_module.KernelManager(kernel_name="python3")
    # The kernel of this very environment, whatever kernels are installed elsewhere.
    manager.kernel_spec.argv = [
        sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"
    ]  # fmt: skip
    manager.start_kernel(env=environment)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def front_end(client):
    front_end = FrontEnd(client)
    for kind, content in front_end.run(DRAWING):
        assert kind != "error", content
    return front_end


def kinds(messages):
    return [kind for kind, _ in messages]


def test_a_cell_shows_sliders_and_the_figure_at_the_start(front_end):
    messages = front_end.run(ONE)
    assert kinds(messages).count("display_data") == 1
    assert "error" not in kinds(messages)
    (slider,) = front_end.ids("SelectionSliderModel")
    assert front_end.widgets[slider]["_options_labels"] in (
        ["1", "2", "3", "4"],
        ("1", "2", "3", "4"),
    )
    assert front_end.widgets[slider]["index"] == 1
    assert front_end.widgets[slider]["description"] == "s"
    assert 'alt="A line of slope 2"' in front_end.view()


def test_moving_the_slider_replaces_the_figure_in_one_step(front_end):
    front_end.run(ONE)
    before = front_end.view()
    (slider,) = front_end.ids("SelectionSliderModel")
    messages = front_end.move(slider, index=0)
    assert 'alt="A line of slope 1"' in front_end.view()
    assert front_end.view() != before
    (view,) = [i for i in front_end.ids("HTMLModel") if "<figure" in front_end.widgets[i]["value"]]
    updates = [c for kind, c in messages if kind == "comm_msg" and c["comm_id"] == view]
    assert len(updates) == 1  # nothing is cleared in between, so nothing flickers
    assert not {"clear_output", "display_data", "error", "stream"} & set(kinds(messages))


def test_what_draw_prints_is_shown_below_the_figure(front_end):
    front_end.run(ONE)
    assert "<pre>drew 2 line\n</pre>" in front_end.view()


def test_an_error_in_draw_is_told_and_the_next_move_works(front_end):
    front_end.run(ONE)
    (slider,) = front_end.ids("SelectionSliderModel")
    messages = front_end.move(slider, index=2)
    assert "error" not in kinds(messages)
    assert 'role="alert"' in front_end.view()
    assert "draw(slope=3) raised RuntimeError:" in front_end.view()
    assert "no &lt;b&gt;slope&lt;/b&gt; of three" in front_end.view()
    front_end.move(slider, index=0)
    assert 'alt="A line of slope 1"' in front_end.view()


def test_two_sliders_move_one_figure(front_end):
    front_end.run(TWO)
    slope, kind = front_end.ids("ToggleButtonsModel")
    front_end.move(slope, index=1)
    front_end.move(kind, index=1)
    assert 'alt="A dashed of slope 2"' in front_end.view()


def test_one_slider_has_a_play_button_linked_in_the_browser(front_end):
    front_end.run(ONE)
    (play,) = front_end.ids("PlayModel")
    (slider,) = front_end.ids("SelectionSliderModel")
    assert (front_end.widgets[play]["min"], front_end.widgets[play]["max"]) == (0, 3)
    (link,) = front_end.ids("LinkModel")
    assert front_end.widgets[link]["source"] == [f"IPY_MODEL_{play}", "value"]
    assert front_end.widgets[link]["target"] == [f"IPY_MODEL_{slider}", "index"]


FINE = (
    "from otbook_utils.teaching import lin_grid\n"
    'explore(draw, slope=lin_grid(0, 2, 5), start=1, alt="A line of slope {slope}")'
)


def test_a_kernel_moves_finer_than_the_page_and_over_the_same_values(front_end):
    front_end.run(FINE)
    (slider,) = front_end.ids("SelectionSliderModel")
    texts = list(front_end.widgets[slider]["_options_labels"])
    assert len(texts) == 21
    assert texts[::5] == ["0", "0.5", "1", "1.5", "2"]
    assert texts[front_end.widgets[slider]["index"]] == "1"
    front_end.move(slider, index=11)
    assert 'alt="A line of slope 1.1"' in front_end.view()


def test_a_drawing_that_knows_its_values_alone_keeps_them(front_end):
    front_end.run(
        "from otbook_utils.teaching import log_grid\ngrid = log_grid(1, 4, 5)\n"
        'explore(lambda s: draw(grid.index(s)), s=grid, alt="A line of slope {s}")'
    )
    (slider,) = front_end.ids("SelectionSliderModel")
    assert len(front_end.widgets[slider]["_options_labels"]) == 5


def test_a_slow_drawing_says_that_it_computes(front_end):
    front_end.run("import time\ndef slow(k):\n    time.sleep(0.3)\n    draw(k)")
    front_end.run('explore(slow, k=[1, 2, 4, 5], alt="A slow line of slope {k}")')
    (slider,) = front_end.ids("SelectionSliderModel")
    messages = front_end.move(slider, index=1)
    said = [c["data"]["state"].get("value", "") for kind, c in messages if kind == "comm_msg"]
    note = next(k for k, value in enumerate(said) if "computing" in value)
    figure = next(k for k, value in enumerate(said) if "<figure" in value)
    assert note < figure and "" in said[figure:]
    assert not front_end.widgets[slider]["continuous_update"]


def test_no_figure_stays_open_in_the_kernel(front_end):
    front_end.run(ONE)
    (slider,) = front_end.ids("SelectionSliderModel")
    front_end.move(slider, index=2)
    front_end.move(slider, index=0)
    messages = front_end.run("print(plt.get_fignums())")
    assert ("stream", {"name": "stdout", "text": "[]\n"}) in messages


def test_the_books_build_needs_no_widget(front_end):
    messages = front_end.run(
        "import os; os.environ['OTBOOK_EXPLORE'] = 'frames'\n" + ONE.replace(", 3, 4]", "]")
    )
    front_end.run("del os.environ['OTBOOK_EXPLORE']")
    (shown,) = [c["data"] for kind, c in messages if kind == "display_data"]
    assert set(shown) == {"text/html", "text/plain"}
    assert "otbook-player" in shown["text/html"]
    assert shown["text/plain"] == "[Figure: A line of slope 2]"
