"""What to ask next: scores of inputs by the predictions of several sampled networks, and cover.

Every score is larger for an input whose label is wanted more.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def predictive_entropy(probabilities: Tensor) -> Tensor:
    """Return the entropy of the mean prediction, H[mean p], in nats: (batch,).

    probabilities: (samples, batch, classes), a row for each sampled network and input.

    Raises ValueError for another shape, or for rows that are no probabilities.

    Source: Gal, Islam and Ghahramani 2017, section 4 (max entropy).
    Taught in `book/bayesian_networks/05_active_learning.ipynb`.

    >>> predictive_entropy(torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]]))
    tensor([0.6931])
    """
    return _entropy(_checked(probabilities).mean(0))


def bald(probabilities: Tensor) -> Tensor:
    """Return the mutual information of label and weights, H[mean p] − mean H[p], in nats: (batch,).

    probabilities: (samples, batch, classes). It is the mean KL divergence of each network's
    prediction from the mean prediction: 0 if all agree, at most ln(classes) and ln(samples).

    Raises ValueError for another shape, or for rows that are no probabilities.

    Source: Houlsby et al. 2011, equation 2 (Bayesian active learning by disagreement).
    Taught in `book/bayesian_networks/05_active_learning.ipynb`.

    >>> bald(torch.tensor([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]]))
    tensor([0.6931, 0.0000])
    """
    p = _checked(probabilities)
    return (_entropy(p.mean(0)) - _entropy(p).mean(0)).clamp(min=0)  # rounding may dip below 0


def variation_ratios(probabilities: Tensor) -> Tensor:
    """Return 1 − the largest entry of the mean prediction: (batch,).

    probabilities: (samples, batch, classes). It is the probability, by the model's own account,
    that its answer is wrong ("least confident").

    Raises ValueError for another shape, or for rows that are no probabilities.

    Source: Gal, Islam and Ghahramani 2017, section 4.
    Taught in `book/bayesian_networks/05_active_learning.ipynb`.

    >>> variation_ratios(torch.tensor([[[0.9, 0.1]], [[0.5, 0.5]]]))
    tensor([0.3000])
    """
    return 1 - _checked(probabilities).mean(0).amax(-1)


def margin(probabilities: Tensor) -> Tensor:
    """Return minus the lead of the likeliest class over the second: (batch,), from −1 to 0.

    probabilities: (samples, batch, classes), two classes or more.

    Raises ValueError for another shape, or for rows that are no probabilities.

    Source: Settles 2009, section 3.1.
    Taught in `book/bayesian_networks/05_active_learning.ipynb`.

    >>> margin(torch.tensor([[[0.5, 0.25, 0.25]], [[0.5, 0.5, 0.0]]]))
    tensor([-0.1250])
    """
    first, second = _checked(probabilities).mean(0).topk(2, dim=-1).values.unbind(-1)
    return second - first


def mean_standard_deviation(probabilities: Tensor) -> Tensor:
    """Return the deviation of the networks' predictions, a mean over classes: (batch,).

    probabilities: (samples, batch, classes). The deviation divides by the number of samples.

    Raises ValueError for another shape, or for rows that are no probabilities.

    Source: Gal, Islam and Ghahramani 2017, section 4 (mean STD).
    Taught in `book/bayesian_networks/05_active_learning.ipynb`.

    >>> mean_standard_deviation(torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]]))
    tensor([0.5000])
    """
    return _checked(probabilities).std(0, correction=0).mean(-1)


def core_set(features: Tensor, labelled: Sequence[int] | Tensor, count: int) -> Tensor:
    """Return `count` indices, each the input furthest from all that are labelled or chosen so far.

    features: (n, d). labelled: indices that have labels, at least one. After each choice, the
    largest distance of any input to the nearest labelled one is at most twice what the best choice
    of as many centres gives. Of several equally far inputs the first is taken.

    Raises ValueError for another shape, for indices outside 0..n-1, and for a count that is not in
    1..(n - number of different labelled ones).

    Source: Sener and Savarese 2018, algorithm 1; Gonzalez 1985.
    Taught in `book/bayesian_networks/05_active_learning.ipynb`.

    >>> core_set(torch.tensor([[0.0], [1.0], [10.0], [6.0]]), [0], 2)
    tensor([2, 3])
    """
    if features.dim() != 2 or not len(features):
        raise ValueError(f"features must have the shape (n, d), got {tuple(features.shape)}")
    given = torch.as_tensor(labelled, dtype=torch.long).flatten().unique()
    n = len(features)
    if not len(given) or given[0] < 0 or given[-1] >= n:
        raise ValueError(f"labelled must hold indices from 0 to {n - 1}, got {given.tolist()}")
    if not 1 <= count <= n - len(given):
        raise ValueError(f"count must be in 1..{n - len(given)}, got {count}")
    away = torch.cdist(features, features[given]).amin(1)
    away[given] = -1  # also where another input lies in the same place
    chosen = []
    for _ in range(count):
        chosen.append(int(away.argmax()))
        away = torch.minimum(away, (features - features[chosen[-1]]).norm(dim=1))
        away[chosen[-1]] = -1
    return torch.tensor(chosen)


def _entropy(p: Tensor) -> Tensor:
    return torch.special.entr(p).sum(-1)  # −p ln p, 0 at 0


def _checked(probabilities: Tensor) -> Tensor:
    """Return the probabilities if they are some, with the shape (samples, batch, classes)."""
    p = probabilities
    if p.dim() != 3 or p.shape[0] < 1 or p.shape[2] < 2:
        raise ValueError(
            "probabilities must have the shape (samples, batch, classes) with two classes or "
            f"more, got {tuple(p.shape)}"
        )
    if p.numel() and not (p.amin() >= 0 and (p.sum(-1) - 1).abs().amax() < 1e-3):
        raise ValueError(
            "probabilities must be at least 0 and sum to 1 over the last dimension, got sums from "
            f"{p.sum(-1).amin():.4g} to {p.sum(-1).amax():.4g} and a least entry of {p.amin():.4g}"
        )
    return p
