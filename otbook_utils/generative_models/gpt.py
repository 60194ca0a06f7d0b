"""A small GPT: an autoregressive model of tokens by causal self-attention, and its sampling."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SCALE = 0.02  # standard deviation of the first weights


class CausalAttention(nn.Module):
    """Self-attention of several heads in which no position sees a later one.

    (batch, time, width) in and out.

    Source: Vaswani et al. 2017, section 3.2.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.queries_keys_values = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def split(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values, each (batch, heads, time, width / heads)."""
        parts = self.queries_keys_values(x).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        return q, k, v

    def weights(self, x: Tensor) -> Tensor:
        """Return how much each position looks at each: (batch, heads, time, time)."""
        q, k, _ = self.split(x)
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        later = torch.ones_like(scores, dtype=torch.bool).triu(1)
        return scores.masked_fill(later, -torch.inf).softmax(dim=-1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the heads' weighted means of the values, mixed."""
        heads = F.scaled_dot_product_attention(*self.split(x), is_causal=True)
        return self.out(heads.transpose(1, 2).flatten(-2))


class Block(nn.Module):
    """Attention, then a network of its own at each position; both add to what comes in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.before_attention = nn.LayerNorm(width, bias=False)
        self.attention = CausalAttention(width, heads)
        self.before_network = nn.LayerNorm(width, bias=False)
        self.network = nn.Sequential(
            nn.Linear(width, 4 * width, bias=False),
            nn.GELU(),
            nn.Linear(4 * width, width, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, time, width) for (batch, time, width)."""
        x = x + self.attention(self.before_attention(x))
        return x + self.network(self.before_network(x))


class GPT(nn.Module):
    """The distribution of each token given those before it, by a stack of causal attention blocks.

    vocabulary_size: tokens are 0 to vocabulary_size − 1. context: the most tokens it looks back on.
    width: numbers at each position, divisible by `heads`. The output layer shares its weights with
    the embedding of the tokens. Calling it gives logits; so does `from_embeddings` for a chapter
    that changes what goes in.

    Raises ValueError for sizes that are no whole numbers of at least 1, or if `heads` does not
    divide `width`.

    Source: Radford et al. 2019, section 2.3 (layer norm before each part, one after the last).
    Taught in `book/generative_models/02_autoregressive_text.ipynb`.

    >>> model = GPT(vocabulary_size=65, context=16, layers=2, heads=4, width=32)
    >>> model(torch.tensor([[3, 1, 4], [1, 5, 9]])).shape
    torch.Size([2, 3, 65])
    """

    def __init__(
        self, vocabulary_size: int, context: int, layers: int, heads: int, width: int
    ) -> None:
        super().__init__()
        sizes = {"vocabulary_size": vocabulary_size, "context": context, "layers": layers}
        for name, size in (sizes | {"heads": heads, "width": width}).items():
            if not isinstance(size, int) or isinstance(size, bool) or size < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, got {size!r}")
        if width % heads:
            raise ValueError(f"width must be divisible by heads, got {width} for {heads} heads")
        self.vocabulary_size, self.context = vocabulary_size, context
        self.tokens = nn.Embedding(vocabulary_size, width)
        self.positions = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.last_norm = nn.LayerNorm(width, bias=False)
        self.apply(_set_small)
        for block in self.blocks:  # so that the sum over all blocks begins as large as one term
            for layer in (block.attention.out, block.network[-1]):
                nn.init.normal_(layer.weight, std=SCALE / (2 * layers) ** 0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the logits of the next token at every position.

        tokens: (batch, time) integers. Returns (batch, time, vocabulary): row t follows from the
        tokens up to and including t.

        Raises TypeError for tokens that are no integers, ValueError for other shapes, for nothing,
        for more than `context` tokens, and for tokens outside the vocabulary.
        """
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x)
        return F.linear(self.last_norm(x), self.tokens.weight)

    def embed(self, tokens: Tensor) -> Tensor:
        """Return token plus position as vectors: (batch, time, width)."""
        self._check(tokens)
        where = torch.arange(tokens.shape[1], device=tokens.device)
        return self.tokens(tokens) + self.positions(where)

    @torch.no_grad()
    def attention_maps(self, tokens: Tensor) -> Tensor:
        """Return what each head looks at: (layers, batch, heads, time, time).

        In row t, how the weight of 1 is shared out among the positions 0 to t.
        """
        x, maps = self.embed(tokens), []
        for block in self.blocks:
            maps.append(block.attention.weights(block.before_attention(x)))
            x = block(x)
        return torch.stack(maps)

    @torch.no_grad()
    def generate(
        self,
        tokens: Tensor,
        new: int,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Return `tokens` (batch, time) with `new` drawn tokens after them.

        Each is drawn from `next_probabilities` of the last `context` tokens: `tokens` may be
        longer than that.

        Raises as the model and `next_probabilities` do, and ValueError for `new` below 0.
        """
        if not isinstance(new, int) or isinstance(new, bool) or new < 0:
            raise ValueError(f"new must be a whole number of at least 0, got {new!r}")
        self._check(tokens[:, -self.context :] if tokens.dim() == 2 else tokens)
        for _ in range(new):
            logits = self(tokens[:, -self.context :])[:, -1]
            p = next_probabilities(logits, temperature=temperature, top_k=top_k, top_p=top_p)
            tokens = torch.cat([tokens, torch.multinomial(p, 1, generator=generator)], dim=1)
        return tokens

    def _check(self, tokens: Tensor) -> None:
        if not isinstance(tokens, Tensor) or tokens.dtype not in (torch.int64, torch.int32):
            kind = tokens.dtype if isinstance(tokens, Tensor) else type(tokens).__name__
            raise TypeError(f"tokens must be a tensor of integers (int64 or int32), got {kind}")
        if tokens.dim() != 2 or 0 in tokens.shape:
            raise ValueError(
                f"tokens must have the shape (batch, time) and not be empty, "
                f"got {tuple(tokens.shape)}"
            )
        if tokens.shape[1] > self.context:
            raise ValueError(
                f"tokens must be no longer than the context of {self.context}, "
                f"got {tokens.shape[1]} of them"
            )
        least, most = (int(number) for number in tokens.aminmax())
        if least < 0 or most >= self.vocabulary_size:
            raise ValueError(
                f"tokens must be from 0 to {self.vocabulary_size - 1}, got {least} to {most}"
            )


def _set_small(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=SCALE)


def next_probabilities(
    logits: Tensor,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Tensor:
    """Return the probabilities that the next token is drawn from: (..., vocabulary).

    temperature: the logits are divided by it; 0 leaves the likeliest token alone. top_k: of the
    likeliest tokens so many stay. top_p: of those the fewest likeliest whose probabilities reach
    it together. What stays is scaled to sum to 1; of equal tokens the earlier one stays.

    Raises ValueError for a temperature below 0, a `top_k` below 1, a `top_p` outside (0, 1].

    Source: Holtzman et al. 2020, section 3.1 (top-p).

    >>> logits = torch.tensor([0.5, 0.3, 0.2]).log()
    >>> next_probabilities(logits, top_p=0.6)
    tensor([0.6250, 0.3750, 0.0000])
    """
    if not 0 <= temperature < float("inf"):
        raise ValueError(f"temperature must be a number of at least 0, got {temperature!r}")
    if top_k is not None and (not isinstance(top_k, int) or top_k < 1):
        raise ValueError(f"top_k must be a whole number of at least 1 or None, got {top_k!r}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p must be above 0 and at most 1, or None, got {top_p!r}")
    logits, order = logits.sort(dim=-1, descending=True, stable=True)
    if temperature == 0:
        top_k = 1
    else:
        logits = (logits - logits[..., :1]) / temperature
    if top_k is not None:
        logits[..., top_k:] = -torch.inf
    p = logits.softmax(dim=-1)
    if top_p is not None:
        before = p.cumsum(dim=-1) - p  # of all that are likelier: the first one has 0 and stays
        p = p.masked_fill(before >= top_p, 0.0)
        p = p / p.sum(dim=-1, keepdim=True)
    return torch.zeros_like(p).scatter(-1, order, p)
