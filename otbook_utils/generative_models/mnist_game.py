"""One game on MNIST, played to its end, judged and recorded: what the GANs of this part share."""

import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from otbook_utils.data import load
from otbook_utils.experiments import Outcome, Run
from otbook_utils.generative_models.adversarial import ImageGenerator
from otbook_utils.generative_models.evaluation import image_set, judge_of, mosaic
from otbook_utils.training import State, seed_everything

LATENT = 64
SAMPLES = 10_000


def play_on_mnist(
    run: Run, make: Callable[[], State], step: Callable[[State, Tensor], dict[str, Tensor]]
) -> Outcome:
    """Play a game to its end, and judge ten thousand samples.

    make: makes the players, after the seed is set, as `players` does, with `LATENT` numbers of
    noise. step: one move, on images (batch, 1, 28, 28) from −1 to 1. Each epoch's record holds a
    mosaic of twenty samples from the same noise.
    """
    recipe, judge = run.recipe, judge_of("mnist")
    images = image_set("mnist", "train")[0][: recipe["images"]] * 2 - 1  # as the tanh answers
    seed_everything(run.seed)
    state = make()
    z = torch.randn(20, LATENT)  # the same ones after every epoch

    def batches() -> Iterator[Tensor]:
        for chosen in torch.randperm(len(images)).split(recipe["batch_size"]):
            yield images[chosen]

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
