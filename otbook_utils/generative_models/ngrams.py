"""n-gram models of tokens: counting, smoothed by interpolated Kneser-Ney."""

from __future__ import annotations

import numpy as np


class NGrams:
    """The distribution of a token given the `order` − 1 before it, from counts.

    tokens: (n,) integers from 0 to vocabulary_size − 1. Each count gives up `discount`, and what a
    context gives up in all is shared out as the next shorter context has it, down to equal chances.
    In shorter contexts a token counts not as often as it came but as often as something else stood
    before it: "Francisco" comes often, after "San" alone.

    Raises ValueError for tokens outside the vocabulary or fewer than `order`, for an order below 1
    or so high that its n-grams cannot be numbered, and for a discount outside 0 to 1.

    Source: Chen and Goodman 1999, equation 20 (Kneser-Ney, interpolated).
    Taught in `book/generative_models/02_autoregressive_text.ipynb`.

    >>> model = NGrams(np.array([0, 1, 0, 1, 0, 2]), vocabulary_size=3, order=2, discount=0.5)
    >>> model.probabilities(np.array([0])).round(3)
    array([0.111, 0.611, 0.278])
    """

    def __init__(
        self, tokens: np.ndarray, vocabulary_size: int, order: int, discount: float = 0.75
    ) -> None:
        if not isinstance(order, int) or order < 1 or vocabulary_size**order >= 2**63:
            raise ValueError(
                f"order must be a whole number of at least 1, with vocabulary_size**order below "
                f"2**63, got {order!r}"
            )
        if not 0 <= discount <= 1:
            raise ValueError(f"discount must be from 0 to 1, got {discount!r}")
        self.vocabulary_size, self.order, self.discount = vocabulary_size, order, discount
        tokens = self._checked(tokens)
        if len(tokens) < order:
            raise ValueError(f"tokens must be at least {order}, got {len(tokens)}")
        grams, counts = np.unique(self._numbers(tokens, order), return_counts=True)
        self._tables = [_Table(grams, counts, vocabulary_size)]
        for length in range(order - 1, 0, -1):
            # Each longer n-gram once, without its first token: how many kinds stood before it.
            longer = np.unique(self._numbers(tokens, length + 1))
            grams, counts = np.unique(longer % vocabulary_size**length, return_counts=True)
            self._tables.insert(0, _Table(grams, counts, vocabulary_size))

    def log_probabilities(self, tokens: np.ndarray) -> np.ndarray:
        """Return ln p(token | those before it) of each token, in nats: (n,).

        The first ones have a shorter context. Raises ValueError for tokens outside the vocabulary.
        """
        tokens = self._checked(tokens)
        p = np.full(len(tokens), 1 / self.vocabulary_size)
        for length in range(1, min(self.order, len(tokens)) + 1):
            here = p[length - 1 :]
            here[:] = self._refined(here, self._numbers(tokens, length), length)
        return np.log(p)

    def probabilities(self, context: np.ndarray) -> np.ndarray:
        """Return the distribution of the token that follows `context`: (vocabulary_size,)."""
        context = self._checked(context)
        p = np.full(self.vocabulary_size, 1 / self.vocabulary_size)
        for length in range(1, min(self.order, len(context) + 1) + 1):
            number = 0
            for token in context[len(context) - length + 1 :]:
                number = number * self.vocabulary_size + int(token)
            grams = number * self.vocabulary_size + np.arange(self.vocabulary_size)
            p = self._refined(p, grams, length)
        return p

    def _refined(self, p: np.ndarray, grams: np.ndarray, length: int) -> np.ndarray:
        """Return the probabilities by n-grams of `length`, given those by shorter ones."""
        count, total, kinds = self._tables[length - 1].look_up(grams)
        kept = np.maximum(count - self.discount, 0) + self.discount * kinds * p
        return np.where(total > 0, kept / np.maximum(total, 1), p)

    def _numbers(self, tokens: np.ndarray, length: int) -> np.ndarray:
        """Return one number for each run of `length` tokens: (n − length + 1,)."""
        runs = np.lib.stride_tricks.sliding_window_view(tokens, length)
        return runs @ (self.vocabulary_size ** np.arange(length - 1, -1, -1))

    def _checked(self, tokens: np.ndarray) -> np.ndarray:
        tokens = np.asarray(tokens)
        if tokens.ndim != 1 or (tokens.size and tokens.dtype.kind not in "iu"):
            raise ValueError(
                f"tokens must be integers of shape (n,), got {tokens.dtype} {tokens.shape}"
            )
        if tokens.size and not 0 <= tokens.min() <= tokens.max() < self.vocabulary_size:
            raise ValueError(
                f"tokens must be from 0 to {self.vocabulary_size - 1}, "
                f"got {tokens.min()} to {tokens.max()}"
            )
        return tokens.astype(np.int64)


class _Table:
    """The n-grams of one length that were seen, by number, and what follows each context."""

    def __init__(self, grams: np.ndarray, counts: np.ndarray, vocabulary_size: int) -> None:
        self.grams, self.counts, self.size = grams, counts, vocabulary_size
        contexts = grams // vocabulary_size
        self.contexts, first, self.kinds = np.unique(
            contexts, return_index=True, return_counts=True
        )
        self.totals = np.add.reduceat(counts, first)

    def look_up(self, grams: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return each n-gram's count, its context's, and how many kinds of token follow that."""
        place = np.searchsorted(self.grams, grams).clip(max=len(self.grams) - 1)
        count = np.where(self.grams[place] == grams, self.counts[place], 0)
        contexts = grams // self.size
        place = np.searchsorted(self.contexts, contexts).clip(max=len(self.contexts) - 1)
        seen = self.contexts[place] == contexts
        return count, np.where(seen, self.totals[place], 0), np.where(seen, self.kinds[place], 0)
