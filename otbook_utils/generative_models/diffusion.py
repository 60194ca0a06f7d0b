"""Diffusion: data are dissolved in noise step by step, and a network learns the way back."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from otbook_utils.generative_models.samples import (
    checked_image_shape,
    checked_samples,
    checked_shape,
    dense_layers,
)

Denoiser = Callable[[Tensor, Tensor], Tensor]


def cosine_signal(steps: int, offset: float = 0.008) -> Tensor:
    """Return the share of the signal's variance that is left after 0, 1, … `steps`: (steps + 1,).

    The share ᾱ falls from 1 almost to 0 along a squared cosine, slowly at both ends; no step takes
    away more than 99.9 % of what is left. In double precision.

    Raises ValueError if `steps` is no whole number of at least 1.

    Source: Nichol and Dhariwal 2021, equation 17.

    >>> cosine_signal(4).round(decimals=2)
    tensor([1.0000, 0.8500, 0.4900, 0.1400, 0.0000], dtype=torch.float64)
    """
    (steps,) = checked_shape(steps, "steps")
    t = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    curve = ((t + offset) / (1 + offset) * math.pi / 2).cos().square()
    kept = (curve[1:] / curve[:-1]).clamp(min=1e-3)  # one step's share, α
    return torch.cat([torch.ones(1, dtype=torch.float64), kept.cumprod(0)])


class Diffusion:
    """The path from data to noise in `steps` steps, and two ways back along it.

    x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) noise, for t = 0 (the data) to `steps` (noise all but entirely).
    A denoiser is any function of (x_t, t), with x_t (batch, …) and t (batch,) whole numbers from 1
    to `steps`, that returns its estimate of the noise, of x_t's shape.

    Source: Ho, Jain and Abbeel 2020; Song, Meng and Ermon 2021.
    Taught in `book/generative_models/09_diffusion.ipynb`.

    >>> path = Diffusion(steps=50)
    >>> x = torch.randn(4, 2)
    >>> noisy = path.noisy(x, torch.full((4,), 50), torch.zeros(4, 2))
    >>> bool(noisy.abs().max() < 0.01)  # hardly anything of x is left at the end
    True
    """

    def __init__(self, steps: int, signal: Tensor | None = None) -> None:
        """Take the shares ᾱ_0 = 1 > … > ᾱ_steps > 0 from `signal`, or from `cosine_signal`.

        Raises ValueError if they are not of that kind.
        """
        (self.steps,) = checked_shape(steps, "steps")
        self.signal = cosine_signal(steps) if signal is None else signal.double()
        falls = self.signal.shape == (steps + 1,) and bool(
            (self.signal[0] == 1) & (self.signal.diff() < 0).all() & (self.signal[-1] > 0)
        )
        if not falls:
            raise ValueError(
                f"signal must be {steps + 1} numbers that fall from 1 at each step to above 0, "
                f"got {self.signal}"
            )

    def noisy(self, x: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """Return x_t: (batch, …), for x_0 = x and t (batch,), which may differ between samples.

        Raises ValueError for an empty batch, numbers that are no floating-point ones, and a t that
        is no whole number from 0 to `steps` for each sample.
        """
        share = self._share(t, x)
        return share.sqrt() * x + (1 - share).sqrt() * noise

    def loss(self, denoiser: Denoiser, x: Tensor) -> Tensor:
        """Return the mean squared error of the estimated noise at random steps: a scalar.

        A mean over steps, samples and numbers; the sum over steps and numbers with `weights`, and
        a constant, is the bound on −ln p(x).

        Raises ValueError for an empty batch, and if the denoiser answers in another shape.

        Source: Ho, Jain and Abbeel 2020, equation 14.
        """
        t = torch.randint(1, self.steps + 1, (len(_batch(x, "x")),), device=x.device)
        noise = torch.randn_like(x)
        return (_asked(denoiser, self.noisy(x, t, noise), t) - noise).square().mean()

    @property
    def weights(self) -> Tensor:
        """What each step's squared error of the noise weighs in the bound: (steps,), t from 1 on.

        β_t / (2 α_t (1 − ᾱ_(t−1))), and ½ for the step to the data, whose variance is taken to be
        (1 − ᾱ_1) / ᾱ_1. In double precision.

        Source: Ho, Jain and Abbeel 2020, equation 12, with the posterior's own variances.
        """
        before, now = self.signal[:-1], self.signal[1:]
        kept = now / before
        return torch.cat([torch.tensor([0.5]), ((1 - kept) / (2 * kept * (1 - before)))[1:]])

    def bound(self, denoiser: Denoiser, x: Tensor, widths: Tensor | None = None) -> Tensor:
        """Return an upper bound on −ln p(x) in nats from one noise for each step: (batch,).

        p: the density of what `sample` makes with all stops, eta = 1 and a Gaussian at the step to
        the data. In expectation over the noise it is the bound on this density. widths (steps,): by
        what each step's variance is multiplied, by default 1; see `best_widths`. On the processor
        and in double precision, wherever x is.

        Source: Ho, Jain and Abbeel 2020, equation 5.
        """
        size, last, first = x[0].numel(), self.signal[-1].item(), self.signal[1].item()
        widths = torch.ones(self.steps) if widths is None else widths.cpu()
        squares = x.cpu().double().square().flatten(1).sum(1)
        prior = last * squares - size * (last + math.log1p(-last))
        errors = self.weights / widths @ self.errors(denoiser, x).to(self.weights)
        spread = widths.log().sum() + (1 / widths - 1)[1:].sum()
        spread = spread + math.log(2 * math.pi * (1 - first) / first)
        return 0.5 * (prior + size * spread) + errors

    def best_widths(self, denoiser: Denoiser, x: Tensor) -> Tensor:
        """Return the widths that make the bound on the samples x (batch, …) least: (steps,).

        Source: Bao, Li, Zhu and Zhang 2022, theorem 1, with the measured error in place of the
        score's.
        """
        shares = 2 * self.weights * self.errors(denoiser, x).to(self.weights).mean(1) / x[0].numel()
        return torch.cat([shares[:1], 1 + shares[1:]])

    @torch.no_grad()
    def errors(self, denoiser: Denoiser, x: Tensor) -> Tensor:
        """Return the squared error of the noise at each step, t from 1 on: (steps, batch)."""
        found = []
        for t in range(1, self.steps + 1):
            times, noise = torch.full((len(x),), t, device=x.device), torch.randn_like(x)
            error = _asked(denoiser, self.noisy(x, times, noise), times) - noise
            found.append(error.square().flatten(1).sum(1))
        return torch.stack(found)

    def estimate(self, x: Tensor, t: int, noise: Tensor) -> Tensor:
        """Return the data x_0 that x_t comes from if `noise` was mixed in."""
        share = self.signal[t].item()
        return (x - math.sqrt(1 - share) * noise) / math.sqrt(share)

    def held(self, denoiser: Denoiser, clip: float) -> Denoiser:
        """Return the denoiser whose estimates of the data are held within ± clip.

        For data that lie there its error is nowhere larger; at the last steps, whose weight in the
        bound is large, it can be far smaller.
        """

        def hold(x: Tensor, t: Tensor) -> Tensor:
            share = self._share(t, x)
            signal, rest = share.sqrt(), (1 - share).sqrt()
            data = ((x - rest * _asked(denoiser, x, t)) / signal).clamp(-clip, clip)
            return (x - signal * data) / rest

        return hold

    @torch.no_grad()
    def sample(
        self,
        denoiser: Denoiser,
        start: Tensor,
        *,
        stops: int | None = None,
        eta: float = 1.0,
        keep: bool = False,
        clip: float | None = None,
    ) -> Tensor:
        """Return samples made from the noise `start` (batch, …).

        stops: at how many steps on the way the denoiser is asked, all by default. eta: how much
        fresh noise comes in: 1 is the reverse of the random path (DDPM), 0 is deterministic (DDIM),
        so that equal starts give equal samples. keep: return all states, (stops + 1, batch, …),
        from noise to sample. clip: estimates of the data are held within ± clip.

        Raises ValueError for stops that are no whole number from 1 to `steps`, an eta outside 0 to
        1, a clip that is not positive, an empty start, or an answer of the denoiser in another
        shape.

        Source: Song, Meng and Ermon 2021, equation 12.
        """
        (stops,) = checked_shape(self.steps if stops is None else stops, "stops")
        if stops > self.steps:
            raise ValueError(f"stops must be at most steps = {self.steps}, got {stops}")
        if not 0 <= eta <= 1:
            raise ValueError(f"eta must lie from 0 to 1, got {eta!r}")
        if clip is not None and not clip > 0:
            raise ValueError(f"clip must be positive, got {clip!r}")
        times = torch.linspace(self.steps, 0, stops + 1).round().int().tolist()
        states = [_batch(start, "start")]
        for now, then in pairwise(times):
            states.append(self._back(denoiser, states[-1], now, then, eta, clip))
        return torch.stack(states) if keep else states[-1]

    def _back(
        self, denoiser: Denoiser, x: Tensor, now: int, then: int, eta: float, clip: float | None
    ) -> Tensor:
        """Return x_then for x_now, with then < now."""
        noise = _asked(denoiser, x, torch.full((len(x),), now, device=x.device))
        data = self.estimate(x, now, noise)
        here, there = self.signal[now].item(), self.signal[then].item()
        if clip is not None:
            data = data.clamp(-clip, clip)
            noise = (x - math.sqrt(here) * data) / math.sqrt(1 - here)
        fresh = eta * math.sqrt((1 - there) / (1 - here) * (1 - here / there))
        direction = math.sqrt(max(1 - there - fresh**2, 0))
        return math.sqrt(there) * data + direction * noise + fresh * torch.randn_like(x)

    def _share(self, t: Tensor, like: Tensor) -> Tensor:
        """Return ᾱ_t with the dimensions of `like`, for t (batch,)."""
        if t.shape != _batch(like, "x").shape[:1] or t.is_floating_point():
            raise ValueError(
                f"t must be {len(like)} whole numbers, one a sample, got {tuple(t.shape)} {t.dtype}"
            )
        if int(t.min()) < 0 or int(t.max()) > self.steps:
            raise ValueError(f"t must lie from 0 to {self.steps}, got {t.min()} to {t.max()}")
        share = self.signal.to(like)[t]
        return share.reshape(-1, *[1] * (like.dim() - 1))


def _batch(x: Tensor, name: str) -> Tensor:
    """Return `x` if it is a batch of samples of any one shape; see `checked_samples`."""
    return checked_samples(x, x.shape[1:], name)


def _asked(denoiser: Denoiser, x: Tensor, t: Tensor) -> Tensor:
    """Return what the denoiser says, which else might be broadcast into a wrong error."""
    noise = denoiser(x, t)
    if noise.shape != x.shape:
        raise ValueError(
            f"denoiser must answer in the shape of x, {tuple(x.shape)}, got {tuple(noise.shape)}"
        )
    return noise


def time_features(t: Tensor, width: int, longest: float = 10_000.0) -> Tensor:
    """Return sines and cosines of t (batch,) at `width`/2 frequencies each: (batch, width).

    Raises ValueError if `width` is odd.

    Source: Vaswani et al. 2017, section 3.5, as used by Ho, Jain and Abbeel 2020.

    >>> time_features(torch.tensor([0]), 4)
    tensor([[0., 0., 1., 1.]])
    """
    if width % 2:
        raise ValueError(f"width must be even, got {width}")
    powers = torch.arange(width // 2, device=t.device) / max(width // 2 - 1, 1)
    angles = t[:, None] * longest**-powers
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class DenseDenoiser(nn.Module):
    """A denoiser of linear layers for points and small images: (x_t, t) to the noise.

    shape: of one sample. hidden: widths. The time enters beside the sample, as `times` sines and
    cosines, the slowest of which turns once in 2π `longest` steps: for a path of few steps a
    smaller one tells times apart better.

    >>> DenseDenoiser(2, (32, 32))(torch.randn(5, 2), torch.full((5,), 3)).shape
    torch.Size([5, 2])
    """

    def __init__(
        self,
        shape: int | Sequence[int],
        hidden: Sequence[int],
        times: int = 32,
        longest: float = 10_000.0,
    ) -> None:
        super().__init__()
        self.shape, self.times, self.longest = checked_shape(shape), times, longest
        size = math.prod(self.shape)
        self.layers = dense_layers([size + times, *checked_shape(hidden, "hidden"), size], nn.SiLU)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Return the estimated noise, of x's shape."""
        flat = checked_samples(x, self.shape).flatten(1)
        features = time_features(t, self.times, self.longest).to(flat)
        return self.layers(torch.cat([flat, features], dim=1)).unflatten(1, self.shape)


