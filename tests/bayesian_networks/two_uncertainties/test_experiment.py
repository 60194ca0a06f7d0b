"""The networks of the chapter's experiments against torch's own, and what they are trained on."""

import torch
from torch import nn

from otbook_utils.bayesian_networks.two_uncertainties.experiment import (
    CellMasked,
    GatesMasked,
    digits,
    trained_on,
)


def test_without_dropout_the_masked_cell_is_torchs_lstm():
    torch.manual_seed(0)
    network, peer = CellMasked(rate=0.0, units=5), nn.LSTM(1, 5)
    with torch.no_grad():
        peer.weight_ih_l0.copy_(network.enter.weight), peer.bias_ih_l0.copy_(network.enter.bias)
        peer.weight_hh_l0.copy_(network.carry.weight), peer.bias_hh_l0.copy_(network.carry.bias)
        x = torch.randn(7, 3, 1)
        wanted = network.leave(peer(x)[0][-1])[:, 0]
        torch.testing.assert_close(network(x), wanted)


def test_new_masks_give_new_answers():
    torch.manual_seed(0)
    network, x = CellMasked(), torch.randn(7, 3, 1)
    assert bool((network(x) != network(x)).all())


def test_without_dropout_both_lstms_are_the_same():
    torch.manual_seed(0)
    masked, gates = CellMasked(rate=0.0, units=5), GatesMasked(True, rate=0.0, units=5)
    with torch.no_grad():
        for name, own in (("ih", masked.enter), ("hh", masked.carry)):
            getattr(gates.lstm, f"weight_{name}").copy_(own.weight)
            getattr(gates.lstm, f"bias_{name}").copy_(own.bias)
        gates.leave.load_state_dict(masked.leave.state_dict())
        x = torch.randn(7, 3, 1)
        torch.testing.assert_close(gates(x), masked(x))


def test_each_network_learns_its_own_digits():
    x, y = digits("train")
    sets = torch.arange(40).reshape(2, 20)
    networks = trained_on(x[sets], y[sets], [0, 1], steps=100)
    answers = networks.each(lambda network, x: network(x), x[sets]).argmax(-1)
    assert bool((answers == y[sets]).all())
