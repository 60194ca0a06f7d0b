"""The game's losses at known optima, the gradient penalty of known critics, the networks."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from otbook_utils.generative_models import (
    ImageDiscriminator,
    ImageGenerator,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
)


def test_losses_are_binary_cross_entropies():
    torch.manual_seed(0)
    real, fake = torch.randn(7), torch.randn(5)
    wanted = F.binary_cross_entropy(real.sigmoid(), torch.ones(7)) + F.binary_cross_entropy(
        fake.sigmoid(), torch.zeros(5)
    )
    torch.testing.assert_close(discriminator_loss(real, fake), wanted)
    torch.testing.assert_close(generator_loss(fake), -fake.sigmoid().log().mean())
    saturating = (1 - fake.sigmoid()).log().mean()
    torch.testing.assert_close(generator_loss(fake, saturating=True), saturating)


def test_at_the_best_discriminator_the_loss_is_2_ln_2_less_twice_jensen_shannon():
    p, q = torch.tensor([0.7, 0.2, 0.1]).double(), torch.tensor([0.1, 0.3, 0.6]).double()
    logits = p.log() - q.log()  # of D = p / (p + q)
    counts = 10  # all shares are tenths: batches that hold the distributions exactly
    real = logits.repeat_interleave((p * counts).round().long())
    fake = logits.repeat_interleave((q * counts).round().long())
    middle = (p + q) / 2
    js = 0.5 * ((p * (p / middle).log()).sum() + (q * (q / middle).log()).sum())
    wanted = 2 * math.log(2) - 2 * js.item()
    assert discriminator_loss(real, fake).item() == pytest.approx(wanted)


def test_far_logits_stay_finite_and_only_one_loss_still_has_a_slope():
    fake = torch.tensor([-200.0], requires_grad=True)
    assert generator_loss(fake).item() == pytest.approx(200)
    for saturating, slope in ((False, -1.0), (True, 0.0)):
        (found,) = torch.autograd.grad(generator_loss(fake, saturating=saturating), fake)
        assert found.item() == pytest.approx(slope, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 5), st.lists(st.integers(1, 3), min_size=1, max_size=3), st.integers(0, 999))
def test_penalty_of_a_linear_critic_is_known(batch, shape, seed):
    generator = torch.Generator().manual_seed(seed)
    real, fake = torch.randn(2, batch, *shape, generator=generator)
    weight = torch.randn(*shape, generator=generator)
    for answer in (
        lambda x: (x * weight).flatten(1).sum(1),
        lambda x: (x * weight).flatten(1).sum(1, keepdim=True),
    ):
        found = gradient_penalty(answer, real, fake)
        assert found.item() == pytest.approx((weight.norm().item() - 1) ** 2, rel=1e-4, abs=1e-6)


def test_each_pair_has_its_own_place_between():
    """With the critic ½‖x‖² the slope is x itself: its norm is the share, uniform on [0, 1]."""
    torch.manual_seed(0)
    real, fake = torch.ones(200_000, 1), torch.zeros(200_000, 1)
    found = gradient_penalty(lambda x: 0.5 * x.square().sum(1), real, fake)
    assert found.item() == pytest.approx(1 / 3, abs=0.01)  # E (share − 1)²; one share: no mean


def test_norms_are_taken_sample_by_sample():
    scale = torch.tensor([1.0, 3.0])
    found = gradient_penalty(lambda x: scale * x.sum(1), torch.randn(2, 1), torch.randn(2, 1))
    assert found.item() == pytest.approx((0 + 4) / 2)


def test_it_trains_the_critic_and_leaves_the_generator_alone():
    critic = nn.Linear(3, 1, bias=False)
    real, fake = torch.randn(4, 3), torch.randn(4, 3, requires_grad=True)
    gradient_penalty(critic, real, fake).backward()
    norm = critic.weight.detach().norm()
    wanted = 2 * (norm - 1) * critic.weight.detach() / norm
    torch.testing.assert_close(critic.weight.grad, wanted)
    assert fake.grad is None


def test_it_works_where_gradients_are_off():
    with torch.no_grad():
        found = gradient_penalty(lambda x: x.sum(1), torch.ones(2, 1), torch.zeros(2, 1))
    assert found.item() == pytest.approx(0)


@pytest.mark.parametrize(
    ("real", "fake"),
    [
        (torch.zeros(2, 3), torch.zeros(3, 3)),
        (torch.zeros(0, 3), torch.zeros(0, 3)),
        (torch.tensor(1.0), torch.tensor(1.0)),
        (torch.zeros(2, 3).long(), torch.zeros(2, 3)),
    ],
)
def test_penalty_refuses_what_does_not_fit(real, fake):
    with pytest.raises(ValueError, match="real"):
        gradient_penalty(lambda x: x.sum(1), real, fake)


def test_penalty_refuses_critics_that_do_not_answer_each_sample():
    x = torch.zeros(4, 3)
    with pytest.raises(ValueError, match="one number a sample"):
        gradient_penalty(lambda x: x, x, x)
    with pytest.raises(ValueError, match="differentiable"):
        gradient_penalty(lambda x: torch.zeros(4), x, x)
    with pytest.raises(TypeError, match="fake must be a tensor"):
        gradient_penalty(lambda x: x.sum(1), x, [0.0])


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 16, 12)])
def test_networks_fit_each_other(shape):
    generator, discriminator = ImageGenerator(5, shape, 4), ImageDiscriminator(shape, 4)
    images = generator(torch.randn(6, 5))
    assert images.shape == (6, *shape) and images.abs().max() <= 1
    discriminator_loss(discriminator(images), discriminator(images)).backward()
    assert all(p.grad is not None for p in [*generator.parameters(), *discriminator.parameters()])


def test_conditional_networks_listen_to_their_labels():
    torch.manual_seed(0)
    generator = ImageGenerator(5, (1, 8, 8), 4, classes=3).eval()
    discriminator = ImageDiscriminator((1, 8, 8), 4, classes=3).eval()
    z, x = torch.randn(1, 5).expand(2, 5), torch.randn(1, 1, 8, 8).expand(2, 1, 8, 8)
    labels = torch.tensor([0, 2])
    one, other = generator(z, labels)
    assert not torch.equal(one, other)
    one, other = discriminator(x, labels)
    assert one != other


def test_networks_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="multiples of 4"):
        ImageGenerator(5, (1, 9, 8))
    with pytest.raises(ValueError, match="labels must be given"):
        ImageGenerator(5, (1, 8, 8), classes=3)(torch.randn(2, 5))
    with pytest.raises(ValueError, match="labels must be given"):
        ImageDiscriminator((1, 8, 8))(torch.randn(2, 1, 8, 8), torch.zeros(2).long())
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        ImageGenerator(5, (1, 8, 8), classes=3)(torch.randn(2, 5), torch.zeros(3).long())
