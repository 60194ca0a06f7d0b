"""Training and evaluating one model, on one device or many, and taking it up where it stopped.

Built on lightning-fabric: the same loop runs on a CPU, on a GPU in bfloat16, and on several GPUs or
machines started by torchrun.
"""

import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn

from otbook_utils.training.batches import DeviceBatches
from otbook_utils.training.checkpoints import (
    Checkpoint,
    CheckpointError,
    random_state,
    restore_random_state,
)
from otbook_utils.training.devices import device

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
FORMAT = 1  # of the state in a checkpoint
SAVE_EVERY = 30.0  # seconds: what a killed run loses at most (twice, if the newest is damaged)


def open_fabric(
    *,
    devices: int | Sequence[int] | None = None,
    precision: str | None = None,
    accelerator: str | None = None,
) -> Fabric:
    """Return a launched Fabric for this machine, or for all processes that torchrun started.

    devices: how many, or which; by default one, or one a process under torchrun.
    precision: Fabric's name for it; by default "bf16-mixed" on a GPU whose tensor cores know
    bfloat16 (compute capability 8 and later), "32-true" elsewhere.
    accelerator: "cuda", "mps" or "cpu"; by default the fastest that this machine has.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> open_fabric(devices=1).world_size
    1
    """
    world = int(os.environ.get("WORLD_SIZE", 1)) if devices is None else 1
    if world > 1:
        local = int(os.environ.get("LOCAL_WORLD_SIZE", world))
        spread = {"strategy": "ddp", "devices": local, "num_nodes": world // local}
    else:
        spread = {"devices": 1 if devices is None else devices}
    kind = accelerator or device().type
    if kind == "cpu" and not isinstance(spread["devices"], int):
        spread["devices"] = 1
    precision = precision or (best_precision() if kind == "cuda" else "32-true")
    fabric = Fabric(accelerator=kind, precision=precision, **spread)
    fabric.launch()
    return fabric


def best_precision() -> str:
    """Return "bf16-mixed" where the GPU computes in bfloat16, else "32-true".

    bfloat16 keeps float32's range, so no loss scaling is needed; weights stay in float32.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> best_precision() in {"bf16-mixed", "32-true"}
    True
    """
    fast = torch.cuda.is_available() and torch.cuda.get_device_capability() >= (8, 0)
    return "bf16-mixed" if fast else "32-true"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How often a model was right: correct and seen are (classes,) int64 on the CPU.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> Evaluation(torch.tensor([9, 5]), torch.tensor([10, 10])).accuracy()
    70.0
    """

    correct: torch.Tensor
    seen: torch.Tensor

    def accuracy(self, classes: Sequence[int] | None = None) -> float:
        """Return the percentage right among images of `classes` (by default of all)."""
        which = slice(None) if classes is None else list(classes)
        return 100 * int(self.correct[which].sum()) / int(self.seen[which].sum())


class Engine:
    """One model, moved to the device, with all that makes its training fast.

    model: moved in place. fabric: where to; `open_fabric()` by default.
    compile: a mode of torch.compile ("default", "reduce-overhead", ...) or False; None compiles on
    CUDA alone, where it fuses the element-wise work between convolutions.
    exact: let no kernel depend on timing or on the order of atomic additions, so that a run that is
    repeated gives the same bits on the same device with as many threads, and one that is killed and
    resumed takes the number of threads it began with; False lets cuDNN time its kernels.

    Over several processes the model is wrapped in DDP. Batch norm then averages over the images of
    all processes on CUDA (SyncBatchNorm); on the CPU, where torch has no such layer, it averages
    over each process's own images, with a warning: such a model does not train as on one.

    Make the optimizer from `engine.model.parameters()` after this.

    Taught in `book/scarce_labels/02_reproducing_the_table.ipynb`.

    >>> import numpy as np
    >>> images = np.random.RandomState(0).randint(256, size=(64, 4, 4, 1)).astype(np.uint8)
    >>> engine = Engine(nn.Sequential(nn.Flatten(), nn.Linear(16, 2)))
    >>> labels, on = (images.mean((1, 2, 3)) > 127).astype(int), engine.fabric.device
    >>> batches = DeviceBatches(images, labels, 16, device=on)
    >>> optimizer = torch.optim.SGD(engine.model.parameters(), lr=0.5)
    >>> history = engine.train(batches, nn.CrossEntropyLoss(), optimizer, epochs=20)
    >>> history[-1]["train_loss"] < history[0]["train_loss"]
    True
    >>> engine.evaluate(batches, classes=2).accuracy() > 80
    True
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        fabric: Fabric | None = None,
        compile: str | bool | None = None,
        exact: bool = True,
    ) -> None:
        self.fabric = fabric or open_fabric()
        on_cuda = self.fabric.device.type == "cuda"
        torch.backends.cudnn.deterministic = exact
        torch.backends.cudnn.benchmark = not exact
        model = self._with_shared_statistics(model)
        # channels_last: the layout of the tensor cores, so no kernel transposes first.
        layout = torch.channels_last if on_cuda else torch.preserve_format
        self.model = model.to(self.fabric.device, memory_format=layout)
        mode = compile if compile is not None else on_cuda
        self.compile_mode = "default" if mode is True else (mode or None)
        wrapped = _compiled(model, self.compile_mode, exact) if self.compile_mode else model
        self.forward = self.fabric.setup_module(wrapped)

    def train(
        self,
        batches: DeviceBatches,
        loss: Loss,
        optimizer: torch.optim.Optimizer,
        *,
        epochs: int,
        scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
        steps: int | None = None,
        after_epoch: Callable[[], Mapping[str, Any]] | None = None,
        checkpoint: Checkpoint | None = None,
        save_every: float = SAVE_EVERY,
        run: Mapping[str, Any] | None = None,
        on_step: Callable[[int], None] | None = None,
        on_resume: Callable[[int, int], None] | None = None,
    ) -> list[dict[str, Any]]:
        """Train for `epochs` epochs and return one record an epoch.

        loss: called with logits (batch, classes) and labels (batch,) of the whole batch, also when
        several processes share it: a loss that divides by the batch's weights is that of one.
        scheduler: stepped after each epoch. steps: at most so many of each epoch (for trials).
        after_epoch: called after each epoch; what it returns (plain values) goes into the record.
        checkpoint: resumed from if it holds a state, saved to after an epoch and, in a single
        process, within one, when `save_every` seconds have passed. The last state stays in it.
        run: plain values that say which run this is; a checkpoint of another is refused.
        on_step: called with the number of images after each step. on_resume: called with the whole
        epochs done and the steps of the next where a checkpoint is resumed from.

        Each record holds epoch (from 1), learning_rate, train_loss (mean over the steps),
        train_seconds and what `after_epoch` returned.

        Raises ValueError if the batches live on another device than the model, CheckpointError if
        the checkpoint is damaged or belongs to another run, and FloatingPointError if the loss is
        no longer finite.
        """
        self._check_place(batches)
        if isinstance(loss, nn.Module):
            loss = loss.to(self.fabric.device)
        stand = _Standing(self, optimizer, scheduler, dict(run or {}))
        with _threads_given_back():
            if checkpoint is not None and stand.resume(checkpoint) and on_resume is not None:
                on_resume(stand.epoch, stand.step)
            wrapped = self.fabric.setup_optimizers(optimizer)
            length = min(len(batches), steps or len(batches))
            saver = _Saver(stand, checkpoint, save_every)
            while stand.epoch < epochs:
                self._train_epoch(batches, loss, wrapped, stand, saver, length, on_step)
                stand.finish_epoch(length, after_epoch)
                saver.after_epoch(last=stand.epoch == epochs)
        return stand.history

    def _train_epoch(self, batches, loss, optimizer, stand, saver, length, on_step) -> None:
        rank, world = self.fabric.global_rank, self.fabric.world_size
        self.forward.train()
        stand.start_clock()
        plan = batches.epoch(stand.epoch, start=stand.step, rank=rank, world=world)
        # Nothing in this loop reads a number from the device: the host runs ahead of it.
        for x, y in islice(plan, length - stand.step):
            optimizer.zero_grad(set_to_none=True)  # no pass over memory to write zeros
            value = loss(self._whole_batch(self.forward(x)), y)
            self.fabric.backward(value)
            optimizer.step()
            stand.loss_sum += value.detach()  # summed on the device, read once an epoch
            stand.step += 1
            if on_step is not None:
                on_step(len(y))
            saver.within_epoch(length)

    def _whole_batch(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the logits of the whole batch: (batch / processes, c) to (batch, c).

        Each process then takes the loss of the whole batch. The gradient that flows back through
        the gathering is summed over the processes, and DDP's mean over them makes it that of one.
        """
        if self.fabric.world_size == 1:
            return logits
        return self.fabric.all_gather(logits, sync_grads=True).flatten(0, 1)

    @torch.no_grad()
    def evaluate(
        self, batches: DeviceBatches, classes: int, on_step: Callable[[int], None] | None = None
    ) -> Evaluation:
        """Return how often the model is right on `batches`, by class; one read at the end.

        Raises ValueError if the batches live on another device than the model.
        """
        self._check_place(batches)
        rank, world = self.fabric.global_rank, self.fabric.world_size
        counts = torch.zeros(2, classes, device=self.fabric.device)
        # DDP would wait for the other processes at each batch; without it each takes its own.
        forward = self.forward if world == 1 else self.model
        was_training = self.model.training
        forward.eval()
        for x, y in islice(batches.epoch(0), rank, None, world):
            with self.fabric.autocast():
                hits = forward(x).argmax(dim=1) == y
            # Adding whole numbers below 2**24 in float32 is exact in any order.
            counts.index_add_(1, y, torch.stack([hits.float(), torch.ones_like(hits).float()]))
            if on_step is not None:
                on_step(len(y))
        forward.train(was_training)
        counts = self.fabric.all_reduce(counts, reduce_op="sum").long().cpu()
        return Evaluation(correct=counts[0], seen=counts[1])

    def _check_place(self, batches: DeviceBatches) -> None:
        if batches.images.device != self.fabric.device:
            raise ValueError(
                f"batches must live on the model's device {self.fabric.device} (give DeviceBatches "
                f"device=engine.fabric.device), got {batches.images.device}"
            )

    def _with_shared_statistics(self, model: nn.Module) -> nn.Module:
        has_norm = any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in model.modules())
        if self.fabric.world_size == 1 or not has_norm:
            return model
        if self.fabric.device.type == "cuda":
            return nn.SyncBatchNorm.convert_sync_batchnorm(model)
        warnings.warn(
            f"batch norm averages over each of the {self.fabric.world_size} processes' own images: "
            "on the CPU torch cannot share them, so this does not train as one process would",
            stacklevel=3,
        )
        return model

    def __repr__(self) -> str:
        n = sum(p.numel() for p in self.model.parameters())
        return (
            f"Engine({type(self.model).__name__} with {n:,} parameters on {self.fabric.device}, "
            f"{self.fabric.world_size} process(es), {self.fabric._precision.precision}, "
            f"compile={self.compile_mode})"
        )


def _compiled(model: nn.Module, mode: str, exact: bool):
    if exact:
        import torch._inductor.config as inductor

        # Else Inductor times variants of a reduction, and what is fastest may differ next time.
        if hasattr(inductor, "deterministic"):
            inductor.deterministic = True
    # dynamic=False: batches have one shape in training and one in testing, each worth a kernel.
    return torch.compile(model, mode=mode, dynamic=False)


@contextmanager
def _threads_given_back() -> Iterator[None]:
    """Leave torch with as many threads as it had: what is resumed inside may change that."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class _Standing:
    """Where a training stands: all that changes on the way, and so all that a checkpoint holds."""

    def __init__(self, engine, optimizer, scheduler, run) -> None:
        self.engine, self.optimizer, self.scheduler, self.run = engine, optimizer, scheduler, run
        self.epoch, self.step, self.seconds = 0, 0, 0.0
        self.history: list[dict[str, Any]] = []
        self.loss_sum = torch.zeros((), device=engine.fabric.device)
        self.start_clock()

    def start_clock(self) -> None:
        self.began = time.perf_counter() - self.seconds

    def finish_epoch(self, length: int, after_epoch) -> None:
        loss = self.loss_sum.item() / length  # the one wait for the device in an epoch
        seconds = time.perf_counter() - self.began
        if not torch.isfinite(self.loss_sum):
            raise FloatingPointError(
                f"the training loss of epoch {self.epoch + 1} is {loss}: the run diverged"
            )
        self.epoch += 1
        record = {
            "epoch": self.epoch,
            "learning_rate": float(self.optimizer.param_groups[0]["lr"]),
            "train_loss": loss,
            "train_seconds": seconds,
        }
        self.history.append(record | dict(after_epoch() if after_epoch is not None else {}))
        if self.scheduler is not None:
            self.scheduler.step()
        self.step, self.seconds = 0, 0.0
        self.loss_sum = torch.zeros_like(self.loss_sum)

    def state(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "run": self.run,
            "model": self.engine.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict() if self.scheduler is not None else None,
            "epoch": self.epoch,
            "step": self.step,
            "seconds": time.perf_counter() - self.began if self.step else 0.0,
            "loss_sum": self.loss_sum,
            "history": self.history,
            "threads": torch.get_num_threads(),
            "random": _from_all_processes(random_state(), self.engine.fabric.world_size),
        }

    def resume(self, checkpoint: Checkpoint) -> bool:
        state = checkpoint.load()
        if state is None:
            return False
        self._check(state, checkpoint)
        self.engine.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state["scheduler"])
        self.epoch, self.step, self.seconds = state["epoch"], state["step"], state["seconds"]
        self.history = list(state["history"])
        self.loss_sum = state["loss_sum"].to(self.engine.fabric.device)
        restore_random_state(state["random"][self.engine.fabric.global_rank])
        # On the CPU each thread adds up its own part, so another number of them rounds otherwise.
        torch.set_num_threads(state.get("threads", torch.get_num_threads()))
        return True

    def _check(self, state: Mapping[str, Any], checkpoint: Checkpoint) -> None:
        wanted = {"format": FORMAT, "processes": self.engine.fabric.world_size} | self.run
        found = {"format": state.get("format"), "processes": len(state.get("random", ()))}
        found |= state.get("run", {})
        for key in wanted.keys() | found.keys():
            if wanted.get(key) != found.get(key):
                raise CheckpointError(
                    f"checkpoint {checkpoint.path} belongs to another run: its {key} is "
                    f"{found.get(key)!r}, wanted {wanted.get(key)!r}. Remove it to start anew"
                )


class _Saver:
    """When to save: by the clock, so that saving costs a fixed share of the time."""

    def __init__(self, stand: _Standing, checkpoint: Checkpoint | None, every: float) -> None:
        self.stand, self.checkpoint, self.every = stand, checkpoint, every
        self.saved = time.monotonic()

    def within_epoch(self, length: int) -> None:
        # Several processes would have to agree on the time first, at every step.
        if self.stand.engine.fabric.world_size == 1 and self.stand.step < length and self._due():
            self._save()

    def after_epoch(self, last: bool) -> None:
        # The first process's clock decides for all: collecting their states takes all of them.
        if self.checkpoint is not None and self.stand.engine.fabric.broadcast(last or self._due()):
            self._save()

    def _due(self) -> bool:
        return self.checkpoint is not None and time.monotonic() - self.saved >= self.every

    def _save(self) -> None:
        state = self.stand.state()
        if self.stand.engine.fabric.is_global_zero:
            self.checkpoint.save(state)
        self.saved = time.monotonic()


def _from_all_processes(value: Any, world: int) -> list[Any]:
    if world == 1:
        return [value]
    values = [None] * world
    torch.distributed.all_gather_object(values, value)
    return values
