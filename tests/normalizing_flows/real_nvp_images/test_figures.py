"""The drawings show what they say, and the flows to compare are flows."""

import numpy as np
import pytest
import torch

from otbook_utils.normalizing_flows import AffineCoupling, Chain, checkerboard_mask, squeeze
from otbook_utils.normalizing_flows.images import ResidualNet
from otbook_utils.normalizing_flows.real_nvp_images.figures import (
    draw_bits,
    draw_mask,
    draw_spikes,
    draw_squeezed,
    hears,
    spiked_density,
)
from otbook_utils.normalizing_flows.real_nvp_images.pixels import (
    ARRANGEMENTS,
    Squeezed,
    arrangement,
    manifold,
)


@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_each_arrangement_comes_back_with_the_determinant_of_autograd(name):
    torch.manual_seed(0)
    flow, x = arrangement(name, width=4).double(), torch.randn(2, 1, 8, 8).double()
    z, log_det = flow(x)
    back, other = flow.inverse(z)
    torch.testing.assert_close(back, x)
    torch.testing.assert_close(other, -log_det)
    jacobian = torch.autograd.functional.jacobian(lambda u: flow(u[None])[0].flatten(), x[0])
    exact = torch.linalg.slogdet(jacobian.reshape(64, 64)).logabsdet
    torch.testing.assert_close(log_det[0], exact)


def test_an_unknown_arrangement_is_named():
    with pytest.raises(ValueError, match=r"name must be one of vectors, .* got 'rows'"):
        arrangement("rows")


def test_squeezing_changes_no_number_and_no_volume():
    x = torch.randn(3, 2, 4, 6)
    z, log_det = Squeezed(Chain())(x)
    assert torch.equal(z, x) and log_det.eq(0).all()


def test_the_torus_goes_through_its_corners_and_keeps_the_spread():
    z, quarter = torch.randn(4, 500), torch.pi / 2
    phi = torch.tensor([0.0, 0.0, quarter, quarter])
    other = torch.tensor([0.0, quarter, 0.0, quarter])
    torch.testing.assert_close(manifold(z, phi, other), z, atol=1e-6, rtol=0)
    weights = manifold(torch.eye(4), torch.rand(9) * 6, torch.rand(9) * 6)
    torch.testing.assert_close(weights.square().sum(1), torch.ones(9))
    with pytest.raises(ValueError, match="z must hold four latents, got 3"):
        manifold(z[:3], phi, other)


def test_spikes_hold_mass_one():
    x = np.linspace(-3, 5, 20_001)
    assert np.trapezoid(spiked_density(x, [0, 2, 2], 0.1), x) == pytest.approx(1, abs=1e-6)


def test_a_narrower_bell_is_drawn_higher(ax):
    draw_spikes(ax, [0, 1, 1], 0.05, most=6.0)
    assert ax.collections[0].get_paths()[0].vertices[:, 1].max() == pytest.approx(
        2 / 3 / (0.05 * np.sqrt(2 * np.pi)), rel=1e-3
    )


def test_the_marked_pixel_stands_where_squeezing_puts_it():
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2)
    draw_squeezed(left, right, 13)
    channel, row, column = (squeeze(torch.arange(16.0).reshape(1, 1, 4, 4))[0] == 13).nonzero()[0]
    assert right.get_title() == f"channel {channel}, row {row}, column {column}"
    plt.close(figure)


def test_a_mask_of_channels_is_drawn_as_rows(ax):
    draw_mask(ax, torch.tensor([1.0, 1.0, 0.0, 0.0]).reshape(4, 1, 1).expand(4, 2, 2), "rows")
    blue = ax.images[0].get_array()[..., 0] == 0
    assert blue[0].all() and not blue[1].any() and blue[2].all()


def test_after_one_coupling_a_kept_pixel_hears_itself_alone():
    mask = checkerboard_mask(4, 4)
    coupling = AffineCoupling(mask, ResidualNet(mask, 1, 4, 1))
    kept, changed = mask[0].nonzero()[0].tolist(), (1 - mask[0]).nonzero()[0].tolist()
    assert hears(coupling, tuple(kept), (1, 4, 4)).count_nonzero() == 1
    heard = hears(coupling, tuple(changed), (1, 4, 4)) > 0
    assert heard[tuple(changed)] and not (heard & (mask[0] == 0)).sum() > 1


def test_bits_beyond_the_edges_fill_the_last_bin(ax):
    draw_bits(ax, torch.tensor([0.1]), torch.tensor([9.0]), "noise", [0, 1, 2])
    assert ax.patches[-1].get_height() == 1
