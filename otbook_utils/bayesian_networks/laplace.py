"""The posterior of the last layer, by a Gaussian with the curvature at its mode."""

import torch
from torch import Tensor, nn

from otbook_utils.bayesian_networks.checks import floats, positive


class LastLayerLaplace:
    """A Gaussian posterior over the last linear layer of a trained network.

    body: the layers below, which are kept as they are. head: the `nn.Linear` on top, trained to the
    mode of likelihood × prior. prior_precision: λ of the prior N(0, I/λ) on the head's weights and
    biases. noise: for regression, the standard deviation of the targets around the output (of each
    output by itself); None for classification with a softmax on top.
    For regression the likelihood is Gaussian in the head's weights, so nothing is approximated but
    that the body is kept.
    Raises TypeError or ValueError for a bad argument.

    D. J. C. MacKay, A practical Bayesian framework for backpropagation networks, 1992;
    A. Kristiadi, M. Hein, P. Hennig, Being Bayesian, even just a bit, fixes overconfidence in ReLU
    networks, 2020.
    Taught in `book/bayesian_networks/03_sampling_the_posterior.ipynb`.

    >>> _ = torch.manual_seed(0)
    >>> posterior = LastLayerLaplace(nn.Identity(), nn.Linear(1, 1), noise=1.0)
    >>> posterior = posterior.fit(torch.ones(8, 1))
    >>> posterior.covariance.shape, posterior.predict(torch.zeros(3, 1))[1].shape
    (torch.Size([2, 2]), torch.Size([3, 1]))
    """

    def __init__(
        self,
        body: nn.Module,
        head: nn.Linear,
        *,
        prior_precision: float = 1.0,
        noise: float | None = None,
    ) -> None:
        if not isinstance(head, nn.Linear):
            raise TypeError(f"head must be an nn.Linear, got {type(head).__name__}")
        self.body, self.head = body, head
        self.prior_precision = positive(prior_precision, "prior_precision")
        self.noise = None if noise is None else positive(noise, "noise")
        self.covariance: Tensor | None = None

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Return the body's output with a 1 behind it for the bias, (batch, features)."""
        phi = self.body(x)
        if phi.dim() != 2:
            raise ValueError(f"body must answer (batch, features), got {tuple(phi.shape)}")
        return phi if self.head.bias is None else torch.cat([phi, torch.ones_like(phi[:, :1])], 1)

    @torch.no_grad()
    def fit(self, x: Tensor) -> "LastLayerLaplace":
        """Compute the covariance from the training inputs (batch, …), all at once; return itself.

        The Hessian of the negative log-likelihood needs no targets: neither the Gaussian's nor the
        softmax's depends on them.
        """
        phi = self.features(floats(x, "x"))
        size = phi.shape[1]
        if self.noise is not None:
            hessian = phi.T @ phi / self.noise**2  # the same for every output
        else:
            p = self._outputs(phi).softmax(-1)
            middle = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
            hessian = torch.einsum("nab,ni,nj->aibj", middle, phi, phi)
            size *= p.shape[1]
            hessian = hessian.reshape(size, size)
        precision = hessian + self.prior_precision * torch.eye(size, dtype=phi.dtype)
        self.covariance = torch.cholesky_inverse(torch.linalg.cholesky(precision))
        return self

    @torch.no_grad()
    def predict(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and variance of the head's outputs, each (batch, outputs).

        The variance is that of the function (for classes: of the logits), without the noise.
        Raises RuntimeError before `fit`.
        """
        phi = self.features(floats(x, "x"))
        mean = self._outputs(phi)
        if self.noise is not None:
            variance = torch.einsum("ni,ij,nj->n", phi, self._fitted(), phi)
            return mean, variance[:, None].expand_as(mean)
        k, d = mean.shape[1], phi.shape[1]
        blocks = self._fitted().reshape(k, d, k, d)
        return mean, torch.einsum("ni,aiaj,nj->na", phi, blocks, phi)

    @torch.no_grad()
    def sample(self, x: Tensor, samples: int) -> Tensor:
        """Return outputs (or logits) of heads drawn from the posterior, (samples, batch, outputs).

        Each sample is one head, the same for the whole batch. Raises RuntimeError before `fit`.
        """
        phi = self.features(floats(x, "x"))
        mean = self._outputs(phi)
        root = torch.linalg.cholesky(self._fitted())
        k, d = mean.shape[1], phi.shape[1]
        if self.noise is not None:
            shift = torch.randn(samples, k, d, dtype=phi.dtype) @ root.T
        else:
            shift = (torch.randn(samples, k * d, dtype=phi.dtype) @ root.T).reshape(samples, k, d)
        return mean + torch.einsum("ni,ski->snk", phi, shift)

    def _outputs(self, phi: Tensor) -> Tensor:
        return self.head(phi if self.head.bias is None else phi[:, :-1])

    def _fitted(self) -> Tensor:
        if self.covariance is None:
            raise RuntimeError("call fit(x) with the training inputs first")
        return self.covariance
