"""The drawings show what they are given."""

import torch

from otbook_utils.bayesian_networks.dropout_is_variational_inference.figures import (
    draw_bands,
    draw_masked_layer,
    draw_smeared,
    draw_two_slopes,
)


def test_a_dropped_input_loses_its_edges_and_its_column():
    weight = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.2, -0.3]])
    ax, right = draw_masked_layer(weight, [1, 0, 1]).axes
    assert len(ax.lines) == 2 * 2
    texts = [text.get_text() for text in right.texts]
    assert texts == ["0.5", "0", "2.0", "1.5", "0", "−0.3"]


def test_band_is_two_deviations_and_the_answers_are_those_at_the_line():
    grid = torch.linspace(-1, 1, 5)
    answers = torch.tensor([[-1.0], [1.0]]).expand(2, 5) * grid.abs()
    data = torch.zeros(3, 1), torch.zeros(3, 1)
    figure = draw_bands(grid, answers, data, 1.0, noise=0.0, few=True)
    ax, right = figure.axes
    band = ax.collections[1].get_paths()[0].vertices
    assert abs(band[:, 1].max() - 2 * 2**0.5) < 1e-6
    assert sorted(segment[0][1] for segment in right.collections[0].get_segments()) == [-1, 1]


def test_histogram_counts_every_pass():
    grid, data = torch.arange(2.0), (torch.zeros(1, 1), torch.zeros(1, 1))
    figure = draw_bands(
        grid, torch.linspace(-1, 1, 30)[:, None].expand(30, 2), data, 0.0, 0.1, few=False
    )
    assert sum(bar.get_width() for bar in figure.axes[1].patches) == 30


def test_the_divergence_is_the_decay_where_the_mask_is_known():
    H = -0.3 * torch.tensor(0.3).log() - 0.7 * torch.tensor(0.7).log()
    figure = draw_smeared(1.0, 0.1, 0.3, told=lambda d, p: H + 0 * d)
    exact, decay, dot = figure.axes[1].lines
    assert abs(exact.get_ydata() - decay.get_ydata()).max() < 1e-6
    assert abs(dot.get_ydata()[0] - 0.35) < 1e-6


def test_spikes_stand_at_their_slopes_and_rare_ones_are_left_out():
    spikes = torch.tensor([0.0, 0.5, 1.0]), torch.tensor([1e-6, 0.25, 0.75])
    curves = {"posterior": [1.0, 0.1], "dropout": [0.3, 0.3]}
    ax, right = draw_two_slopes(100, spikes, (0.9, 0.1), [1, 100], curves).axes
    tops = [tuple(segment[1]) for segment in ax.collections[0].get_segments()]
    assert [(round(x, 3), round(y, 3)) for x, y in tops] == [(0.5, 0.333), (1.0, 1.0)]
    dots = [line.get_xydata()[0].tolist() for line in right.lines if line.get_marker() == "o"]
    assert dots == [[100, 0.1], [100, 0.3]]
