"""Dropout and its kin: noise that multiplies, in training and, on purpose, in prediction."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.dropout import _DropoutNd


class GaussianDropout(nn.Module):
    """Multiply every unit by a normal number of mean 1 and variance p / (1 - p), in training only.

    p: the rate of the dropout whose variance this noise has, in [0, 1). The mean is 1, so nothing
    is scaled at test time. Raises ValueError for a p out of range.

    Source: Srivastava and others 2014, section 10.
    Taught in `book/bayesian_networks/01_noise_that_regularises.ipynb`.

    >>> layer = GaussianDropout(0.2)
    >>> layer.eval()(torch.ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = _checked_rate(p)

    def forward(self, x: Tensor) -> Tensor:
        """Return x (…), each number times its own noise."""
        if not self.training or self.p == 0:
            return x
        return x * (1 + math.sqrt(self.p / (1 - self.p)) * torch.randn_like(x))

    def extra_repr(self) -> str:
        """Show the rate."""
        return f"p={self.p:g}"


class DropConnect(nn.Linear):
    """A linear layer that, in training, drops each weight with probability p, anew for every row.

    What is kept is divided by 1 - p, so the mean over masks is the plain layer, which stands at
    test time. The bias is kept. Every row has its own masks, so a batch takes batch times the
    memory of the weights. Raises ValueError for a p outside [0, 1).

    Source: Wan and others 2013 (who sample normal numbers at test time; this layer takes the mean).
    Taught in `book/bayesian_networks/01_noise_that_regularises.ipynb`.

    >>> layer = DropConnect(3, 2, p=0.5)
    >>> layer(torch.ones(4, 3)).shape
    torch.Size([4, 2])
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, p: float = 0.5
    ) -> None:
        super().__init__(in_features, out_features, bias)
        self.p = _checked_rate(p)

    def forward(self, x: Tensor) -> Tensor:
        """Return (…, out_features) for x (…, in_features)."""
        if not self.training or self.p == 0:
            return super().forward(x)
        weight = F.dropout(self.weight.expand(*x.shape[:-1], *self.weight.shape), self.p)
        out = (weight @ x[..., None]).squeeze(-1)  # (…, out, in) times (…, in, 1)
        return out if self.bias is None else out + self.bias

    def extra_repr(self) -> str:
        """Show the sizes and the rate."""
        return f"{super().extra_repr()}, p={self.p:g}"


@contextmanager
def noise_on(model: nn.Module) -> Iterator[nn.Module]:
    """Keep a model's noise switched on within a `with` block, whatever its mode; then put it back.

    All modules train, so that whatever asks `self.training` before it draws noise draws it, but for
    those with running statistics (batch normalisation), which predict and are not updated.

    >>> net = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(2)).eval()
    >>> with noise_on(net):
    ...     print(net[0].training, net[1].training)
    True False
    >>> net[0].training
    False
    """
    modes = {module: module.training for module in model.modules()}
    try:
        for module in modes:
            module.training = not isinstance(module, _NormBase)
        yield model
    finally:
        for module, mode in modes.items():
            module.training = mode


def mc_predict(model: nn.Module, x: Tensor, samples: int) -> Tensor:
    """Return `samples` noisy answers to each row of x: (samples, batch, …).

    `nn.Dropout` draws masks for every row, so an answer belongs to a random sub-network, and two
    rows of one sample to two: the law of one row is right, that of several rows together is not.

    model: a network with dropout, in whatever mode, which it keeps. Batch normalisation predicts
    with its running statistics, and these stay as they are. x: (batch, …), as the model takes it.
    samples: how many passes. No gradient is kept.

    Raises TypeError if `model` is no module or `samples` no whole number, and ValueError if
    `samples` is below 1, or a model without a layer of dropout draws no random number, so that all
    answers would be equal.

    Source: Gal and Ghahramani 2016, section 4.
    Taught in `book/bayesian_networks/02_dropout_is_variational_inference.ipynb`.

    >>> net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1)).eval()
    >>> answers = mc_predict(net, torch.zeros(5, 2), samples=100)
    >>> answers.shape, bool(answers.std(0).min() > 0), net.training
    (torch.Size([100, 5, 1]), True, False)
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch module, got {type(model).__name__}")
    _checked_count(samples, "samples")
    before = _random_state(x)
    with noise_on(model), torch.no_grad():
        answers = torch.stack([model(x) for _ in range(samples)])
    if torch.equal(before, _random_state(x)) and not _has_dropout(model):
        raise ValueError(
            "model draws no random number, so all samples are equal: it needs dropout "
            "(nn.Dropout, GaussianDropout, DropConnect, …)"
        )
    return answers


