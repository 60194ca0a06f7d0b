"""Small work gets one thread, unless somebody chose: also in a kernel that a learner starts."""

import os
import subprocess
import sys

import pytest

from otbook_utils.training.threads import VARIABLES, settle_threads

SEED = "from otbook_utils.training import seed_everything, train, State; seed_everything(0); "
TRAIN = "train(State(), lambda s, b: {'threads': torch.get_num_threads()}, [0], steps=1"
TELL = "from threadpoolctl import threadpool_info as info; "
TELL += "print(torch.get_num_threads(), max(p['num_threads'] for p in info()))"


def threads(code, **variables):
    """Return how many threads torch and the BLAS libraries have after `code`, four cores given."""
    clean = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    # torch takes as many as this says, which no user of this process chose.
    start = "import torch, numpy, scipy.linalg; "
    if not variables:
        start = "import torch; torch.set_num_threads(4); import numpy, scipy.linalg; "
    command = [sys.executable, "-c", start + code + TELL]
    answer = subprocess.run(command, env=clean | variables, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return tuple(map(int, answer.stdout.split()))


def test_a_kernel_of_a_learner_computes_in_one_thread():
    assert threads(SEED) == (1, 1)


def test_a_variable_of_the_environment_is_a_choice():
    assert threads(SEED, OMP_NUM_THREADS="2")[0] == 2


def test_a_call_before_or_after_is_a_choice():
    before = "import otbook_utils.training; torch.set_num_threads(3); "
    assert threads(before + SEED)[0] == 3
    assert threads(SEED + "torch.set_num_threads(3); seed_everything(1); ")[0] == 3
    kept = SEED + "torch.set_num_threads(3); "
    assert threads(kept + f"assert {TRAIN})['threads'] == 3; ")[0] == 3


def test_one_training_may_have_more():
    assert threads(SEED + f"assert {TRAIN}, threads=2)['threads'] == 2; ") == (1, 1)
    alone = "from otbook_utils.training import train, State; "
    assert threads(alone + f"assert {TRAIN})['threads'] == 1; ")[0] == 1


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "2"])
def test_an_impossible_number_of_threads_is_named(wrong):
    with pytest.raises(ValueError, match="threads must be a whole number of at least 1"):
        settle_threads(wrong)
