"""Who learns from which term, and what the stretch measures."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from otbook_utils.generative_models.evaluation import image_set, judge_of
from otbook_utils.generative_models.perceptual import (
    LPGA,
    LVPGA,
    PGA,
    VPGA,
    PerceptualAutoEncoder,
    PerceptualWeights,
    log_stretch,
    perceptual_loss,
)
from otbook_utils.training import State, seed_everything, train

NOTHING = PerceptualWeights(normal=0)


def some_model(seed=0, latent=3):
    torch.manual_seed(seed)
    return PerceptualAutoEncoder(6, latent, (8,)).double(), torch.randn(5, 6).double().tanh()


def gradients(model, term):
    """Return whether encoder and decoder learn from this term alone, without reconstruction."""
    _, x = some_model()
    found = []
    for weights in (replace(NOTHING, **{term: 1.0}), NOTHING):
        model.zero_grad()
        torch.manual_seed(1)
        perceptual_loss(model, x, weights)[0].backward()
        found.append([p.grad.clone() for p in model.parameters()])
    names = [name.split(".")[0] for name, _ in model.named_parameters()]
    moved = [not torch.allclose(a, b) for a, b in zip(*found, strict=True)]
    return {part: any(m for m, n in zip(moved, names, strict=True) if n == part) for part in names}


@pytest.mark.parametrize(
    ("term", "encoder", "decoder"),
    [
        ("normal", True, False),
        ("encoded", True, False),
        ("likelihood", True, False),
        ("stretch", False, True),
        ("variational", True, True),  # the encoder by its variances alone
        ("kl", True, False),
    ],
)
def test_each_term_teaches_whom_it_should(term, encoder, decoder):
    assert gradients(some_model()[0], term) == {"encoder": encoder, "decoder": decoder}


def test_the_variational_term_reaches_the_encoder_by_its_variances_alone():
    model, x = some_model()
    (alone,) = (perceptual_loss(model, x, replace(NOTHING, variational=1.0))[1]["variational"],)
    alone.backward()
    last = model.encoder[-1]
    assert torch.equal(last.bias.grad[:3], torch.zeros(3).double())
    assert last.bias.grad[3:].abs().sum() > 0


def test_in_lvpga_the_stretch_teaches_the_variances_and_not_the_means():
    """As in the authors' code, where the moves are drawn with the posterior's deviation."""
    model, x = some_model()
    perceptual_loss(model, x, LVPGA)[1]["stretch"].backward()
    last = model.encoder[-1]
    assert torch.equal(last.bias.grad[:3], torch.zeros(3).double())
    assert last.bias.grad[3:].abs().sum() > 0


def test_one_backward_pass_gives_each_part_its_own_loss():
    """Against the definition with two losses and two backward passes."""
    model, x = some_model()
    torch.manual_seed(7)
    perceptual_loss(model, x, PGA)[0].backward()
    found = [p.grad.clone() for p in model.parameters()]
    torch.manual_seed(7)
    mean, _ = model.encode(x)
    torch.randn_like(mean)  # the noise of the posterior, which is not used here
    z = torch.randn_like(mean)
    data = F.mse_loss(model.decode(mean), x)
    latent = F.mse_loss(model.encode(model.decode(z))[0], z)
    own = {"encoder": data + PGA.normal * latent, "decoder": data}
    for part, loss in own.items():
        wanted = torch.autograd.grad(
            loss, list(getattr(model, part).parameters()), retain_graph=True
        )
        ours = [g for g, (n, _) in zip(found, model.named_parameters(), strict=True) if part in n]
        for a, b in zip(ours, wanted, strict=True):
            torch.testing.assert_close(a, b)


def linear_there_and_back(matrix):
    """Return a model whose h(z) is matrix · z for small z."""
    d = len(matrix)
    model = PerceptualAutoEncoder(d, d, hidden=()).double()
    with torch.no_grad():
        model.decoder[0].weight.copy_(1e-3 * torch.eye(d))  # tanh is the identity up to 1e-6
        model.decoder[0].bias.zero_()
        model.encoder[0].weight[:d] = 1e3 * matrix
        model.encoder[0].bias.zero_()
    return model


def test_stretch_is_the_log_determinant_where_all_directions_stretch_alike():
    turn = torch.linalg.qr(torch.randn(4, 4).double()).Q
    model, z = linear_there_and_back(3 * turn), 0.1 * torch.randn(6, 4).double()
    found = log_stretch(model, z, 0.01 * torch.randn(6, 4).double())
    wanted = torch.full((6,), 4 * math.log(3)).double()
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


def test_in_the_mean_the_stretch_is_not_below_the_log_determinant():
    torch.manual_seed(0)
    for seed in range(5):
        matrix = torch.randn(3, 3, generator=torch.Generator().manual_seed(seed)).double()
        model = linear_there_and_back(matrix)
        z = torch.zeros(4000, 3).double()
        found = log_stretch(model, z, 0.01 * F.normalize(torch.randn(4000, 3).double(), dim=1))
        spread = 3 * found.std().item() / 4000**0.5
        assert found.mean().item() > torch.linalg.slogdet(matrix).logabsdet.item() - spread


def test_only_what_has_a_weight_is_computed_and_told():
    model, x = some_model()
    assert set(perceptual_loss(model, x, NOTHING)[1]) == {"reconstruction"}
    assert set(perceptual_loss(model, x, LVPGA)[1]) == {
        "reconstruction",
        "normal",
        "likelihood",
        "stretch",
        "kl",
    }


def test_on_digits_matching_in_latent_space_brings_samples_near_the_data():
    """After 700 steps already; the margin is about half of what three seeds gave."""
    images, judge = image_set("digits", "train")[0] * 2 - 1, judge_of("digits")
    found = {}
    for name, weights in {"plain": NOTHING, "PGA": PGA, "LPGA": LPGA, "VPGA": VPGA}.items():
        seed_everything(0)
        model = PerceptualAutoEncoder((1, 8, 8), 10, (128,))
        state = State(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3))

        def step(state, x, weights=weights):
            loss, terms = perceptual_loss(state.model, x, weights)
            state.optimizer.zero_grad()
            loss.backward()
            state.optimizer.step()
            return terms

        train(state, step, lambda: images[torch.randperm(len(images))].split(64), steps=700)
        found[name] = judge.feature_fid((model.sample(1000) + 1) / 2)
    assert found["LPGA"] < found["PGA"] / 2 < found["plain"] / 2
    assert found["VPGA"] < found["PGA"] / 2


def test_impossible_sizes_and_batches_are_named():
    with pytest.raises(ValueError, match="latent must"):
        PerceptualAutoEncoder(6, 0)
    model, _ = some_model()
    with pytest.raises(ValueError, match="x must"):
        perceptual_loss(model, torch.zeros(0, 6).double(), PGA)
    with pytest.raises(ValueError, match="n must"):
        model.sample(0)
