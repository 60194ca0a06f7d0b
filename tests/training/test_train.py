"""One loop for every method: a killed training ends with the same bits as an undisturbed one."""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from otbook_utils.training import State, seed_everything, train
from otbook_utils.training.checkpoints import Checkpoint, CheckpointError
from tests.training import methods, two_processes

ROOT = Path(__file__).resolve().parents[2]

NAMES = sorted(methods.METHODS)


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def undisturbed(name):
    return methods.numbers(*methods.run(name))


def test_training_twice_gives_the_same_bits(name, undisturbed):
    assert methods.numbers(*methods.run(name)) == undisturbed


def test_saving_changes_no_number(name, undisturbed, tmp_path):
    assert methods.numbers(*methods.run(name, tmp_path)) == undisturbed


@pytest.mark.parametrize("stop", [1, 2, 9, 10, 11, 17, 31, 40])
def test_interrupted_training_goes_on_at_its_step(name, undisturbed, tmp_path, stop):
    done = 0

    def interrupt():
        nonlocal done
        done += 1
        if done == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        methods.run(name, tmp_path, on_step=interrupt)
    again = []
    resumed = methods.run(name, tmp_path, on_step=lambda: again.append(1))
    assert methods.numbers(*resumed) == undisturbed
    assert len(again) == len(resumed[1]) - (stop - 1)


def test_training_killed_at_random_moments_ends_with_the_same_bits(name, undisturbed, tmp_path):
    context = multiprocessing.get_context("forkserver")  # imports torch once for all victims
    context.set_forkserver_preload(["tests.training.methods"])
    moments, kills = random.Random(0), 0
    while not (tmp_path / f"{name}.json").exists():
        pause = 0.02 if kills < 5 else 0.0
        arguments = (name, str(tmp_path), pause)
        victim = context.Process(target=methods.run_and_write, args=arguments)
        seen = saved_at(tmp_path / f"{name}.ckpt")
        victim.start()
        if kills < 5:
            # Once it has got further than the one before, at any moment of the next steps.
            wait_until(lambda before=seen: saved_at(tmp_path / f"{name}.ckpt") != before)
            time.sleep(moments.uniform(0, 0.1))
            os.kill(victim.pid, signal.SIGKILL)
            kills += 1
        victim.join()
    assert kills == 5
    assert json.loads((tmp_path / f"{name}.json").read_text()) == undisturbed


def saved_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def wait_until(condition) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_two_processes_train_as_one_does_with_the_same_batches(tmp_path):
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    script = ["-m", "tests.training.two_processes", str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, *command, *script], cwd=ROOT, env=environment, check=True, timeout=300
    )
    two = torch.load(tmp_path / "two.pt", weights_only=True)
    one = two_processes.found(*two_processes.run())
    assert two["world"] == 2
    for name, weight in one["weights"].items():
        # The same sums in another order: some units in the last place, over 18 steps.
        torch.testing.assert_close(two["weights"][name], weight, rtol=1e-4, atol=1e-5)
        assert torch.equal(two["weights"][name], two["resumed"]["weights"][name])
    assert two["losses"] == pytest.approx(one["losses"], rel=1e-4)
    assert two["penalties"] == pytest.approx(one["penalties"], rel=1e-4, abs=1e-5)
    assert two["resumed"]["losses"] == two["losses"]
    assert any("batch norm averages over each of the 2" in text for text in two["warnings"])


def regression(**parts):
    """Return a state, a step and batches that train in a moment."""
    seed_everything(3)
    model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.3), nn.Linear(4, 1))
    state = State(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.1), **parts)
    x = torch.randn(24, 2)
    return state, regression_step, [(rows, rows.sum(1, keepdim=True)) for rows in x.split(8)]


def regression_step(state, batch):
    x, y = batch
    loss = (state.model(x) - y).square().mean()
    state.optimizer.zero_grad()
    loss.backward()
    state.optimizer.step()
    return {"loss": loss}


def weights(state):
    return [p.tolist() for p in state.model.parameters()]


def test_the_loop_does_what_a_bare_loop_does_to_the_bit():
    state, step, batches = regression()
    bare = []
    for _ in range(3):
        for batch in batches:
            bare.append(step(state, batch)["loss"].item())
    wanted = weights(state)
    state, step, batches = regression()
    assert train(state, step, batches, epochs=3)["loss"].tolist() == bare
    assert weights(state) == wanted


