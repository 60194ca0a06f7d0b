"""Diffusion on MNIST, and all models of the part on small digits, recorded.

`python -m otbook_utils reproduce diffusion-mnist` and `… reproduce models-digits`.
"""

import math
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from otbook_utils.data import load
from otbook_utils.experiments import Experiment, Outcome, Run
from otbook_utils.generative_models.diffusion import Diffusion, ImageDenoiser
from otbook_utils.generative_models.diffusion_chapter.all_models import (
    LEVELS,
    MODELS,
    SHAPE,
    as_images,
    bits_of,
    dequantised,
    descend,
    mixture,
    moving_average,
)
from otbook_utils.generative_models.evaluation import image_set, judge_of, mosaic
from otbook_utils.training import State, seed_everything

SAMPLES = 1000  # of each model on small digits
MNIST_SAMPLES = 2000
RECORD = 10_000  # images that are seen between two records, the "epochs" here


def one_mnist_run(run: Run) -> Outcome:
    """Train a denoiser of MNIST's digits, and judge two thousand samples."""
    recipe, judge = run.recipe, judge_of("mnist")
    images = image_set("mnist", "train")[0][: recipe["images"]] * 2 - 1
    seed_everything(run.seed)
    path, model = Diffusion(recipe["steps"]), ImageDenoiser((1, 28, 28), recipe["width"])
    state = State(
        model=model,
        average=moving_average(model),
        optimizer=torch.optim.Adam(model.parameters(), lr=recipe["lr"]),
    )
    start = torch.randn(20, 1, 28, 28)  # the same noise after every epoch
    in_all = recipe["epochs"] * math.ceil(RECORD / recipe["batch_size"])

    def batches() -> Iterator[Tensor]:
        for chosen in torch.randperm(len(images))[:RECORD].split(recipe["batch_size"]):
            yield images[chosen]

    def step(state: State, x: Tensor) -> dict[str, Tensor]:
        done = state.steps_done / in_all  # the rate falls along a cosine, to a twentieth
        rate = recipe["lr"] * (0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2)
        state.optimizer.param_groups[0]["lr"] = rate
        told = descend(state, path.loss(state.model, x))
        state.average.update_parameters(state.model)
        return told

    def sample(start: Tensor) -> Tensor:
        made = path.sample(state.average, start, stops=recipe["stops"], eta=0.0, clip=1.0)
        return (made.clamp(-1, 1) + 1) / 2

    def after_epoch(_state: State) -> dict[str, str]:
        return {"samples": mosaic(sample(start), columns=5)}

    source = load("mnist", "train").source
    history = run.train(
        state,
        step,
        batches,
        epochs=recipe["epochs"],
        after_epoch=after_epoch,
        made_of={"data": source},
    )
    began = time.process_time()
    starts = torch.randn(MNIST_SAMPLES // 200, 200, 1, 28, 28)
    samples = torch.cat([sample(start) for start in starts])
    seconds = (time.process_time() - began) * 1000 / MNIST_SAMPLES
    shares = torch.bincount(judge.classes(samples), minlength=10) / MNIST_SAMPLES
    return Outcome(
        history=history,
        final=judge.verdict(samples)
        | {"rarest_class": 100 * shares.min().item(), "sample_seconds": seconds},
        data={"train": source, "test": load("mnist", "test").source},
        recipe={"parameters": sum(p.numel() for p in model.parameters())},
    )


def one_digits_run(run: Run) -> Outcome:
    """Train one kind of model on 8 x 8 digits, and judge a thousand samples."""
    judge, (train, test) = (
        judge_of("digits"),
        [(image_set("digits", split)[0] * (LEVELS - 1)).round() for split in ("train", "test")],
    )
    seed_everything(run.seed)
    began = time.process_time()
    history, sample, bits, size = _trained(run, train)
    trained = time.process_time()
    with torch.no_grad():
        samples = sample(SAMPLES)
        seconds = time.process_time() - trained
        final = judge.verdict(samples) | {
            "train_seconds": trained - began,
            "sample_seconds": seconds,
            "floor": judge.floor,
        }
        if bits is not None:
            final |= {"bits": bits(test), "train_bits": bits(train[: len(test)])}
    history[-1] |= {"samples": mosaic(samples[:40], columns=10)}
    source = load("digits", "train").source
    data = {"train": source, "test": load("digits", "test").source}
    return Outcome(history, final, data, {"parameters": size})


def _trained(
    run: Run, train: Tensor
) -> tuple[list[dict], Callable[[int], Tensor], Callable[[Tensor], float] | None, int]:
    """Return the records of the training, how to sample, how to count bits, and the parameters."""
    if run.row == "mixture":
        fitted, told = mixture(train, run.seed)
        size = fitted.n_components * (1 + 64 + 64 * 65 // 2) - 1

        def sample(n: int) -> Tensor:
            return as_images(torch.from_numpy(fitted.sample(n)[0]).float()).reshape(n, *SHAPE)

        def bits(levels: Tensor) -> float:
            x = dequantised(levels).flatten(1).double().numpy()
            return bits_of(-torch.from_numpy(fitted.score_samples(x)))

        return [{"epoch": 1} | told], sample, bits, size

    model = MODELS[run.row](train)

    def batches() -> Iterator[Tensor]:
        while True:
            yield train[torch.randint(len(train), (run.recipe["batch_size"],))]

    steps = run.recipe["updates"][run.row]
    history = run.train(
        model.state,
        model.step,
        batches(),
        steps=steps,
        steps_per_epoch=max(steps // 10, 1),
        made_of={"data": load("digits", "train").source},
    )
    networks = [v for k, v in vars(model.state).items() if isinstance(v, torch.nn.Module)]
    networks = networks if run.row != "diffusion" else networks[:1]  # its average counts once
    size = sum(p.numel() for network in networks for p in network.parameters())
    return [dict(record) for record in history.epochs], model.sample, model.bits, size


EXPERIMENTS = {
    "diffusion-mnist": Experiment(
        one_mnist_run,
        rows={"diffusion": "diffusion, 16 channels"},
        recipe={
            "epochs": 12,
            "batch_size": 64,
            "lr": 2e-3,
            "width": 16,
            "steps": 1000,
            "stops": 50,
            "images": 60_000,
        },
        units={"feature_fid": "", "transport": "", "rarest_class": "%", "sample_seconds": "s"},
    ),
    "models-digits": Experiment(
        one_digits_run,
        rows={
            "mixture": "mixture of Gaussians",
            "gpt": "GPT on pixels",
            "autoencoder": "autoencoder, a Gaussian of codes",
            "vae": "VAE",
            "dcgan": "DCGAN",
            "wgan-gp": "WGAN-GP",
            "lvpga": "LVPGA",
            "diffusion": "diffusion",
        },
        recipe={
            "batch_size": 64,
            "updates": {
                "gpt": 460,
                "autoencoder": 13_000,
                "vae": 3000,
                "dcgan": 2100,
                "wgan-gp": 2000,
                "lvpga": 7900,
                "diffusion": 1500,
            },
        },
        units={
            "feature_fid": "",
            "transport": "",
            "floor": "",
            "train_seconds": "s",
            "sample_seconds": "s",
            "bits": "bits/dim",
            "train_bits": "bits/dim",
        },
    ),
}
