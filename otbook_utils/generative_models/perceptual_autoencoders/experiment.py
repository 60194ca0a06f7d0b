"""Perceptual autoencoders on MNIST, recorded: `python -m otbook_utils reproduce pga-mnist`."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor
from torch.nn import functional as F

from otbook_utils.data import load
from otbook_utils.experiments import Experiment, Outcome, Run
from otbook_utils.generative_models.evaluation import image_set, judge_of, mosaic
from otbook_utils.generative_models.perceptual import (
    LPGA,
    LVPGA,
    PGA,
    VPGA,
    PerceptualAutoEncoder,
    PerceptualWeights,
    perceptual_loss,
)
from otbook_utils.generative_models.vae import VAE
from otbook_utils.training import State, seed_everything

LATENT = 32
SAMPLES = 10_000
NOTHING = PerceptualWeights(normal=0)
WEIGHTS = {"ae": NOTHING, "fitted": NOTHING, "pga": PGA, "lpga": LPGA, "vpga": VPGA, "lvpga": LVPGA}


def one_run(run: Run) -> Outcome:
    """Train one model, and judge ten thousand samples of it."""
    recipe, judge = run.recipe, judge_of("mnist")
    images = image_set("mnist", "train")[0][: recipe["images"]]
    seed_everything(run.seed)
    if run.row == "vae":  # the rival: the same layers and as many updates
        model, loss_of = VAE((1, 28, 28), LATENT, recipe["hidden"]), _negative_bound
    else:
        model, loss_of = PerceptualAutoEncoder((1, 28, 28), LATENT, recipe["hidden"]), _perceptual
    state = State(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=recipe["lr"]))

    def batches() -> Iterator[Tensor]:
        for chosen in torch.randperm(len(images)).split(recipe["batch_size"]):
            yield images[chosen]

    def step(state: State, x: Tensor) -> dict[str, Tensor]:
        loss, told = loss_of(state, x, run.row, recipe["warm_up"])
        state.optimizer.zero_grad()
        loss.backward()
        state.optimizer.step()
        return told

    source = load("mnist", "train").source
    history = run.train(state, step, batches, epochs=recipe["epochs"], made_of={"data": source})
    if run.row == "fitted":
        samples = _from_mixture(model, images, run.seed)
    else:
        samples = _samples(model, SAMPLES)
    records = list(history.epochs)
    records[-1] = records[-1] | {"samples": mosaic(samples[:64])}
    with torch.no_grad():
        tests = image_set("mnist", "test")[0]
        error = F.mse_loss(_reconstructed(model, tests), tests).item()
    return Outcome(
        history=records,
        final=judge.verdict(samples) | {"test_error": error},
        data={"train": source, "test": load("mnist", "test").source},
        recipe={
            "latent": LATENT,
            "weights": asdict(WEIGHTS.get(run.row, NOTHING)),
            "parameters": sum(p.numel() for p in model.parameters()),
        },
    )


def _perceptual(state: State, x: Tensor, row: str, warm_up: int) -> tuple[Tensor, dict]:
    weights = WEIGHTS[row] if state.steps_done >= warm_up else NOTHING
    return perceptual_loss(state.model, 2 * x - 1, weights)


def _negative_bound(state: State, x: Tensor, _row: str, _warm_up: int) -> tuple[Tensor, dict]:
    loss = -state.model.elbo(torch.bernoulli(x)).mean()
    return loss, {"loss": loss}


@torch.no_grad()
def _samples(model: VAE | PerceptualAutoEncoder, n: int) -> Tensor:
    images = model.sample(n)
    return images if isinstance(model, VAE) else (images + 1) / 2


@torch.no_grad()
def _from_mixture(model: PerceptualAutoEncoder, images: Tensor, seed: int) -> Tensor:
    """Decode draws from a mixture of ten Gaussians, fitted to the codes of 20,000 images."""
    codes = model.encode(2 * images[:20_000] - 1)[0].double().numpy()
    drawn = GaussianMixture(10, reg_covar=1e-3, random_state=seed).fit(codes).sample(SAMPLES)[0]
    drawn = torch.from_numpy(drawn[np.random.default_rng(seed).permutation(SAMPLES)])
    return (model.decode(drawn.float()) + 1) / 2


def _reconstructed(model: VAE | PerceptualAutoEncoder, x: Tensor) -> Tensor:
    if isinstance(model, VAE):
        return model.reconstruct(x)
    return (model.decode(model.encode(2 * x - 1)[0]) + 1) / 2


EXPERIMENTS = {
    "pga-mnist": Experiment(
        one_run,
        rows={
            "ae": "autoencoder, decoded noise",
            "fitted": "autoencoder, mixture fitted to its codes",
            "vae": "VAE",
            "pga": "PGA, no prior matched",
            "lpga": "LPGA",
            "vpga": "VPGA",
            "lvpga": "LVPGA",
        },
        recipe={
            "epochs": 6,
            "batch_size": 128,
            "lr": 1e-3,
            "warm_up": 1000,
            "hidden": [512, 256],
            "images": 60_000,
        },
        units={"feature_fid": "", "transport": "", "test_error": ""},
    )
}