def test_a_dict_of_parts_is_a_state_too():
    state, step, batches = regression()
    train(state, step, batches, epochs=2)
    parts = vars(regression()[0])
    history = train(parts, lambda s, batch: step(SimpleNamespace(**s), batch), batches, epochs=2)
    assert [p.tolist() for p in parts["model"].parameters()] == weights(state)
    assert (parts["steps_done"], parts["epochs_done"], len(history)) == (6, 2, 6)


@pytest.mark.parametrize(
    "how, steps, epochs",
    [
        ({"epochs": 2}, 6, 2),
        ({"steps": 7}, 7, 3),
        ({"epochs": 2, "steps_per_epoch": 2}, 4, 2),
        ({"steps": 5, "steps_per_epoch": 2}, 5, 3),
    ],
)
def test_epochs_and_steps_say_how_far(how, steps, epochs):
    state, step, batches = regression()
    history = train(state, step, batches, **how)
    assert (state.steps_done, state.epochs_done) == (len(history), len(history.epochs))
    assert (len(history), len(history.epochs)) == (steps, epochs)
    assert history.epochs[-1]["steps"] == steps


def test_a_second_training_counts_on_and_shuffles_otherwise():
    state, step, batches = regression()
    loader, orders = DataLoader(torch.arange(12.0), 12, shuffle=True), []

    def look(state, batch):
        orders.append(batch.tolist())
        return step(state, batches[0])

    for _ in range(2):
        train(state, look, loader, epochs=2)
    assert state.epochs_done == 4
    assert len({tuple(order) for order in orders}) == 4


def test_each_epoch_is_told_of_with_its_means_and_what_is_added():
    state, step, batches = regression()
    history = train(state, step, batches, epochs=2, after_epoch=lambda s: {"done": s.epochs_done})
    for k, record in enumerate(history.epochs):
        assert record["loss"] == pytest.approx(history["loss"][3 * k : 3 * k + 3].mean())
        assert (record["epoch"], record["done"]) == (k + 1, k + 1)
        assert record["seconds"] >= 0


def test_an_evaluation_after_an_epoch_changes_no_mode():
    state, step, batches = regression()
    state.model[1].eval()
    train(state, step, batches, epochs=1, after_epoch=lambda state: state.model.train() and None)
    assert [part.training for part in state.model] == [True, False, True]
    train(state, step, batches, epochs=1, after_epoch=lambda state: state.model.eval() and None)
    assert [part.training for part in state.model] == [True, False, True]


def test_resumed_training_takes_the_threads_it_began_with_and_gives_them_back(tmp_path):
    usual, seen = torch.get_num_threads(), []

    def step(state, batch):
        seen.append(torch.get_num_threads())
        return regression_step(state, batch)

    for epochs, threads in ((1, 2), (2, None)):
        (state, _, batches), path = regression(), tmp_path / "run.ckpt"
        train(state, step, batches, epochs=epochs, threads=threads, checkpoint=path)
        assert torch.get_num_threads() == usual
    assert seen == [2] * 6


def test_finished_training_is_not_done_again_and_one_may_go_further(tmp_path):
    state, step, batches = regression()
    train(state, step, batches, epochs=4)
    for epochs, wanted in ((2, 6), (2, 0), (4, 6)):
        again, _, batches = regression()
        calls = []

        def count(state, batch, calls=calls):
            calls.append(1)
            return step(state, batch)

        history = train(again, count, batches, epochs=epochs, checkpoint=tmp_path / "run.ckpt")
        assert len(calls) == wanted and len(history.epochs) == epochs
    assert weights(again) == weights(state)


def test_checkpoint_of_another_training_is_refused(tmp_path):
    path = tmp_path / "run.ckpt"
    state, step, batches = regression()
    train(state, step, batches, epochs=1, checkpoint=path, run={"seed": 1})
    state, step, batches = regression()
    with pytest.raises(CheckpointError, match=r"run\.ckpt belongs to another run: its seed is 1"):
        train(state, step, batches, epochs=2, checkpoint=path, run={"seed": 2})
    state, step, batches = regression(extra=1)
    with pytest.raises(CheckpointError, match=r"belongs to another run: its parts is"):
        train(state, step, batches, epochs=2, checkpoint=path, run={"seed": 1})


