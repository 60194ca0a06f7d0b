"""The laws that every transform and every flow keeps, on shapes of all kinds."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from otbook_utils.normalizing_flows import (
    AdditiveCoupling,
    AffineCoupling,
    Chain,
    Flow,
    FlowBatchNorm,
    FlowGMM,
    LogitTransform,
    MultiScaleRealNVP,
    RealNVP,
    Scaling,
    alternating_mask,
    channel_mask,
    checkerboard_mask,
)


def batch_norm(shape) -> FlowBatchNorm:
    """Return a layer that has seen a few batches, so that its averages are not 0 and 1."""
    norm = FlowBatchNorm(shape)
    for _ in range(3):
        norm(1 + 2 * torch.randn(16, *norm.shape))
    return norm


TRANSFORMS = {
    "additive": (lambda: AdditiveCoupling(alternating_mask(5)), (5,)),
    "affine": (lambda: AffineCoupling(alternating_mask(5, flip=True)), (5,)),
    "affine, checkerboard": (lambda: AffineCoupling(checkerboard_mask(3, 4)), (1, 3, 4)),
    "affine, channels": (lambda: AffineCoupling(channel_mask(3).expand(3, 2, 2)), (3, 2, 2)),
    "scaling": (lambda: Scaling((2, 3)), (2, 3)),
    "logit": (lambda: LogitTransform(0.05), (1, 2, 3)),
    "batch norm": (lambda: batch_norm(3), (3,)),
    "batch norm of images": (lambda: batch_norm((2, 3, 3)), (2, 3, 3)),
    "chain": (
        lambda: Chain(AdditiveCoupling(alternating_mask(4)), Scaling(4), batch_norm(4)),
        (4,),
    ),
    "RealNVP": (lambda: RealNVP(3, 5, 16), (3,)),
    "RealNVP with batch norm": (lambda: RealNVP(2, 4, (8, 8, 8), batch_norm=True), (2,)),
    "no squeezing": (lambda: MultiScaleRealNVP((1, 5, 3), 4, 1), (1, 5, 3)),
    "one scale": (lambda: MultiScaleRealNVP((3, 4, 4), 4, 1, scales=1), (3, 4, 4)),
    "two scales": (lambda: MultiScaleRealNVP((1, 8, 12), 4, 1, scales=2), (1, 8, 12)),
    "images with batch norm": (
        lambda: MultiScaleRealNVP((1, 8, 8), 4, 1, batch_norm=True),
        (1, 8, 8),
    ),
}
MODELS = {name: made for name, made in TRANSFORMS.items() if name[:2] in ("Re", "no", "on", "tw")}


def stirred(name: str) -> tuple[nn.Module, tuple[int, ...]]:
    """Return a transform in evaluation whose parameters are far from those it begins with."""
    torch.manual_seed(5)
    make, shape = TRANSFORMS[name]
    transform = make()
    with torch.no_grad():
        for parameter in transform.parameters():
            parameter.add_(0.15 * torch.randn_like(parameter))
    return transform.eval(), shape


def inputs(name: str, shape: tuple[int, ...], n: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return (torch.rand if name == "logit" else torch.randn)(n, *shape, generator=generator)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_inverse_undoes_the_map_and_its_determinant(name):
    transform, shape = stirred(name)
    x = inputs(name, shape)
    z, log_det = transform(x)
    back, back_log_det = transform.inverse(z)
    assert z.shape == x.shape
    assert log_det.shape == back_log_det.shape == (len(x),)
    torch.testing.assert_close(back, x, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(back_log_det, -log_det, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_determinant_is_that_of_autograds_jacobian(name):
    transform, shape = stirred(name)
    transform, x = transform.double(), inputs(name, shape, n=3).double()
    _, log_det = transform(x)
    for sample, wanted in zip(x, log_det, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda u: transform(u[None])[0][0], sample)
        square = jacobian.reshape(math.prod(shape), math.prod(shape))
        torch.testing.assert_close(torch.linalg.slogdet(square).logabsdet, wanted)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_sample_is_mapped_alike_alone_and_in_a_batch(name):
    transform, shape = stirred(name)
    x = inputs(name, shape)
    z, log_det = transform(x)
    alone = [transform(sample[None]) for sample in x]
    torch.testing.assert_close(torch.cat([a for a, _ in alone]), z, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(torch.cat([b for _, b in alone]), log_det, atol=1e-4, rtol=1e-5)
    assert torch.equal(transform(x)[0], z)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_reach_every_parameter_of_a_fresh_model(name):
    torch.manual_seed(2)
    make, shape = MODELS[name]
    model = make()
    model.log_prob(torch.randn(8, *shape)).mean().backward()
    untouched = [
        key for key, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0
    ]
    assert untouched == []


@pytest.mark.parametrize("name", MODELS)
def test_samples_are_new_ones_of_the_stated_shape(name):
    model, shape = stirred(name)
    x = model.sample(7)
    assert x.shape == (7, *shape)
    assert x.isfinite().all()
    assert not torch.equal(x, model.sample(7))
    assert not x.requires_grad


@pytest.mark.parametrize("name", MODELS)
def test_a_model_becomes_double_as_a_whole(name):
    model, shape = stirred(name)
    x = inputs(name, shape).double()
    assert model.double().log_prob(x).dtype == torch.float64
    assert model.sample(2).dtype == torch.float64


@pytest.mark.parametrize("make", [lambda: RealNVP(2, 4, 16), lambda: FlowGMM(RealNVP(2, 4, 16), 3)])
@pytest.mark.parametrize("seed", range(3))
def test_the_density_integrates_to_one(make, seed):
    torch.manual_seed(seed)
    model = make().double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    line = torch.linspace(-20, 20, 801, dtype=torch.float64)
    points = torch.cartesian_prod(line, line)
    with torch.no_grad():
        stretched = (model.flow if isinstance(model, FlowGMM) else model)(points[::999])[1]
        mass = model.log_prob(points).exp().sum() * (line[1] - line[0]) ** 2
    assert stretched.abs().mean() > 0.05  # the map does change volumes
    assert mass.item() == pytest.approx(1, abs=2e-3)


@settings(deadline=None, max_examples=25)
@given(
    features=st.integers(2, 9),
    layers=st.integers(1, 5),
    hidden=st.integers(1, 20),
    n=st.integers(1, 4),
    seed=st.integers(0, 1000),
)
def test_real_nvp_of_any_size_is_inverted(features, layers, hidden, n, seed):
    torch.manual_seed(seed)
    model, x = RealNVP(features, layers, hidden), torch.randn(n, features)
    z, log_det = model(x)
    back, back_log_det = model.inverse(z)
    torch.testing.assert_close(back, x, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(log_det + back_log_det, torch.zeros(n), atol=1e-5, rtol=0)


@settings(deadline=None, max_examples=15)
@given(
    channels=st.integers(1, 3),
    height=st.integers(1, 9),
    width=st.integers(2, 9),
    seed=st.integers(0, 1000),
)
def test_image_flows_of_any_size_are_inverted(channels, height, width, seed):
    torch.manual_seed(seed)
    model = MultiScaleRealNVP((channels, height, width), 4, 1)
    x = torch.randn(2, channels, height, width)
    z, log_det = model(x)
    back, back_log_det = model.inverse(z)
    torch.testing.assert_close(back, x, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(log_det + back_log_det, torch.zeros(2), atol=1e-4, rtol=0)


def test_a_flow_takes_another_base_distribution():
    base = torch.distributions.Independent(
        torch.distributions.Laplace(torch.zeros(2), torch.ones(2)), 1
    )
    flow, x = Flow(Scaling(2), 2, base), torch.randn(4, 2)
    torch.testing.assert_close(flow.log_prob(x), base.log_prob(x))
    assert flow.sample(3).shape == (3, 2)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: RealNVP(1, 2, 8), "features must be at least 2"),
        (lambda: RealNVP(2, 0, 8), "layers must be a whole number"),
        (
            lambda: RealNVP(2, 2, 8).log_prob(torch.zeros(3, 4)),
            r"x must have the shape \(batch, 2\)",
        ),
        (lambda: RealNVP(2, 2, 8).log_prob(torch.zeros(0, 2)), "at least one sample"),
        (lambda: RealNVP(2, 2, 8).log_prob(torch.zeros(3, 2, dtype=int)), "floating-point"),
        (lambda: RealNVP(2, 2, 8).inverse(torch.zeros(2)), r"z must have the shape \(batch, 2\)"),
        (lambda: RealNVP(2, 2, 8).sample(0), "n must be a whole number"),
        (lambda: MultiScaleRealNVP((8, 8)), "shape must be"),
        (lambda: MultiScaleRealNVP((1, 6, 6), scales=2), "scales must be"),
        (lambda: MultiScaleRealNVP((1, 1, 1)), "at least two pixels"),
        (lambda: checkerboard_mask(1, 1), "at least two pixels"),
        (lambda: channel_mask(1), "channels must be at least 2"),
        (lambda: AffineCoupling(torch.ones(3)), "mask must keep something"),
        (lambda: AffineCoupling(torch.tensor([0.5, 1.0])), "zeros and ones"),
        (
            lambda: AffineCoupling(alternating_mask(2), nn.Linear(2, 2))(torch.zeros(3, 2)),
            "net must",
        ),
        (lambda: AffineCoupling(alternating_mask(3))(torch.zeros(3, 2)), "x must have the shape"),
        (lambda: LogitTransform(0.5), "alpha must lie"),
        (lambda: LogitTransform()(torch.tensor([[1.5]])), "x must lie from 0 to 1"),
        (lambda: FlowBatchNorm(2)(torch.zeros(1, 2)), "two samples"),
    ],
)
def test_what_does_not_fit_is_named(call, said):
    with pytest.raises(ValueError, match=said):
        call()
