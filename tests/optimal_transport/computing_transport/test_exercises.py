"""Right answers in another style than the chapter's solutions pass."""

import numpy as np
import pytest
import torch

from otbook_utils.teaching import check


def critic_in_torch(z, x, y, *, slope=1.0):
    """Return a best critic in float32, extended from the samples by cones."""
    z, x, y = (torch.tensor(places, dtype=torch.float32) for places in (z, x, y))
    places = torch.unique(torch.cat([x, y]))
    F, G = ((side[:, None] <= places).float().mean(dim=0) for side in (x, y))
    steps = -torch.sign(F - G)[:-1] * torch.diff(places)
    heights = torch.cat([torch.zeros(1), steps.cumsum(dim=0)])
    return slope * (heights + (z[:, None] - places).abs()).min(dim=1).values


def test_single_precision_is_enough_for_the_critic():
    assert check("ot-03-3", critic_in_torch).status == "right"


@pytest.mark.parametrize("slope", [1.001, 0.999])
def test_a_slope_off_by_a_thousandth_is_not(slope):
    verdict = check("ot-03-3", lambda z, x, y: critic_in_torch(z, x, y, slope=slope))
    assert verdict.status == "wrong"


def test_places_out_of_order_break_the_slope():
    verdict = check("ot-03-3", lambda z, x, y: np.sort(critic_in_torch(z, x, y).numpy()))
    assert verdict.status == "wrong" and "1-Lipschitz" in verdict.message