def test_damaged_checkpoints_cost_only_the_steps_since_the_one_before(tmp_path):
    path = tmp_path / "run.ckpt"

    def go(epochs):
        state, step, batches = regression()
        train(state, step, batches, epochs=epochs, checkpoint=path, save_every=0.0)
        return weights(state)

    wanted = go(4)
    path.unlink()
    go(2)
    content = bytearray(path.read_bytes())
    content[content.index(b"data.pkl") + 200] ^= 1
    path.write_bytes(content)
    with pytest.warns(UserWarning, match=r"run\.ckpt is damaged.*Going on from .*previous"):
        assert go(4) == wanted
    for damaged in tmp_path.glob("run.ckpt*"):
        damaged.write_bytes(damaged.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"run\.ckpt is damaged.*Remove both to start"):
        go(4)


def test_newest_checkpoint_is_that_of_the_step_before(tmp_path):
    checkpoint, found = Checkpoint(tmp_path / "run.ckpt"), []
    state, step, batches = regression()

    def look(state, batch):
        saved = checkpoint.load()
        found.append(saved and saved["parts"]["steps_done"])
        return step(state, batch)

    train(state, look, batches, epochs=2, checkpoint=checkpoint, save_every=0.0)
    assert found == [None, 1, 2, 3, 4, 5]


def test_batches_that_do_not_come_again_are_refused(tmp_path):
    """A generator that the state does not hold begins anew: the run would go on otherwise."""
    source = np.random.RandomState(0)

    def interrupted(state, batch):
        if state.steps_done == 4:
            raise KeyboardInterrupt
        return regression_step(state, batch)

    class Drawn:
        def __iter__(self):
            return (torch.from_numpy(source.randn(2, 8, 2)).float()[:, :, :2] for _ in range(3))

    def go(step):
        state, _, _ = regression()
        state.model[2] = nn.Linear(4, 2)
        state.optimizer = torch.optim.Adam(state.model.parameters())
        train(state, step, Drawn(), epochs=2, checkpoint=tmp_path / "run.ckpt", save_every=0.0)

    with pytest.raises(KeyboardInterrupt):
        go(interrupted)
    with pytest.raises(CheckpointError, match="does not give the same batches again"):
        go(regression_step)


def outside_optimizer():
    state, step, _ = regression()
    optimizer = state.optimizer
    del state.optimizer
    return state, lambda s, batch: step(SimpleNamespace(model=s.model, optimizer=optimizer), batch)


def outside_generator():
    state, _, _ = regression()
    noise = torch.Generator()
    return state, lambda s, batch: {"loss": torch.rand(1, generator=noise)}


def outside_average():
    state, step, _ = regression()
    average = torch.optim.swa_utils.AveragedModel(state.model)

    def averaged(state, batch):
        told = step(state, batch)
        for mean, p in zip(average.parameters(), state.model.parameters(), strict=True):
            mean.data.lerp_(p.data, 0.1)
        return told

    return state, averaged


def outside_module():
    state, _, _ = regression()
    del state.model
    return state, lambda s, batch: {"loss": 0.0}


@pytest.mark.parametrize(
    "left_out, message",
    [
        (outside_optimizer, r"state must hold optimizer \(Adam\), which step changes"),
        (outside_generator, r"state must hold noise \(Generator\), which step changes"),
        (outside_average, r"state must hold average \(AveragedModel\), which step changes"),
        (outside_module, "state must hold the module whose parameters its Adam updates"),
    ],
)
def test_a_state_that_lacks_what_changes_is_refused_where_it_would_be_saved(
    tmp_path, left_out, message
):
    batches = [(torch.zeros(8, 2), torch.zeros(8, 1))]
    with pytest.raises(ValueError, match=message):
        train(*left_out(), batches, steps=2, checkpoint=tmp_path / "run.ckpt")
    train(*left_out(), batches, steps=2)


def test_a_module_outside_the_state_that_does_not_change_is_no_fault(tmp_path):
    teacher = nn.Linear(2, 1)
    state, step, batches = regression()

    def distil(state, batch):
        return step(state, (batch[0], teacher(batch[0]).detach()))

    train(state, distil, batches, epochs=1, checkpoint=tmp_path / "run.ckpt", save_every=0.0)
    assert (tmp_path / "run.ckpt").exists()