class ImageDenoiser(nn.Module):
    """A small U-shaped denoiser of convolutions for images (batch, channels, height, width).

    Two halvings of the resolution and back, with what was seen on the way down set beside what
    comes up; the time shifts the channels of every block. Height and width multiples of 4.

    Source: Ho, Jain and Abbeel 2020, appendix B, much reduced.

    >>> ImageDenoiser((1, 8, 8), width=8)(torch.randn(5, 1, 8, 8), torch.full((5,), 3)).shape
    torch.Size([5, 1, 8, 8])
    """

    def __init__(self, shape: Sequence[int], width: int = 16) -> None:
        super().__init__()
        self.shape = checked_image_shape(shape)
        channels, times = self.shape[0], 4 * width
        self.times = nn.Sequential(nn.Linear(times, times), nn.SiLU())
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.down = nn.ModuleList([_Block(width, width, times), _Block(width, 2 * width, times)])
        self.middle = _Block(2 * width, 2 * width, times)
        self.up = nn.ModuleList([_Block(4 * width, width, times), _Block(2 * width, width, times)])
        self.last = nn.Conv2d(width, channels, 3, padding=1)
        nn.init.zeros_(self.last.weight)  # the first estimate is "no noise", whatever comes in

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Return the estimated noise, of x's shape."""
        h = self.first(checked_samples(x, self.shape))
        time = self.times(time_features(t, self.times[0].in_features).to(h))
        seen = []
        for block in self.down:
            h = block(h, time)
            seen.append(h)
            h = nn.functional.avg_pool2d(h, 2)
        h = self.middle(h, time)
        for block, beside in zip(self.up, reversed(seen), strict=True):
            h = nn.functional.interpolate(h, scale_factor=2)
            h = block(torch.cat([h, beside], dim=1), time)
        return self.last(h)


class _Block(nn.Module):
    """Two convolutions around a shift by the time, added to what came in."""

    def __init__(self, n_in: int, n_out: int, times: int) -> None:
        super().__init__()
        self.one = nn.Sequential(nn.SiLU(), nn.Conv2d(n_in, n_out, 3, padding=1))
        self.shift = nn.Linear(times, n_out)
        self.two = nn.Sequential(
            nn.GroupNorm(min(4, n_out), n_out), nn.SiLU(), nn.Conv2d(n_out, n_out, 3, padding=1)
        )
        self.past = nn.Conv2d(n_in, n_out, 1)

    def forward(self, h: Tensor, time: Tensor) -> Tensor:
        inner = self.one(h) + self.shift(time)[:, :, None, None]
        return self.past(h) + self.two(inner)
