"""A checkpoint is read whole and unaltered, or not at all."""

import errno
import os
import random

import numpy as np
import pytest
import torch

from otbook_utils.training import seed_everything
from otbook_utils.training.checkpoints import (
    Checkpoint,
    CheckpointError,
    random_state,
    read_checkpoint,
    restore_random_state,
)
from otbook_utils.training.state import frozen


@pytest.fixture
def saved(tmp_path):
    checkpoint = Checkpoint(tmp_path / "run.ckpt")
    checkpoint.save({"weights": torch.arange(6.0), "epoch": 1, "note": ["a", None, (1, 2.5)]})
    return checkpoint


def test_what_was_saved_comes_back(saved):
    state = saved.load()
    assert state["weights"].tolist() == [0, 1, 2, 3, 4, 5]
    assert state["note"] == ["a", None, (1, 2.5)]


def test_altering_any_bit_is_noticed_or_harmless(saved):
    """The archive's checksums cover all content; beside it lie dates and padding."""
    content, refused = saved.path.read_bytes(), 0
    for place in range(len(content)):
        altered = bytearray(content)
        altered[place] ^= 1 << place % 8
        saved.path.write_bytes(altered)
        try:
            state = read_checkpoint(saved.path)
        except CheckpointError as error:
            assert "run.ckpt is damaged" in str(error)
            refused += 1
            continue
        assert state.pop("weights").tolist() == [0, 1, 2, 3, 4, 5]
        assert state == {"epoch": 1, "note": ["a", None, (1, 2.5)]}
    assert refused > len(content) / 4


@pytest.mark.parametrize("left", [0, 1, 65, 66, 500, -1])
def test_a_file_cut_off_anywhere_is_noticed(saved, left):
    saved.path.write_bytes(saved.path.read_bytes()[:left])
    with pytest.raises(CheckpointError, match=r"run\.ckpt is damaged"):
        read_checkpoint(saved.path)


def test_a_file_that_runs_code_when_unpickled_is_refused(saved, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    saved.save({"trap": Trap()})
    with pytest.raises(CheckpointError, match="is damaged"):
        read_checkpoint(saved.path)
    assert not (tmp_path / "sprung").exists()


def test_the_one_before_stands_in_for_a_damaged_one(saved):
    saved.save({"epoch": 2})
    saved.path.write_bytes(b"nonsense")
    with pytest.warns(UserWarning, match="Going on from .*previous, the one before"):
        assert saved.load()["epoch"] == 1


def test_a_damaged_one_does_not_push_out_the_good_one_before(saved):
    saved.save({"epoch": 2})
    saved.path.write_bytes(b"nonsense")
    with pytest.warns(UserWarning, match="Going on from"):
        saved.load()
    saved.save({"epoch": 3})
    found = [read_checkpoint(path)["epoch"] for path in (saved.path, saved.previous)]
    assert found == [3, 1]
    saved.save({"epoch": 4})
    found = [read_checkpoint(path)["epoch"] for path in (saved.path, saved.previous)]
    assert found == [4, 3]


def test_killed_between_the_two_renames_the_one_before_is_read(saved):
    saved.path.rename(saved.previous)
    assert saved.load()["epoch"] == 1


def test_full_disk_is_named_and_leaves_what_was_there(saved, tmp_path, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"No space left on device.*run\.ckpt"):
            saved.save({"epoch": 2})
    assert saved.load()["epoch"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run.ckpt"]


def test_nothing_is_left_beside_the_files_and_nothing_after_removal(saved, tmp_path):
    saved.save({"epoch": 2})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.ckpt", "run.ckpt.previous"]
    saved.remove()
    assert list(tmp_path.iterdir()) == []
    assert saved.load() is None


def test_generators_go_on_from_where_they_were(tmp_path):
    def draw():
        np.random.standard_normal()  # leaves a second number waiting in NumPy's generator
        return random.random(), np.random.standard_normal(), torch.rand(3).tolist()

    seed_everything(0)
    draw()
    checkpoint = Checkpoint(tmp_path / "run.ckpt")
    checkpoint.save({"random": random_state()})
    wanted = draw()
    seed_everything(1)
    restore_random_state(checkpoint.load()["random"])
    assert draw() == wanted


def schedules(optimizer):
    make = torch.optim.lr_scheduler
    cosine, step = make.CosineAnnealingLR(optimizer, 9), make.StepLR(optimizer, 2)
    return [
        make.LambdaLR(optimizer, lambda k: 1 / (1 + k)),
        make.MultiStepLR(optimizer, [2, 3]),
        make.CosineAnnealingWarmRestarts(optimizer, 3),
        make.OneCycleLR(optimizer, 0.1, 20),
        make.ReduceLROnPlateau(optimizer),
        make.SequentialLR(optimizer, [cosine, step], [2]),
        make.ChainedScheduler([make.ExponentialLR(optimizer, 0.9)]),
    ]


def test_every_schedule_of_torch_can_be_saved_and_read_without_running_code(tmp_path):
    weight = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1)
    checkpoint = Checkpoint(tmp_path / "run.ckpt")
    for schedule in schedules(optimizer):
        weight.grad = torch.ones(2)
        optimizer.step()
        plateau = isinstance(schedule, torch.optim.lr_scheduler.ReduceLROnPlateau)
        schedule.step(1.0) if plateau else schedule.step()
        saved = frozen(schedule, "schedule")
        checkpoint.save({"schedule": saved})
        assert checkpoint.load()["schedule"] == saved
