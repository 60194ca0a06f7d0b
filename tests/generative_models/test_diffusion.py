"""The path and both ways back, with a denoiser that is known exactly for Gaussian data."""

import math

import pytest
import torch

from otbook_utils.generative_models.diffusion import (
    DenseDenoiser,
    Diffusion,
    ImageDenoiser,
    cosine_signal,
    time_features,
)

MEAN, SPREAD = 1.5, 0.5  # the data: N(MEAN, SPREAD²)


def exact_denoiser(path):
    """Return E(noise | x_t), which is linear for Gaussian data."""

    def denoise(x, t):
        share = path.signal.to(x)[t][:, None]
        variance = share * SPREAD**2 + 1 - share
        return (1 - share).sqrt() * (x - share.sqrt() * MEAN) / variance

    return denoise


@pytest.mark.parametrize("steps", [1, 10, 1000])
def test_the_signal_falls_from_all_to_almost_nothing(steps):
    signal = cosine_signal(steps)
    assert signal.shape == (steps + 1,) and signal[0] == 1
    assert (signal.diff() < 0).all() and 0 < signal[-1] <= 1e-3


def test_noisy_samples_have_the_stated_moments():
    torch.manual_seed(0)
    path = Diffusion(20)
    x = torch.full((200_000, 1), 3.0)
    t = torch.full((len(x),), 7)
    found = path.noisy(x, t, torch.randn_like(x))
    share = path.signal[7].item()
    assert found.mean().item() == pytest.approx(3 * share**0.5, abs=0.02)
    assert found.var().item() == pytest.approx(1 - share, rel=0.02)


def test_each_sample_goes_its_own_number_of_steps():
    path, x, noise = Diffusion(10), torch.randn(3, 2, 2), torch.randn(3, 2, 2)
    t = torch.tensor([0, 4, 10])
    together = path.noisy(x, t, noise)
    for k in range(3):
        torch.testing.assert_close(
            together[k : k + 1], path.noisy(x[k : k + 1], t[k : k + 1], noise[k : k + 1])
        )
    torch.testing.assert_close(together[0], x[0])


def test_the_exact_denoiser_has_the_least_loss():
    torch.manual_seed(0)
    path = Diffusion(20)
    x = MEAN + SPREAD * torch.randn(100_000, 1)
    exact = exact_denoiser(path)
    least = path.loss(exact, x).item()
    share = path.signal[1:]
    residual = share * SPREAD**2 / (share * SPREAD**2 + 1 - share)  # var(noise | x_t)
    assert least == pytest.approx(residual.mean().item(), rel=0.02)
    assert path.loss(lambda x, t: 1.05 * exact(x, t) + 0.05, x).item() > least


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_both_ways_back_end_at_the_data(eta):
    torch.manual_seed(0)
    path = Diffusion(400)
    made = path.sample(exact_denoiser(path), torch.randn(20_000, 1), eta=eta)
    assert made.mean().item() == pytest.approx(MEAN, abs=0.03)
    assert made.std().item() == pytest.approx(SPREAD, rel=0.04)


def test_without_fresh_noise_the_way_is_the_map_between_the_gaussians():
    """In one dimension the deterministic way is the transport map: it keeps the order."""
    path = Diffusion(1000)
    start = torch.linspace(-2, 2, 9)[:, None].double()
    made = path.sample(exact_denoiser(path), start, eta=0)
    torch.testing.assert_close(made, MEAN + SPREAD * start, atol=0.02, rtol=0)
    again = path.sample(exact_denoiser(path), start, eta=0)
    assert torch.equal(made, again)


def test_fewer_stops_are_worse_and_each_state_can_be_kept():
    torch.manual_seed(0)
    path, start = Diffusion(400), torch.linspace(-2, 2, 9)[:, None].double()
    wanted = MEAN + SPREAD * start
    errors = [
        (path.sample(exact_denoiser(path), start, stops=n, eta=0) - wanted).abs().max().item()
        for n in (5, 40, 400)
    ]
    assert errors[0] > errors[1] > errors[2]
    states = path.sample(exact_denoiser(path), start, stops=5, eta=0, keep=True)
    assert states.shape == (6, 9, 1) and torch.equal(states[0], start)


def test_estimates_can_be_held_within_bounds():
    path = Diffusion(50)
    made = path.sample(lambda x, t: torch.zeros_like(x), 5 * torch.ones(3, 1), eta=0, clip=1.0)
    assert made.abs().max() <= 1 + 1e-6


def test_holding_the_estimates_makes_no_error_larger():
    path, x = Diffusion(20), 2 * torch.rand(200, 3) - 1

    def poor(x, t):
        return 0.9 * x + 0.3

    found = []
    for denoiser in (poor, path.held(poor, 1.0)):
        torch.manual_seed(0)
        found.append(path.errors(denoiser, x))
    assert (found[1] <= found[0] + 1e-5).all()
    assert found[1][-1].max() < 1e-4 < found[0][-1].min()  # where an error of 0.1 is one of 200
    torch.manual_seed(0)
    held = path.sample(path.held(poor, 1.0), x)
    torch.manual_seed(0)
    torch.testing.assert_close(held, path.sample(poor, x, clip=1.0), rtol=1e-4, atol=1e-4)


