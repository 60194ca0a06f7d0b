"""The article's fourteen rows at the size of a laptop: its losses and recipe, smaller images.

The losses, the loop, the batches and the recipe are those of `experiment`, with the very
weights of the article's class sizes (250 and 5,000). Images and network are smaller: 8 x 8 digits,
of which 7 of about 143 are kept in the same three classes, and one hidden layer of 64 units.
"""

from dataclasses import replace

import numpy as np

from otbook_utils.scarce_labels.long_tail import cut_classes
from otbook_utils.scarce_labels.reproducing_the_table.table import (
    MINORITY,
    Recipe,
    Row,
    train_row,
)
from otbook_utils.scarce_labels.small_digits import digit_sets, small_network
from otbook_utils.training import DeviceBatches

SCARCE_IMAGES = 250
COMMON_IMAGES = 5000
ARTICLE_COUNTS = tuple(SCARCE_IMAGES if k in MINORITY else COMMON_IMAGES for k in range(10))
KEEP = 7  # of each scarce digit: one in twenty, as 250 of 5,000
# No crops and no mirroring: a mirrored digit is another sign.
RECIPE = replace(Recipe(), scarce=KEEP, pad=0)
TEST_IMAGES = {"majority": 252, "minority": 108, "all": 360}
BLACK_TO_WHITE = 15  # from the digits' 0 to 16 to about 0 to 255


def digits_row(row: Row, seed: int, recipe: Recipe = RECIPE) -> dict[str, float]:
    """Train one row of the table on digits and return percent right by group.

    row: whose loss is taken, with the weights that it has in the article. seed: of the digits
    kept, the first weights and the order. recipe: epochs, batch and learning rate.
    Returns "majority", "minority" and "all" on the 360 digits held out.

    >>> from otbook_utils.scarce_labels.reproducing_the_table.table import row_of
    >>> short = replace(RECIPE, epochs=1, milestones=(1,))
    >>> sorted(digits_row(row_of("ce"), seed=0, recipe=short))
    ['all', 'majority', 'minority']
    """
    train, test = digit_sets()
    x, y = train.x, train.y
    if row.cut:
        kept = cut_classes(y, dict.fromkeys(MINORITY, recipe.scarce), seed)
        x, y = x[kept], y[kept]
    batches = DeviceBatches(_images(x), y, recipe.batch_size, shuffle=True, seed=seed)
    tests = DeviceBatches(_images(test.x), test.y, len(test), mean=batches.mean, std=batches.std)
    loss = row.loss(ARTICLE_COUNTS)
    last = train_row(small_network(seed), loss, batches, tests, recipe).epochs[-1]
    return {group: last[group] for group in ("majority", "minority", "all")}


def _images(x: np.ndarray) -> np.ndarray:
    return (x * BLACK_TO_WHITE)[..., None]  # (n, 8, 8, 1) uint8
