"""What a training consists of: its modules, optimisers, schedulers, generators and plain values."""

from collections.abc import Callable, Iterator, Mapping
from inspect import getclosurevars
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from otbook_utils.training.streams import digest

Generator = torch.Generator | np.random.Generator
PLAIN = (int, float, complex, str, bool, type(None))
# What goes on changing from step to step, and so must not be left out of a checkpoint.
LIVING = (Optimizer, LRScheduler, torch.Generator, np.random.Generator, np.random.RandomState)


class State(SimpleNamespace):
    """All that a training changes from step to step, each part under its name.

    Parts may be modules, optimisers, schedulers (anything with `state_dict`), generators of torch
    and NumPy, tensors, plain values, and lists or dicts of those. `train` keeps in `steps_done` and
    `epochs_done` how far it is; both begin at 0 and count on through several trainings.

    >>> model = nn.Linear(2, 1)
    >>> State(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1), best=0.0)
    State(model: Linear, optimizer: SGD, best: float; 0 steps done)
    """

    def __init__(self, **parts: Any) -> None:
        super().__init__(**({"steps_done": 0, "epochs_done": 0} | parts))

    def __repr__(self) -> str:
        counters = ("steps_done", "epochs_done")
        kinds = [f"{k}: {type(v).__name__}" for k, v in vars(self).items() if k not in counters]
        return f"State({', '.join(kinds)}; {self.steps_done} steps done)"


def parts_of(state: Any) -> dict[str, Any]:
    """Return the parts of a state by name: the dict itself, or the object's own attributes.

    Raises TypeError for what has neither.
    """
    parts = state if isinstance(state, dict) else getattr(state, "__dict__", None)
    if parts is None or isinstance(state, nn.Module):
        raise TypeError(
            "state must be State(model=…, optimizer=…, …) or a dict of such parts, "
            f"got {type(state).__name__}"
        )
    parts.setdefault("steps_done", 0)
    parts.setdefault("epochs_done", 0)
    return parts


def walk(value: Any) -> Iterator[Any]:
    """Yield every part inside lists, tuples and dicts, at any depth."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from walk(part)
    else:
        yield value


def modules_in(parts: Mapping[str, Any]) -> list[nn.Module]:
    """Return the modules among the parts, each once."""
    found = {id(part): part for part in walk(parts) if isinstance(part, nn.Module)}
    return list(found.values())


def optimizers_in(parts: Mapping[str, Any]) -> list[Optimizer]:
    """Return the optimisers among the parts."""
    return [part for part in walk(parts) if isinstance(part, Optimizer)]


def generators_in(parts: Mapping[str, Any]) -> list[Generator]:
    """Return torch's and NumPy's generators among the parts."""
    return [part for part in walk(parts) if isinstance(part, Generator)]


def parameters_of(optimizer: Optimizer) -> list[torch.Tensor]:
    """Return the tensors that an optimiser updates."""
    return [p for group in optimizer.param_groups for p in group["params"]]


def frozen(value: Any, name: str) -> Any:
    """Return a part as tensors and plain containers, such as a checkpoint may hold.

    Raises TypeError, which names the part, if it is none of those that `State` lists.
    """
    if isinstance(value, Optimizer):
        # A step may gather gradients for the next one; they are no part of `state_dict`.
        gradients = [p.grad for p in parameters_of(value)]
        return {"optimizer": value.state_dict(), "gradients": gradients}
    if isinstance(value, torch.Generator):
        return value.get_state()
    if isinstance(value, np.random.Generator):
        return frozen(value.bit_generator.state, name)
    if hasattr(value, "state_dict"):
        return value.state_dict()
    if isinstance(value, torch.Tensor):
        return value.detach()
    if isinstance(value, Mapping):
        return {key: frozen(part, f"{name}[{key!r}]") for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(frozen(part, f"{name}[{i}]") for i, part in enumerate(value))
    if isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
        return torch.from_numpy(value.astype(np.int64) if value.dtype.kind == "u" else value)
    if isinstance(value, PLAIN):
        return value
    raise TypeError(
        f"state's {name} must be a module, an optimiser, a scheduler, a generator, a tensor, a "
        f"plain value, or a list or dict of those, got {type(value).__name__}"
    )


def thaw(value: Any, saved: Any) -> Any:
    """Put a part back to what `frozen` returned of it; return the part, or its new value."""
    if isinstance(value, Optimizer):
        value.load_state_dict(saved["optimizer"])
        for p, gradient in zip(parameters_of(value), saved["gradients"], strict=True):
            p.grad = None if gradient is None else gradient.to(p.device)
        return value
    if isinstance(value, torch.Generator):
        value.set_state(saved)
        return value
    if isinstance(value, np.random.Generator):
        value.bit_generator.state = as_numpy(saved)
        return value
    if hasattr(value, "load_state_dict"):
        value.load_state_dict(saved)
        return value
    if isinstance(value, torch.Tensor):
        if isinstance(saved, torch.Tensor) and saved.shape == value.shape:
            with torch.no_grad():  # in place: an optimiser may hold this very tensor
                return value.copy_(saved)
        return saved.to(value.device)
    if isinstance(value, np.ndarray):
        return saved.numpy().astype(value.dtype)
    if isinstance(value, dict) and isinstance(saved, dict):
        for key, part in saved.items():
            value[key] = thaw(value.get(key), part)
        return value
    if isinstance(value, list | tuple) and len(value) == len(saved):
        return type(value)(map(thaw, value, saved))
    return saved


def as_numpy(saved: Any) -> Any:
    """Return a NumPy generator's state with its tensors as the arrays of uint32 that they were."""
    if isinstance(saved, Mapping):
        return {key: as_numpy(part) for key, part in saved.items()}
    return saved.numpy().astype(np.uint32) if isinstance(saved, torch.Tensor) else saved


