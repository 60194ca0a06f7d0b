"""Active learning on MNIST, recorded: `python -m otbook_utils reproduce active-mnist`."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from otbook_utils.bayesian_networks.acquisition import bald, variation_ratios
from otbook_utils.data import load
from otbook_utils.experiments import Experiment, Outcome, Run
from otbook_utils.training import State, seed_everything

SCORES = {"variation-ratios": variation_ratios, "bald": bald}
CHUNK = 250  # images at a time, where no gradient is wanted


class DropoutNet(nn.Module):
    """Two convolutions and two dense layers with dropout before either (Gal et al. 2017).

    >>> net = DropoutNet()
    >>> net(torch.zeros(3, 1, 28, 28)).shape, net.sampled(torch.zeros(3, 1, 28, 28), 5).shape
    (torch.Size([3, 10]), torch.Size([5, 3, 10]))
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 32, 4), nn.ReLU(), nn.Conv2d(32, 32, 4), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.head = nn.Sequential(
            nn.Dropout(0.25),
            nn.Flatten(),
            nn.Linear(32 * 11 * 11, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(128, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (batch, 10)."""
        return self.head(self.body(x))

    @torch.no_grad()
    def sampled(self, x: Tensor, samples: int) -> Tensor:
        """Return probabilities (samples, batch, 10), a dropout mask drawn for each of them."""
        self.head.train()
        features = [self.body(chunk) for chunk in x.split(CHUNK)]  # no mask before the head
        return torch.cat(
            [torch.stack([self.head(f).softmax(1) for _ in range(samples)]) for f in features], 1
        )

    @torch.no_grad()
    def error(self, x: Tensor, y: Tensor) -> float:
        """Return the percentage of wrong answers, without dropout."""
        self.eval()
        wrong = sum(
            (self(a).argmax(1) != b).sum().item()
            for a, b in zip(x.split(CHUNK), y.split(CHUNK), strict=True)
        )
        return 100 * wrong / len(x)


def one_run(run: Run) -> Outcome:
    """Ask for labels round by round, training on in between."""
    recipe = run.recipe
    (images, answers), (tests, truth) = (_mnist(split) for split in ("train", "test"))
    seed_everything(run.seed)
    model = DropoutNet()
    state = State(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=recipe["lr"]),
        labelled=_two_of_each(answers),
    )
    sizes = [size for size, rounds in recipe["acquire"] for _ in range(rounds)]

    def batches() -> Iterator[Tensor]:
        for _ in range(recipe["steps"]):
            few = torch.randint(len(state.labelled), (recipe["batch_size"],))
            yield torch.tensor(state.labelled)[few]

    def step(state: State, chosen: Tensor) -> dict[str, Tensor]:
        loss = F.cross_entropy(state.model(images[chosen]), answers[chosen])
        state.optimizer.zero_grad()
        loss.backward()
        state.optimizer.step()
        return {"loss": loss}

    def after_epoch(state: State) -> dict[str, object]:
        told = {
            "labels": len(state.labelled),
            "test_error": state.model.error(tests, truth),
            "of_each_class": answers[state.labelled].bincount(minlength=10).tolist(),
        }
        if state.epochs_done <= len(sizes):  # nothing is asked for after the last round
            asked = _asked(state, images, run.row, sizes[state.epochs_done - 1], recipe)
            state.labelled = state.labelled + asked
        return told

    source = load("mnist", "train").source
    history = run.train(
        state,
        step,
        batches,
        epochs=len(sizes) + 1,
        after_epoch=after_epoch,
        made_of={"data": source},
    )
    errors = [epoch["test_error"] for epoch in history.epochs]
    return Outcome(
        history=history,
        final={"test_error": errors[-1], "mean_error": sum(errors) / len(errors)},
        data={"train": source, "test": load("mnist", "test").source},
        recipe={"parameters": sum(p.numel() for p in model.parameters())},
    )


def labels_needed(labels: Sequence[int], errors: Sequence[float], error: float) -> float | None:
    """Return the number of labels at which a curve of errors first falls to `error`, or None.

    labels, errors: a number for each round. Between two rounds the curve is taken as straight, so
    that the steps of the rounds do not round the counts up.

    >>> labels_needed([20, 40, 60], [30.0, 12.0, 8.0], 10), labels_needed([20], [30.0], 10)
    (50.0, None)
    """
    below = np.flatnonzero(np.asarray(errors) <= error)
    if not len(below):
        return None
    k = below[0]
    if k == 0:
        return float(labels[0])
    share = (errors[k - 1] - error) / (errors[k - 1] - errors[k])
    return float(labels[k - 1] + share * (labels[k] - labels[k - 1]))


def _mnist(split: str) -> tuple[Tensor, Tensor]:
    data = load("mnist", split)
    return torch.from_numpy(data.x.astype(np.float32) / 255)[:, None], torch.from_numpy(data.y)


def _two_of_each(answers: Tensor) -> list[int]:
    """Return two indices of each digit, drawn by lot."""
    order = torch.randperm(len(answers))
    return [int(k) for digit in range(10) for k in order[answers[order] == digit][:2]]


def _asked(state: State, images: Tensor, row: str, size: int, recipe: dict) -> list[int]:
    """Return the indices whose labels this row asks for next."""
    order = torch.randperm(len(images))
    unknown = order[~torch.isin(order, torch.tensor(state.labelled))][: recipe["candidates"]]
    if row == "random":
        return unknown[:size].tolist()
    scores = SCORES[row](state.model.sampled(images[unknown], recipe["samples"]))
    return unknown[scores.topk(size).indices].tolist()


EXPERIMENTS = {
    "active-mnist": Experiment(
        one_run,
        rows={"random": "random", "variation-ratios": "variation ratios", "bald": "BALD"},
        recipe={
            "acquire": [[20, 49]],  # one step for all: the counts of all rows are as fine
            "steps": 120,
            "batch_size": 32,
            "lr": 1e-3,
            "candidates": 2000,
            "samples": 20,
        },
        units={"test_error": "%", "mean_error": "%"},
    )
}
