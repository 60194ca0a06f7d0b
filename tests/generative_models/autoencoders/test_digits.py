"""Networks trained side by side reach what a closed form says, each on its own data."""

import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

from otbook_utils.generative_models import AutoEncoder
from otbook_utils.generative_models.autoencoders.digits import flat_digits, train_several
from otbook_utils.generative_models.autoencoders.experiment import summaries


def errors(nets, x):
    with torch.no_grad():
        return (nets(x) - x).square().sum(-1).mean(-1)


def test_each_linear_network_comes_near_the_components_of_its_own_data():
    generator = torch.Generator().manual_seed(0)
    own = torch.randn(2, 256, 5, generator=generator) * torch.tensor([3.0, 2, 1, 1, 1])
    own[1] = own[1].flip(-1) + 1
    nets = train_several(lambda: AutoEncoder(5, 2), own, seeds=range(2), epochs=600)
    for k, x in enumerate(own):
        rest = PCA(5).fit(x.numpy()).explained_variance_[2:].sum() * 255 / 256
        assert rest <= errors(nets, x)[k].item() < 1.06 * rest


def test_noise_is_on_the_input_and_not_on_the_target():
    # The best constant times y for x of variance 1 and noise of variance 4 is 1 / 5.
    x = torch.randn(2000, 1, generator=torch.Generator().manual_seed(1))
    nets = train_several(lambda: nn.Linear(1, 1), x, seeds=[0], epochs=60, noise=2.0)
    assert abs(nets[0].weight.item() - 0.2) < 0.04


def test_a_second_training_gives_the_same_networks():
    x = torch.rand(130, 4, generator=torch.Generator().manual_seed(2))
    first, second = (train_several(lambda: nn.Linear(4, 4), x, seeds=[3], epochs=2) for _ in "12")
    assert torch.equal(first(x), second(x))


def test_negative_noise_is_named():
    with pytest.raises(ValueError, match="noise must not be negative, got -1"):
        train_several(lambda: nn.Linear(4, 4), torch.rand(9, 4), seeds=[0], epochs=1, noise=-1)


def test_digits_are_grey_values_with_labels():
    x, labels = flat_digits("train")
    assert x.shape == (len(labels), 64) and x.min() == 0 and x.max() == 1


def test_summaries_keep_one_number_a_seed():
    class Result:
        row, final = "deep", {"ae_error": 2.0}

    class Other:
        row, final = "deep", {"ae_error": 3.0}

    assert summaries([Result(), Other()]) == {"deep": {"ae_error": [2.0, 3.0]}}