def dropout_precision(
    p: float, n: int, weight_decay: float, length_scale: float = 1.0, *, inverted: bool = False
) -> float:
    """Return the precision τ = l² (1 - p) / (2 N λ) of the noise that a weight decay stands for.

    p: rate at which the units before the penalised weights are dropped. n: number N of data.
    weight_decay: λ in the objective (1/N) Σ ½ ‖y − f‖² + λ ‖W‖². (For a `weight_decay` of a torch
    optimiser on that mean, λ is half of it; on `mse_loss` of one output, which lacks the ½, a
    quarter.)
    length_scale: l, where the prior of every weight is N(0, 1/l²).
    inverted: whether kept units are divided by 1 - p, as in `nn.Dropout`. The penalty then acts on
    (1 - p) times the weights that the data see, and τ = l² / (2 N λ (1 - p)).

    Raises ValueError for values out of range. Source: Gal and Ghahramani 2016, section 4.
    Taught in `book/bayesian_networks/02_dropout_is_variational_inference.ipynb`.

    >>> round(dropout_precision(p=0.1, n=100, weight_decay=1e-3), 6)
    4.5
    """
    p = _checked_rate(p)
    _checked_count(n, "n")
    decay, scale = _positive(weight_decay, "weight_decay"), _positive(length_scale, "length_scale")
    return scale**2 * (1 / (1 - p) if inverted else 1 - p) / (2 * n * decay)


def predictive_moments(answers: Tensor, precision: float | Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance (batch, …) of y from answers (samples, batch, …) and the noise's τ.

    The variance is 1/τ + the mean square of the answers − the square of their mean, for each output
    by itself. precision: a positive number, or a tensor that can be spread over (batch, …).

    Raises ValueError for fewer than one sample, or a precision that is not positive.

    Source: Gal and Ghahramani 2016, section 4.
    Taught in `book/bayesian_networks/02_dropout_is_variational_inference.ipynb`.

    >>> answers = torch.tensor([[1.0], [3.0]])
    >>> predictive_moments(answers, precision=2.0)
    (tensor([2.]), tensor([1.5000]))
    """
    answers, tau = _checked_answers(answers), _checked_precision(precision, answers)
    return answers.mean(0), 1 / tau + answers.var(0, correction=0)


def predictive_log_likelihood(answers: Tensor, target: Tensor, precision: float | Tensor) -> Tensor:
    """Return ln of the mean over samples of N(target; answer, 1/τ), in nats, (batch, …).

    answers: (samples, batch, …). target: (batch, …). precision: as in `predictive_moments`. Every
    output is taken by itself; the mixture of normal densities is kept, not replaced by one normal.

    Raises ValueError for shapes that do not fit, or a precision that is not positive.

    Source: Gal and Ghahramani 2016, section 4.

    >>> predictive_log_likelihood(torch.zeros(7, 1), torch.zeros(1), precision=1.0)
    tensor([-0.9189])
    """
    answers, tau = _checked_answers(answers), _checked_precision(precision, answers)
    if target.shape != answers.shape[1:]:
        wanted, got = tuple(answers.shape[1:]), tuple(target.shape)
        raise ValueError(f"target must have the shape {wanted}, got {got}")
    log_densities = 0.5 * (tau / (2 * math.pi)).log() - 0.5 * tau * (target - answers).square()
    return log_densities.logsumexp(0) - math.log(len(answers))


def _random_state(x: Tensor) -> Tensor:
    on_device = [torch.cuda.get_rng_state(x.device)] if x.is_cuda else []
    return torch.cat([torch.get_rng_state(), *on_device])


def _has_dropout(model: nn.Module) -> bool:
    """Say whether a layer drops in principle, though its rate may be 0."""
    kinds = (_DropoutNd, GaussianDropout, DropConnect)
    return any(isinstance(module, kinds) for module in model.modules())


def _checked_rate(p: float) -> float:
    if not isinstance(p, Real) or isinstance(p, bool) or not 0 <= p < 1:
        raise ValueError(f"p must be a number in [0, 1), got {p!r}")
    return float(p)


def _checked_count(count: int, name: str) -> None:
    if not isinstance(count, int) or isinstance(count, bool):
        raise TypeError(f"{name} must be a whole number, got {count!r}")
    if count < 1:
        raise ValueError(f"{name} must be at least 1, got {count}")


def _positive(value: float, name: str) -> float:
    if not value > 0 or math.isinf(value):
        raise ValueError(f"{name} must be positive and finite, got {value!r}")
    return float(value)


def _checked_answers(answers: Tensor) -> Tensor:
    if not isinstance(answers, Tensor) or answers.ndim < 2 or not len(answers):
        got = tuple(answers.shape) if isinstance(answers, Tensor) else repr(answers)
        raise ValueError(f"answers must have the shape (samples, batch, …), got {got}")
    return answers


def _checked_precision(precision: float | Tensor, answers: Tensor) -> Tensor:
    tau = torch.as_tensor(precision, dtype=answers.dtype, device=answers.device)
    if not bool((tau > 0).all()):
        raise ValueError(f"precision must be positive, got {precision!r}")
    return tau
