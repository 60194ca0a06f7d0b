"""One small network for each of many seeds, all of them trained at once."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from otbook_utils.training.history import History
from otbook_utils.training.loop import train
from otbook_utils.training.state import State


class SideBySide(nn.Module):
    """One network a seed, in tensors with a leading dimension of seeds.

    make: called without arguments once for each seed, after torch's generator is seeded with it, so
    that network k begins as it does alone; the generator is then put back.
    seeds: a number for each network.

    Called with x (batch, …), every network gets x, and their answers come as (seeds, batch, …).
    Ten networks of a few thousand parameters take about as long as one.
    Raises ValueError for a network that registers one tensor in two places, as tied weights are.

    An optimiser that treats each number by itself (SGD, Adam) trains every network as it would
    alone; one that takes a norm over a whole tensor does not.

    >>> nets = SideBySide(lambda: nn.Linear(2, 1), seeds=range(5))
    >>> nets(torch.zeros(3, 2)).shape, len(nets), nets[4].weight.shape
    (torch.Size([5, 3, 1]), 5, torch.Size([1, 2]))
    """

    def __init__(self, make: Callable[[], nn.Module], seeds: Iterable[int]) -> None:
        super().__init__()
        self.seeds = tuple(seeds)
        if not self.seeds:
            raise ValueError("seeds must hold at least one number, got none")
        alone = [_seeded(make, seed) for seed in self.seeds]
        _refuse_shared(alone[0])
        self.stacked = deepcopy(alone[0])  # the same names, with stacked numbers
        parameters, buffers = stack_module_state(alone)
        for name, value in parameters.items():
            module, leaf = _owner(self.stacked, name)
            learns = alone[0].get_parameter(name).requires_grad
            setattr(module, leaf, nn.Parameter(value.detach(), learns))
        for name, value in buffers.items():
            module, leaf = _owner(self.stacked, name)
            setattr(module, leaf, value)

    def forward(self, *inputs: Tensor) -> Any:
        """Return every network's answer to the same inputs, with a leading dimension of seeds."""
        return self.each(lambda network: network(*inputs))

    def each(self, function: Callable[..., Any], *per_seed: Tensor) -> Any:
        """Return `function(network)` for every network, stacked: (seeds, …).

        function: called once, with a stand-in for any one network, for all of them together
        (`torch.func.vmap`): it may call the network and torch's functions, but not `.item()`.
        per_seed: tensors (seeds, …), each network's own slice of which follows the network.
        """
        parameters = dict(self.stacked.named_parameters())
        buffers = dict(self.stacked.named_buffers())

        def one(parameters: dict, buffers: dict, *own: Tensor) -> Any:
            def network(*inputs: Any, **named: Any) -> Any:
                return functional_call(self.stacked, (parameters, buffers), inputs, named)

            return function(network, *own)

        return vmap(one, randomness="different")(parameters, buffers, *per_seed)

    def __getitem__(self, k: int) -> nn.Module:
        """Return network k as an ordinary module, a copy."""
        one = deepcopy(self.stacked)
        with torch.no_grad():
            for name, value in [*self.stacked.named_parameters(), *self.stacked.named_buffers()]:
                module, leaf = _owner(one, name)
                copy = value[k].detach().clone()
                setattr(module, leaf, nn.Parameter(copy) if leaf in module._parameters else copy)
        return one

    def __len__(self) -> int:
        return len(self.seeds)


def _refuse_shared(network: nn.Module) -> None:
    """Raise ValueError if one tensor has two names: stacked, it would be two tensors."""
    names: dict[int, str] = {}
    for prefix, module in network.named_modules():
        for leaf, value in [*module._parameters.items(), *module._buffers.items()]:
            name = f"{prefix}.{leaf}".lstrip(".")
            if value is not None and names.setdefault(id(value), name) != name:
                raise ValueError(
                    "make must return a network that registers every parameter and buffer once, "
                    f"got one tensor as {names[id(value)]!r} and {name!r}: clone it"
                )


def train_side_by_side(
    make: Callable[[], nn.Module],
    loss: Callable[..., Tensor],
    batches: Any,
    *,
    seeds: Iterable[int],
    optimizer: Callable[..., torch.optim.Optimizer],
    own_batches: bool = False,
    **how: Any,
) -> tuple[SideBySide, History]:
    """Train one small network for each seed, all at once; return them and the history.

    make: makes one network. loss: called as `loss(network, *batch)`, returns the mean loss of one
    network on one batch. batches, how: as in `train`. optimizer: called with the parameters.
    own_batches: every tensor of a batch has a leading dimension of seeds, a slice for each network;
    else all networks see the same batches.

    The history's "loss" is the mean over the seeds.

    >>> x = torch.linspace(-1, 1, 20)[:, None]
    >>> def loss(network, x, y):
    ...     return (network(x) - y).square().mean()
    >>> adam = lambda parameters: torch.optim.Adam(parameters, lr=0.1)
    >>> nets, history = train_side_by_side(
    ...     lambda: nn.Linear(1, 1), loss, [(x, 2 * x)], seeds=range(10), optimizer=adam, steps=300
    ... )
    >>> bool((nets(x) - 2 * x).abs().max() < 0.01)
    True
    """
    networks = SideBySide(make, seeds)
    state = State(networks=networks, optimizer=optimizer(networks.parameters()))

    def step(state: State, batch: Any) -> dict[str, Tensor]:
        batch = batch if isinstance(batch, list | tuple) else (batch,)
        if own_batches:
            losses = state.networks.each(loss, *batch)  # (seeds,)
        else:
            losses = state.networks.each(lambda network: loss(network, *batch))
        state.optimizer.zero_grad()
        # The sum gives each network the gradient that it would have on its own.
        losses.sum().backward()
        state.optimizer.step()
        return {"loss": losses.mean()}

    return networks, train(state, step, batches, **how)


def _seeded(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def _owner(module: nn.Module, name: str) -> tuple[nn.Module, str]:
    """Return the module that holds the tensor `name`, and what it calls it."""
    path, _, leaf = name.rpartition(".")
    return module.get_submodule(path), leaf
