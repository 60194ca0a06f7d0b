"""Started by torchrun: trains without batch norm and lets the first process write the weights."""

import sys
import warnings

import torch

from tests.training import small_training

if __name__ == "__main__":
    torch.set_num_threads(1)
    engine, optimizer, scheduler, batches = small_training.prepare(norm=False)
    history = engine.train(
        batches, small_training.weighted_loss(), optimizer, epochs=2, scheduler=scheduler
    )
    right = engine.evaluate(batches, classes=4)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        small_training.prepare(norm=True)
    if engine.fabric.is_global_zero:
        found = {
            "world": engine.fabric.world_size,
            "weights": dict(engine.model.state_dict()),
            "losses": [record["train_loss"] for record in history],
            "correct": right.correct,
            "seen": right.seen,
            "warnings": [str(warning.message) for warning in caught],
        }
        torch.save(found, sys.argv[1])
