"""A small Wasserstein GAN on MNIST, recorded: `python -m otbook_utils reproduce wgan-mnist`."""

import time
from collections.abc import Iterator

import torch
from torch import Tensor

from otbook_utils.data import load
from otbook_utils.experiments import Experiment, Outcome, Run
from otbook_utils.generative_models.adversarial import (
    ImageDiscriminator,
    ImageGenerator,
    players,
)
from otbook_utils.generative_models.evaluation import image_set, judge_of, mosaic
from otbook_utils.generative_models.wasserstein import wasserstein_step
from otbook_utils.training import State, seed_everything

LATENT = 64
SAMPLES = 10_000


def one_run(run: Run) -> Outcome:
    """Play the game to its end, and judge ten thousand samples."""
    recipe, judge = run.recipe, judge_of("mnist")
    images = image_set("mnist", "train")[0][: recipe["images"]] * 2 - 1  # as the tanh answers
    seed_everything(run.seed)
    state = players(
        ImageGenerator(LATENT, (1, 28, 28), recipe["width"]),
        ImageDiscriminator((1, 28, 28), recipe["width"], normalise=False),
        recipe["lr"],
    )
    z = torch.randn(20, LATENT)  # the same ones after every epoch

    def batches() -> Iterator[Tensor]:
        for chosen in torch.randperm(len(images)).split(recipe["batch_size"]):
            yield images[chosen]

    def step(state: State, real: Tensor) -> dict[str, Tensor]:
        return wasserstein_step(state, real, moves=recipe["moves"], penalty=recipe["penalty"])

    def after_epoch(state: State) -> dict[str, str]:
        state.generator.eval()
        return {"samples": mosaic(_images(state.generator, z), columns=5)}

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
    began = time.process_time()
    samples = torch.cat(
        [_images(state.generator, z) for z in torch.randn(10, SAMPLES // 10, LATENT)]
    )
    seconds = time.process_time() - began
    shares = torch.bincount(judge.classes(samples), minlength=10) / SAMPLES
    return Outcome(
        history=history,
        final=judge.verdict(samples)
        | {"rarest_class": 100 * shares.min().item(), "sample_seconds": seconds},
        data={"train": source, "test": load("mnist", "test").source},
        recipe={
            "latent": LATENT,
            "parameters": {
                name: sum(p.numel() for p in network.parameters())
                for name, network in (("G", state.generator), ("D", state.discriminator))
            },
        },
    )


@torch.no_grad()
def _images(generator: ImageGenerator, z: Tensor) -> Tensor:
    return (generator(z) + 1) / 2


EXPERIMENTS = {
    "wgan-mnist": Experiment(
        one_run,
        rows={"wgan-gp": "WGAN with gradient penalty, 16 channels"},
        recipe={
            "epochs": 3,
            "batch_size": 64,
            "lr": 1e-3,
            "width": 16,
            "moves": 3,
            "penalty": 10.0,
            "images": 60_000,
        },
        units={"feature_fid": "", "transport": "", "rarest_class": "%", "sample_seconds": "s"},
    )
}
