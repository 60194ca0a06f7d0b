"""What only a GPU can show; skipped where there is none.

On a machine without nbval: `python -m pytest -o addopts= tests/training/test_engine_on_gpu.py`.
"""

import numpy as np
import pytest
import torch
from torch import nn

from otbook_utils.scarce_labels.losses import ClassBalancedLoss
from otbook_utils.training.batches import DeviceBatches
from otbook_utils.training.checkpoints import Checkpoint
from otbook_utils.training.engine import Engine
from otbook_utils.training.resnet import ResNet18
from otbook_utils.training.seeds import seed_everything
from tests.training.small_training import numbers

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
STEPS = 8
MODES = [False, "default", "reduce-overhead"]  # the last replays CUDA graphs


def prepare(compile="default", width=16):
    seed_everything(0)
    engine = Engine(ResNet18(width=width), compile=compile)
    random = np.random.RandomState(0)
    images = random.randint(256, size=(STEPS * 64, 32, 32, 3)).astype(np.uint8)
    labels = random.randint(10, size=len(images))
    on = engine.fabric.device
    batches = DeviceBatches(images, labels, 64, device=on, pad=4, shuffle=True, seed=1)
    tests = DeviceBatches(images, labels, 256, device=on, mean=batches.mean, std=batches.std)
    optimizer = torch.optim.SGD(engine.model.parameters(), lr=0.1, momentum=0.9, fused=True)
    return engine, batches, tests, optimizer


def train(engine, batches, tests, optimizer, **settings):
    history = engine.train(
        batches,
        nn.CrossEntropyLoss(weight=torch.linspace(0.5, 2, 10)),
        optimizer,
        epochs=3,
        after_epoch=lambda: {"right": engine.evaluate(tests, classes=10).accuracy()},
        **settings,
    )
    return numbers(engine, history)


def test_training_uses_the_gpu_and_bfloat16_where_it_has_it():
    engine, batches, _, _ = prepare()
    assert batches.images.is_cuda and batches.images.dtype == torch.uint8
    x, _ = next(batches.epoch(0))
    assert x.is_contiguous(memory_format=torch.channels_last)
    seen = []
    engine.model.stage1.register_forward_hook(lambda m, i, out: seen.append(out.dtype))
    with torch.no_grad(), engine.fabric.autocast():
        engine.model(x)
    bfloat16 = torch.cuda.get_device_capability() >= (8, 0)
    assert seen == [torch.bfloat16 if bfloat16 else torch.float32]


def balanced_loss():
    return ClassBalancedLoss([5000, 250] * 5, beta=0.999, gamma=1.0)


@pytest.mark.parametrize("compile", MODES)
@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss, balanced_loss])
def test_no_step_of_an_epoch_waits_for_the_device(compile, loss):
    engine, batches, tests, optimizer = prepare(compile)
    train(engine, batches, tests, optimizer)  # compiles
    step = 0

    def watch(images):
        nonlocal step
        step += 1
        # Between the first step and the last: an epoch's plan goes over before, its loss after.
        torch.cuda.set_sync_debug_mode("error" if step < STEPS else "default")

    try:
        engine.train(batches, loss(), optimizer, epochs=1, on_step=watch)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert step == STEPS


@pytest.mark.parametrize("compile", MODES)
def test_training_twice_gives_the_same_bits(compile):
    assert train(*prepare(compile)) == train(*prepare(compile))


def test_cuda_graphs_are_recorded_for_the_whole_network():
    from torch._dynamo.utils import counters

    train(*prepare("reduce-overhead"))
    assert counters["inductor"]["cudagraph_skips"] == 0  # in all tests of this process


@pytest.mark.parametrize("compile", ["default", "reduce-overhead"])
def test_interrupted_run_ends_with_the_same_bits(tmp_path, compile):
    undisturbed = train(*prepare(compile))
    for stop in (3, STEPS + 5):
        done = 0

        def interrupt(images, stop=stop):
            nonlocal done
            done += 1
            if done == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            checkpoint = Checkpoint(tmp_path / "run.ckpt")
            train(*prepare(compile), checkpoint=checkpoint, save_every=0.0, on_step=interrupt)
    assert train(*prepare(compile), checkpoint=Checkpoint(tmp_path / "run.ckpt")) == undisturbed


def test_compiled_and_plain_networks_agree():
    engine, batches, _, _ = prepare()
    x, _ = next(batches.epoch(0))
    with torch.no_grad():
        got, want = engine.forward.eval()(x), engine.model.eval().float()(x)
    assert (got - want).norm() / want.norm() < 0.03  # bfloat16 keeps 8 bits


def test_images_are_those_of_the_cpu():
    _, batches, _, _ = prepare()
    bare = batches.images[:, 4:-4, 4:-4].cpu()
    on_cpu = DeviceBatches(bare, batches.labels.cpu(), 64, pad=4, shuffle=True, seed=1)
    for (x, y), (x2, y2) in zip(batches.epoch(2), on_cpu.epoch(2), strict=True):
        torch.testing.assert_close(x.cpu().contiguous(), x2)
        assert torch.equal(y.cpu(), y2)
