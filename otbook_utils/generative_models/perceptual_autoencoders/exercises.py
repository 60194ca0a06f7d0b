"""What the exercises of the chapter on perceptual autoencoders accept and refuse."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from otbook_utils.teaching import (
    Verdict,
    WrongAnswer,
    exercise,
    expect_array,
    expect_function,
    expect_number,
    right,
)

LATENTS, IMAGES = 4, 5  # of the small world of exercise 2


@exercise("gm-08-1")
def check_pull(answer: Callable[[nn.Module, nn.Module, Tensor], Tensor]) -> Verdict:
    """Check `pull(encoder, decoder, x)`: its value, and who learns from it."""
    for n, pixels, latent in ((5, 4, 2), (3, 6, 3)):
        encoder, decoder, x = _two_nets(n, pixels, latent)
        loss = answer(encoder, decoder, x)
        if any(p.grad is not None for p in (*encoder.parameters(), *decoder.parameters())):
            raise WrongAnswer("Return the loss, and leave `backward()` to the training.")
        if not all(p.requires_grad for p in encoder.parameters()):
            raise WrongAnswer(
                "After the call the encoder's parameters are frozen for good: they must go on "
                "learning from the other terms."
            )
        ways = _ways_to_learn(encoder, decoder, x)
        _expect_value(loss, ways[""], encoder(x))
        _expect_teaching(loss, ways, encoder, decoder)
    return right(
        "One backward pass through the sum of all terms now gives either network its own loss. "
        "Two optimisers, each with its own loss, would do the same at twice the cost."
    )


def _ways_to_learn(encoder: nn.Module, decoder: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Return the wanted loss under "", and under a hint each of equal value and other pupils."""
    constants = {name: value.detach() for name, value in encoder.named_parameters()}
    code, held = encoder(x), encoder(x).detach()

    def still(images: Tensor) -> Tensor:
        return functional_call(encoder, constants, (images,))

    return {
        "": F.mse_loss(still(decoder(held)), held),
        "Everybody learns from this, the encoder in three places.": F.mse_loss(
            encoder(decoder(code)), code
        ),
        "The encoder learns in the second pass, where its parameters have to be constants.": (
            F.mse_loss(encoder(decoder(held)), held)
        ),
        "The encoder learns by the code that is decoded: hold that constant too.": F.mse_loss(
            still(decoder(code)), held
        ),
        "The target moves: f(x) on the other side of the difference has to be constant too.": (
            F.mse_loss(still(decoder(held)), code)
        ),
    }


