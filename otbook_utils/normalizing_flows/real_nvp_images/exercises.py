"""The checkers of the exercises of the chapter on RealNVP for images."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from otbook_utils.teaching import (
    Verdict,
    exercise,
    expect_array,
    expect_choices,
    expect_close,
    expect_function,
    right,
)


@exercise("nf-02-1")
def check_units(answer: Any) -> Verdict:
    """Check four costs in bits per dimension, worked out by hand."""
    coarse, image, scaled, mixed = expect_array(answer, shape=(4,), name="`numbers`")
    exact = {"tol": 2e-3}
    expect_close(
        coarse,
        4,
        {
            "(a) The uniform density on 0 to 1 costs log₂ of the number of levels.": (
                8.0,
                0.0,
                16.0,
                math.log(16),
            ),
        },
        otherwise="(a) Each of 16 levels has the probability 1/16.",
        **exact,
    )
    expect_close(
        image,
        8 - 784 * math.log(4) / (784 * math.log(2)),
        {
            "(b) Nats are not bits: divide by ln 2.": 8 - math.log(4),
            "(b) The density is above 1 here, so the cost falls below 8.": 10.0,
            "(b) Per dimension: divide by 784.": 8 - 784 * 2.0,
            "(b) The 8 bits of the scaling from 0…256 to 0…1 are missing.": -2.0,
        },
        otherwise="(b) 8 − ln p / (784 ln 2).",
        **exact,
    )
    expect_close(
        scaled,
        3,
        {
            "(c) On the scale from 0 to 256 nothing has to be added: 8 bits are counted twice.": 11,
            "(c) That is the cost less 8: the unit of this density is one grey level already.": -5,
            "(c) Nats are not bits: divide by ln 2.": 3 * math.log(2),
        },
        otherwise="(c) One grey level is the unit: the probability of a level is about p · 1.",
        **exact,
    )
    expect_close(
        mixed,
        math.log2(100),
        {
            "(d) The density is divided by 100; the logarithm of that is asked for.": (100.0, 0.01),
            "(d) Nats are not bits.": math.log(100),
            "(d) For the whole image: do not divide by 784.": math.log2(100) / 784,
            "(d) The factor 100 is for an image, not for each of its 784 pixels.": (
                784 * math.log2(100)
            ),
            "(d) It becomes dearer.": -math.log2(100),
            "(d) One sample in 100 is good: the density is divided by 100, not by 99.": math.log2(
                99
            ),
        },
        tol=1e-3,
        otherwise="(d) Dividing an image's density by 100 costs log₂ 100 bits, once per image.",
    )
    return right("(d) is why bits say so little: 99 % of rubbish costs 0.008 bits a pixel.")


def _bits_of(levels: Tensor, noise: Tensor, log_prob: Callable[[Tensor], Tensor]) -> Tensor:
    inside = 0.05 + 0.9 * (levels + noise) / 256
    log_slopes = math.log(0.9) - inside.log() - (1 - inside).log()
    in_all = log_prob(torch.logit(inside)) + log_slopes.flatten(1).sum(1)
    return 8 - in_all / (levels[0].numel() * math.log(2))


def _bits_slips(
    levels: Tensor, noise: Tensor, log_prob: Callable[[Tensor], Tensor]
) -> dict[str, Tensor]:
    """Return what each known mistake gives in place of the bits."""
    size, ln2 = levels[0].numel(), math.log(2)

    def total(scaled: Tensor, low: float = 0.05, factor: float = 0.9, logs: str = "both") -> Tensor:
        inside = low + factor * scaled
        slopes = -inside.log() - (1 - inside).log()
        if logs != "logit alone":
            slopes = slopes + math.log(factor)
        return log_prob(torch.logit(inside)) + slopes.flatten(1).sum(1)

    x = (levels + noise) / 256
    right_total = total(x)
    inside = 0.05 + 0.9 * x
    slopes = math.log(0.9) - inside.log() - (1 - inside).log()
    bare = log_prob(torch.logit(inside))
    return {
        "The logit stretches, too: its log-determinant is missing.": 8 - bare / (size * ln2),
        "The logit's determinant counts with the other sign: d logit(u)/du = 1/(u(1 − u)).": (
            8 - (bare - slopes.flatten(1).sum(1)) / (size * ln2)
        ),
        "That is the slope of the way back, u(1 − u); the logit's is 1/(u(1 − u)).": (
            8 - (bare - (slopes - 2 * math.log(0.9)).flatten(1).sum(1)) / (size * ln2)
        ),
        "The factor 0.9 stretches as well, once for each pixel.": (
            8 - total(x, logs="logit alone") / (size * ln2)
        ),
        "A log-determinant is a *sum* over pixels.": (
            8 - (bare + slopes.flatten(1).mean(1)) / (size * ln2)
        ),
        "Nats are not bits: divide by ln 2.": 8 - right_total / size,
        "Bits per *dimension*: divide by the number of pixels.": 8 - right_total / ln2,
        "Where are the 8 bits of 256 levels?": -right_total / (size * ln2),
        "Scale by 256, the number of levels, not by 255: with the noise 255 becomes 256.": (
            8 - total(((levels + noise) / 255).clamp(max=1 - 1e-6)) / (size * ln2)
        ),
        "The noise is missing: a density of whole numbers can be made as high as you like.": (
            8 - total(levels / 256) / (size * ln2)
        ),
        "α + (1 − α) x reaches 1, where the logit is infinite: α + (1 − 2α) x.": (
            8 - total(x, factor=0.95) / (size * ln2)
        ),
        "`log_prob` is a density of logits: give it logit(u), not u.": (
            8 - (log_prob(inside) + slopes.flatten(1).sum(1)) / (size * ln2)
        ),
        "The determinants of different images do not add up: sum over each image alone.": (
            8 - (bare + slopes.sum()) / (size * ln2)
        ),
        "An image has channels × height × width numbers: divide by all of them.": (
            8 - right_total / (levels.shape[-1] ** 2 * ln2)
        ),
        "One cost for each image: (batch,), no mean over the batch.": (
            (8 - right_total / (size * ln2)).mean()
        ),
    }


def _bits_cases() -> list[tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]]:
    draw = torch.Generator().manual_seed(0)
    cases = []
    for shape in ((4, 1, 2, 6), (3, 3, 4, 4)):
        levels = torch.randint(256, shape, generator=draw).float()
        noise = torch.rand(shape, generator=draw) * 0.99

        def log_prob(z: Tensor, shape: tuple[int, ...] = shape[1:]) -> Tensor:
            # A logistic density, a little off its middle; as a model does, it wants images.
            if tuple(z.shape[1:]) != shape:
                raise ValueError(f"log_prob wants logits (batch, {shape}), got {tuple(z.shape)}")
            u = (z - 0.3) / 1.7
            each = -u - 2 * torch.nn.functional.softplus(-u) - math.log(1.7)
            return each.flatten(1).sum(1)

        cases.append((levels, noise, log_prob))
    return cases


@exercise("nf-02-2")
def check_bits(answer: Callable[[Tensor, Tensor, Callable], Tensor]) -> Verdict:
    """Check `image_bits(levels, noise, log_prob)`: bits per dimension with every term."""
    expect_function(
        answer,
        _bits_of,
        _bits_cases(),
        _bits_slips,
        otherwise="Not the cost. Write the three maps in a row, from grey level to logit, and add "
        "the logarithms of their slopes to `log_prob` of the last.",
    )
    return right("Three maps, three log-determinants; forget one, and you win or lose whole bits.")


def _squeezed(x: Tensor) -> Tensor:
    return torch.nn.functional.pixel_unshuffle(x, 2)


def _squeeze_slips(x: Tensor) -> dict[str, Tensor]:
    batch, channels, height, width = x.shape
    size = (batch, 4 * channels, height // 2, width // 2)
    parts = x.reshape(batch, channels, height // 2, 2, width // 2, 2)
    return {
        "A bare reshape puts pixels side by side that were far apart: split both sides first.": (
            x.reshape(size)
        ),
        "Right squares, but i and j are swapped: channel 4c + 2i + j is row i, column j.": (
            parts.permute(0, 1, 5, 3, 2, 4).reshape(size)
        ),
        "Right squares, another order: the four of one channel follow each other (4c + 2i + j).": (
            parts.permute(0, 3, 5, 1, 2, 4).reshape(size)
        ),
        "These are quarters of the image. Squares of neighbours are wanted: rows 2h + i.": (
            x.reshape(batch, channels, 2, height // 2, 2, width // 2)
            .permute(0, 1, 2, 4, 3, 5)
            .reshape(size)
        ),
        "Rows and columns of the result are swapped.": (
            parts.permute(0, 1, 3, 5, 4, 2).reshape(size)
        ),
    }


@exercise("nf-02-3")
def check_squeeze(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """Check `my_squeeze(x)`: each 2 × 2 square becomes four channels."""
    draw = torch.Generator().manual_seed(1)
    cases = [(torch.randn(shape, generator=draw),) for shape in ((2, 3, 4, 6), (1, 1, 6, 2))]
    expect_function(
        answer,
        _squeezed,
        cases,
        _squeeze_slips,
        otherwise="Not it: number 4c + 2i + j of the result's channels holds x[:, c, 2h + i, "
        "2w + j] at (h, w).",
    )
    return right("No number was computed, so no volume changed: ln |det| = 0.")


_CLAIMS = {"a": False, "b": True, "c": False, "d": False, "e": True, "f": False}
_HINTS = {
    "a": "The table of two neighbours has fewer bits than the flow here. Whose samples are better?",
    "b": "How often is each pixel changed after two couplings with opposite masks?",
    "c": "The density of x is that of z times |det ∂z/∂x|: where the map stretches most, the "
    "density may be higher than at z = 0.",
    "d": "More draws bring the mean of the logarithms nearer to its expectation. On which side of "
    "the logarithm of the mean does that lie?",
    "e": "P(k) is a mean of p over the noise: Jensen says on which side of its logarithm the mean "
    "of the logarithms lies.",
    "f": "Typicality asks how *many* bits. Which images take as many bits as digits and are none?",
}


@exercise("nf-02-4")
def check_claims(answer: Any) -> Verdict:
    """Check six claims about flows of images, each to be called True or False."""
    expect_choices(answer, _CLAIMS, _HINTS, name="`claims`")
    return right("For (c) an exam would want an example in one dimension.")
