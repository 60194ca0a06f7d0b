"""The engine: the numbers do not depend on processes, kills or the order of saving."""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from otbook_utils.training.batches import DeviceBatches
from otbook_utils.training.checkpoints import Checkpoint, CheckpointError
from otbook_utils.training.engine import Engine, Evaluation, best_precision, open_fabric
from tests.training import small_training

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def undisturbed():
    return small_training.numbers(*small_training.train())


def test_training_twice_gives_the_same_bits(undisturbed):
    assert small_training.numbers(*small_training.train()) == undisturbed


def test_saving_changes_no_number(undisturbed, tmp_path):
    assert small_training.numbers(*small_training.train(tmp_path)) == undisturbed


@pytest.mark.parametrize("stop", [1, 5, 6, 13, 19])
def test_interrupted_run_goes_on_at_its_step(undisturbed, tmp_path, stop):
    done = 0

    def interrupt(images):
        nonlocal done
        done += 1
        if done == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small_training.train(tmp_path, on_step=interrupt)
    steps = []
    resumed = small_training.train(tmp_path, on_step=steps.append)
    assert small_training.numbers(*resumed) == undisturbed
    # What was done since the last save is done again, and no more.
    assert len(steps) == 20 - (stop - 1)


def test_run_killed_at_random_moments_ends_with_the_same_numbers(undisturbed, tmp_path):
    context = multiprocessing.get_context("forkserver")  # imports torch once for all victims
    context.set_forkserver_preload(["tests.training.small_training"])
    moments, kills = random.Random(0), 0
    while not (tmp_path / "numbers.json").exists():
        pause = 0.02 if kills < 5 else 0.0
        victim = context.Process(target=small_training.train_and_write, args=(str(tmp_path), pause))
        seen = saved_at(tmp_path)
        victim.start()
        if kills < 5:
            # Once it has got further than the one before, at any moment of the next steps.
            wait_until(lambda before=seen: saved_at(tmp_path) != before)
            time.sleep(moments.uniform(0, 0.1))
            os.kill(victim.pid, signal.SIGKILL)
            kills += 1
        victim.join()
    assert kills == 5
    assert json.loads((tmp_path / "numbers.json").read_text()) == undisturbed


def saved_at(folder: Path) -> int:
    path = folder / "run.ckpt"
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def wait_until(condition) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_resumed_run_takes_the_threads_it_began_with_and_gives_them_back(tmp_path):
    usual, seen = torch.get_num_threads(), []
    try:
        torch.set_num_threads(2)
        small_training.train(tmp_path, epochs=1)
        torch.set_num_threads(1)
        small_training.train(tmp_path, on_step=lambda _: seen.append(torch.get_num_threads()))
        assert set(seen) == {2}
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(usual)


def test_finished_run_is_not_trained_again(undisturbed, tmp_path):
    small_training.train(tmp_path)
    steps = []
    again = small_training.train(tmp_path, on_step=steps.append)
    assert steps == []
    assert small_training.numbers(*again) == undisturbed


def test_checkpoint_of_another_run_is_refused(tmp_path):
    small_training.train(tmp_path, epochs=1)
    with pytest.raises(CheckpointError, match=r"run\.ckpt belongs to another run: its name is 's"):
        small_training.train(tmp_path, run={"name": "other"})


def test_damaged_checkpoints_are_named_with_the_cure(tmp_path):
    small_training.train(tmp_path, epochs=1)
    for path in tmp_path.glob("run.ckpt*"):
        path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(
        CheckpointError, match=r"run\.ckpt is damaged.*Remove both to start the run"
    ):
        small_training.train(tmp_path)


def test_damaged_newest_checkpoint_costs_only_the_steps_since_the_one_before(undisturbed, tmp_path):
    small_training.train(tmp_path, epochs=2)
    path = tmp_path / "run.ckpt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.warns(UserWarning, match=r"run\.ckpt is damaged.*Going on from .*previous"):
        resumed = small_training.train(tmp_path)
    assert small_training.numbers(*resumed) == undisturbed


def test_checkpoint_holds_all_generators_and_loads_without_running_code(tmp_path):
    small_training.train(tmp_path, epochs=1)
    state = torch.load(tmp_path / "run.ckpt", weights_only=True)
    assert {"model", "optimizer", "scheduler", "epoch", "step", "random"} <= set(state)
    assert {"python", "numpy", "torch", "cuda"} == set(state["random"][0])


def test_two_processes_train_as_one_does_with_the_same_batches(tmp_path):
    found = tmp_path / "weights.pt"
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    script = ["-m", "tests.training.two_processes", str(found)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, *command, *script], cwd=ROOT, env=environment, check=True, timeout=300
    )
    two = torch.load(found, weights_only=True)
    assert two["world"] == 2

    engine, optimizer, scheduler, batches = small_training.prepare(norm=False)
    loss = small_training.weighted_loss()
    history = engine.train(batches, loss, optimizer, epochs=2, scheduler=scheduler)
    for name, weight in engine.model.state_dict().items():
        # The same sums in another order: some units in the last place, over ten steps.
        torch.testing.assert_close(two["weights"][name], weight, rtol=1e-5, atol=1e-6)
    assert two["losses"] == pytest.approx([r["train_loss"] for r in history], rel=1e-5)
    right = engine.evaluate(batches, classes=4)
    assert two["seen"].tolist() == right.seen.tolist()
    assert (two["correct"] - right.correct).abs().max() <= 1
    assert any("batch norm averages over each of the 2" in text for text in two["warnings"])


