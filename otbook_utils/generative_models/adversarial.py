"""Adversarial training: the losses of the game, and networks of convolutions to play it with."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from otbook_utils.generative_models.samples import checked_image_shape, checked_shape
from otbook_utils.training import State


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return −E ln D(real) − E ln (1 − D(fake)) in nats, for logits of D: a scalar.

    Source: Goodfellow et al. 2014, equation 1.
    Taught in `book/generative_models/05_adversarial_networks.ipynb`.

    >>> discriminator_loss(torch.zeros(4), torch.zeros(4))  # D answers ½: 2 ln 2
    tensor(1.3863)
    """
    # ln σ(t) = −softplus(−t): from logits, since ln of a rounded σ would be −inf.
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits: Tensor, *, saturating: bool = False) -> Tensor:
    """Return −E ln D(fake), or E ln (1 − D(fake)) if saturating, in nats: a scalar.

    Both want the discriminator to take fakes for real; where it does not, the saturating one has
    hardly any gradient.

    Source: Goodfellow et al. 2014, section 3.
    Taught in `book/generative_models/05_adversarial_networks.ipynb`.

    >>> generator_loss(torch.zeros(4)), generator_loss(torch.zeros(4), saturating=True)
    (tensor(0.6931), tensor(-0.6931))
    """
    return -F.softplus(fake_logits).mean() if saturating else F.softplus(-fake_logits).mean()


