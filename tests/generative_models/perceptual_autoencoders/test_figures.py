"""The drawings show what they are given."""

import numpy as np
import torch

from otbook_utils.generative_models.perceptual import PerceptualAutoEncoder
from otbook_utils.generative_models.perceptual_autoencoders.figures import (
    QUANTILES,
    draw_codes,
    draw_game,
    draw_plane,
    draw_stretch,
    seen_on_the_line,
)


def some_model():
    torch.manual_seed(0)
    return PerceptualAutoEncoder(2, 1, (4,))


def test_quantiles_are_forty_equal_parts_of_the_normal_law():
    shares = torch.special.ndtr(QUANTILES)
    torch.testing.assert_close(shares.diff(), torch.full((39,), 1 / 40))


def test_noise_lies_on_the_decoders_curve(ax):
    model, points = some_model(), torch.randn(7, 2)
    draw_plane(ax, points, seen_on_the_line(model, points))
    data, noise = (drawn.get_offsets() for drawn in ax.collections)
    np.testing.assert_allclose(data, points)
    with torch.no_grad():
        np.testing.assert_allclose(noise, model.decode(QUANTILES[:, None]), rtol=1e-6)


def test_the_histogram_is_a_density(ax):
    draw_codes(ax, {"codes": np.linspace(-2, 2, 200)})
    area = sum(bar.get_height() * bar.get_width() for bar in ax.patches)
    assert abs(area - 1) < 1e-9


def test_a_path_ends_where_it_ends(ax):
    draw_game(ax, {"rule": torch.tensor([[0.5, 0.5], [2.0, 1.5]])})
    ends = [tuple(line.get_xydata()[-1]) for line in ax.lines]
    assert (2.0, 1.5) in ends


def test_directions_are_carried_by_the_matrix(ax):
    matrix, directions = torch.tensor([[2.0, 1.0], [0.0, 0.5]]), torch.eye(2)
    draw_stretch(ax, matrix, directions)
    np.testing.assert_allclose(ax.collections[1].get_offsets(), matrix.T)
