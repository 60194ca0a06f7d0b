"""Variational autoencoders on MNIST, recorded: `python -m otbook_utils reproduce vae-mnist`."""

from collections.abc import Iterator

import torch
from torch import Tensor

from otbook_utils.data import load
from otbook_utils.experiments import Experiment, Outcome, Run
from otbook_utils.generative_models.evaluation import image_set, judge_of, mosaic
from otbook_utils.generative_models.vae import VAE
from otbook_utils.training import State, seed_everything

LATENT = {"vae-50": 50, "vae-2": 2}
SAMPLES = 10_000


def one_run(run: Run) -> Outcome:
    """Train one autoencoder on images whose pixels are drawn anew as 0 or 1 in each epoch."""
    recipe, judge = run.recipe, judge_of("mnist")
    images, tests = image_set("mnist", "train")[0], image_set("mnist", "test")[0]
    images, tests = images[: recipe["images"]], tests[: recipe["test_images"]]
    seed_everything(run.seed)
    model = VAE((1, 28, 28), LATENT[run.row], recipe["hidden"])
    state = State(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3))

    def batches() -> Iterator[Tensor]:
        for chosen in torch.randperm(len(images)).split(recipe["batch_size"]):
            yield torch.bernoulli(images[chosen])

    def step(state: State, x: Tensor) -> dict[str, Tensor]:
        loss = -state.model.elbo(x).mean()
        state.optimizer.zero_grad()
        loss.backward()
        state.optimizer.step()
        return {"loss": loss}

    def after_epoch(state: State) -> None:
        # Burda et al. 2016: 3^i epochs with the rate 0.001 · 10^(−i/7), i = 0, 1, 2, …
        stage, end = 0, 1
        while state.epochs_done >= end:
            stage += 1
            end += 3**stage
        for group in state.optimizer.param_groups:
            group["lr"] = 1e-3 * 10 ** (-stage / 7)

    history = run.train(
        state,
        step,
        batches,
        epochs=recipe["epochs"],
        after_epoch=after_epoch,
        made_of={"data": load("mnist", "train").source},
    )
    torch.manual_seed(run.seed)
    fixed = torch.bernoulli(tests)
    samples = model.sample(SAMPLES)
    records = list(history.epochs)
    records[-1] = records[-1] | {"samples": mosaic(samples[:64])}
    return Outcome(
        history=records,
        final=_bounds(model, fixed, recipe["draws"]) | judge.verdict(samples),
        data={"train": load("mnist", "train").source, "test": load("mnist", "test").source},
        recipe={"parameters": sum(p.numel() for p in model.parameters()), "latent": model.latent},
    )


@torch.no_grad()
def _bounds(model: VAE, x: Tensor, draws: int) -> dict[str, float]:
    """Return the means over x of both bounds, with their signs turned, and the KL term."""
    terms = [model.elbo_terms(part) for part in x.split(1000)]
    reconstruction, kl = (torch.cat(c).double().mean().item() for c in zip(*terms, strict=True))
    # One image at a time: its thousand decoded draws still fit into the processor's cache.
    weighted = torch.cat([model.importance_weighted_bound(part, draws) for part in x.split(1)])
    return {
        "negative_bound": kl - reconstruction,
        "kl": kl,
        "negative_weighted_bound": -weighted.double().mean().item(),
    }


EXPERIMENTS = {
    "vae-mnist": Experiment(
        one_run,
        rows={"vae-50": "VAE, 50 latent numbers", "vae-2": "VAE, 2 latent numbers"},
        recipe={
            "epochs": 40,  # 1 + 3 + 9 + 27
            "batch_size": 100,
            "hidden": [200, 200],
            "draws": 1000,
            "images": 60_000,
            "test_images": 10_000,
        },
        units={"negative_bound": "nats", "kl": "nats", "negative_weighted_bound": "nats"}
        | {"feature_fid": "", "transport": ""},
    )
}
