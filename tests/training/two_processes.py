"""Started by torchrun, or alone: trains, and lets the first process write what came of it."""

import sys
import warnings
from contextlib import suppress
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from otbook_utils.training import State, seed_everything, train, whole_batch

WEIGHT = torch.tensor([1.0, 5.0])


def batches():
    generator = torch.Generator().manual_seed(0)
    for _ in range(6):
        x = torch.randn(16, 3, generator=generator)
        yield {"x": x, "y": (x.sum(1) > 0).long()}


def build(*extra):
    seed_everything(1)
    player = nn.Sequential(nn.Linear(3, 8), *extra, nn.Tanh(), nn.Linear(8, 2))
    rival = nn.Linear(2, 1)
    return State(
        player=player,
        rival=rival,
        first=torch.optim.Adam(player.parameters(), lr=0.05),
        second=torch.optim.SGD(rival.parameters(), lr=0.1),
    )


def step(state, batch):
    """Two players, a weighted mean over the batch, and a gradient's norm that is derived again."""
    logits = state.player(batch["x"])
    # The weights of a batch differ from process to process: the loss is taken of the whole.
    loss = F.cross_entropy(whole_batch(logits), whole_batch(batch["y"]), WEIGHT)
    loss = loss + state.rival(logits).mean()
    state.first.zero_grad()
    loss.backward()
    state.first.step()
    inputs = state.player(batch["x"]).detach().requires_grad_()
    scores = state.rival(inputs)
    (slope,) = torch.autograd.grad(scores.sum(), inputs, create_graph=True)
    penalty = (slope.norm(dim=1) - 1).square().mean() - scores.mean()
    state.second.zero_grad()
    penalty.backward()
    state.second.step()
    return {"loss": loss, "penalty": penalty}


def run(folder=None, **how):
    state = build()
    checkpoint = folder and Path(folder, "run.ckpt")
    history = train(state, step, batches, epochs=3, checkpoint=checkpoint, save_every=0.0, **how)
    return state, history


def found(state, history):
    return {
        "weights": {**state.player.state_dict(), "rival": state.rival.weight.detach()},
        "losses": history["loss"].tolist(),
        "penalties": [record["penalty"] for record in history.epochs],
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    state, history = run()
    told = found(state, history) | {"world": torch.distributed.get_world_size()}
    # Stopped after the first epoch, and taken up by both.
    calls = []

    def stop(state):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        run(folder, after_epoch=stop)
    told["resumed"] = found(*run(folder, after_epoch=lambda state: None))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train(build(nn.BatchNorm1d(8)), step, batches, steps=1)
    told["warnings"] = [str(warning.message) for warning in caught]
    if torch.distributed.get_rank() == 0:
        torch.save(told, folder / "two.pt")
