"""The autoencoder against principal components, and its errors against torch's losses."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch.nn import functional as F

from otbook_utils.generative_models import AutoEncoder


def some_data(n=200, d=6):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, d, generator=generator) @ torch.randn(d, d, generator=generator) + 1


@pytest.mark.parametrize("tied", [False, True])
def test_with_the_components_as_weights_the_error_is_the_sum_of_the_other_variances(tied):
    x = some_data().double()
    pca = PCA(6).fit(x)
    model = AutoEncoder(6, latent=2, tied=tied).double()
    axes, centre = torch.tensor(pca.components_[:2]), torch.tensor(pca.mean_)
    with torch.no_grad():
        model.encoder[0].weight.copy_(axes)
        model.encoder[0].bias.copy_(-axes @ centre)
        if tied:
            model.decoder.biases[0].copy_(centre)
        else:
            model.decoder[0].weight.copy_(axes.T)
            model.decoder[0].bias.copy_(centre)
    rest = pca.explained_variance_[2:].sum() * (len(x) - 1) / len(x)
    assert model.reconstruction_error(x).mean().item() == pytest.approx(rest)


def test_training_a_linear_one_comes_to_the_components_and_not_below():
    x = some_data()
    model = AutoEncoder(6, latent=2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(1500):
        loss = model.reconstruction_error(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    pca = PCA(2).fit(x.numpy())
    least = np.square(pca.inverse_transform(pca.transform(x.numpy())) - x.numpy()).sum(1).mean()
    assert least - 1e-3 <= loss.item() <= 1.01 * least


def test_binary_inputs_pay_the_cross_entropy_of_their_probabilities():
    model = AutoEncoder((1, 4, 4), 3, (8,), inputs="binary")
    x = torch.rand(5, 1, 4, 4)
    wanted = F.binary_cross_entropy(model(x), x, reduction="none").sum((1, 2, 3))
    torch.testing.assert_close(model.reconstruction_error(x), wanted)


def test_a_denoiser_is_held_against_the_clean_target():
    model, x, clean = AutoEncoder(4, 2), torch.randn(5, 4), torch.randn(5, 4)
    wanted = (model(x) - clean).square().sum(1)
    torch.testing.assert_close(model.reconstruction_error(x, clean), wanted)


def test_tied_weights_are_the_encoders_transposed_and_counted_once():
    model = AutoEncoder(10, 2, (6, 4), tied=True)
    matrices = 10 * 6 + 6 * 4 + 4 * 2
    assert sum(p.numel() for p in model.parameters()) == matrices + (6 + 4 + 2) + (4 + 6 + 10)
    first, _, second, _, third = model.encoder
    z = torch.randn(3, 2)
    h = F.linear(z, third.weight.T, model.decoder.biases[0]).relu()
    h = F.linear(h, second.weight.T, model.decoder.biases[1]).relu()
    wanted = F.linear(h, first.weight.T, model.decoder.biases[2])
    torch.testing.assert_close(model.decode(z), wanted)


def test_tied_weights_stay_tied_in_a_copy_and_get_gradients_from_both_uses():
    from copy import deepcopy

    model = deepcopy(AutoEncoder(3, 1, tied=True)).double()
    x = torch.randn(2, 3, dtype=torch.float64)
    model.reconstruction_error(x).sum().backward()
    weight, step = model.encoder[0].weight, 1e-6
    with torch.no_grad():
        weight[0, 1] += step
        up = model.reconstruction_error(x).sum()
        weight[0, 1] -= 2 * step
        down = model.reconstruction_error(x).sum()
    slope = ((up - down) / (2 * step)).item()
    assert weight.grad[0, 1].item() == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"shape": 0, "latent": 2}, "shape"),
        ({"shape": 4, "latent": 0}, "latent"),
        ({"shape": 4, "latent": 2, "hidden": (3, -1)}, "hidden"),
        ({"shape": 4, "latent": 2, "inputs": "images"}, "inputs"),
    ],
)
def test_impossible_arguments_are_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        AutoEncoder(**arguments)


def test_bad_batches_are_named():
    model = AutoEncoder(4, 2, inputs="binary")
    for x in (torch.zeros(0, 4), torch.zeros(2, 5), torch.zeros(4)):
        with pytest.raises(ValueError, match="x must"):
            model(x)
    with pytest.raises(ValueError, match="x must lie from 0 to 1"):
        model.reconstruction_error(torch.full((2, 4), 1.5))
    with pytest.raises(ValueError, match="target must"):
        model.reconstruction_error(torch.zeros(2, 4), torch.zeros(2, 3))
