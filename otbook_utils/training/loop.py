"""One loop for every method: whatever one update is, `step` makes it."""

import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import torch

from otbook_utils.training.checkpoints import Checkpoint
from otbook_utils.training.history import History, Scalars
from otbook_utils.training.places import Place
from otbook_utils.training.progress import Live
from otbook_utils.training.resuming import Standing
from otbook_utils.training.state import Guard, State, modules_in, optimizers_in, parts_of
from otbook_utils.training.streams import Batches
from otbook_utils.training.threads import threads_of


def train(
    state: State | dict[str, Any],
    step: Callable[[Any, Any], Scalars],
    batches: Batches,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    steps_per_epoch: int | None = None,
    after_epoch: Callable[[Any], Mapping[str, Any] | None] | None = None,
    checkpoint: str | os.PathLike | Checkpoint | None = None,
    save_every: float = 30.0,
    run: Mapping[str, Any] | None = None,
    device: torch.device | str | None = None,
    precision: str = "32-true",
    compile: bool | str = False,
    threads: int | None = None,
    show: Callable[[History, int, int | None], None] | str = "training",
) -> History:
    """Call `step(state, batch)` for batch after batch; return what it told of itself.

    state: `State(model=…, optimizer=…)`, or a dict: all that changes on the way.
    step: makes one update of any kind and returns a dict of named scalars, as {"loss": loss}.
    batches: what can be gone through once an epoch (a list, a DataLoader, `DeviceBatches`), or a
    function that returns such a thing (`lambda: zip(labelled, unlabelled)`), or an endless iterator
    epochs, steps: how far to go, in epochs or in steps. steps_per_epoch: at most so many an epoch.
    after_epoch: called with the state after each epoch (to step a scheduler, to evaluate, to draw
    samples); plain values that it returns in a dict go into the epoch's record. Modules get back
    the mode, training or not, that they had.
    checkpoint: a file that the training is resumed from, if it is there, and saved to every
    `save_every` seconds and at the end. A training that is killed and started again ends with the
    same bits. run: plain values that say which training this is; another's checkpoint is refused.
    device: None leaves modules where they are; batches follow them.
    precision, compile: as in `Place`, which also says what happens under torchrun.
    threads: of the CPU; None means one, unless you chose (`settle_threads`).
    show: what to call the progress, or a function called after each step with the history, the
    steps done and those in all.

    Raises ValueError for impossible numbers, for batches that end too early, and for a checkpoint
    of a state that lacks what `step` changes; CheckpointError if the checkpoint is damaged or
    belongs to another training; FloatingPointError if a scalar is no longer finite.

    >>> model = torch.nn.Linear(1, 1)
    >>> state = State(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1))
    >>> def step(state, batch):
    ...     x, y = batch
    ...     loss = (state.model(x) - y).square().mean()
    ...     state.optimizer.zero_grad()
    ...     loss.backward()
    ...     state.optimizer.step()
    ...     return {"loss": loss}
    >>> x = torch.linspace(-1, 1, 20)[:, None]
    >>> history = train(state, step, [(x, 3 * x + 1)], epochs=200)
    >>> len(history["loss"]), bool(history["loss"][-1] < 1e-3)
    (200, True)
    """
    _check(epochs=epochs, steps=steps, steps_per_epoch=steps_per_epoch)
    parts, guard = parts_of(state), None
    if checkpoint is not None:
        checkpoint = checkpoint if isinstance(checkpoint, Checkpoint) else Checkpoint(checkpoint)
        guard = Guard(parts, {"step": step, "after_epoch": after_epoch, "batches": batches})
    modules, optimizers = modules_in(parts), optimizers_in(parts)
    with (
        threads_of(threads),
        Place(modules, optimizers, device, precision, compile) as place,
        Live(show) if isinstance(show, str) else nullcontext(show) as told,
    ):
        standing = Standing(
            parts,
            batches,
            place,
            epochs=epochs,
            steps=steps,
            steps_per_epoch=steps_per_epoch,
            checkpoint=checkpoint,
            guard=guard,
            save_every=save_every,
            run=run,
        )
        history, in_all = standing.history, standing.steps_in_all
        while not standing.finished:
            for batch in standing.batches():  # those of this epoch
                history.add(step(state, batch))  # nothing here waits for the device
                standing.count_step()
                told(history, standing.steps_done, in_all)
            standing.finish_epoch(after_epoch and (lambda: after_epoch(state)))
    return history


def _check(**numbers: int | None) -> None:
    for name, value in numbers.items():
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
        if value is not None and not whole:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    if (numbers["epochs"] is None) == (numbers["steps"] is None):
        given = "both" if numbers["epochs"] else "neither"
        raise ValueError(f"one of epochs and steps must say how far to go, got {given}")
