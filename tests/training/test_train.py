"""One loop for every method: a killed training ends with the same bits as an undisturbed one."""

import json
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.training import methods

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