def test_a_part_that_cannot_be_saved_is_named(tmp_path):
    state, step, batches = regression(source={"open": object()})
    with pytest.raises(TypeError, match=r"state's source\['open'\] must be a module.*got object"):
        train(state, step, batches, epochs=1, checkpoint=tmp_path / "run.ckpt")


def test_loss_that_is_no_longer_finite_is_named():
    with pytest.raises(FloatingPointError, match="loss of step 4 is nan: the training diverged"):
        train(State(), lambda s, b: {"loss": np.nan if s.steps_done == 3 else 1.0}, [0], epochs=9)


@pytest.mark.parametrize(
    "how, kind, message",
    [
        ({}, ValueError, "one of epochs and steps must say how far to go, got neither"),
        ({"epochs": 1, "steps": 1}, ValueError, "how far to go, got both"),
        ({"epochs": 0}, ValueError, "epochs must be a whole number of at least 1, got 0"),
        ({"steps": 2.0}, ValueError, "steps must be a whole number of at least 1, got 2.0"),
        ({"epochs": 2, "batches": iter([1, 2])}, ValueError, "batches gave none in epoch 2"),
        ({"epochs": 1, "batches": []}, ValueError, "batches gave none in epoch 1"),
        ({"epochs": 1, "step": lambda s, b: None}, TypeError, "step must return a dict of named"),
        (
            {"epochs": 1, "step": lambda s, b: {"loss": torch.zeros(2)}},
            ValueError,
            r"step must return scalars, got loss of the shape \(2,\)",
        ),
        ({"epochs": 1, "state": nn.Linear(1, 1)}, TypeError, "state must be State.*got Linear"),
        (
            {"epochs": 1, "precision": "16-mixed"},
            ValueError,
            "precision must be one of 32-true",
        ),
        ({"epochs": 1, "threads": 0}, ValueError, "threads must be a whole number of at least 1"),
    ],
)
def test_what_cannot_be_trained_is_named(how, kind, message):
    arguments = {"state": State(), "step": lambda s, b: {"loss": 0.0}, "batches": [0, 0]} | how
    with pytest.raises(kind, match=message):
        train(**arguments)


def test_mixed_precision_keeps_weights_and_answers_in_float32_and_is_undone():
    plain, step, batches = regression()
    exact = train(plain, step, batches, epochs=1)
    state, step, batches = regression()
    inside = []
    state.model[0].register_forward_hook(lambda m, i, out: inside.append(out.dtype))

    def look(state, batch):
        twin = deepcopy(state.model).eval()  # a copy made on the way calls itself, not the original
        nn.init.zeros_(twin[2].weight), nn.init.zeros_(twin[2].bias)
        answer = twin(batch[0])
        assert answer.dtype == torch.float32 and not answer.any()
        inside.pop()
        return step(state, batch)

    history = train(state, look, batches, epochs=1, precision="bf16-mixed")
    assert set(inside) == {torch.bfloat16}
    assert {p.dtype for p in state.model.parameters()} == {torch.float32}
    assert history["loss"].tolist() != exact["loss"].tolist()
    assert history["loss"] == pytest.approx(exact["loss"], rel=0.1)
    assert "forward" not in vars(state.model)
    assert state.model(batches[0][0]).dtype == torch.float32 and inside[-1] == torch.float32


def test_modules_are_compiled_where_asked_and_only_while_they_train(monkeypatch):
    compiled = []

    def compile(function, **how):
        compiled.append((function, how))
        return function

    monkeypatch.setattr(torch, "compile", compile)
    plain, step, batches = regression()
    train(plain, step, batches, epochs=1)
    assert not compiled
    state, step, batches = regression()
    train(state, step, batches, epochs=1, compile="reduce-overhead")
    assert compiled == [(nn.Sequential.forward, {"mode": "reduce-overhead", "dynamic": False})]
    assert weights(state) == weights(plain)
    assert "forward" not in vars(state.model)


def test_batches_and_modules_go_to_the_device_that_is_named():
    state, places = State(model=nn.Linear(2, 1)), []

    def step(state, batch):
        places.extend([batch["x"].device.type, batch["rest"][0].device.type])
        places.append(state.model.weight.device.type)
        return {"n": 1.0}

    batch = {"x": torch.zeros(3, 2), "rest": (torch.zeros(1), "kept")}
    train(state, step, [batch], steps=1, device="meta")
    assert set(places) == {"meta"}