def _two_nets(n: int, pixels: int, latent: int) -> tuple[nn.Module, nn.Module, Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(10 * n + latent)
        encoder = nn.Sequential(nn.Linear(pixels, 5), nn.Tanh(), nn.Linear(5, latent))
        decoder = nn.Sequential(nn.Linear(latent, 5), nn.Tanh(), nn.Linear(5, pixels))
        return encoder, decoder, torch.randn(n, pixels)


def _expect_value(loss: Any, target: Tensor, code: Tensor) -> None:
    if not isinstance(loss, Tensor):
        raise WrongAnswer("Return one number as a tensor, so that there is a gradient.")
    if loss.dim():
        raise WrongAnswer(
            "Return one number, the mean over samples and their numbers: this has the shape "
            f"{tuple(loss.shape)}."
        )
    got, wanted = expect_number(loss, name="the loss"), target.item()
    if math.isclose(got, wanted, rel_tol=1e-4):
        return
    mistakes = {
        "That is the sum: take the mean over samples and their numbers.": wanted * code.numel(),
        "That is summed over a code's numbers: take their mean too.": wanted * code.shape[1],
        "That is summed over the samples: take their mean too.": wanted * len(code),
        "That is half of it: the mean of the squares, without ½.": wanted / 2,
        "That is the root of it: the mean of the squares themselves.": wanted**0.5,
    }
    for hint, value in mistakes.items():
        if math.isclose(got, value, rel_tol=1e-4):
            raise WrongAnswer(hint)
    raise WrongAnswer(f"Expected the value {wanted:.5f} at the codes of x, got {got:.5f}.")


def _expect_teaching(
    loss: Tensor, ways: dict[str, Tensor], encoder: nn.Module, decoder: nn.Module
) -> None:
    """Raise WrongAnswer unless the decoder has the wanted gradient, and the encoder none."""
    if not loss.requires_grad:
        raise WrongAnswer("Nobody learns from this: everything is held constant.")
    own = list(decoder.parameters())
    found = _gradients(loss, own)
    if not any(gradient.any() for gradient in found):
        raise WrongAnswer(
            "The decoder does not learn: hold the encoder's parameters constant, and let the "
            "gradient pass through it to what the decoder made."
        )
    others = list(encoder.parameters())
    taught = _gradients(loss, others)
    for hint, way in ways.items():
        if hint and _alike(taught, _gradients(way, others)):
            raise WrongAnswer(hint)
    if any(gradient.abs().max() > 1e-9 for gradient in taught):
        raise WrongAnswer("The encoder learns from it too.")
    if not _alike(found, _gradients(ways[""], own)):
        raise WrongAnswer("The decoder learns, but not by the gradient of this error.")


def _gradients(loss: Tensor, parameters: list[Tensor]) -> list[Tensor]:
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    pairs = zip(found, parameters, strict=True)
    return [torch.zeros_like(p) if gradient is None else gradient for gradient, p in pairs]


def _alike(some: list[Tensor], others: list[Tensor]) -> bool:
    pairs = zip(some, others, strict=True)
    return all(torch.allclose(a, b, rtol=1e-3, atol=1e-6) for a, b in pairs)


@exercise("gm-08-2")
def check_blind(answer: Callable[[], tuple[Sequence[int], Sequence[int]]]) -> Verdict:
    """Check `blind_world()`: a world in which codes agree and images do not."""
    lists = answer()
    if not isinstance(lists, Sequence) or len(lists) != 2:
        raise WrongAnswer("Return two lists, decode and encode.")
    decode = _places(lists[0], LATENTS, IMAGES, "decode")
    encode = _places(lists[1], IMAGES, LATENTS, "encode")
    rebuilt = [decode[encode[image]] for image in (0, 1)]
    if rebuilt != [0, 1]:
        raise WrongAnswer(f"Images 0 and 1 shall be rebuilt exactly, and become {rebuilt}.")
    there_and_back = sorted(encode[image] for image in decode)
    codes = sorted([encode[0], encode[1]] * 2)
    if there_and_back != codes:
        raise WrongAnswer(
            f"Noise comes back as the codes {there_and_back}, data (each image twice) as {codes}: "
            "these shall agree."
        )
    if sorted(decode) == [0, 0, 1, 1]:
        raise WrongAnswer("Here the generated images are those of the data: nothing is missed.")
    return right(
        "The encoder gives a foreign image the code of one it knows. Wherever h(z) = z held for "
        "all four z, two images with one code could not both be generated."
    )


def _places(answer: Any, n: int, below: int, name: str) -> list[int]:
    numbers = expect_array(answer, shape=(n,), name=name).tolist()
    if any(number != int(number) or not 0 <= number < below for number in numbers):
        raise WrongAnswer(f"{name} shall hold whole numbers from 0 to {below - 1}.")
    return [int(number) for number in numbers]


@exercise("gm-08-3")
def check_latent_nll(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Check `latent_nll(A, codes)`: the mean of −ln density of codes under z ↦ A z."""
    generator = torch.Generator().manual_seed(8)
    cases = []
    for n, d, flip in ((5, 2, 1), (4, 3, -1), (2, 2, -1)):
        A = torch.randn(d, d, generator=generator, dtype=torch.double) + 2 * torch.eye(d).double()
        A[0] = A[0] * flip
        cases.append((A, torch.randn(n, d, generator=generator, dtype=torch.double)))
    expect_function(
        answer, _latent_nll, cases, _slips_of_nll, gradient_of=["A", "codes"], name="the mean"
    )
    return right(
        "This is a normalising flow with one linear layer. LPGA is the same loss with h for A, "
        "where neither the inverse nor the determinant is at hand."
    )


def _nll_parts(A: Tensor, codes: Tensor) -> tuple[Tensor, float, Tensor]:
    z = torch.linalg.solve(A, codes.T).T
    constant = 0.5 * len(A) * math.log(2 * math.pi)
    return 0.5 * z.square().sum(1), constant, torch.linalg.slogdet(A).logabsdet


def _latent_nll(A: Tensor, codes: Tensor) -> Tensor:
    square, constant, log_det = _nll_parts(A, codes)
    return square.mean() + constant + log_det


def _slips_of_nll(A: Tensor, codes: Tensor) -> dict[str, Tensor | tuple[Tensor, ...]]:
    """Return what each known mistake gives in place of the mean."""
    square, constant, log_det = _nll_parts(A, codes)
    forward = 0.5 * (codes @ A.T).square().sum(1)
    transposed = 0.5 * torch.linalg.solve(A.T, codes.T).T.square().sum(1)
    d = len(A)
    return {
        "The determinant has the wrong sign: where h spreads mass, density is lower.": (
            square.mean() + constant - log_det
        ),
        "The determinant is missing.": square.mean() + constant,
        "The constant ½ d ln 2π is missing.": square.mean() + log_det,
        "The constant counts once for each of the d numbers.": (
            square.mean() + constant / d + log_det
        ),
        "ln |det A| as it is: all d directions are in it already.": (
            square.mean() + constant + d * log_det
        ),
        "The whole of ln |det A|: a half belongs before ln det(A Aᵀ).": (
            square.mean() + constant + log_det / 2
        ),
        "Half the squares: the normal density is exp(−½ ‖z‖²), up to its constant.": (
            2 * square.mean() + constant + log_det
        ),
        "Bring the codes back to z by A⁻¹ before you ask the normal law.": (
            forward.mean() + constant + log_det,
            0.5 * codes.square().sum(1).mean() + constant + log_det,
        ),
        "The matrix is transposed: h(z) = A z for a column z.": (
            transposed.mean() + constant + log_det
        ),
        "A mean over samples, not a sum.": (square + constant + log_det).sum(),
        "A sum over the numbers of z, not their mean.": (
            square.mean() / d + constant + log_det,
            (square.mean() + constant + log_det) / d,
        ),
        "The sign: −ln of the density.": -(square.mean() + constant + log_det),
    }


@exercise("gm-08-4")
def check_log_determinant(answer: Callable[[Tensor, int], Tensor]) -> Verdict:
    """Check `log_determinant(log_stretches, d)`: the estimate that has no bias in the limit."""
    generator = torch.Generator().manual_seed(9)
    cases = []
    for n, points, d, shift in ((4, 3, 5, 0.5), (6, 2, 2, 0.0), (8, 1, 40, -30.0), (3, 3, 3, 40.0)):
        lengths = torch.randn(n, points, generator=generator, dtype=torch.double)
        cases.append((lengths + shift, d))
    expect_function(
        answer, _log_determinant, cases, _slips_of_determinant, name="the estimate", tol=1e-6
    )
    return right(
        "By Jensen's inequality its mean is still above ln |det A| for few directions, and comes "
        "down to it as they grow. In many dimensions that takes very many: the mean is ruled by "
        "the few directions that are stretched least."
    )


def _log_determinant(log_stretches: Tensor, d: int) -> Tensor:
    return math.log(len(log_stretches)) - (-d * log_stretches).logsumexp(0)


def _slips_of_determinant(log_stretches: Tensor, d: int) -> dict[str, Tensor | tuple[Tensor, ...]]:
    """Return what each known mistake gives in place of the estimate."""
    n = len(log_stretches)
    return {
        "That is the mean of the logarithms, which is too large: average before the logarithm.": (
            d * log_stretches.mean(0)
        ),
        "Average stretch⁻ᵈ, not stretchᵈ.": (d * log_stretches).logsumexp(0) - math.log(n),
        "A mean over directions, not a sum.": -(-d * log_stretches).logsumexp(0),
        "The exponent is −d.": (
            math.log(n) - (-log_stretches).logsumexp(0),
            math.log(n) - (-d / 2 * log_stretches).logsumexp(0),
        ),
        "The exponent −d belongs inside the mean: d times an average of 1/stretch is another.": (
            d * (math.log(n) - (-log_stretches).logsumexp(0))
        ),
        "That is the dotted curve: squares are averaged there, which is too large.": (
            d / 2 * ((2 * log_stretches).logsumexp(0) - math.log(n))
        ),
        "A mean divides by the number of directions, not by d.": (
            math.log(d) - (-d * log_stretches).logsumexp(0)
        ),
        "The mean divides by n: minus its logarithm has + ln n.": (
            -math.log(n) - (-d * log_stretches).logsumexp(0)
        ),
        "The sign: the mean of stretch⁻ᵈ is one over |det A|.": (
            (-d * log_stretches).logsumexp(0) - math.log(n)
        ),
        "Average over the directions, the first dimension, at each point.": (
            math.log(log_stretches.shape[1]) - (-d * log_stretches).logsumexp(1)
        ),
    }
