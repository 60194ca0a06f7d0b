"""Generation of what is asked for: the label as an input, and as an answer besides."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from otbook_utils.generative_models.adversarial import (
    ImageDiscriminator,
    discriminator_loss,
    generator_loss,
)
from otbook_utils.generative_models.samples import checked_shape
from otbook_utils.training import State


class AuxiliaryDiscriminator(ImageDiscriminator):
    """A discriminator that also says which class it sees: one logit, and one for each class.

    shape, width: as of `ImageDiscriminator`. classes: how many it tells apart; it is not told.

    Raises ValueError for sizes that do not fit.

    Source: Odena, Olah and Shlens 2017, section 3.

    >>> answers = AuxiliaryDiscriminator((1, 8, 8), width=4, classes=10)(torch.zeros(5, 1, 8, 8))
    >>> [tuple(answer.shape) for answer in answers]
    [(5,), (5, 10)]
    """

    def __init__(self, shape: Sequence[int], width: int = 32, *, classes: int = 10) -> None:
        super().__init__(shape, width)
        (classes,) = checked_shape(classes, "classes")
        self.name_class = nn.Linear(self.answer.in_features, classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return whether each image is real, (batch,), and its class, (batch, classes): logits."""
        features = self.features(x)
        return self.answer(features).squeeze(1), self.name_class(features)


def auxiliary_step(
    state: State, real: Tensor, labels: Tensor, *, class_weight: float = 1.0
) -> dict[str, Tensor]:
    """Let an AC-GAN's discriminator and then its generator make one move; return their losses.

    state: as for `adversarial_step`, with an `AuxiliaryDiscriminator`. Both players want the
    class to be read off, from real images and from generated ones; only about which images are
    real they disagree. class_weight: of the cross-entropy of the classes; 0 leaves a plain GAN
    whose generator is told labels that nobody asks for again.

    Source: Odena, Olah and Shlens 2017, equations 2 and 3.
    """
    fake = state.generator(torch.randn(len(real), state.generator.latent).to(real), labels)

    real_logits, real_classes = state.discriminator(real)
    fake_logits, fake_classes = state.discriminator(fake.detach())
    named = F.cross_entropy(real_classes, labels) + F.cross_entropy(fake_classes, labels)
    loss = discriminator_loss(real_logits, fake_logits) + class_weight * named
    state.discriminator_optimizer.zero_grad()
    loss.backward()
    state.discriminator_optimizer.step()

    logits, classes = state.discriminator(fake)
    deceit = generator_loss(logits) + class_weight * F.cross_entropy(classes, labels)
    state.generator_optimizer.zero_grad()
    deceit.backward()
    state.generator_optimizer.step()
    return {"discriminator": loss, "generator": deceit, "class": named}
