"""Where a training stands, how that is saved, and how it is taken up again, to the last bit."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from otbook_utils.training.checkpoints import (
    Checkpoint,
    CheckpointError,
    random_state,
    restore_random_state,
)
from otbook_utils.training.history import History
from otbook_utils.training.places import Place
from otbook_utils.training.state import Guard, frozen, generators_in, thaw
from otbook_utils.training.streams import Batches, Stream, digest, seed_of_stream

FORMAT = 2  # of the state in a checkpoint
COUNTERS = ("steps_done", "epochs_done")


class Standing:
    """Where a training stands: all that changes on the way, and so all that a checkpoint holds.

    parts: of the training's state. epochs, steps, steps_per_epoch: how far it goes, as in `train`.
    checkpoint: resumed from if it holds a state. guard: asked before each save. run: plain values
    that say which training this is.
    """

    def __init__(
        self,
        parts: dict[str, Any],
        batches: Batches,
        place: Place,
        *,
        epochs: int | None = None,
        steps: int | None = None,
        steps_per_epoch: int | None = None,
        checkpoint: Checkpoint | None = None,
        guard: Guard | None = None,
        save_every: float = 30.0,
        run: Mapping[str, Any] | None = None,
    ) -> None:
        self.parts, self.place = parts, place
        self.checkpoint, self.guard = checkpoint, guard
        self.epochs, self.steps = epochs or math.inf, steps or math.inf
        self.steps_per_epoch, self.save_every = steps_per_epoch or math.inf, save_every
        # An earlier training of the same state may have come before.
        self.began = {name: parts[name] for name in COUNTERS}
        self.run = dict(run or {}) | {"began": dict(self.began)}
        self.history = History(place.average if place.world > 1 else None)
        self.stream = Stream(batches, place.agreed(seed_of_stream(parts["steps_done"])))
        self.step, self.seconds = 0, 0.0  # of this epoch
        self.saved = self.clock = time.monotonic()
        self.beginning: dict[str, Any] | None = None
        if checkpoint is not None and not self._resume():
            self._note_beginning()

    @property
    def steps_done(self) -> int:
        """Steps of this training so far."""
        return self.parts["steps_done"] - self.began["steps_done"]

    @property
    def finished(self) -> bool:
        """Whether every step is done and the last epoch closed."""
        epochs_done = self.parts["epochs_done"] - self.began["epochs_done"]
        enough = epochs_done >= self.epochs or self.steps_done >= self.steps
        return enough and self.step == 0

    @property
    def steps_in_all(self) -> int | None:
        """How many steps the whole training has, or None where that is not known."""
        if self.steps < math.inf:
            return int(self.steps)
        try:
            length = min(len(self.stream), self.steps_per_epoch)
        except TypeError:
            length = self.steps_per_epoch
        return int(self.epochs * length) if length < math.inf else None

    def batches(self) -> Iterator[Any]:
        """Yield the batches that are left of this epoch, where the training computes."""
        while self.step < self.steps_per_epoch and self.steps_done < self.steps:
            batch = self.stream.draw(self.parts["epochs_done"])
            if batch is None:
                return
            yield self.place.move(batch[0])

    def count_step(self) -> None:
        """Note that one more step is done, and save if it is time."""
        self.step += 1
        self.parts["steps_done"] += 1
        # Several processes would have to agree on the time first, at every step.
        if self.checkpoint is not None and self.place.world == 1 and self._due():
            self._save()

    def finish_epoch(self, after_epoch: Callable[[], Mapping[str, Any] | None] | None) -> None:
        """Write the epoch's record, let `after_epoch` add to it, and save if it is time."""
        if self.step == 0:
            raise ValueError(
                f"batches gave none in epoch {len(self.history.epochs) + 1}: give what can be gone "
                "through once an epoch (a list, a DataLoader, a function that returns an iterator)"
            )
        self._count_seconds()
        record = self.history.finish_epoch(self.seconds)
        self.parts["epochs_done"] += 1
        self.step, self.seconds = 0, 0.0
        self.stream.finish_epoch()
        if after_epoch is not None:
            modes = self._modes()
            record.update(after_epoch() or {})
            for module, training in modes:  # an evaluation may have left them in eval mode
                module.training = training
        if self.checkpoint is not None:
            self._note_beginning()
            # The first process's clock decides for all: collecting their states takes all of them.
            if self.place.agreed(self.finished or self._due()):
                self._save()
        self.clock = time.monotonic()

    def _modes(self) -> list[tuple[torch.nn.Module, bool]]:
        return [(part, part.training) for m in self.place.modules for part in m.modules()]

    def _due(self) -> bool:
        return time.monotonic() - self.saved >= self.save_every

    def _count_seconds(self) -> None:
        now = time.monotonic()
        self.seconds, self.clock = self.seconds + now - self.clock, now

    def _note_beginning(self) -> None:
        """Remember how all random numbers stand where the batches begin.

        From there they can be drawn again up to the step of a checkpoint: an epoch's, but for an
        iterator that goes on from one epoch into the next, which begins once.
        """
        if self.beginning is None or not self.stream.goes_on:
            self.beginning = self._random()

    def _random(self) -> dict[str, Any]:
        return {
            "global": random_state(),
            "stream": self.stream.random_state(),
            "generators": [frozen(part, "generator") for part in generators_in(self.parts)],
        }

    def _restore_random(self, state: Mapping[str, Any]) -> None:
        restore_random_state(state["global"])
        self.stream.restore_random_state(state["stream"])
        for part, saved in zip(generators_in(self.parts), state["generators"], strict=True):
            thaw(part, saved)

    def _save(self) -> None:
        self._count_seconds()
        if self.guard is not None:
            self.guard.check()
        state = {
            "format": FORMAT,
            "run": self.run,
            "parts": {name: frozen(part, name) for name, part in self.parts.items()},
            "history": self.history.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "last_batch": digest(self.stream.last),
            "threads": torch.get_num_threads(),
            "random": self.place.from_all(self._random()),
            "beginning": self.place.from_all(self.beginning),
        }
        if self.place.rank == 0:
            self.checkpoint.save(state)
        self.saved = time.monotonic()

    def _resume(self) -> bool:
        state = self.checkpoint.load()
        if state is None:
            return False
        self._check(state)
        for name, part in self.parts.items():
            self.parts[name] = thaw(part, state["parts"][name])
        self.history.load_state_dict(state["history"])
        self.step, self.seconds = state["step"], state["seconds"]
        # On the CPU each thread adds up its own part, so another number of them rounds otherwise.
        torch.set_num_threads(state["threads"])
        self.beginning = state["beginning"][self.place.rank]
        skip = self.steps_done if self.stream.goes_on else self.step
        if skip and not self.finished:
            self._restore_random(self.beginning)
            self.stream.open(self.parts["epochs_done"], skip)
            if digest(self.stream.last) != state["last_batch"]:
                raise CheckpointError(
                    f"checkpoint {self.checkpoint.path} cannot be taken up: batches does not give "
                    f"the same batches again (those before step {self.steps_done + 1} differ). "
                    "Begin it anew before resuming, and put the generator that it draws from into "
                    "the state; or remove the checkpoint to start again"
                )
        self._restore_random(state["random"][self.place.rank])
        return True

    def _check(self, state: Mapping[str, Any]) -> None:
        wanted = {"format": FORMAT, "processes": self.place.world, "parts": sorted(self.parts)}
        found = {"format": state.get("format"), "processes": len(state.get("random", ()))}
        found |= {"parts": sorted(state.get("parts", ()))} | state.get("run", {})
        wanted |= self.run
        for key in wanted.keys() | found.keys():
            if wanted.get(key) != found.get(key):
                raise CheckpointError(
                    f"checkpoint {self.checkpoint.path} belongs to another run: its {key} is "
                    f"{found.get(key)!r}, wanted {wanted.get(key)!r}. Remove it to start anew"
                )
