"""Autoencoders on the small digits, one for each seed side by side, and how much each unit says."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from otbook_utils.generative_models.vae import VAE
from otbook_utils.training import SideBySide, State, seed_everything, train


def unit_kl(mean: Tensor, log_var: Tensor) -> Tensor:
    """Return the KL divergence to the standard normal of each unit alone, in nats: (..., latent).

    >>> unit_kl(torch.tensor([3.0, 4.0]), torch.zeros(2))
    tensor([4.5000, 8.0000])
    """
    return 0.5 * (mean.square() + torch.expm1(log_var) - log_var)


class Terms(nn.Module):
    """A VAE that answers with ln p(x | z) of one draw, (batch,), and each unit's KL divergence."""

    def __init__(self, *arguments, **options) -> None:
        super().__init__()
        self.vae = VAE(*arguments, **options)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_var = self.vae.encode(x)
        z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
        return self.vae.log_likelihood(x, z), unit_kl(mean, log_var)


def train_digits(
    images: Tensor,
    hidden: Sequence[int],
    *,
    beta: Callable[[int], float] = lambda epochs_done: 1.0,
    free: float = 0.0,
    latent: int = 8,
    seeds: Sequence[int] = (0, 1, 2),
    epochs: int = 25,
) -> list[VAE]:
    """Return one Bernoulli VAE for each seed, trained on pixels drawn anew as 0 or 1.

    images: (n, 1, h, w) from 0 to 1. beta: weight of the KL divergence by the epochs done. free:
    nats that each unit may use, on average over a batch, without being charged for them.

    Source: beta that rises, Bowman et al. 2016; free bits, Kingma et al. 2016.
    """
    seed_everything(0)
    nets = SideBySide(lambda: Terms(tuple(images.shape[1:]), latent, hidden), seeds)
    state = State(nets=nets, optimizer=torch.optim.Adam(nets.parameters(), lr=3e-3, fused=True))

    def batches() -> Iterator[Tensor]:
        return iter(torch.bernoulli(images)[torch.randperm(len(images))].split(100))

    def step(state: State, x: Tensor) -> dict[str, Tensor]:
        def loss(network: Callable[[Tensor], tuple[Tensor, Tensor]]) -> Tensor:
            reconstruction, kl = network(x)
            charged = kl.mean(0).clamp(min=free).sum()
            return beta(state.epochs_done) * charged - reconstruction.mean()

        total = state.nets.each(loss).sum()
        state.optimizer.zero_grad()
        total.backward()
        state.optimizer.step()
        return {"loss": total}

    train(state, step, batches, epochs=epochs)
    return [nets[k].vae for k in range(len(seeds))]


@torch.no_grad()
def measured(model: VAE, x: Tensor, draws: int = 100) -> dict[str, float]:
    """Return the KL divergence, the units that say more than 0.05 nats, and both bounds, in nats.

    x: (n, *shape). The bounds are means over x; the weighted one takes `draws` draws.
    """
    each = unit_kl(*model.encode(x)).mean(0)
    reconstruction, kl = model.elbo_terms(x)
    return {
        "kl": each.sum().item(),
        "units": int((each > 0.05).sum()),
        "bound": (reconstruction - kl).mean().item(),
        "weighted": model.importance_weighted_bound(x, draws).mean().item(),
    }
