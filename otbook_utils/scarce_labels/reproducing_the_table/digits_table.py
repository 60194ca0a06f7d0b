"""The article's fourteen rows at the size of a laptop: its losses and recipe, smaller images.

The losses, the loop, the batches and the recipe are those of `experiment`, with the very
weights of the article's class sizes (250 and 5,000). Images and network are smaller: 8 x 8 digits,
of which 7 of about 143 are kept in the same three classes, and one hidden layer of 64 units. The
networks of all seeds are trained side by side.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import torch

from otbook_utils.scarce_labels.long_tail import cut_classes
from otbook_utils.scarce_labels.reproducing_the_table.table import (
    MAJORITY,
    MINORITY,
    Recipe,
    Row,
)
from otbook_utils.scarce_labels.small_digits import digit_sets, small_network
from otbook_utils.training import DeviceBatches, SideBySide, State, train

SCARCE_IMAGES = 250
COMMON_IMAGES = 5000
ARTICLE_COUNTS = tuple(SCARCE_IMAGES if k in MINORITY else COMMON_IMAGES for k in range(10))
KEEP = 7  # of each scarce digit: one in twenty, as 250 of 5,000
# No crops and no mirroring: a mirrored digit is another sign.
RECIPE = replace(Recipe(), scarce=KEEP, pad=0)
TEST_IMAGES = {"majority": 252, "minority": 108, "all": 360}
BLACK_TO_WHITE = 15  # from the digits' 0 to 16 to about 0 to 255


def digits_scores(row: Row, seeds: Iterable[int], recipe: Recipe = RECIPE) -> dict[str, np.ndarray]:
    """Train one row of the table on digits, once for each seed, and return per cent right by group.

    row: whose loss is taken, with the weights that it has in the article. seeds: each decides the
    digits kept, the first weights and the order. recipe: epochs, batch and learning rate.
    Returns "majority", "minority" and "all", each (seeds,), on the 360 digits held out.

    >>> from otbook_utils.scarce_labels.reproducing_the_table.table import row_of
    >>> short = replace(RECIPE, epochs=1, milestones=(1,))
    >>> {group: right.shape for group, right in digits_scores(row_of("ce"), [0, 1], short).items()}
    {'majority': (2,), 'minority': (2,), 'all': (2,)}
    """
    seeds = tuple(seeds)
    sets = [_training_set(row, seed, recipe) for seed in seeds]
    x = torch.stack([_standardised(part.images, part) for part in sets])  # (seeds, n, 1, 8, 8)
    y = torch.stack([part.labels for part in sets])  # (seeds, n)
    each = torch.arange(len(seeds))[:, None]

    def batches() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        orders = torch.stack([part.plan(state.epochs_done).order for part in sets])
        for which in orders.split(recipe.batch_size, dim=1):  # (seeds, batch)
            yield x[each, which], y[each, which]

    loss = row.loss(ARTICLE_COUNTS)
    nets = SideBySide(lambda: small_network(torch.initial_seed()), seeds)
    optimizer = torch.optim.SGD(
        nets.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
    )
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, recipe.milestones)
    state = State(nets=nets, optimizer=optimizer, scheduler=scheduler)

    def step(state: State, batch: tuple[torch.Tensor, torch.Tensor]) -> dict[str, torch.Tensor]:
        x, y = batch
        logits = state.nets.each(lambda net, x: net(x), x)  # (seeds, batch, classes)
        # Seed by seed: the losses look at the labels' values, which vmap does not allow.
        value = sum(loss(z, target) for z, target in zip(logits, y, strict=True))
        state.optimizer.zero_grad()
        value.backward()
        state.optimizer.step()
        return {"loss": value / len(y)}

    train(state, step, batches, epochs=recipe.epochs, after_epoch=_next_rate)
    return _right(nets, sets)


def _next_rate(state: State) -> None:
    state.scheduler.step()


def _training_set(row: Row, seed: int, recipe: Recipe) -> DeviceBatches:
    train_set, _ = digit_sets()
    x, y = train_set.x, train_set.y
    if row.cut:
        kept = cut_classes(y, dict.fromkeys(MINORITY, recipe.scarce), seed)
        x, y = x[kept], y[kept]
    return DeviceBatches(_images(x), y, recipe.batch_size, shuffle=True, seed=seed)


@torch.no_grad()
def _right(nets: SideBySide, sets: list[DeviceBatches]) -> dict[str, np.ndarray]:
    """Return per cent right on the test digits, which each seed standardises as its own."""
    _, test = digit_sets()
    images = torch.as_tensor(_images(test.x))
    x = torch.stack([_standardised(images, part) for part in sets])
    said = nets.each(lambda net, x: net(x), x).argmax(-1).numpy()  # (seeds, 360)
    hits = said == test.y
    groups = {"majority": MAJORITY, "minority": MINORITY, "all": range(10)}
    return {g: 100 * hits[:, np.isin(test.y, list(k))].mean(axis=1) for g, k in groups.items()}


def _standardised(images: torch.Tensor, like: DeviceBatches) -> torch.Tensor:
    """Return images (n, h, w, 1) of 0 to 255 as (n, 1, h, w), with the mean and scale of `like`."""
    return ((images.float() / 255 - like.mean) / like.std).permute(0, 3, 1, 2)


def _images(x: np.ndarray) -> np.ndarray:
    return (x * BLACK_TO_WHITE)[..., None]  # (n, 8, 8, 1) uint8
