"""A small Wasserstein GAN on MNIST, recorded: `python -m otbook_utils reproduce wgan-mnist`."""

from functools import partial

from otbook_utils.experiments import Experiment, Outcome, Run
from otbook_utils.generative_models.adversarial import ImageDiscriminator, ImageGenerator, players
from otbook_utils.generative_models.mnist_game import LATENT, play_on_mnist
from otbook_utils.generative_models.wasserstein import wasserstein_step
from otbook_utils.training import State


def one_run(run: Run) -> Outcome:
    """Play the game to its end, and judge ten thousand samples."""
    recipe = run.recipe

    def make() -> State:
        return players(
            ImageGenerator(LATENT, (1, 28, 28), recipe["width"]),
            ImageDiscriminator((1, 28, 28), recipe["width"], normalise=False),
            recipe["lr"],
        )

    step = partial(wasserstein_step, moves=recipe["moves"], penalty=recipe["penalty"])
    return play_on_mnist(run, make, step)


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
