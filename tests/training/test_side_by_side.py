"""Networks of many seeds trained at once end where each ends alone."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from otbook_utils.training import SideBySide, State, train, train_side_by_side

SEEDS = (3, 0, 11)


def small(*extra):
    return nn.Sequential(nn.Linear(2, 8), *extra, nn.Tanh(), nn.Linear(8, 1))


def data(seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(5, 12, 2, generator=generator)
    return [(rows, rows.prod(1, keepdim=True)) for rows in x]


def loss(network, x, y):
    """A loss with a derivative inside, of a network whose slope shall not exceed 1."""
    slope = torch.func.vmap(torch.func.grad(lambda point: network(point).squeeze()))(x)
    return F.smooth_l1_loss(network(x), y) + 0.1 * F.relu(slope.norm(dim=1) - 1).mean()


def alone(seed, batches, make, optimizer, loss, epochs=4):
    torch.manual_seed(seed)
    network = make()
    state = State(network=network, optimizer=optimizer(network.parameters()))

    def step(state, batch):
        value = loss(state.network, *batch)
        state.optimizer.zero_grad()
        value.backward()
        state.optimizer.step()
        return {"loss": value}

    return network, train(state, step, batches, epochs=epochs)


def close(found, wanted):
    for name, value in wanted.state_dict().items():
        torch.testing.assert_close(found.state_dict()[name], value, rtol=1e-4, atol=1e-6)


OPTIMIZERS = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.02, weight_decay=0.01),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_each_network_is_trained_as_it_is_alone(optimizer):
    networks, history = train_side_by_side(
        small, loss, data(0), seeds=SEEDS, optimizer=optimizer, epochs=4
    )
    ones = [alone(seed, data(0), small, optimizer, loss) for seed in SEEDS]
    for k, (network, _) in enumerate(ones):
        close(networks[k], network)
    mean = sum(told["loss"] for _, told in ones) / len(SEEDS)
    assert history["loss"] == pytest.approx(mean, rel=1e-5)


def test_each_network_may_have_batches_of_its_own():
    stacked = [
        tuple(map(torch.stack, zip(*parts, strict=True)))
        for parts in zip(*(data(seed) for seed in SEEDS), strict=True)
    ]
    networks, _ = train_side_by_side(
        small,
        loss,
        stacked,
        seeds=SEEDS,
        optimizer=OPTIMIZERS["adam"],
        own_batches=True,
        epochs=4,
    )
    for k, seed in enumerate(SEEDS):
        close(networks[k], alone(seed, data(seed), small, OPTIMIZERS["adam"], loss)[0])


def test_running_statistics_are_each_networks_own():
    def make():
        return small(nn.BatchNorm1d(8))

    def squares(network, x, y):
        return F.mse_loss(network(x), y)

    optimizer = OPTIMIZERS["momentum"]
    networks, _ = train_side_by_side(
        make, squares, data(0), seeds=SEEDS, optimizer=optimizer, epochs=2
    )
    for k, seed in enumerate(SEEDS):
        close(networks[k], alone(seed, data(0), make, optimizer, squares, epochs=2)[0])
    x = data(9)[0][0]
    together = networks.eval()(x)
    for k in range(len(SEEDS)):
        torch.testing.assert_close(together[k], networks[k](x))


def test_frozen_weights_stay_as_they_were():
    def make():
        network = small()
        network[0].weight.requires_grad_(False)
        return network

    networks = SideBySide(make, SEEDS)
    before = networks.stacked[0].weight.clone()
    networks(torch.ones(4, 2)).sum().backward()
    assert networks.stacked[0].weight.grad is None and networks.stacked[2].weight.grad is not None
    assert torch.equal(networks.stacked[0].weight, before)


def test_noise_differs_from_network_to_network():
    networks = SideBySide(small, SEEDS)
    answers = networks.each(lambda network: F.dropout(torch.ones(50)))
    assert not torch.equal(answers[0], answers[1])


def test_generators_are_put_back_and_seeds_decide_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two = SideBySide(small, SEEDS), SideBySide(small, reversed(SEEDS))
    assert torch.equal(torch.get_rng_state(), before)
    close(one[0], two[2])
    assert not torch.equal(one[0][0].weight, one[1][0].weight)


def test_one_network_is_a_copy():
    networks = SideBySide(small, SEEDS)
    one, before = networks[1], networks[1][0].weight.clone()
    nn.init.zeros_(one[0].weight)
    assert torch.equal(networks[1][0].weight, before)


def test_no_seeds_are_refused():
    with pytest.raises(ValueError, match="seeds must hold at least one number"):
        SideBySide(small, [])


def test_killed_and_resumed_they_end_the_same(tmp_path):
    def go(stop=None, **how):
        def stoppable(network, x, y):
            nonlocal stop
            stop = stop and stop - 1
            if stop == 0:
                raise KeyboardInterrupt
            return loss(network, x, y)

        adam = OPTIMIZERS["adam"]
        found = train_side_by_side(
            small, stoppable, data(0), seeds=SEEDS, optimizer=adam, epochs=2, save_every=0.0, **how
        )
        return [p.tolist() for p in found[0].parameters()]

    with pytest.raises(KeyboardInterrupt):
        go(stop=7, checkpoint=tmp_path / "run.ckpt")
    assert go(checkpoint=tmp_path / "run.ckpt") == go()


def test_a_tensor_with_two_names_is_refused_by_both_of_them():
    def tied():
        pair = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        pair[1].weight = pair[0].weight
        return pair

    with pytest.raises(ValueError, match=r"one tensor as '0\.weight' and '1\.weight'"):
        SideBySide(tied, [0])

    def with_one_mask():
        mask, pair = torch.ones(3), nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        for layer in pair:
            layer.register_buffer("mask", mask)
        return pair

    with pytest.raises(ValueError, match=r"one tensor as '0\.mask' and '1\.mask'"):
        SideBySide(with_one_mask, [0])
