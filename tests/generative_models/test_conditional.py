"""AC-GAN: what each player is rewarded for, and that a label can be asked for and had."""

import pytest
import torch
from torch.nn import functional as F

from otbook_utils.generative_models import ImageGenerator, adversarial_step, players
from otbook_utils.generative_models.adversarial import ImageDiscriminator
from otbook_utils.generative_models.conditional import AuxiliaryDiscriminator, auxiliary_step
from otbook_utils.generative_models.evaluation import image_set
from otbook_utils.training import State, seed_everything


class Told(torch.nn.Module):
    """A generator without noise: one learnt picture a class."""

    latent = 2

    def __init__(self):
        super().__init__()
        self.pictures = torch.nn.Parameter(torch.randn(3, 1, 4, 4))

    def forward(self, z, labels):
        return self.pictures[labels]


def game(weight):
    torch.manual_seed(0)
    generator, discriminator = Told(), AuxiliaryDiscriminator((1, 4, 4), 2, classes=3).eval()
    none = torch.optim.SGD  # a rate of zero: gradients are left to be looked at
    state = State(
        generator=generator,
        discriminator=discriminator,
        generator_optimizer=none(generator.parameters(), lr=0.0),
        discriminator_optimizer=none(discriminator.parameters(), lr=0.0),
    )
    real, labels = torch.randn(6, 1, 4, 4), torch.arange(6) % 3
    return state, real, labels, auxiliary_step(state, real, labels, class_weight=weight)


@pytest.mark.parametrize("weight", [0.0, 1.0, 5.0])
def test_both_players_pay_for_a_class_that_cannot_be_read(weight):
    state, real, labels, told = game(weight)
    fake = state.generator.pictures[labels]
    (r, rc), (f, fc) = state.discriminator(real), state.discriminator(fake)
    named = F.cross_entropy(rc, labels) + F.cross_entropy(fc, labels)
    wanted = -F.logsigmoid(r).mean() - F.logsigmoid(-f).mean() + weight * named
    torch.testing.assert_close(told["discriminator"], wanted)
    deceit = -F.logsigmoid(f).mean() + weight * F.cross_entropy(fc, labels)
    torch.testing.assert_close(told["generator"], deceit)
    (slope,) = torch.autograd.grad(deceit, state.generator.pictures)
    torch.testing.assert_close(state.generator.pictures.grad, slope)


@pytest.mark.parametrize("auxiliary", [False, True])
def test_a_short_game_gives_the_digit_that_is_asked_for(auxiliary):
    seed_everything(0)
    images, labels = image_set("digits", "train")
    kept = labels < 2
    images, labels = images[kept] * 2 - 1, labels[kept]
    generator = ImageGenerator(8, (1, 8, 8), 8, classes=2)
    if auxiliary:
        state = players(generator, AuxiliaryDiscriminator((1, 8, 8), 8, classes=2), lr=2e-3)
        move = auxiliary_step
    else:
        state = players(generator, ImageDiscriminator((1, 8, 8), 8, classes=2), lr=2e-3)
        move = adversarial_step
    for _ in range(300):
        chosen = torch.randint(len(images), (64,))
        move(state, images[chosen], labels[chosen])
    means = torch.stack([images[labels == k].mean(0) for k in range(2)])
    asked = torch.arange(100) % 2
    with torch.no_grad():
        made = generator.eval()(torch.randn(100, 8), asked)
    nearest = (made[:, None] - means).square().flatten(2).sum(2).argmin(1)
    assert (nearest == asked).float().mean() > 0.9