def test_one_step_back_is_the_posterior_of_the_random_path():
    """DDPM's equation 7: the mean and variance of x_(t−1) given x_t and x_0."""
    torch.manual_seed(0)
    path, t = Diffusion(10), 6
    x0, xt = torch.tensor(0.7), torch.tensor(-0.4)
    now, before = path.signal[t].item(), path.signal[t - 1].item()
    beta = 1 - now / before
    mean = (
        before**0.5 * beta / (1 - now) * x0 + (now / before) ** 0.5 * (1 - before) / (1 - now) * xt
    )
    variance = (1 - before) / (1 - now) * beta
    noise = (xt - now**0.5 * x0) / (1 - now) ** 0.5
    many = xt.expand(200_000, 1)
    found = path._back(lambda x, _: noise.expand_as(x), many, t, t - 1, 1.0, None)
    assert found.mean().item() == pytest.approx(mean.item(), abs=0.01)
    assert found.var().item() == pytest.approx(variance, rel=0.02)


def test_the_bound_is_the_entropy_and_the_divergences_of_all_steps():
    """Both ways are Gaussian with equal means here, so that only the variances differ."""
    torch.manual_seed(0)
    path, exact = Diffusion(50), exact_denoiser(Diffusion(50))
    x = MEAN + SPREAD * torch.randn(20_000, 1).double()
    before, now = path.signal[:-1], path.signal[1:]
    kept = now / before
    spreads = path.signal * SPREAD**2 + 1 - path.signal  # the variances of x_t
    true = 1 / (1 / spreads[:-1] + kept / (1 - kept))
    used = (1 - before) / (1 - now) * (1 - kept)
    used[0] = (1 - now[0]) / now[0]
    ratio = true / used
    entropy = 0.5 * math.log(2 * math.pi * math.e * SPREAD**2)
    prior = 0.5 * (now[-1] * MEAN**2 + spreads[-1] - 1 - spreads[-1].log()).item()
    wanted = entropy + prior + 0.5 * (ratio - 1 - ratio.log()).sum().item()
    bound = path.bound(exact, x)
    assert bound.shape == (20_000,)
    assert bound.mean().item() == pytest.approx(wanted, abs=0.04)
    widths = path.best_widths(exact, x)
    torch.testing.assert_close(widths, ratio, rtol=0.06, atol=0)
    assert path.bound(exact, x, widths).mean().item() == pytest.approx(entropy + prior, abs=0.04)


def test_the_weights_are_those_of_the_divergences_between_gaussians():
    """KL of two Gaussians of the posterior's variance whose means differ by the noise's error."""
    path, x0, xt, off = Diffusion(10), 0.7, -0.4, 0.3
    for t in range(2, 11):
        now, before = path.signal[t].item(), path.signal[t - 1].item()
        kept = now / before
        variance = (1 - before) / (1 - now) * (1 - kept)
        noise = (xt - now**0.5 * x0) / (1 - now) ** 0.5
        means = [(xt - (1 - kept) / (1 - now) ** 0.5 * e) / kept**0.5 for e in (noise, noise + off)]
        normals = [torch.distributions.Normal(m, variance**0.5) for m in means]
        kl = torch.distributions.kl_divergence(*normals).item()
        assert path.weights[t - 1].item() * off**2 == pytest.approx(kl, rel=1e-6)


@pytest.mark.parametrize("net", [DenseDenoiser((1, 8, 8), (16,)), ImageDenoiser((1, 8, 8), 4)])
def test_networks_answer_in_the_shape_and_learn_everywhere(net):
    x = torch.randn(6, 1, 8, 8)
    for _ in range(2):  # the last layer begins at zero: what is before it learns from then on
        net.zero_grad()
        Diffusion(10).loss(net, x).backward()
        torch.optim.SGD(net.parameters(), lr=0.1).step()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
    one, other = (net(x, torch.full((6,), t)) for t in (1, 9))
    assert one.shape == x.shape and not torch.equal(one, other)


def test_what_does_not_fit_is_named():
    path, x = Diffusion(10), torch.zeros(3, 2)
    for t in (torch.zeros(2).long(), torch.zeros(3), torch.full((3,), 11)):
        with pytest.raises(ValueError, match="t must"):
            path.noisy(x, t, x)
    for stops in (0, 11, 2.5):
        with pytest.raises(ValueError, match="stops must"):
            path.sample(exact_denoiser(path), x, stops=stops)
    for eta in (-0.1, 1.5, math.nan):
        with pytest.raises(ValueError, match="eta must"):
            path.sample(exact_denoiser(path), x, eta=eta)
    with pytest.raises(ValueError, match="clip must"):
        path.sample(exact_denoiser(path), x, clip=0.0)
    for wrong in (torch.zeros(0, 2), torch.zeros(3, 2).long()):
        with pytest.raises(ValueError, match="x must"):
            path.loss(exact_denoiser(path), wrong)
        with pytest.raises(ValueError, match="start must"):
            path.sample(exact_denoiser(path), wrong)
    with pytest.raises(ValueError, match="width must be even"):
        time_features(torch.zeros(3), 5)


@pytest.mark.parametrize("ask", ["loss", "sample", "bound"])
def test_an_answer_of_another_shape_is_not_broadcast(ask):
    path = Diffusion(10)
    with pytest.raises(ValueError, match="denoiser must answer in the shape"):
        getattr(path, ask)(lambda x, t: x[:, 0], torch.zeros(3, 1))


def test_paths_and_shapes_that_do_not_fit_are_named():
    for signal in ([1.0, 0.5, 0.6], [1.0, 1.0, 0.5], [1.0, 0.5, 0.5], [1.0, math.nan, 0.5]):
        with pytest.raises(ValueError, match="signal must"):
            Diffusion(2, torch.tensor(signal))
    with pytest.raises(ValueError, match="steps must"):
        Diffusion(0)
    with pytest.raises(ValueError, match="multiples of 4"):
        ImageDenoiser((1, 9, 8))
