"""The LSTM is torch's without dropout, and with it one mask stands along a sequence."""

import pytest
import torch
from torch import nn

from otbook_utils.bayesian_networks import VariationalDropoutLSTM, mc_predict
from otbook_utils.training import SideBySide


def like(ours: VariationalDropoutLSTM) -> nn.LSTM:
    theirs = nn.LSTM(ours.input_size, ours.hidden_size, batch_first=ours.batch_first)
    theirs.load_state_dict({f"{name}_l0": value for name, value in ours.state_dict().items()})
    return theirs


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("given", [False, True])
def test_without_dropout_it_is_torchs(batch_first, given):
    torch.manual_seed(0)
    rates = {"dropout": 0.3, "recurrent_dropout": 0.4, "output_dropout": 0.5}
    ours = VariationalDropoutLSTM(3, 5, **rates, batch_first=batch_first).eval()
    x = torch.randn(4, 7, 3)
    state = tuple(torch.randn(2, 1, 4 if batch_first else 7, 5)) if given else None
    out, (h, c) = ours(x, state)
    wanted, (h_wanted, c_wanted) = like(ours)(x, state)
    torch.testing.assert_close(out, wanted)
    torch.testing.assert_close(h, h_wanted)
    torch.testing.assert_close(c, c_wanted)


@pytest.mark.parametrize("same_mask", [True, False])
def test_outputs_masks_are_the_same_at_every_step_or_not(same_mask):
    torch.manual_seed(0)
    lstm = VariationalDropoutLSTM(3, 50, output_dropout=0.4, same_mask=same_mask)
    dropped = lstm(torch.randn(6, 8, 3))[0] == 0
    assert bool((dropped == dropped[:1]).all()) is same_mask
    assert not torch.equal(dropped[0, 0], dropped[0, 1])  # each row of a batch has its own
    assert dropped.float().mean().item() == pytest.approx(0.4, abs=0.1)


def test_inputs_that_are_dropped_are_dropped_throughout():
    torch.manual_seed(0)
    lstm = VariationalDropoutLSTM(2, 4, dropout=0.5)
    with torch.no_grad():
        lstm.weight_ih[:, 1] = 0  # the second input does nothing
    x = torch.randn(9, 200, 2)
    out = lstm(x)[0]
    lstm.eval()
    silent, doubled = lstm(x * 0)[0], lstm(x * 2)[0]
    is_silent = (out - silent).abs().amax((0, 2)) < 1e-6
    is_doubled = (out - doubled).abs().amax((0, 2)) < 1e-6
    assert bool((is_silent ^ is_doubled).all())
    assert 60 < is_silent.sum() < 140


def test_a_recurrent_mask_is_a_masked_matrix():
    """With one mask an LSTM under dropout is a plain LSTM with columns of its matrix struck out."""
    torch.manual_seed(0)
    lstm = VariationalDropoutLSTM(2, 3, recurrent_dropout=0.5)
    x = torch.randn(10, 1, 2)
    out = lstm(x)[0]
    masks = torch.cartesian_prod(*[torch.tensor([0.0, 2.0])] * 3)
    nets = [like(lstm) for _ in masks]
    for net, mask in zip(nets, masks, strict=True):
        net.weight_hh_l0.data *= mask
    assert sum(torch.allclose(net(x)[0], out, atol=1e-6) for net in nets) == 1


def test_the_first_state_is_masked_on_its_way_and_given_back_whole():
    torch.manual_seed(0)
    lstm = VariationalDropoutLSTM(2, 4, recurrent_dropout=0.9)
    out, (h, _) = lstm(torch.randn(5, 3, 2))
    torch.testing.assert_close(h[0], out[-1])


def test_gradients_reach_all_weights_and_mc_predict_switches_masks_on():
    torch.manual_seed(0)
    lstm = VariationalDropoutLSTM(2, 4, dropout=0.2, recurrent_dropout=0.2, batch_first=True)
    lstm(torch.randn(3, 5, 2))[0].sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in lstm.parameters())

    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = lstm

        def forward(self, x):
            return self.lstm(x)[0][:, -1]

    answers = mc_predict(Last().eval(), torch.randn(6, 5, 2), samples=20)
    assert answers.shape == (20, 6, 4)
    assert answers.std(0).min() > 0


def test_many_seeds_side_by_side_draw_their_own_masks():
    nets = SideBySide(lambda: VariationalDropoutLSTM(2, 20, output_dropout=0.5), seeds=range(3))
    dropped = nets.each(lambda net: net(torch.ones(4, 5, 2))[0]) == 0
    assert not torch.equal(dropped[0], dropped[1])


@pytest.mark.parametrize("rate", ["dropout", "recurrent_dropout", "output_dropout"])
@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan"), "half"])
def test_senseless_rates_are_refused_by_name(rate, value):
    with pytest.raises((ValueError, TypeError), match=rate):
        VariationalDropoutLSTM(2, 3, **{rate: value})


def test_senseless_inputs_are_refused():
    lstm = VariationalDropoutLSTM(2, 3)
    for x in (torch.zeros(4, 2), torch.zeros(4, 1, 3), torch.zeros(0, 1, 2)):
        with pytest.raises(ValueError, match="x must"):
            lstm(x)
    with pytest.raises(TypeError, match="x must"):
        lstm([1.0])
    with pytest.raises(ValueError, match="cell"):
        lstm(torch.zeros(4, 1, 2), (torch.zeros(1, 1, 3), torch.zeros(1, 3)))
