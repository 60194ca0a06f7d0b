"""Digits on demand, on MNIST, recorded: `python -m otbook_utils reproduce conditional-mnist`."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from otbook_utils.data import load
from otbook_utils.experiments import Experiment, Outcome, Run
from otbook_utils.generative_models.adversarial import (
    ImageDiscriminator,
    ImageGenerator,
    adversarial_step,
    players,
)
from otbook_utils.generative_models.conditional import AuxiliaryDiscriminator, auxiliary_step
from otbook_utils.generative_models.evaluation import Judge, image_set, judge_of, mosaic
from otbook_utils.training import State, seed_everything

LATENT = 64
EACH = 1000  # samples of each digit
CLASS_WEIGHT = {"acgan": 1.0, "acgan-heavy": 10.0}


def one_run(run: Run) -> Outcome:
    """Play one conditional game to its end, and judge a thousand samples of each digit."""
    recipe, judge, shape = run.recipe, judge_of("mnist"), (1, 28, 28)
    images, labels = (part[: recipe["images"]] for part in image_set("mnist", "train"))
    images = images * 2 - 1
    seed_everything(run.seed)
    generator = ImageGenerator(LATENT, shape, recipe["width"], classes=10)
    if run.row == "cgan":
        move, opponent = adversarial_step, ImageDiscriminator(shape, recipe["width"], classes=10)
    else:
        move = partial(auxiliary_step, class_weight=CLASS_WEIGHT[run.row])
        opponent = AuxiliaryDiscriminator(shape, recipe["width"])
    state = players(generator, opponent)
    z = torch.randn(5, LATENT).repeat_interleave(10, dim=0)  # five noises, each as all ten digits

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for chosen in torch.randperm(len(images)).split(recipe["batch_size"]):
            yield images[chosen], labels[chosen]

    def step(state: State, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        return move(state, *batch)

    def after_epoch(state: State) -> dict[str, str]:
        state.generator.eval()
        return {"samples": mosaic(_images(state.generator, z), columns=10)}

    source = load("mnist", "train").source
    history = run.train(
        state,
        step,
        batches,
        epochs=recipe["epochs"],
        after_epoch=after_epoch,
        made_of={"data": source},
    )
    state.generator.eval()
    return Outcome(
        history=history,
        final=_judged(state.generator, judge),
        data={"train": source, "test": load("mnist", "test").source},
        recipe={
            "latent": LATENT,
            "parameters": {
                name: sum(p.numel() for p in network.parameters())
                for name, network in (("G", generator), ("D", opponent))
            },
        },
    )


def _judged(generator: ImageGenerator, judge: Judge) -> dict[str, float]:
    """Return how often the digit asked for is seen, and how like real ones the samples are."""
    asked = torch.arange(10).repeat(EACH)
    samples = torch.cat(
        [_images(generator, torch.randn(10, LATENT), torch.arange(10)) for _ in range(EACH)]
    )
    return judge.verdict(samples) | {
        "as_asked": 100 * (judge.classes(samples) == asked).double().mean().item(),
        "within": spread_beside_real(judge, "mnist", samples, asked),
    }


def spread_beside_real(judge: Judge, name: str, samples: Tensor, asked: Tensor) -> float:
    """Return the mean distance between two samples of one class, as a share of the real ones'.

    Distances are those of the judge's features; name: of the data set whose test images are the
    real ones. asked: (n,) the class of each sample. Below 1 samples are more alike than real ones.
    """
    features, real_labels = judge.features(samples), image_set(name, "test")[1]
    shares = []
    for label in asked.unique():
        real = judge.real_features[real_labels == label]
        shares.append(_spread(features[asked == label][: len(real)]) / _spread(real))
    return sum(shares) / len(shares)


def _spread(features: Tensor) -> float:
    return torch.pdist(features[:500]).mean().item()


@torch.no_grad()
def _images(generator: ImageGenerator, z: Tensor, labels: Tensor | None = None) -> Tensor:
    labels = torch.arange(10).repeat(len(z) // 10) if labels is None else labels
    return (generator(z, labels) + 1) / 2


EXPERIMENTS = {
    "conditional-mnist": Experiment(
        one_run,
        rows={
            "cgan": "conditional GAN",
            "acgan": "AC-GAN",
            "acgan-heavy": "AC-GAN, classes weighted tenfold",
        },
        recipe={"epochs": 4, "batch_size": 128, "width": 16, "images": 60_000},
        units={"feature_fid": "", "transport": "", "as_asked": "%", "within": ""},
    )
}
