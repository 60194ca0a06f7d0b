import pytest
import torch

from otbook_utils.scarce_labels.resnet import ResNet18


def test_resnet18_for_cifar_has_the_parameters_it_is_known_for():
    assert sum(p.numel() for p in ResNet18().parameters()) == 11_173_962


@pytest.mark.parametrize("classes, width", [(10, 8), (3, 4)])
def test_stages_halve_the_image_and_double_the_channels(classes, width):
    model, shapes = ResNet18(classes, width).eval(), []
    for stage in (model.stage1, model.stage2, model.stage3, model.stage4):
        stage.register_forward_hook(lambda m, i, out: shapes.append(tuple(out.shape[1:])))
    assert model(torch.zeros(1, 3, 32, 32)).shape == (1, classes)
    assert shapes == [(width << k, 32 >> k, 32 >> k) for k in range(4)]


def test_gradients_reach_every_weight():
    model = ResNet18(width=4)
    model(torch.randn(4, 3, 32, 32)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_a_block_without_its_convolutions_passes_positive_images_through():
    block = ResNet18(width=4).stage1[0].eval()
    torch.nn.init.zeros_(block.conv2.weight)
    x = torch.rand(2, 4, 8, 8)
    torch.testing.assert_close(block(x), x)