class Guard:
    """Watches that a training changes nothing that its state does not hold.

    functions: by name, those whose own variables from outside are looked through.

    A run that is resumed from such a state would go on with other numbers. What cannot be seen is
    what other functions, which these call, change.

    Raises ValueError for an optimiser, a schedule or a generator outside the state, and for a
    module whose parameters an optimiser in it updates.
    """

    def __init__(self, parts: Mapping[str, Any], functions: Mapping[str, Callable | None]) -> None:
        kept = {id(p) for module in modules_in(parts) for p in module.parameters()}
        kept |= {id(part) for module in modules_in(parts) for part in module.modules()}
        kept |= {id(part) for part in walk(parts)}
        for optimizer in optimizers_in(parts):
            if not all(id(p) in kept for p in parameters_of(optimizer)):
                raise ValueError(
                    f"state must hold the module whose parameters its {type(optimizer).__name__} "
                    "updates: a checkpoint would not keep them"
                )
        found = [
            (user, name, value)
            for user, function in functions.items()
            for name, value in variables_of(function).items()
            if id(value) not in kept
        ]
        for user, name, value in found:
            if isinstance(value, (*LIVING, Random)):
                _refuse(user, name, value)
        self.outside = [(*use, digest(use[2].state_dict())) for use in found if _is_module(use[2])]

    def check(self) -> None:
        """Raise ValueError if a module outside the state was changed."""
        for user, name, module, before in self.outside:
            if digest(module.state_dict()) != before:
                _refuse(user, name, module)


def _is_module(value: Any) -> bool:
    return isinstance(value, nn.Module)


def _refuse(user: str, name: str, value: Any) -> None:
    raise ValueError(
        f"state must hold {name} ({type(value).__name__}), which {user} changes: a checkpoint "
        f"would not keep it. Add {name}={name} to the state, and let {user} take it from there"
    )


def variables_of(function: Callable | None) -> dict[str, Any]:
    """Return the variables from outside that a function's body names; none of other callables."""
    try:
        found = getclosurevars(function)
    except (TypeError, ValueError):
        return {}
    return {**found.globals, **found.nonlocals}
