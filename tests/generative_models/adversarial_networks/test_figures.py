"""The drawings show what they are given."""

import numpy as np
import torch

from otbook_utils.generative_models.adversarial_networks.figures import draw_paths, draw_ring


def test_all_samples_and_centres_are_drawn(ax):
    samples = torch.tensor([[0.5, -1.0], [2.0, 0.0], [0.0, 0.0]])
    draw_ring(ax, samples, "three")
    (points,) = ax.collections
    assert len(ax.patches) == 8
    np.testing.assert_allclose(points.get_offsets(), samples)


def test_paths_end_at_the_step(ax):
    path = torch.stack([torch.arange(6.0), -torch.arange(6.0)], dim=1)
    draw_paths(ax, {"a": path, "b": path / 2}, step=3)
    assert [tuple(line.get_xydata()[-1]) for line in ax.lines] == [
        (3, -3),
        (3, -3),
        (1.5, -1.5),
        (1.5, -1.5),
    ]
