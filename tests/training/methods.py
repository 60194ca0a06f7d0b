"""Trainings small enough to be killed many times: a game, a bound, a mixture of two losses."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from otbook_utils.files import write_atomically
from otbook_utils.training import State, seed_everything, train
from otbook_utils.training.history import History

EPOCHS = 4


def points(n: int, seed: int) -> torch.Tensor:
    """Return n points around two centres: (n, 2)."""
    generator = torch.Generator().manual_seed(seed)
    centres = 2.0 * torch.randint(2, (n, 1), generator=generator) - 1
    return centres + 0.3 * torch.randn(n, 2, generator=generator)


def net(inputs: int, outputs: int, *extra: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, 16), *extra, nn.ReLU(), nn.Linear(16, outputs))


class Gan:
    """Two players with an optimiser and a schedule each, noise from torch's own generator.

    The discriminator moves at every step, the generator at every other one; a moving average of
    the generator's weights is kept, and samples are kept from every epoch.
    """

    def __init__(self) -> None:
        generator, critic = net(3, 2), net(2, 1, nn.Dropout(0.2))
        average = torch.optim.swa_utils.AveragedModel(generator)
        slow = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
        fast = torch.optim.RMSprop(critic.parameters(), lr=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR
        schedules = [schedule(slow, 0.01, 20), schedule(fast, 0.01, 40)]
        self.state = State(
            generator=generator,
            critic=critic,
            average=average,
            slow=slow,
            fast=fast,
            schedules=schedules,
            samples=[],
        )
        self.batches = DataLoader(TensorDataset(points(80, seed=0)), 8, shuffle=True)

    @staticmethod
    def step(state: State, batch: list[torch.Tensor]) -> dict[str, torch.Tensor]:
        (real,) = batch
        fake = state.generator(torch.randn(len(real), 3))
        scores = torch.cat([state.critic(real), state.critic(fake.detach())])
        truth = torch.cat([torch.ones(len(real), 1), torch.zeros(len(real), 1)])
        critic_loss = F.binary_cross_entropy_with_logits(scores, truth)
        state.fast.zero_grad()
        critic_loss.backward()
        state.fast.step()
        told = {"critic": critic_loss}
        if state.steps_done % 2:
            generator_loss = F.softplus(-state.critic(fake)).mean()
            state.slow.zero_grad()
            generator_loss.backward()
            state.slow.step()
            state.schedules[0].step()
            state.average.update_parameters(state.generator)
            told["generator"] = generator_loss
        state.schedules[1].step()
        return told

    @staticmethod
    def after_epoch(state: State) -> dict[str, float]:
        with torch.no_grad():
            state.samples.append(state.average(torch.randn(4, 3)))
        return {"spread": state.samples[-1].std().item()}


class Vae:
    """A bound whose two terms are weighed by how far the training is; batches without end."""

    def __init__(self) -> None:
        self.state = State(nets={"encoder": net(2, 4), "decoder": net(2, 2)})
        both = [p for part in self.state.nets.values() for p in part.parameters()]
        self.state.log_noise = torch.zeros((), requires_grad=True)
        self.state.optimizer = torch.optim.AdamW([*both, self.state.log_noise], lr=3e-3)
        self.state.random = np.random.default_rng(3)
        self.batches = self.endless()

    @staticmethod
    def endless():
        loader = DataLoader(TensorDataset(points(60, seed=1)), 10, shuffle=True)
        while True:  # each time in another order
            for (x,) in loader:
                yield {"x": x}

    @staticmethod
    def step(state: State, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        mean, log_std = state.nets["encoder"](batch["x"]).chunk(2, dim=1)
        noise = torch.from_numpy(state.random.standard_normal(mean.shape)).float()
        back = state.nets["decoder"](mean + log_std.exp() * noise)
        error = (back - batch["x"]).square() / (2 * state.log_noise.exp()) + state.log_noise / 2
        gap = (mean.square() + (2 * log_std).exp()) / 2 - log_std - 0.5
        weight = min(1.0, state.steps_done / 20)
        loss = error.sum(1).mean() + weight * gap.sum(1).mean()
        state.optimizer.zero_grad()
        loss.backward()
        state.optimizer.step()
        return {"bound": -loss, "gap": gap.mean(), "weight": weight}

    after_epoch = None


class SemiSupervised:
    """Few labelled points beside many unlabelled ones, paired anew in every epoch.

    Gradients are gathered over three steps, so they too are on the way when it is killed.
    """

    def __init__(self) -> None:
        model = net(2, 2, nn.BatchNorm1d(16), nn.Dropout(0.1))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 3])
        order = torch.Generator().manual_seed(8)
        self.state = State(model=model, optimizer=optimizer, schedule=schedule, order=order, best=0)
        x = points(90, seed=2)
        known = TensorDataset(x[:12], (x[:12].sum(1) > 0).long())
        labelled = DataLoader(known, 4, shuffle=True)
        unlabelled = DataLoader(TensorDataset(x[12:]), 8, shuffle=True, generator=order)

        def pairs():
            def for_ever():
                while True:
                    yield from labelled

            return zip(unlabelled, for_ever(), strict=False)

        self.batches = pairs

    @staticmethod
    def step(state: State, batch) -> dict[str, torch.Tensor]:
        (unknown,), (x, y) = batch
        supervised = F.cross_entropy(state.model(x), y)
        guess = F.softmax(state.model(unknown), dim=1)
        consistency = (guess - F.softmax(state.model(unknown + 0.1 * torch.randn(2)), 1)).square()
        ((supervised + consistency.mean()) / 3).backward()
        if state.steps_done % 3 == 2:
            state.optimizer.step()
            state.optimizer.zero_grad()
        return {"supervised": supervised, "consistency": consistency.mean()}

    @staticmethod
    def after_epoch(state: State) -> dict[str, float]:
        state.schedule.step()
        state.model.eval()
        x = points(50, seed=4)
        right = (state.model(x).argmax(1) == (x.sum(1) > 0)).float().mean().item()
        state.best = max(state.best, right)
        return {"right": right}


METHODS = {"gan": Gan, "vae": Vae, "semi-supervised": SemiSupervised}
HOW_FAR = {"gan": {"epochs": EPOCHS}, "vae": {"steps": 40, "steps_per_epoch": 9}}


def run(name: str, folder: Path | None = None, pause: float = 0.0, on_step=None, **changes):
    """Train a method to its end, from the checkpoint in `folder` if there is one."""
    seed_everything(1)
    method = METHODS[name]()

    def step(state, batch):
        time.sleep(pause)
        told = method.step(state, batch)
        if on_step is not None:
            on_step()
        return told

    settings = HOW_FAR.get(name, {"epochs": EPOCHS}) | {"save_every": 0.0} | changes
    history = train(
        method.state,
        step,
        method.batches,
        after_epoch=method.after_epoch,
        checkpoint=folder and Path(folder, f"{name}.ckpt"),
        **settings,
    )
    return method.state, history


def numbers(state: State, history: History) -> dict:
    """Return all that must not depend on being killed, exact: floats as hexadecimal digits."""
    tensors = [p for part in vars(state).values() for p in _tensors(part)]
    records = [
        {key: float(value).hex() for key, value in record.items() if key != "seconds"}
        for record in history.epochs
    ]
    return {
        "weights": [t.detach().double().flatten().tolist() for t in tensors],
        "curves": {name: [x.hex() for x in history[name]] for name in history.names},
        "epochs": records,
        "next": [torch.rand(1).item(), np.random.rand()],
    }


def _tensors(part) -> list[torch.Tensor]:
    if isinstance(part, torch.Tensor):
        return [part]
    if isinstance(part, list):
        return [tensor for item in part for tensor in _tensors(item)]
    if isinstance(part, dict):
        return _tensors(list(part.values()))
    return _tensors(part.state_dict()) if hasattr(part, "state_dict") else []


def run_and_write(name: str, folder: str, pause: float) -> None:
    """Train in a process of its own and leave the numbers in `folder` at the end."""
    torch.set_num_threads(1)
    found = numbers(*run(name, folder, pause))
    write_atomically(Path(folder, f"{name}.json"), json.dumps(found).encode())


if __name__ == "__main__":
    run_and_write(*sys.argv[1:3], float(sys.argv[3]))
