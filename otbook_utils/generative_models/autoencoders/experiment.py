"""Autoencoders on MNIST, recorded: `python -m otbook_utils reproduce ae-mnist`.

Three of them learn all ten digits, and ten more each without one digit, which they then shall find.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from torch import Tensor

from otbook_utils.data import load
from otbook_utils.experiments import Experiment, Outcome, Run, RunResult
from otbook_utils.generative_models.autoencoder import AutoEncoder
from otbook_utils.generative_models.evaluation import image_set
from otbook_utils.training import State, seed_everything

LATENT = 32
WITHOUT = [f"without-{digit}" for digit in range(10)]


def one_run(run: Run) -> Outcome:
    """Train one autoencoder; hold it against as many principal components."""
    recipe = run.recipe
    (images, labels), (tests, test_labels) = image_set("mnist", "train"), image_set("mnist", "test")
    missing = int(run.row[-1]) if run.row in WITHOUT else -1
    images = images[: recipe["images"]][labels[: recipe["images"]] != missing]
    seed_everything(run.seed)
    hidden = () if run.row == "linear" else recipe["hidden"]
    model = AutoEncoder((1, 28, 28), LATENT, hidden, tied=run.row == "tied")
    state = State(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3))

    def batches() -> Iterator[Tensor]:
        for chosen in torch.randperm(len(images)).split(recipe["batch_size"]):
            yield images[chosen]

    def step(state: State, x: Tensor) -> dict[str, Tensor]:
        loss = state.model.reconstruction_error(x).mean()
        state.optimizer.zero_grad()
        loss.backward()
        state.optimizer.step()
        return {"loss": loss}

    source = load("mnist", "train").source
    history = run.train(state, step, batches, epochs=recipe["epochs"], made_of={"data": source})
    with torch.no_grad():
        errors = {"ae": model.reconstruction_error(tests).numpy(), "pca": _pca(images, tests)}
    known = (test_labels != missing).numpy()
    final = {f"{name}_error": float(error[known].mean()) for name, error in errors.items()}
    if missing >= 0:
        final |= {
            f"{name}_auroc": 100 * roc_auc_score(~known, error) for name, error in errors.items()
        }
    return Outcome(
        history=history,
        final=final,
        data={"train": source, "test": load("mnist", "test").source, "images": len(images)},
        recipe={"parameters": sum(p.numel() for p in model.parameters()), "latent": LATENT},
    )


def summaries(results: Iterable[RunResult]) -> dict[str, dict[str, list[float]]]:
    """Return each row's metrics, one number a seed.

    >>> summaries([])
    {}
    """
    rows: dict[str, dict[str, list[float]]] = {}
    for result in results:
        for metric, value in result.final.items():
            rows.setdefault(result.row, {}).setdefault(metric, []).append(value)
    return rows


def _pca(images: Tensor, tests: Tensor) -> np.ndarray:
    """Return each test image's squared error after as many principal components: (n,)."""
    pca = PCA(LATENT, svd_solver="covariance_eigh").fit(images.flatten(1).numpy())
    flat = tests.flatten(1).numpy()
    return np.square(pca.inverse_transform(pca.transform(flat)) - flat).sum(1)


EXPERIMENTS = {
    "ae-mnist": Experiment(
        one_run,
        rows={"linear": "linear", "deep": "two hidden layers", "tied": "the same, tied"}
        | {row: f"two hidden layers, without the {row[-1]}" for row in WITHOUT},
        recipe={"epochs": 6, "batch_size": 128, "hidden": [256, 128], "images": 60_000},
        units={"ae_error": "", "pca_error": "", "ae_auroc": "%", "pca_auroc": "%"},
    )
}
