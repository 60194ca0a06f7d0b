"""The command `python -m otbook_utils reproduce <table>`: the missing runs of a published table."""

# Outside `training`, which loads torch: no other command, and no --help, should wait for that.

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path

# By name, so that the engine depends on no part. A table's module has `TABLES`, by name, and
# `SEEDS`.
TABLES = {
    "imbalance": "otbook_utils.scarce_labels.reproducing_the_table.experiment",
    "imbalance-narrow": "otbook_utils.scarce_labels.reproducing_the_table.experiment",
}
EPILOG = """\
Stop it when you like (Ctrl-C, kill): the same command goes on where it stopped. Finished runs lie
in --results, one JSON each; checkpoints and compiled kernels in --work.

On several GPUs, or machines with or without a folder in common, each process takes its part of the
list of runs:
  torchrun --nproc-per-node 4 -m otbook_utils reproduce imbalance
  torchrun --nnodes 2 --node-rank 0 --nproc-per-node 4 --master-addr HOST --master-port 29500 \\
      -m otbook_utils reproduce imbalance
  srun --ntasks 8 --gpus-per-task 1 python -m otbook_utils reproduce imbalance

--epochs, --steps, --batch-size, --width and --test-images make a trial: it proves the path, goes
into a folder of its own under --work and is never read as a result.
"""


def register(commands: argparse._SubParsersAction) -> None:
    """Add `reproduce` to the commands of `python -m otbook_utils`."""
    command = commands.add_parser(
        "reproduce",
        help="run what is missing of a published table, several runs side by side",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_options(command)
    command.set_defaults(run=_reproduce)


def _add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("table", choices=sorted(TABLES))
    command.add_argument("--list", action="store_true", help="say what is there and what is not")
    command.add_argument("--rows", nargs="+", default=[], metavar="ROW", help="some rows only")
    command.add_argument("--seeds", nargs="+", type=_seed, metavar="N", help="by default 0 1 2")
    command.add_argument("--data", type=Path, help="folder with your own copies (OTBOOK_DATA)")
    command.add_argument(
        "--side-by-side", type=_positive, metavar="N", help="runs at once on one GPU"
    )
    command.add_argument(
        "--compile",
        choices=("default", "reduce-overhead", "max-autotune-no-cudagraphs", "off"),
        help="mode of torch.compile; by default it is used on CUDA alone",
    )
    command.add_argument(
        "--fastest-kernels",
        action="store_true",
        help="let timing choose kernels: faster, but a resumed run may differ in its last digits",
    )
    command.add_argument("--results", type=Path, help="by default book/results/<table>")
    command.add_argument("--work", type=Path, help="by default _runs/<table>")
    command.add_argument(
        "--save-every", type=_seconds, default=30.0, metavar="SECONDS", help="between checkpoints"
    )
    trial = command.add_argument_group("a reduced trial")
    for name in ("--epochs", "--steps", "--batch-size", "--width", "--test-images"):
        trial.add_argument(name, type=_positive, metavar="N")


def _number(kind: Callable[[str], float], least: float, most: float, wanted: str):
    """Return a reader of an option's text, for argparse."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be {wanted}, got {text}")
        return value

    return read


_positive = _number(int, 1, math.inf, "a whole number of at least 1")
_seed = _number(int, 0, 2**32 - 1, "a whole number from 0 to 2**32 - 1")
_seconds = _number(float, 0, math.inf, "a number of at least 0")


def _reproduce(arguments: argparse.Namespace) -> int:
    from otbook_utils.training.reproducing import ReproduceError, reproduce

    try:
        return reproduce(arguments, TABLES[arguments.table])
    except ReproduceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
