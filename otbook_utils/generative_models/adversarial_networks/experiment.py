"""A small DCGAN on MNIST, recorded: `python -m otbook_utils reproduce dcgan-mnist`."""

from otbook_utils.experiments import Experiment, Outcome, Run
from otbook_utils.generative_models.adversarial import (
    ImageDiscriminator,
    ImageGenerator,
    adversarial_step,
    players,
)
from otbook_utils.generative_models.mnist_game import LATENT, play_on_mnist
from otbook_utils.training import State


def one_run(run: Run) -> Outcome:
    """Play the game to its end, and judge ten thousand samples."""

    def make() -> State:
        return players(
            ImageGenerator(LATENT, (1, 28, 28), run.recipe["width"]),
            ImageDiscriminator((1, 28, 28), run.recipe["width"]),
        )

    return play_on_mnist(run, make, adversarial_step)


EXPERIMENTS = {
    "dcgan-mnist": Experiment(
        one_run,
        rows={"dcgan": "DCGAN, 16 channels"},
        recipe={"epochs": 8, "batch_size": 128, "width": 16, "images": 60_000},
        units={"feature_fid": "", "transport": "", "rarest_class": "%", "sample_seconds": "s"},
    )
}
