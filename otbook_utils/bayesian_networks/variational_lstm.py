"""An LSTM whose dropout masks stay the same along a sequence."""

import torch
from torch import Tensor, nn

from otbook_utils.bayesian_networks.checks import below_one


class VariationalDropoutLSTM(nn.Module):
    """One LSTM layer; in training mode one mask a sequence for its inputs, states and outputs.

    input_size, hidden_size, batch_first: as for `nn.LSTM`; with all rates 0, or in eval mode, it
    answers as that does with the same weights (`weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`).
    dropout: the probability that an input is dropped; recurrent_dropout: that a unit of the hidden
    state is, on its way into the gates of the next step (the cell itself is never masked);
    output_dropout: that a unit of the output is. What is kept is divided by 1 − rate.
    same_mask: False draws new masks at every step, for comparison.
    Raises TypeError or ValueError for rates outside 0 up to (and without) 1.

    Y. Gal, Z. Ghahramani, A theoretically grounded application of dropout in recurrent neural
    networks, 2016, section 4 (one mask for all four gates). `nn.LSTM(dropout=…)` is something
    else: new masks at every step, and only between layers.
    Taught in `book/bayesian_networks/04_two_uncertainties.ipynb`.

    >>> lstm = VariationalDropoutLSTM(3, 8, dropout=0.2, recurrent_dropout=0.5)
    >>> outputs, (h, c) = lstm(torch.zeros(20, 4, 3))
    >>> outputs.shape, h.shape
    (torch.Size([20, 4, 8]), torch.Size([1, 4, 8]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        output_dropout: float = 0.0,
        batch_first: bool = False,
        same_mask: bool = True,
    ) -> None:
        super().__init__()
        self.dropout = below_one(dropout, "dropout")
        self.recurrent_dropout = below_one(recurrent_dropout, "recurrent_dropout")
        self.output_dropout = below_one(output_dropout, "output_dropout")
        self.batch_first, self.same_mask = batch_first, same_mask
        cell = nn.LSTMCell(input_size, hidden_size)  # its names, shapes and first values
        self.weight_ih, self.weight_hh = cell.weight_ih, cell.weight_hh
        self.bias_ih, self.bias_hh = cell.bias_ih, cell.bias_hh
        self.input_size, self.hidden_size = input_size, hidden_size

    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return all outputs, and the last hidden state and cell, shaped as `nn.LSTM` does.

        x: (time, batch, input_size), or (batch, time, input_size) with batch_first.
        state: hidden state and cell, each (1, batch, hidden_size); zeros by default.
        Raises TypeError for what is no tensor, ValueError for another shape.
        """
        if not isinstance(x, Tensor):
            raise TypeError(f"x must be a tensor, got {type(x).__name__}")
        if x.dim() != 3 or x.shape[-1] != self.input_size or 0 in x.shape:
            order = "(batch, time" if self.batch_first else "(time, batch"
            raise ValueError(
                f"x must have the shape {order}, {self.input_size}), got {tuple(x.shape)}"
            )
        if self.batch_first:
            x = x.transpose(0, 1)
        steps, batch, _ = x.shape
        h, c = self._first_state(x, state)
        x = x * self._masks(x, steps, (batch, self.input_size), self.dropout)
        for_h = self._masks(x, steps, h.shape, self.recurrent_dropout)
        entering = x @ self.weight_ih.T + self.bias_ih + self.bias_hh  # all steps at once
        outputs = []
        for t in range(steps):
            gates = entering[t] + (h * for_h[t]) @ self.weight_hh.T
            take, forget, value, show = gates.chunk(4, -1)
            c = forget.sigmoid() * c + take.sigmoid() * value.tanh()
            h = show.sigmoid() * c.tanh()
            outputs.append(h)
        out = torch.stack(outputs)
        out = out * self._masks(x, steps, h.shape, self.output_dropout)
        return out.transpose(0, 1) if self.batch_first else out, (h[None], c[None])

    def _first_state(self, x: Tensor, state: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor]:
        shape = (1, x.shape[1], self.hidden_size)
        if state is None:
            zeros = x.new_zeros(shape[1:])
            return zeros, zeros
        for part, name in zip(state, ("hidden state", "cell"), strict=True):
            if part.shape != shape:
                raise ValueError(f"the {name} must have the shape {shape}, got {tuple(part.shape)}")
        return state[0][0], state[1][0]

    def _masks(self, like: Tensor, steps: int, shape: tuple[int, ...], rate: float) -> Tensor:
        """Return a mask for each step, (steps, *shape), or one for all with same_mask."""
        if rate == 0 or not self.training:
            return like.new_ones(1).expand(steps, *shape)
        leading = 1 if self.same_mask else steps
        kept = torch.rand(leading, *shape, dtype=like.dtype, device=like.device) >= rate
        return (kept / (1 - rate)).to(like.dtype).expand(steps, *shape)