def adversarial_step(state: State, real: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
    """Let the discriminator and then the generator make one move; return both losses.

    state: with `generator`, `discriminator` and an optimiser for each, `generator_optimizer` and
    `discriminator_optimizer`. real: (batch, …). labels: (batch,), for conditional networks.

    Source: Goodfellow et al. 2014, algorithm 1, with one move of each, and the generator's loss
    that does not saturate.
    Taught in `book/generative_models/05_adversarial_networks.ipynb`.
    """
    known = () if labels is None else (labels,)
    fake = state.generator(torch.randn(len(real), state.generator.latent).to(real), *known)

    loss = discriminator_loss(
        state.discriminator(real, *known),
        # Detached: this move is the discriminator's alone.
        state.discriminator(fake.detach(), *known),
    )
    state.discriminator_optimizer.zero_grad()
    loss.backward()
    state.discriminator_optimizer.step()

    deceit = generator_loss(state.discriminator(fake, *known))
    state.generator_optimizer.zero_grad()
    deceit.backward()
    state.generator_optimizer.step()
    return {"discriminator": loss, "generator": deceit}


def players(generator: nn.Module, discriminator: nn.Module, lr: float = 2e-4) -> State:
    """Return the two networks with an Adam for each, as DCGAN sets them, ready for a step.

    Source: Radford, Metz and Chintala 2016, section 4: rate 0.0002, first momentum 0.5.

    >>> sorted(vars(players(nn.Linear(2, 2), nn.Linear(2, 1))))[:2]
    ['discriminator', 'discriminator_optimizer']
    """
    adams = [
        torch.optim.Adam(network.parameters(), lr=lr, betas=(0.5, 0.999))
        for network in (generator, discriminator)
    ]
    return State(
        generator=generator,
        discriminator=discriminator,
        generator_optimizer=adams[0],
        discriminator_optimizer=adams[1],
    )


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
    """Return the mean over samples of (‖∇ critic‖ − 1)² at points between real and fake ones.

    critic: from (batch, …) to one number a sample, (batch,) or (batch, 1). real, fake: batches of
    one shape, (batch, …). Each pair is mixed by its own random share, and the norm is taken over
    all numbers of a sample. The penalty can be differentiated by the critic's parameters; real and
    fake are taken as they are, so no gradient reaches a generator.

    Raises TypeError for what is no tensor; ValueError for batches that are empty, of different
    shapes, or no floating-point numbers, and for a critic that does not answer with one number a
    sample or whose answer does not depend on its input.

    Source: Gulrajani et al. 2017, equation 3.
    Taught in `book/generative_models/07_wasserstein_gan_and_fid.ipynb`.

    >>> gradient_penalty(lambda x: 3 * x.sum(1), torch.ones(5, 1), torch.zeros(5, 1))
    tensor(4.)
    """
    for name, batch in (("real", real), ("fake", fake)):
        if not isinstance(batch, Tensor):
            raise TypeError(f"{name} must be a tensor, got {type(batch).__name__}")
        if not batch.is_floating_point():
            raise ValueError(f"{name} must be floating-point numbers, got {batch.dtype}")
    if real.shape != fake.shape or real.dim() == 0 or 0 in real.shape:
        raise ValueError(
            "real and fake must be of one shape (batch, …) and not empty, got "
            f"{tuple(real.shape)} and {tuple(fake.shape)}"
        )
    share = torch.rand(len(real), *[1] * (real.dim() - 1), dtype=real.dtype, device=real.device)
    between = torch.lerp(fake.detach(), real.detach(), share).requires_grad_()
    with torch.enable_grad():
        answers = critic(between)
        if answers.numel() != len(real):
            raise ValueError(
                "critic must answer with one number a sample, got the shape "
                f"{tuple(answers.shape)} for {len(real)} samples"
            )
        if not answers.requires_grad:
            raise ValueError("critic must be differentiable, got answers without a gradient")
        # The sum's gradient holds each sample's own, since no answer depends on another sample.
        (slopes,) = torch.autograd.grad(
            answers.sum(), between, create_graph=True, materialize_grads=True
        )
    return (slopes.flatten(1).norm(dim=1) - 1).square().mean()


class ImageGenerator(nn.Module):
    """A small DCGAN generator: noise (batch, latent) to images (batch, *shape) from −1 to 1.

    shape: (channels, height, width), height and width multiples of 4. width: channels before the
    last layer; twice as many at a quarter of the resolution. classes: of a conditional generator,
    which takes labels (batch,) beside the noise; 0 for none.

    Raises ValueError for sizes that do not fit.

    Source: Radford, Metz and Chintala 2016, figure 1 and section 3, with two layers in place of
    four.
    Taught in `book/generative_models/05_adversarial_networks.ipynb`.

    >>> ImageGenerator(16, (1, 28, 28), width=8)(torch.randn(5, 16)).shape
    torch.Size([5, 1, 28, 28])
    """

    def __init__(
        self, latent: int, shape: Sequence[int], width: int = 32, *, classes: int = 0
    ) -> None:
        super().__init__()
        channels, height, wide = checked_image_shape(shape)
        (self.latent,), (width,) = checked_shape(latent, "latent"), checked_shape(width, "width")
        self.classes = classes
        self.grid = (2 * width, height // 4, wide // 4)
        self.spread = nn.Linear(self.latent + classes, math.prod(self.grid), bias=False)
        self.layers = nn.Sequential(
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
            nn.Tanh(),
        )
        self.apply(_start_small)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return images (batch, *shape) from −1 to 1."""
        inputs = torch.cat([z, _one_hot(labels, self.classes, len(z)).to(z)], dim=1)
        return self.layers(self.spread(inputs).unflatten(1, self.grid))


class ImageDiscriminator(nn.Module):
    """Its opponent: images (batch, *shape) to one logit each, (batch,).

    shape, width, classes: as of the generator; a conditional discriminator sees the label as
    further channels, each of one value. normalise: whether batch normalisation stands in the
    middle; a critic with a gradient penalty must do without, since it ties samples together.

    Source: Radford, Metz and Chintala 2016, section 3.
    Taught in `book/generative_models/05_adversarial_networks.ipynb`.

    >>> ImageDiscriminator((1, 28, 28), width=8)(torch.randn(5, 1, 28, 28)).shape
    torch.Size([5])
    """

    def __init__(
        self, shape: Sequence[int], width: int = 32, *, classes: int = 0, normalise: bool = True
    ) -> None:
        super().__init__()
        channels, height, wide = checked_image_shape(shape)
        (width,) = checked_shape(width, "width")
        self.classes = classes
        self.features = nn.Sequential(
            nn.Conv2d(channels + classes, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=not normalise),
            nn.BatchNorm2d(2 * width) if normalise else nn.Identity(),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
        )
        self.answer = nn.Linear(2 * width * (height // 4) * (wide // 4), 1)
        self.apply(_start_small)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return one logit an image: (batch,)."""
        known = _one_hot(labels, self.classes, len(x)).to(x)[..., None, None]
        x = torch.cat([x, known.expand(-1, -1, *x.shape[2:])], dim=1)
        return self.answer(self.features(x)).squeeze(1)


def _one_hot(labels: Tensor | None, classes: int, batch: int) -> Tensor:
    """Return (batch, classes) zeros and ones; no columns where there are no classes."""
    if (labels is None) != (classes == 0):
        given = "none" if labels is None else "some"
        raise ValueError(f"labels must be given if and only if there are classes, got {given}")
    if labels is None:
        return torch.zeros(batch, 0)
    if labels.shape != (batch,):
        raise ValueError(f"labels must have the shape ({batch},), got {tuple(labels.shape)}")
    return F.one_hot(labels, classes)


def _start_small(module: nn.Module) -> None:
    """Draw the first weights as DCGAN does: a normal of standard deviation 0.02."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)