def test_one_step_is_the_textbook_step():
    engine, _, _, batches = small_training.prepare(norm=False)
    model = small_training.network(norm=False)
    model.load_state_dict(engine.model.state_dict())
    x, y = next(batches.epoch(0))
    nn.functional.cross_entropy(model(x), y).backward()
    wanted = [p.detach() - 0.1 * p.grad for p in model.parameters()]
    optimizer = torch.optim.SGD(engine.model.parameters(), lr=0.1)
    engine.train(batches, nn.CrossEntropyLoss(), optimizer, epochs=1, steps=1)
    for got, want in zip(engine.model.parameters(), wanted, strict=True):
        torch.testing.assert_close(got.detach(), want)


def test_model_that_can_learn_learns():
    _, history = small_training.train(epochs=8)
    assert history[-1]["train_loss"] < 0.5 * history[0]["train_loss"]


def test_evaluation_counts_every_image_once():
    x, y = small_training.images(n=50)
    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 4))
    engine = Engine(model, fabric=open_fabric(accelerator="cpu"))
    found = engine.evaluate(DeviceBatches(x, y, 16), classes=4)
    assert found.seen.tolist() == np.bincount(y).tolist()
    with torch.no_grad():
        batch, labels = next(DeviceBatches(x, y, 50).epoch(0))
        right = model(batch).argmax(1) == labels
    assert found.correct.sum() == right.sum()
    assert found.accuracy() == pytest.approx(100 * right.float().mean().item())


def test_evaluation_leaves_batch_statistics_and_mode_alone():
    engine, _, _, batches = small_training.prepare()
    engine.model.train()
    before = {name: value.clone() for name, value in engine.model.state_dict().items()}
    engine.evaluate(batches, classes=4)
    assert engine.model.training
    assert all(torch.equal(before[k], v) for k, v in engine.model.state_dict().items())


def test_accuracy_is_over_the_images_of_the_named_classes():
    found = Evaluation(torch.tensor([10, 0, 3]), torch.tensor([10, 10, 30]))
    assert found.accuracy() == 26.0
    assert found.accuracy([1, 2]) == 7.5


def test_loss_that_is_no_longer_finite_is_named():
    engine, _, _, batches = small_training.prepare()
    optimizer = torch.optim.SGD(engine.model.parameters(), lr=1e30)
    with pytest.raises(FloatingPointError, match="training loss of epoch 1 is"):
        engine.train(batches, nn.CrossEntropyLoss(), optimizer, epochs=3)


@pytest.mark.parametrize(
    "there, capability, wanted",
    [(False, None, "32-true"), (True, (7, 5), "32-true"), (True, (9, 0), "bf16-mixed")],
)
def test_precision_is_bfloat16_where_the_gpu_has_it(monkeypatch, there, capability, wanted):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert best_precision() == wanted


def test_cpu_computes_in_float32_also_beside_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    fabric = open_fabric(devices=1, accelerator="cpu")
    assert (fabric.device.type, fabric._precision.precision) == ("cpu", "32-true")


def test_batches_on_another_device_are_refused_with_the_cure():
    engine, optimizer, _, _ = small_training.prepare()
    elsewhere = DeviceBatches(*small_training.images(), 16, device="meta")
    message = r"device cpu \(give DeviceBatches device=engine.fabric.device\), got meta"
    with pytest.raises(ValueError, match=message):
        engine.train(elsewhere, nn.CrossEntropyLoss(), optimizer, epochs=1)
    with pytest.raises(ValueError, match=message):
        engine.evaluate(elsewhere, classes=4)


def test_mixed_precision_keeps_weights_and_losses_in_float32():
    engine, optimizer, scheduler, batches = small_training.prepare(
        fabric=open_fabric(devices=1, precision="bf16-mixed", accelerator="cpu")
    )
    losses = []

    def loss(logits, labels):
        losses.append(logits.dtype)
        return nn.functional.cross_entropy(logits, labels)

    history = engine.train(batches, loss, optimizer, epochs=1, scheduler=scheduler)
    assert set(losses) == {torch.float32}
    assert {p.dtype for p in engine.model.parameters()} == {torch.float32}
    exact, _, _, _ = small_training.prepare()
    plain = exact.train(batches, nn.CrossEntropyLoss(), fresh_optimizer(exact), epochs=1)
    assert history[0]["train_loss"] == pytest.approx(plain[0]["train_loss"], rel=0.1)
    assert history[0]["train_loss"] != plain[0]["train_loss"]


def fresh_optimizer(engine):
    return torch.optim.SGD(engine.model.parameters(), lr=0.05, momentum=0.9)


def test_newest_checkpoint_is_that_of_the_step_before(tmp_path):
    checkpoint, found = Checkpoint(tmp_path / "run.ckpt"), []

    def look(images):
        state = checkpoint.load()
        found.append(state and 5 * state["epoch"] + state["step"])

    small_training.train(tmp_path, on_step=look)
    assert found == [None, *range(1, 20)]
